/** How long clients wait for an answer: by the metrics of a region, or by asking its services ourselves. */
import type { Evidence } from '../machine/types.ts';
import type { Answer } from '../ports/answer.ts';
import type { Metrics } from '../ports/metrics.ts';
import type { Probe } from '../ports/probe.ts';
import { type ResponseTime, responseTimes } from './response-times.ts';
import type { StepFacts } from './step.ts';
import type { System } from './system.ts';

type Wanted = NonNullable<System['performance']>;
/** One half of the question whether clients are served as well as before. */
export type Half = { is: Answer['is']; words: string; evidence: Evidence };

/** @throws IntegrationError when the metrics do not answer, or refuse the query */
export async function timeHalf(
  { metrics, probe, values, target, signal }: StepFacts & { metrics: Metrics; probe: Probe },
  p95: Wanted['p95'],
): Promise<Half> {
  return p95.query === null
    ? ownTimes(await responseTimes(probe, endpointsOf(values), p95.atMostMs, signal), p95)
    : askedTime(await metrics.value(target, p95.query, signal), p95, target);
}

const endpointsOf = ({ publicHealth, targetHealth }: StepFacts['values']) =>
  publicHealth.length > 0 ? publicHealth : targetHealth;

const within = (ms: number, { atMostMs }: Wanted['p95']): boolean => ms <= atMostMs;
const asked = ({ atMostMs }: Wanted['p95']): string => `(at most ${atMostMs} ms)`;
/** As many digits as tell it from its bound. */
const msText = (ms: number, { atMostMs }: Wanted['p95']): string =>
  `${ms > atMostMs && ms < atMostMs + 1 ? Math.ceil(ms * 10) / 10 : Math.round(ms)} ms`;

function askedTime(seconds: number | null, p95: Wanted['p95'], target: string): Half {
  const evidence = { p95Ms: seconds === null ? null : seconds * 1000, atMostMs: p95.atMostMs, p95Query: p95.query };
  if (seconds === null) return { is: 'unknown', words: `no data yet about response times in ${target}`, evidence };
  if (seconds < 0)
    return { is: 'unknown', words: `the query of verify.performance.p95 gives ${seconds}, which is no time`, evidence };
  const ms = seconds * 1000;
  const words = `95 % of requests within ${msText(ms, p95)} ${asked(p95)}`;
  return { is: within(ms, p95) ? 'done' : 'notDone', words, evidence };
}

/** By our own asking: the slowest service counts. */
function ownTimes(times: ResponseTime[], p95: Wanted['p95']): Half {
  const slowest = times.toSorted((a, b) => b.p95Ms - a.p95Ms)[0];
  if (slowest === undefined)
    return { is: 'unknown', words: 'no service has an address to ask', evidence: { p95Ms: null } };
  const { service, p95Ms } = slowest;
  const silent = p95Ms === Number.POSITIVE_INFINITY;
  const evidence = { p95Ms: silent ? null : p95Ms, atMostMs: p95.atMostMs, slowest: service, askedByRegent: true };
  if (silent) return { is: 'unknown', words: `${service} often gives no answer`, evidence };
  return within(p95Ms, p95)
    ? { is: 'done', words: `95 % of our own requests within ${msText(p95Ms, p95)} ${asked(p95)}`, evidence }
    : {
        is: 'notDone',
        words: `${service} takes ${msText(p95Ms, p95)} for more than 5 % of our own requests ${asked(p95)}`,
        evidence,
      };
}
