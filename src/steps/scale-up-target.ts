import { done, notDone } from '../ports/answer.ts';
import type { Workload } from '../ports/cluster.ts';
import { defineStep } from './step.ts';

const wantedOf = (list: Workload[]) => Object.fromEntries(list.map(({ name, wanted }) => [name, wanted]));

/** Before anything is stopped: nothing depends on it yet, and it takes longest. Done is ready pods, not an accepted call. */
export const scaleUpTarget = defineStep({
  id: 'scale-up-target',
  title: 'Scale up {target}',
  about: {
    does: 'Raises every service in {target} to its configured number of pods. It takes longest and nothing depends on it, so it comes before anything is stopped. A service that has more keeps them.',
    asks: 'Counts ready pods, not accepted calls. Done when every Deployment has at least its pods, all ready and of the newest version.',
    whenItStops: [
      "The held step's card carries the newest warnings of the pods (image, memory, scheduling). Look at one with `kubectl describe pod`, repair it, then press Retry.",
      'A number that falls again: an autoscaler of {target} has a lower maximum than the plan asks.',
    ],
  },
  phase: 'preparing',
  after: ['target-capacity'],
  repeat: 'idempotent',
  budgetMs: 5 * 60_000,
  uses: ['cluster'],
  async check({ cluster, target, values, signal }) {
    const present = await cluster.deployments(
      target,
      values.deployments.map(({ name }) => name),
      signal,
    );
    const evidence = {
      wanted: wantedOf(present),
      ready: Object.fromEntries(present.map((one) => [one.name, one.readyPods])),
    };
    const waiting = values.deployments.filter(({ name, replicas }) => {
      const one = present.find((workload) => workload.name === name);
      // More than asked is as good: an autoscaler or a person may have given more.
      return !(one && one.wanted >= replicas && one.readyPods >= replicas && one.upToDate);
    });
    const ready = present.reduce((sum, one) => sum + one.readyPods, 0);
    const asked = values.deployments.reduce((sum, { replicas }) => sum + replicas, 0);
    if (waiting.length === 0)
      return done(evidence, `${values.deployments.length} deployments, ${ready} pods ready of ${asked} asked`);
    const trouble = present.flatMap((one) => one.trouble).slice(0, 2);
    const changes = waiting.map(({ name, replicas }) => {
      const one = present.find((workload) => workload.name === name);
      return one && one.wanted >= replicas
        ? `${name} ${one.readyPods} of ${replicas} ready`
        : `${name} ${one?.wanted ?? 0} → ${replicas}`;
    });
    return notDone([changes.join(', '), ...trouble].join('; '), evidence);
  },
  async run({ cluster, target, values, signal }) {
    const present = await cluster.deployments(
      target,
      values.deployments.map(({ name }) => name),
      signal,
    );
    await Promise.all(
      values.deployments
        .filter(({ name, replicas }) => (present.find((one) => one.name === name)?.wanted ?? 0) < replicas)
        .map(({ name, replicas }) => cluster.scale(target, 'deployment', name, replicas, signal)),
    );
    return undefined;
  },
  async undo({ cluster, target, before, signal }) {
    const wanted = before['wanted'] as Record<string, number>;
    await Promise.all(
      Object.entries(wanted).map(([name, replicas]) => cluster.scale(target, 'deployment', name, replicas, signal)),
    );
    return { restored: wanted };
  },
});
