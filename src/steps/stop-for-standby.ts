import { type Answer, done, notDone } from '../ports/answer.ts';
import { stopCall } from './fence-hook.ts';
import { askStanding, streamsAlready, wayFound } from './reprotect/standing.ts';
import { defineStep } from './step.ts';

const STOP_MS = 20_000;

/** Its files are about to be changed: nothing may run on them, and nothing may start it meanwhile. */
export const stopForStandby = defineStep({
  id: 'stop-for-standby',
  title: 'Stop Postgres in {source}',
  about: {
    does: 'Stops Postgres in {source} by its configured fence, where it runs: its StatefulSet is scaled to 0, or the program or address that stops it is called. Nobody is served there: {target} serves. An abort leaves it stopped.',
    asks: 'Asks the cluster for pods of the StatefulSet, or the program of `postgres.reprotect` whether the server is stopped. Done when none is wanted and none is left.',
    whenItStops: [
      '“pods ending”: they take their time, or their node is lost. See the pod’s events; delete it by force only when its node is surely gone.',
      '“no fence that stops it”: stop Postgres in {source} by hand, then press Retry.',
    ],
  },
  phase: 'preparing',
  after: ['standby-look'],
  repeat: 'idempotent',
  budgetMs: 3 * 60_000,
  callMs: 25_000,
  uses: ['cluster', 'hook', 'jobs'],
  async check(handed): Promise<Answer> {
    const { cluster, source, system, signal } = handed;
    if (wayFound(handed) === 'streams') return streamsAlready();
    const { fence } = system.regions[source]!;
    if (fence.strategy === 'statefulset') {
      const set = await cluster.workload(source, 'statefulset', fence.name, signal);
      if (set === null)
        return {
          is: 'unknown',
          why: `StatefulSet ${fence.name} does not exist in ${source}`,
          evidence: {},
          final: true,
        };
      const { wanted, pods } = set;
      if (wanted > 0) return notDone(`StatefulSet ${fence.name} ${wanted} → 0`, { wanted, pods });
      return pods > 0
        ? notDone(`${pods} pods ending`, { wanted, pods })
        : done({ wanted, pods }, `StatefulSet ${fence.name} at 0, no pod left`);
    }
    const asked = await askStanding(handed);
    if ('answer' in asked) return asked.answer;
    const { state } = asked.standing;
    if (state === 'stopped') return done({ state }, 'it is stopped');
    return fence.strategy === 'sql'
      ? {
          is: 'unknown',
          why: `it is ${state}, and there is no fence that stops it: stop it by hand`,
          evidence: { state },
          final: true,
        }
      : notDone(`${state} → stopped`, { state });
  },
  async run({ cluster, hook, source, system, signal }) {
    const { fence } = system.regions[source]!;
    if (fence.strategy === 'statefulset') await cluster.scale(source, 'statefulset', fence.name, 0, signal);
    else if (fence.strategy !== 'sql') await hook.run(stopCall(fence), STOP_MS, signal);
    return undefined;
  },
  // What was stopped there served nobody, and as a primary it must not come back.
  undo: async () => ({ kept: true }),
});
