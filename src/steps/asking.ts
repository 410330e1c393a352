/** Asking the services' endpoints: in one region or in public, the question and what counts as an answer are the same. */
import { type Answer, done, notDone, unknown } from '../ports/answer.ts';
import type { Probe } from '../ports/probe.ts';

export type Endpoint = { service: string; url: string };

const isHealthy = (status: number | null): boolean => status !== null && status >= 200 && status < 300;

/** Asks all of them at once. Done when each answers 2xx; the evidence names those that did not. */
export async function askEvery(probe: Probe, endpoints: Endpoint[], signal: AbortSignal): Promise<Answer> {
  const results = await Promise.all(
    endpoints.map(async ({ service, url }) => ({ service, ...(await probe.get(url, signal)) })),
  );
  const bad = results.filter(({ status }) => !isHealthy(status));
  const slowest = Math.round(Math.max(0, ...results.map(({ ms }) => ms)));
  const evidence = {
    asked: results.length,
    slowestMs: slowest,
    bad: bad.map(({ service, status, error }) => ({ service, status, error })),
  };
  if (bad.length === 0)
    return done(evidence, `${results.length} of ${results.length} services healthy, slowest ${slowest} ms`);
  const why = bad.map(({ service, status, error }) => `${service}: ${error ?? status}`).join(', ');
  // Only an answer says that a service is not healthy; silence may as well be ours.
  return bad.some(({ status }) => status !== null) ? notDone(why, evidence) : unknown(why, evidence);
}
