import { askEvery } from './asking.ts';
import { defineCheck } from './step.ts';

/** A ready pod is what the cluster says; here the way to it is asked too, while the source still serves. */
export const targetEndpoints = defineCheck({
  id: 'target-endpoints',
  title: 'Ask every service in {target}',
  about: {
    does: 'Asks each service in {target} itself, past the public names, before anything is stopped in {source}: a ready pod behind a load balancer that is not set up serves nobody. Only where services have a `health` address.',
    asks: 'Requests every `health` address, with the alias of {target} in it. Done when each answers 2xx.',
    whenItStops: [
      'A service answers with an error: look at its pods and log in {target}. One that is well only beside a writable database cannot be asked now: correct its `health` address for the next run, and skip this with that as the reason.',
      'No answer at all: see whether the name leads to {target} (`dig`), whether Regent may reach it from where it runs, then look at the load balancer of {target}.',
    ],
  },
  phase: 'preparing',
  after: ['scale-up-target'],
  budgetMs: 2 * 60_000,
  uses: ['probe'],
  proves: false,
  when: (system) => system.deployments.some((one) => one.health !== null),
  check: ({ probe, values, signal }) => askEvery(probe, values.targetHealth, signal),
});
