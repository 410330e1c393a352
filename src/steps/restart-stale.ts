import { done, notDone } from '../ports/answer.ts';
import { defineStep } from './step.ts';

/** What looked an address up once goes on to the old one for ever: only a new process looks again. */
export const restartStale = defineStep({
  id: 'restart-stale',
  title: 'Restart what keeps old addresses in {target}',
  about: {
    does: 'Restarts the deployments of `stalePaths.restart` in {target}, one pod after the other, so that they look up the new addresses. Only where some are configured.',
    asks: 'Asks each of them for the mark of this run on what its pods are made from, and counts pods. Done when every pod is of the newest kind and ready. One that wants no pods is left as it is.',
    whenItStops: [
      '“pods ready”: the new pods do not come up, and the old ones go on serving meanwhile. Look at one with `kubectl describe pod`, repair it, then press Retry.',
      '“refused to patch”: the right to restart it is missing; deploy/kubernetes-role.yml names it. Or by hand: `kubectl rollout restart deployment NAME`, then mark it done.',
    ],
  },
  phase: 'verifying',
  after: ['dns-answers'],
  repeat: 'idempotent',
  budgetMs: 10 * 60_000,
  uses: ['cluster'],
  when: ({ restarts = [] }) => restarts.length > 0,
  async check({ cluster, target, system, run, signal }) {
    const names = system.restarts ?? [];
    const present = await cluster.deployments(target, names, signal);
    const absent = names.filter((name) => !present.some((one) => one.name === name));
    const waiting = present.filter(
      ({ wanted, restarted, upToDate, readyPods, pods }) =>
        wanted > 0 && !(restarted === run && upToDate && readyPods === wanted && pods === wanted),
    );
    const evidence = { restarted: names, waiting: waiting.map(({ name }) => name), absent };
    if (absent.length > 0) return notDone(`${target} has no deployment ${absent.join(', ')}`, evidence);
    if (waiting.length === 0) return done(evidence, `${names.join(', ')} restarted, every pod new and ready`);
    const words = waiting.map(({ name, restarted, readyPods, wanted }) =>
      restarted === run
        ? `${name}: ${readyPods} of ${wanted} pods ready, not all of them new`
        : `${name} not restarted`,
    );
    return notDone([...words, ...waiting.flatMap(({ trouble }) => trouble).slice(0, 1)].join('; '), evidence);
  },
  async run({ cluster, target, system, run, signal }) {
    const present = await cluster.deployments(target, system.restarts ?? [], signal);
    const due = present.filter(({ wanted, restarted }) => wanted > 0 && restarted !== run);
    await Promise.all(due.map(({ name }) => cluster.restart(target, name, run, signal)));
    return undefined;
  },
  // A restart has no other state to go back to: the pods run what they ran.
  undo: async () => ({ untouched: true }),
});
