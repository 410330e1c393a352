import { type Answer, done, notDone, unknown } from '../ports/answer.ts';
import { filled } from './scripts.ts';
import { defineCheck } from './step.ts';

/** A script that only asks has to be quick: the whole question ends with the time of one call. */
const SCRIPT_MS = 20_000;

/** Who is to see that the target carries the load, when nobody measures it? Asked before it carries any. */
export const targetMonitored = defineCheck({
  id: 'target-monitored',
  title: 'See that {target} is monitored',
  about: {
    does: 'Asks whether the monitoring of {target} works. From the switch on it is the only way to see how well clients are served. It may be skipped with a reason. Only where `monitoring` is configured.',
    asks: 'Requests the address of `monitoring`, with the alias of {target} in it, or runs its script. Done at 2xx, or at exit status 0. Exit status 1 means no, anything else means that nobody knows.',
    whenItStops: [
      'It answers with an error, or the script says no: look at the monitoring of {target} and its log, repair it, then press Retry.',
      'No answer at all: see whether the name leads to {target} (`dig`) and whether Regent may reach it from where it runs.',
      'It cannot be repaired in time and somebody watches {target} by other means: skip this with that as the reason.',
    ],
  },
  phase: 'assessing',
  after: ['source-is-primary'],
  budgetMs: 60_000,
  uses: ['probe', 'hook'],
  proves: false,
  when: (system) => system.monitoring !== null,
  async check({ probe, hook, system, source, target, run, signal }) {
    const question = filled(system.monitoring!, system, source, target);
    if ('url' in question) {
      const url = question.url.replaceAll('{run}', run);
      const { status, error, ms } = await probe.get(url, signal);
      const evidence = { asked: url, status, answerMs: Math.round(ms) };
      if (status === null) return troubled(unknown, error ?? `${url} did not answer`, evidence);
      return status >= 200 && status < 300
        ? done({ ...evidence, trouble: [] }, `the monitoring of ${target} answers ${status}`)
        : troubled(notDone, `the monitoring of ${target} answered ${status}: ${url}`, evidence);
    }
    const exec = question.exec.map((word) => word.replaceAll('{run}', run));
    const { status, output } = await hook.run({ exec }, SCRIPT_MS, signal);
    const evidence = { asked: exec.join(' '), exitStatus: status };
    const said = output.trim().split('\n').at(-1) || 'without a word';
    if (status === 0) return done({ ...evidence, trouble: [] }, `${exec[0]} says yes`);
    if (status === 1) return troubled(notDone, `${exec[0]} says no: ${said}`, evidence);
    const end = status === null ? 'was cut off' : `ended with status ${status}`;
    return troubled(unknown, `${exec[0]} ${end}: ${said}`, evidence);
  },
});

/** What is wrong stands on the gate's card too, where people decide whether to go on without. */
const troubled = (is: typeof notDone | typeof unknown, why: string, evidence: Answer['evidence']): Answer =>
  is(why, { ...evidence, trouble: [why] });
