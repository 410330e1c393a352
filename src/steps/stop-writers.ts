import { done, notDone, unknown } from '../ports/answer.ts';
import { defineStep } from './step.ts';

/** Stopped means the pods are gone: a terminating pod still writes. */
export const stopWriters = defineStep({
  id: 'stop-writers',
  title: 'Stop writers in {source}',
  about: {
    does: 'Scales the services marked `writeHeavy` to 0 in {source}. Only in systems that have such services.',
    asks: 'Counts their pods. Done when none is left: a pod that is ending still writes.',
    whenItStops: [
      '“pods ending” for minutes: a pod does not heed its end. See it with `kubectl get pods`; deleting it by force is your decision.',
      '“has no deployment”: it may run there under another name and still write. Correct `services.deployments`.',
    ],
  },
  phase: 'promoting',
  after: ['read-only-source', 'drain-connections'],
  repeat: 'idempotent',
  budgetMs: 2 * 60_000,
  clock: 'writes-stop',
  uses: ['cluster'],
  when: (system) => system.deployments.some((one) => one.writeHeavy),
  async check({ cluster, source, values, beforeOf, signal }) {
    const present = await cluster.deployments(source, values.stopWriters, signal);
    const evidence = { wanted: Object.fromEntries(present.map(({ name, wanted }) => [name, wanted])) };
    const first = (beforeOf('stop-writers')?.['wanted'] ?? evidence.wanted) as Record<string, number>;
    const absent = values.stopWriters.filter((name) => !present.some((one) => one.name === name));
    // What is not where it should be may run under another name: nothing is known of it.
    if (absent.length > 0) return unknown(`${source} has no deployment ${absent.join(', ')}`, { ...evidence, absent });
    const left = present.filter((one) => one.wanted > 0 || one.pods > 0);
    return left.length === 0
      ? done(evidence, present.map(({ name }) => `${name} ${first[name] ?? 0} → 0`).join(', '))
      : notDone(
          left
            .map((one) => (one.wanted > 0 ? `${one.name} ${one.wanted} → 0` : `${one.name}: ${one.pods} pods ending`))
            .join(', '),
          evidence,
        );
  },
  async run({ cluster, source, values, signal }) {
    await Promise.all(values.stopWriters.map((name) => cluster.scale(source, 'deployment', name, 0, signal)));
    return undefined;
  },
  async undo({ cluster, source, before, signal }) {
    const wanted = before['wanted'] as Record<string, number>;
    await Promise.all(
      Object.entries(wanted).map(([name, replicas]) => cluster.scale(source, 'deployment', name, replicas, signal)),
    );
    return { restored: wanted };
  },
});
