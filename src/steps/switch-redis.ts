import { done, notDone, unknown } from '../ports/answer.ts';
import type { Cache } from '../ports/cache.ts';
import { defineStep } from './step.ts';

async function look(cache: Cache, source: string, target: string, signal: AbortSignal) {
  const [from, to, sentinels] = await Promise.all([
    cache.observe(source, signal),
    cache.observe(target, signal),
    cache.sentinels(signal),
  ]);
  return {
    from,
    to,
    sentinels,
    evidence: {
      sourceRole: from.role,
      targetRole: to.role,
      sourceFollows: from.follows,
      targetAddress: to.address,
      targetOffset: to.offset,
      sentinelMaster: sentinels?.master ?? null,
    },
  };
}

/**
 * Coordinated: writes paused, offsets equal, switched, the old master demoted by us. `SENTINEL FAILOVER` alone loses
 * acknowledged writes, and sent twice it moves the master back: a `once` step.
 */
export const switchRedis = defineStep({
  id: 'switch-redis',
  title: 'Switch Redis over',
  about: {
    does: 'Makes Redis in {target} the master: holds writes back, waits for equal offsets, switches, makes the old master a replica and ends its clients. The pause ends by itself, even if Regent dies; where Sentinels give the order {source} is closed before it and opened as a replica. Only in systems with Redis.',
    asks: 'Asks both servers and the Sentinels. Done when {target} is the one master, {source} follows it, and the Sentinels name it.',
    whenItStops: [
      '“has lost its link”: repair the replication of Redis, then press Retry. Nothing was ordered.',
      'The Sentinels differ, or have no quorum: see that they all run and name the same master.',
      'They disagree after the order: look at both servers with `INFO replication` and at each Sentinel before you do anything. It must not be ordered a second time.',
    ],
  },
  phase: 'promoting',
  after: ['prove-fence', 'promote-postgres'],
  repeat: 'once',
  budgetMs: 60_000,
  callMs: 25_000,
  uses: ['cache'],
  when: (system) => system.cache !== null,
  async check({ cache, source, target, signal }) {
    const { from, to, sentinels, evidence } = await look(cache, source, target, signal);
    const agreed = sentinels === null || sentinels.master === to.address;
    if (to.role === 'master' && from.closed && agreed) {
      const is = from.role === 'master' ? 'says it is a master too, and takes no write' : 'is still closed to writes';
      return notDone(`${source} ${is} → open replica of ${target}`, evidence);
    }
    if (to.role === 'master' && from.role === 'replica' && from.follows === to.address && agreed)
      return done(evidence, `${target} is the one master, ${source} follows it at offset ${from.offset}`);
    const untouched =
      from.role === 'master' && to.role === 'replica' && (sentinels === null || sentinels.master === from.address);
    if (untouched && to.linkUp === true) return notDone(`master ${from.address} → ${to.address}`, evidence);
    if (untouched) return unknown(`Redis in ${target} has lost its link to ${source}`, evidence);
    return unknown(
      `${source} says ${from.role}, ${target} says ${to.role}, Sentinel names ${sentinels?.master ?? 'nobody'}`,
      evidence,
    );
  },
  async run({ cache, source, target, signal }) {
    // Ordered before, and Regent ended before it was over: what is left to do is to demote the old one.
    if ((await cache.observe(target, signal)).role === 'master') {
      const { endedClients } = await cache.demote(source, target, signal);
      return { by: 'an order before', endedClients };
    }
    const report = await cache.switchover(source, target, signal);
    return { by: report.by, offset: report.offset, pausedMs: report.pausedMs, endedClients: report.endedClients };
  },
  undo: { impossible: 'It follows the promotion; going back is a failback.' },
});
