/** A verb of the house's program as the work of a step: started by a short call, then only looked at. */
import type { Evidence } from '../../machine/types.ts';
import { type Answer, done, notDone } from '../../ports/answer.ts';
import { callsOf, type Handed, look, start } from '../own-work.ts';
import { callId, type Verb } from './standing.ts';

/** How the attempt's work stands; what it says of itself is the evidence. Each verb may be run again. */
export async function judged(verb: Verb, step: string, handed: Handed): Promise<Answer> {
  const does = callsOf(callId(verb), handed).does!;
  const work = await look(does, handed, step);
  switch (work.is) {
    case 'running':
      return {
        is: 'unknown',
        why: work.said,
        evidence: { verb },
        ...(work.progress === null ? {} : { progress: work.progress }),
      };
    case 'over':
      return done({ ...work.evidence, verb }, work.summary ?? work.how);
    case 'failed':
      return { is: 'notDone', why: work.why, evidence: { ...work.evidence, verb }, final: true };
    default:
      return notDone(`run ${'exec' in does ? does.exec.join(' ') : does.start}`, { verb });
  }
}

export async function begin(verb: Verb, step: string, handed: Handed): Promise<Evidence> {
  const { timeoutMs } = handed.system.regions[handed.source]!.reprotect!;
  await start(callsOf(callId(verb), handed).does!, handed, step, timeoutMs);
  return { verb };
}
