import { bytesText } from '../lib/bytes.ts';
import { done, notDone, unknown } from '../ports/answer.ts';
import type { CacheView } from '../ports/cache.ts';
import { defineCheck } from './step.ts';

/** A node may be known by more than one name: that its master lists it is as good as that it names its master. */
const isReplicaOf = (one: CacheView, master: CacheView): boolean =>
  one.role === 'replica' &&
  (one.follows === master.address || master.replicas.some(({ address }) => address === one.address));

/** What `switch-redis` will rest on, asked before people decide: found out there, it would be after the promotion. */
export const redisInSync = defineCheck({
  id: 'redis-in-sync',
  title: 'See that Redis in {target} is in sync',
  about: {
    does: 'Asks before people decide whether Redis can be switched over: that comes after the promotion, where there is no way back. Only in systems with Redis. It may be skipped with a reason.',
    asks: 'Asks both servers and the Sentinels. Done when {source} is the master, {target} its replica with the link up, and the Sentinels, where there are any, name {source} and have their quorum. How far {target} is behind is shown and not judged: the switch itself waits for equal offsets.',
    whenItStops: [
      '“has lost its link”: look at the log of Redis in {target}, and whether it reaches {source} (address, password, network).',
      '“says master”, “says replica”, “does not follow”: the servers have other roles than the plan expects. Look at both with `INFO replication` and set them right before you press Retry.',
      '“Sentinels”: see that they all run, reach each other and name the same master (`SENTINEL CKQUORUM`).',
    ],
  },
  phase: 'assessing',
  after: ['source-is-primary'],
  budgetMs: 60_000,
  uses: ['cache'],
  when: (system) => system.cache !== null,
  proves: false,
  async check({ cache, source, target, signal }) {
    const [from, to, sentinels] = await Promise.all([
      cache.observe(source, signal),
      cache.observe(target, signal),
      cache.sentinels(signal),
    ]);
    // Read one after the other, a replica may be seen ahead of its master: that is not behind.
    const bytesBehind = Math.max(0, from.offset - to.offset);
    const roles =
      from.role !== 'master' || to.role !== 'replica'
        ? `${source} says ${from.role}, ${target} says ${to.role}`
        : isReplicaOf(to, from)
          ? null
          : `Redis in ${target} does not follow ${source} but ${to.follows ?? 'nobody'}`;
    const link = roles === null && to.linkUp !== true ? `Redis in ${target} has lost its link to ${source}` : null;
    const silent = sentinels !== null && sentinels.answered === 0;
    const named =
      sentinels === null || silent || sentinels.master === from.address
        ? null
        : `the Sentinels name ${sentinels.master ?? 'no one master'}, not ${from.address}`;
    const quorum =
      sentinels === null || silent || named !== null || sentinels.quorum
        ? null
        : `the Sentinels have no quorum, ${sentinels.answered} of ${sentinels.asked} answered`;
    const trouble = [roles, link, named, quorum].filter((one) => one !== null);
    const evidence = {
      sourceRole: from.role,
      targetRole: to.role,
      linkUp: to.linkUp,
      bytesBehind,
      sentinelMaster: sentinels?.master ?? null,
      sentinelQuorum: sentinels?.quorum ?? null,
      trouble: silent ? [...trouble, 'no Sentinel answered'] : trouble,
    };
    if (trouble.length > 0) return notDone(trouble.join('; '), evidence);
    if (silent) return unknown(`none of ${sentinels.asked} Sentinels answered`, evidence);
    const agreed = sentinels === null ? '' : `, ${sentinels.answered} of ${sentinels.asked} Sentinels answered`;
    return done(evidence, `${target} follows ${source}, ${bytesText(bytesBehind)} behind${agreed}`);
  },
});
