import { rateText } from '../lib/rate.ts';
import type { Evidence } from '../machine/types.ts';
import { type Usual, usualOf } from '../policy/throughput.ts';
import { type Answer, done, notDone, unknown } from '../ports/answer.ts';
import { defineCheck, type StepFacts } from './step.ts';
import type { System } from './system.ts';
import { type Half, timeHalf } from './waiting-time.ts';

type Wanted = NonNullable<System['performance']>;

/** Whether clients are served as well as before: how long they wait, and how many of them there are. */
export const performance = defineCheck({
  id: 'performance',
  title: 'See that {target} serves as well as before',
  about: {
    does: 'Compares how {target} serves clients with what was promised and with what was usual before: how long 95 % of requests take, and how many are served in a second. A region that answers its health checks can still be too small, or may not have been found by most clients. Only where `verify.performance` is configured.',
    asks: 'Asks the metrics of {target} the queries of `verify.performance`; response times without a query are measured by asking the services’ public addresses 20 times each. Done when they are at most `p95.atMost`, and requests at least `throughput.atLeast` of what was measured before the run. Clients follow over minutes, so it is asked again for five minutes. No data is unknown, never zero; where nothing was measured before, the number is told and not compared.',
    whenItStops: [
      '“of the usual”: clients still go to {source}, or do not come back by themselves. See what their resolvers answer (`dig`), and whether {source} still gets requests. Fewer because it is night is a reason to skip this by name.',
      '“95 % of requests within” more than the bound: a region that has just taken over has cold caches, so it often mends itself. Look at the slowest service: its pods’ CPU, its queries to the database. There is no rollback now: give it more, then press Retry.',
      '“no data yet”: see whether clients reach {target} at all and whether its monitoring reads its services. Then press Retry.',
      '“refused the query” or “samples”: a query of `verify.performance` is not what this monitoring understands as one number. Correct it for the next run, look yourself, and skip this with what you saw as the reason.',
    ],
  },
  phase: 'verifying',
  after: ['public-health'],
  budgetMs: 5 * 60_000,
  uses: ['metrics', 'probe', 'records'],
  proves: false,
  when: (system) => system.performance !== null,
  async check(handed) {
    const { metrics, system, target, signal } = handed;
    const { p95, throughput } = system.performance!;
    const times = await timeHalf(handed, p95);
    const rate =
      throughput === null
        ? UNCOUNTED
        : compared(
            await metrics.value(target, throughput.query, signal),
            usualBefore(handed, await handed.records.throughput(), system.performance!.baseline.overMs),
            throughput,
            target,
          );
    return answerOf([times, rate]);
  },
});

/** What is known to be bad is said even where the other half is unknown. */
function answerOf(halves: Half[]): Answer {
  const words = halves.map((half) => half.words).join('; ');
  const evidence = Object.assign({}, ...halves.map((half) => half.evidence)) as Evidence;
  if (halves.some(({ is }) => is === 'notDone')) return notDone(words, evidence);
  return halves.some(({ is }) => is === 'unknown') ? unknown(words, evidence) : done(evidence, words);
}

const UNCOUNTED: Half = {
  is: 'done',
  words: 'how many requests are served is not known: verify.performance.throughput is not set',
  evidence: { perSecond: null },
};

/** What this run measured at its start, else what was written down before the trouble began. */
function usualBefore(
  { evidenceOf, source }: Pick<StepFacts, 'evidenceOf' | 'source'>,
  seen: Parameters<typeof usualOf>[0],
  overMs: number,
): Pick<Usual, 'perSecond'> | null {
  const own = evidenceOf('baseline-measured')?.['usualPerSecond'];
  if (typeof own === 'number') return { perSecond: own };
  const since = evidenceOf('failure-confirmed')?.['since'];
  return usualOf(seen, source, typeof since === 'number' ? since : Number.POSITIVE_INFINITY, overMs);
}

function compared(
  perSecond: number | null,
  usual: Pick<Usual, 'perSecond'> | null,
  { query, atLeast }: NonNullable<Wanted['throughput']>,
  target: string,
): Half {
  const evidence = {
    perSecond,
    usualPerSecond: usual?.perSecond ?? null,
    atLeastShare: atLeast,
    throughputQuery: query,
  };
  if (perSecond === null)
    return { is: 'unknown', words: `no data yet about how many requests ${target} serves`, evidence };
  const served = `${rateText(perSecond)} requests/s`;
  if (usual === null) {
    const warning = `no baseline from before: throughput ${served} is not compared`;
    return { is: 'done', words: warning, evidence: { ...evidence, warning } };
  }
  const share = usual.perSecond === 0 ? 1 : perSecond / usual.perSecond;
  const words = `${served}, ${shareText(share)} of the usual ${rateText(usual.perSecond)} (at least ${shareText(atLeast)})`;
  return { is: share >= atLeast ? 'done' : 'notDone', words, evidence };
}

/** Rounded down, so that what misses the bound never reads as if it reached it. */
const shareText = (share: number): string =>
  `${share < 1 ? Math.floor(share * 1000 + 1e-9) / 10 : Math.round(share * 100)} %`;
