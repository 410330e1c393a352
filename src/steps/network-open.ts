import { type Answer, done, notDone, unknown } from '../ports/answer.ts';
import type { Hook } from '../ports/hook.ts';
import type { Probe } from '../ports/probe.ts';
import { filled } from './scripts.ts';
import { defineCheck } from './step.ts';
import type { Question } from './system.ts';

/** A script that only asks has to be quick: the whole question ends with the time of one call. */
const SCRIPT_MS = 20_000;

/** Replication shows one direction; the way back, clients and operators need the other. */
export const networkOpen = defineCheck({
  id: 'network-open',
  title: 'See that {source} and {target} reach each other',
  about: {
    does: 'Asks whether the network between {source} and {target} is open in both directions: rules that kept a lost region off may still stand. It may be skipped with a reason. Only where `failback.network` is configured.',
    asks: 'Requests the address of `failback.network`, or runs its script, once as it is and once with the regions exchanged. Done when both say yes: 2xx, or exit status 0. Exit status 1 means no, anything else means that nobody knows.',
    whenItStops: [
      'One direction says no: look for firewall rules, security groups and routes that were set when {target} was lost. The card names the direction.',
      'No answer at all: see whether what is asked runs, and whether Regent may reach it from where it runs.',
    ],
  },
  phase: 'validating',
  budgetMs: 60_000,
  uses: ['probe', 'hook'],
  proves: false,
  when: ({ failback }) => failback.network !== null,
  async check({ probe, hook, system, source, target, run, signal }) {
    const asked = async (from: string, to: string): Promise<Answer> => {
      const question = filled(system.failback.network!, system, from, to);
      const answer = await ask(probe, hook, question, run, signal);
      return answer.is === 'done' ? answer : { ...answer, why: `${from} → ${to}: ${answer.why}` };
    };
    const [there, back] = await Promise.all([asked(source, target), asked(target, source)]);
    const answers = [there, back];
    const evidence = { there: { is: there.is, ...there.evidence }, back: { is: back.is, ...back.evidence } };
    const bad = answers.flatMap((one) => (one.is === 'done' ? [] : [one]));
    if (bad.length === 0) return done(evidence, `${source} and ${target} reach each other`);
    const why = bad.map((one) => one.why).join('; ');
    // Only an answer says that the way is closed; silence may as well be ours.
    return bad.some(({ is }) => is === 'notDone') ? notDone(why, evidence) : unknown(why, evidence);
  },
});

async function ask(probe: Probe, hook: Hook, question: Question, run: string, signal: AbortSignal): Promise<Answer> {
  if ('url' in question) {
    const url = question.url.replaceAll('{run}', run);
    const { status, error } = await probe.get(url, signal);
    const evidence = { asked: url, status };
    if (status === null) return unknown(error ?? `${url} did not answer`, evidence);
    return status >= 200 && status < 300 ? done(evidence, `${status}`) : notDone(`${url} answered ${status}`, evidence);
  }
  const exec = question.exec.map((word) => word.replaceAll('{run}', run));
  const { status, output } = await hook.run({ exec }, SCRIPT_MS, signal);
  const evidence = { asked: exec.join(' '), exitStatus: status };
  const said = output.trim().split('\n').at(-1) || 'without a word';
  if (status === 0) return done(evidence, 'yes');
  if (status === 1) return notDone(`${exec[0]} says no: ${said}`, evidence);
  return unknown(`${exec[0]} ${status === null ? 'was cut off' : `ended with status ${status}`}: ${said}`, evidence);
}
