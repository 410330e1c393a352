import { type Answer, done, notDone } from '../ports/answer.ts';
import { startCall } from './fence-hook.ts';
import { askStanding, leftOut, streamsAlready, wayFound } from './reprotect/standing.ts';
import { defineStep } from './step.ts';

const START_MS = 20_000;

/** The fence of the region is lifted here, on purpose, and only for a standby. */
export const startStandby = defineStep({
  id: 'start-standby',
  title: 'Start Postgres in {source} as a standby',
  about: {
    does: 'Starts Postgres in {source}: its StatefulSet is scaled to 1, or the program or address that starts it is called. Only where it is marked as a standby: what was stopped as a primary would start as one. With this the fence over {source} is over; its services stay stopped. In a run that moves the system a failure stops nothing.',
    asks: 'Asks the cluster for the wanted pods, or the program of `postgres.reprotect` whether the server is up. Whether it follows is asked by the next step.',
    whenItStops: [
      '“not marked as a standby”: somebody has changed its files since. Abort, and ask for it again.',
      '“no way to start it”: start Postgres in {source} by hand, then press Retry.',
    ],
  },
  phase: 'securing',
  after: ['make-standby', 'open-for-standby'],
  repeat: 'idempotent',
  budgetMs: 2 * 60_000,
  callMs: 25_000,
  uses: ['cluster', 'hook', 'jobs'],
  async check(handed): Promise<Answer> {
    const { cluster, source, system, signal } = handed;
    const out = leftOut(handed);
    if (out !== null) return out;
    if (wayFound(handed) === 'streams') return streamsAlready();
    const { fence } = system.regions[source]!;
    const asked = await askStanding(handed);
    if ('answer' in asked) return asked.answer;
    const { state, marked } = asked.standing;
    if (state === 'stopped' && !marked)
      return {
        is: 'notDone',
        why: `it is not marked as a standby: it would start as a primary`,
        evidence: { state },
        final: true,
      };
    if (fence.strategy === 'statefulset') {
      const set = await cluster.workload(source, 'statefulset', fence.name, signal);
      const wanted = set?.wanted ?? 0;
      return wanted > 0
        ? done({ wanted }, `StatefulSet ${fence.name} at ${wanted}`)
        : notDone(`StatefulSet ${fence.name} 0 → 1`, { wanted });
    }
    if (state !== 'stopped') return done({ state }, `it is ${state}`);
    return fence.strategy === 'sql' || startCall(fence) === null
      ? {
          is: 'unknown',
          why: 'there is no way to start it from here: start it by hand',
          evidence: { state },
          final: true,
        }
      : notDone('stopped → running', { state });
  },
  async run(handed) {
    const { cluster, hook, source, system, signal } = handed;
    const asked = await askStanding(handed);
    if (!('standing' in asked) || (asked.standing.state === 'stopped' && !asked.standing.marked))
      throw new Error('it is not seen to be marked as a standby');
    const { fence } = system.regions[source]!;
    if (fence.strategy === 'statefulset') await cluster.scale(source, 'statefulset', fence.name, 1, signal);
    else if (fence.strategy !== 'sql') {
      const call = startCall(fence);
      if (call !== null) await hook.run(call, START_MS, signal);
    }
    return undefined;
  },
  undo: { impossible: 'It follows from here on.' },
});
