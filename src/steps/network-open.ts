import { type Answer, done, notDone, unknown } from '../ports/answer.ts';
import type { DatabaseView } from '../ports/database.ts';
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
    does: 'Asks whether the network between {source} and {target} is open in both directions: rules that kept a lost region off may still stand. It may be skipped with a reason.',
    asks: 'Requests the address of `failback.network`, or runs its script, once as it is and once with the regions exchanged. Done when both say yes: 2xx, or exit status 0. Exit status 1 means no, anything else means that nobody knows. Without `failback.network` only what replication shows is looked at: that Postgres in {target} streams from {source}. It then says that nobody has asked the other direction.',
    whenItStops: [
      'One direction says no: look for firewall rules, security groups and routes that were set when {target} was lost. The card names the direction.',
      'No answer at all: see whether what is asked runs, and whether Regent may reach it from where it runs.',
    ],
  },
  phase: 'validating',
  budgetMs: 60_000,
  uses: ['probe', 'hook', 'database'],
  proves: false,
  async check({ probe, hook, database, system, source, target, run, signal }) {
    const { network } = system.failback;
    if (network === null) return byReplication(await database.observe(target, signal), source, target);
    const asked = async (from: string, to: string): Promise<Answer> => {
      const question = filled(network, system, from, to);
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

/** A standby reaches its primary, or it would not stream; whether the primary reaches the standby shows after the switch. */
function byReplication({ streamingFrom }: Pick<DatabaseView, 'streamingFrom'>, source: string, target: string): Answer {
  const evidence = { streamingFrom, asked: null };
  const other = `${source} → ${target} nobody asks: failback.network is not configured`;
  return streamingFrom === null
    ? notDone(`Postgres in ${target} does not stream; ${other}`, evidence)
    : done(evidence, `${target} → ${source}: it streams; ${other}`);
}

async function ask(probe: Probe, hook: Hook, question: Question, run: string, signal: AbortSignal): Promise<Answer> {
  if ('url' in question) {
    const url = question.url.replaceAll('{run}', run);
    const { status, error } = await probe.get(url, signal);
    const evidence = { asked: url, status };
    if (status === null) return unknown(error ?? `${url} did not answer`, evidence);
    return status >= 200 && status < 300 ? done(evidence, `${status}`) : notDone(`${url} answered ${status}`, evidence);
  }
  const exec = question.exec.map((word) => word.replaceAll('{run}', run));
  const { status, output, report } = await hook.run({ exec }, SCRIPT_MS, signal);
  const evidence = { asked: exec.join(' '), exitStatus: status };
  const said = String(report?.['summary'] ?? (output.trim().split('\n').at(-1) || 'without a word'));
  if (status === 0) return done(evidence, 'yes');
  if (status === 1) return notDone(`${exec[0]} says no: ${said}`, evidence);
  return unknown(`${exec[0]} ${status === null ? 'was cut off' : `ended with status ${status}`}: ${said}`, evidence);
}
