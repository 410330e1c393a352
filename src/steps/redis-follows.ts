import { type Answer, done, notDone, unknown } from '../ports/answer.ts';
import { defineStep } from './step.ts';

/** One that comes back as a second master takes writes nobody else has. */
export const redisFollows = defineStep({
  id: 'redis-follows',
  title: 'Make Redis in {source} a replica of {target}',
  about: {
    does: 'Makes Redis in {source} follow that of {target}, where it does not yet, and ends its clients. What only it had is lost with that: it is a cache. Only in systems with Redis.',
    asks: 'Asks both nodes and the Sentinels. Done when {target} is the master, {source} its replica with the link up, and the Sentinels (where there are any) name {target}.',
    whenItStops: [
      '“does not answer”: start Redis in {source}, then press Retry. Where it stays away, skip this with that as the reason.',
      '“the Sentinels name” another one: they take some seconds to see it. Press Check again; else look at each with `SENTINEL MASTERS`.',
    ],
  },
  phase: 'securing',
  repeat: 'idempotent',
  budgetMs: 2 * 60_000,
  callMs: 25_000,
  uses: ['cache'],
  when: (system) => system.cache !== null,
  async check({ cache, source, target, signal }): Promise<Answer> {
    const [own, to, sentinels] = await Promise.all([
      cache.observe(source, signal),
      cache.observe(target, signal),
      cache.sentinels(signal),
    ]);
    const evidence = {
      role: own.role,
      follows: own.follows,
      linkUp: own.linkUp,
      targetRole: to.role,
      sentinelMaster: sentinels?.master ?? null,
    };
    if (to.role !== 'master') return unknown(`Redis in ${target} is no master`, evidence);
    if (own.role === 'master' || own.follows !== to.address)
      return notDone(
        `${source}: ${own.role === 'master' ? 'master' : `replica of ${own.follows}`} → replica of ${target}`,
        evidence,
      );
    if (own.linkUp !== true) return unknown(`${source} follows ${target}, its link is not up yet`, evidence);
    if (sentinels !== null && sentinels.master !== to.address)
      return unknown(`${source} follows ${target}, the Sentinels name ${sentinels.master ?? 'nobody'}`, evidence);
    return done(evidence, `${source} follows ${target}${sentinels === null ? '' : ', the Sentinels agree'}`);
  },
  run: async ({ cache, source, target, signal }) => await cache.demote(source, target, signal),
  // A second master is what nobody wants back.
  undo: async () => ({ kept: true }),
});
