import { askEvery } from './asking.ts';
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
  check: ({ probe, values, signal }) => askEvery(probe, values.publicHealth, signal),
});
