import { IntegrationError } from '../lib/errors.ts';
import { type Answer, done, notDone, unknown } from '../ports/answer.ts';
import type { Cache, CacheView, SentinelView } from '../ports/cache.ts';
import { type Reached, reach } from './reaching.ts';
import { defineStep, type StepFacts } from './step.ts';

type Seen = { to: CacheView; sentinels: SentinelView | null; others: [string, Reached<CacheView>][] };

/** Every node from outside: the one that counts must answer, the others have a short time to. */
async function look({ cache, target, system, signal }: { cache: Cache } & StepFacts): Promise<Seen> {
  const regions = Object.keys(system.regions).filter((region) => region !== target);
  const [to, sentinels, others] = await Promise.all([
    cache.observe(target, signal),
    cache.sentinels(signal),
    Promise.all(
      regions.map(
        async (region): Promise<[string, Reached<CacheView>]> => [region, await reached(cache, region, signal)],
      ),
    ),
  ]);
  return { to, sentinels, others };
}

/** @throws where somebody is there and does not let us in: it may be a master, so it does not count as silent */
async function reached(cache: Cache, region: string, signal: AbortSignal): Promise<Reached<CacheView>> {
  let locked: unknown = null;
  const seen = await reach(signal, (limit) =>
    cache.observe(region, limit).catch((error: unknown) => {
      if (error instanceof IntegrationError && error.code.endsWith('not-permitted')) locked = error;
      throw error;
    }),
  );
  if (locked !== null) throw locked;
  return seen;
}

function judged({ to, sentinels, others }: Seen, source: string, target: string): Answer {
  const answering = others.flatMap(([, seen]) => (seen.answered ? [seen.value] : []));
  const masters = answering.filter(({ role }) => role === 'master').map(({ region }) => region);
  const from = answering.find(({ region }) => region === source);
  const silent = others.flatMap(([region, seen]) => (seen.answered ? [] : [region]));
  const named = sentinels?.master ?? null;
  const evidence = {
    targetRole: to.role,
    targetAddress: to.address,
    targetOffset: to.offset,
    sourceRole: from?.role ?? null,
    sourceFollows: from?.follows ?? null,
    silent,
    masters: [...(to.role === 'master' ? [target] : []), ...masters],
    sentinelMaster: named,
    sentinelQuorum: sentinels?.quorum ?? null,
  };
  const elsewhere = masters.filter((region) => region !== source);
  if (elsewhere.length > 0) return unknown(`Redis in ${elsewhere.join(', ')} says it is a master`, evidence);

  if (to.role === 'master') {
    if (sentinels !== null && named !== to.address)
      return unknown(`${target} says it is a master, the Sentinels name ${named ?? 'nobody'}`, evidence);
    if (to.closed)
      return notDone(`${target} is still closed to writes by a switch that ended half-way → open`, evidence);
    if (masters.length > 0) return notDone(`${source} says it is a master too → replica of ${target}`, evidence);
    const rest = silent.length > 0 ? `no answer from ${silent.join(', ')}` : `${source} is a replica`;
    const agreed = sentinels === null ? '' : ', the Sentinels name it';
    return done(evidence, `${target} is the one master that answers${agreed}; ${rest}`);
  }
  if (sentinels === null) return notDone(`${target}: replica of ${to.follows ?? 'nobody'} → master`, evidence);
  if (named === to.address) return unknown(`the Sentinels are making ${target} the master`, evidence);
  if (named === null)
    return unknown(
      `the Sentinels name no common master, ${sentinels.answered} of ${sentinels.asked} answered`,
      evidence,
    );
  if (!sentinels.quorum)
    return unknown(
      `the Sentinels cannot authorize a failover: ${sentinels.answered} of ${sentinels.asked} answered`,
      evidence,
    );
  const ofSource = from === undefined ? to.follows : from.role === 'master' ? from.address : null;
  if (named !== ofSource)
    return unknown(
      `${target} follows ${to.follows ?? 'nobody'}, ${source} ${from === undefined ? 'does not answer' : `says ${from.role}`}, the Sentinels name ${named}`,
      evidence,
    );
  return notDone(`master ${named} → ${to.address}`, evidence);
}

/**
 * Redis without its master. Sentinel may have done it by itself: then nothing is sent. The order given twice can turn
 * the roles back: a `once` step.
 */
export const promoteRedis = defineStep({
  id: 'promote-redis',
  title: 'Make Redis in {target} the master',
  about: {
    does: 'Makes Redis in {target} the master without asking {source}. Sentinel may have done so by itself: then nothing is sent. Else the Sentinels are ordered to, once; without Sentinels the node itself is told. If {source} answers and is still a master, it is made a replica and its clients are ended. What {source} had not passed on is lost. Only in systems with Redis.',
    asks: 'Asks every Redis and the Sentinels, from outside. Done when {target} is the only one that says it is a master, the Sentinels (where there are any) name it, and {source} does not answer or is a replica.',
    whenItStops: [
      '“cannot authorize”, “no common master”: too few Sentinels are left, or they differ. Start those that can be started, then press Retry. Else do it by hand as the card says, and mark the step done.',
      '“the Sentinels name” another one: they turn nodes round for some seconds. Press Check again. If it stays so, look at each Sentinel with `SENTINEL MASTERS`.',
      'Ordered and not seen: look at Redis in {target} with `INFO replication` and at each Sentinel before you do anything. It must not be ordered a second time.',
    ],
  },
  phase: 'promoting',
  after: ['prove-fence', 'promote-postgres'],
  repeat: 'once',
  budgetMs: 60_000,
  callMs: 25_000,
  uses: ['cache'],
  when: (system) => system.cache !== null,
  byHand: ({ cache }) =>
    cache?.sentinels
      ? [
          'redis-cli -h SENTINEL -p 26379 SENTINEL GET-MASTER-ADDR-BY-NAME NAME',
          'redis-cli -h SENTINEL -p 26379 SENTINEL FAILOVER NAME   # once, and only while it names the lost node',
        ]
      : ['redis-cli -h TARGET REPLICAOF NO ONE'],
  check: async (handed) => judged(await look(handed), handed.source, handed.target),
  async run({ cache, source, target, signal }) {
    const { ordered } = await cache.failover(target, signal);
    const from = await reached(cache, source, signal);
    const demoted = from.answered && from.value.role === 'master';
    const endedClients = demoted ? (await cache.demote(source, target, signal)).endedClients : 0;
    return { ordered: ordered ?? 'nothing', sourceDemoted: demoted, endedClients };
  },
  undo: { impossible: 'It follows the promotion; going back is a failback.' },
});
