import { done, notDone, unknown } from '../ports/answer.ts';
import { defineCheck } from './step.ts';

/** Every service's public address, asked as a client would: by name, through DNS. The outage clock stops here. */
export const publicHealth = defineCheck({
  id: 'public-health',
  title: 'Ask every service at its public address',
  about: {
    does: 'Asks as a client would, by name and through DNS. The outage clock stops here. Only where services have a `publicHealth` address.',
    asks: 'Requests every `publicHealth` address. Done when each answers 2xx.',
    whenItStops: [
      'A service answers with an error: look at its pods and log in {target}. There is no rollback now: repair it there, then press Retry.',
      'No answer at all: look whether its name leads to {target} (`dig`), then at its load balancer.',
    ],
  },
  phase: 'verifying',
  budgetMs: 5 * 60_000,
  clock: 'writes-serve',
  uses: ['probe'],
  when: (system) => system.deployments.some((one) => one.publicHealth !== null),
  async check({ probe, values, signal }) {
    const results = await Promise.all(
      values.publicHealth.map(async ({ service, url }) => ({ service, ...(await probe.get(url, signal)) })),
    );
    const ok = (status: number | null) => status !== null && status >= 200 && status < 300;
    const bad = results.filter(({ status }) => !ok(status));
    const slowest = Math.max(0, ...results.map(({ ms }) => ms));
    const evidence = {
      asked: results.length,
      slowestMs: Math.round(slowest),
      bad: bad.map(({ service, status, error }) => ({ service, status, error })),
    };
    if (bad.length === 0)
      return done(
        evidence,
        `${results.length} of ${results.length} services healthy, slowest ${Math.round(slowest)} ms`,
      );
    const why = bad.map(({ service, status, error }) => `${service}: ${error ?? status}`).join(', ');
    // Only an answer says that a service is not healthy; silence may as well be ours.
    return bad.some(({ status }) => status !== null) ? notDone(why, evidence) : unknown(why, evidence);
  },
});
