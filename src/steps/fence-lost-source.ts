import { IntegrationError, sentenceOf } from '../lib/errors.ts';
import { type Answer, done, type Evidence, notDone } from '../ports/answer.ts';
import type { WriteAttempt } from '../ports/database.ts';
import { startCall, stopCall } from './fence-hook.ts';
import { REACH_MS, type Reached, reach } from './reaching.ts';
import { defineStep, type Ports, type StepFacts } from './step.ts';

/** A hook of the house may switch off machines out of band: it is given longer than a region that may be gone. */
const HOOK_MS = 12_000;
/** How long a pod may take to end before it is its node that is lost with it, ms. */
const ENDING_MS = 15_000;

const ID = 'fence-lost-source';
type Handed = Pick<Ports, 'cluster' | 'database' | 'watch' | 'clock'> & StepFacts;

type Seen = {
  /** Of the StatefulSet that is the fence; null where the fence is another, or there is no such set. */
  set: { wanted: number; pods: number } | null;
  writers: Record<string, number>;
};
type Server = { standby: boolean; closed: string[] };

/** The services that write, and the StatefulSet where that is the fence, in one answer. */
async function clusterOf({ cluster, source, values, signal }: Handed): Promise<Seen> {
  const [set, writers] = await Promise.all([
    values.fence.strategy === 'statefulset' ? cluster.workload(source, 'statefulset', values.fence.ref, signal) : null,
    values.stopWriters.length === 0 ? [] : cluster.deployments(source, values.stopWriters, signal),
  ]);
  return {
    set: set === null ? null : { wanted: set.wanted, pods: set.pods },
    writers: Object.fromEntries(writers.map(({ name, wanted }) => [name, wanted])),
  };
}

type Looks = { cluster: Reached<Seen>; server: Reached<Server>; attempt: WriteAttempt };

/** Everything that could answer, each with its own time: the slowest decides, and it is short. */
async function lookAt(handed: Handed): Promise<Looks> {
  const { database, source, signal } = handed;
  const [cluster, server, attempt] = await Promise.all([
    // A right that is missing is no reason to wait either: then the cluster is no way to fence.
    reach(signal, (limit) => clusterOf({ ...handed, signal: limit })).catch(refused),
    reach(signal, async (limit): Promise<Server> => {
      const view = await database.observe(source, limit);
      return { standby: view.role === 'standby', closed: view.closedDatabases };
    }).catch(refused),
    reach(signal, (limit) => database.attemptWrite(source, limit)).catch(refused),
  ]);
  return {
    cluster,
    server,
    attempt: attempt.answered
      ? { ...attempt.value, how: wordsOf(attempt.value.how) }
      : { outcome: 'unreachable', how: attempt.why, connectionRefused: false },
  };
}
/** Its words, to stand inside others. */
const wordsOf = (how: string): string => how.replace(/\.$/, '');
const refused = (error: Error) => ({ answered: false as const, why: sentenceOf(error) });

/** What is seen, and what it comes to. */
function judged({ cluster, server, attempt }: Looks, handed: Handed): Answer {
  const { source, values, watch, clock, beforeOf } = handed;
  const { strategy, ref } = values.fence;
  const before = beforeOf(ID);
  const seen = cluster.answered ? cluster.value : null;
  const evidence: Evidence = {
    reached: cluster.answered || server.answered || attempt.outcome !== 'unreachable' || attempt.connectionRefused,
    attempt: attempt.outcome,
    how: attempt.how,
    cluster: cluster.answered ? 'answers' : cluster.why,
    replicas: seen?.set?.wanted ?? null,
    pods: seen?.set?.pods ?? null,
    writers: seen?.writers ?? null,
    closedDatabases: server.answered ? server.value.closed : null,
    // Where its log stood when it was last seen: what it has past that, should it come back, was written after.
    leftAtLsn: before?.['leftAtLsn'] ?? watch.health(source)?.database?.lsn ?? null,
    askedAtMs: Number(before?.['askedAtMs'] ?? clock.now()),
  };
  const fenced = (words: string) => done({ ...evidence, owed: false }, words);
  const isOwed = (words: string) => done({ ...evidence, owed: true }, words);

  if (server.answered && server.value.standby) return fenced(`Postgres in ${source} is a standby and takes no writes`);
  const orders = [
    ...(seen?.set && seen.set.wanted > 0 ? [`StatefulSet ${ref} ${seen.set.wanted} → 0`] : []),
    ...Object.entries(seen?.writers ?? {}).flatMap(([name, wanted]) => (wanted > 0 ? [`${name} ${wanted} → 0`] : [])),
    ...(before === null && (strategy === 'exec' || strategy === 'http') ? [`run ${ref}`] : []),
  ];
  if (orders.length > 0) return notDone(orders.join(', '), evidence);

  const stopped = seen?.set?.wanted === 0;
  if (stopped && seen.set?.pods === 0) return fenced(`StatefulSet ${ref} at 0, no pod left`);
  if (attempt.outcome === 'accepted')
    return notDone(
      stopped
        ? `Postgres in ${source} still accepts writes; ${seen.set?.pods ?? 0} pods of ${ref} ending`
        : `Postgres in ${source} accepts writes: close its databases to connections`,
      evidence,
    );
  if (stopped && clock.now() - Number(evidence['askedAtMs']) < ENDING_MS)
    return notDone(`${seen.set?.pods ?? 0} pods of ${ref} ending`, evidence);
  if (stopped)
    return isOwed(`StatefulSet ${ref} at 0, its pods do not end: their node seems lost. Postgres: ${attempt.how}`);
  if (attempt.outcome === 'refused') {
    const words = `a fresh session in ${source} was refused (${attempt.how}); SQL only, the server still runs`;
    return strategy === 'sql' ? fenced(words) : isOwed(words);
  }
  if (attempt.connectionRefused) {
    const words = `nobody listens at Postgres in ${source}`;
    return strategy === 'exec' || strategy === 'http' ? fenced(`${words} (${ref})`) : isOwed(words);
  }
  // The orders go out once even into silence: they may arrive where no answer comes back from.
  if (before === null) return notDone(`${source} does not answer: try every fence all the same`, evidence);
  return isOwed(
    evidence['reached'] === true
      ? `Postgres in ${source} does not answer (${attempt.how}); the fence is owed and asserted as soon as it does`
      : `${source} does not answer: nothing could be ordered there; the fence is owed and asserted as soon as it answers`,
  );
}

/** An order and what became of it: `done`, `not sent` where it surely never arrived, else the sentence of the failure. */
async function order(signal: AbortSignal, ms: number, give: (signal: AbortSignal) => Promise<unknown>) {
  try {
    const seen = await reach(signal, give, ms);
    return seen.answered ? 'done' : seen.why;
  } catch (error) {
    if (signal.aborted) throw error;
    return error instanceof IntegrationError && error.effect === 'none'
      ? `not sent: ${sentenceOf(error)}`
      : sentenceOf(error);
  }
}

/**
 * Fencing where nobody may be left to be fenced: every way there is, at once, each with a short time of its own. The
 * region's silence does not hold the promotion up; the next step says what it is worth, and a person answers for it.
 */
export const fenceLostSource = defineStep({
  id: ID,
  title: 'Fence {source}, if anything of it answers',
  about: {
    does: 'Takes from {source} the ability to accept writes, by every way there is at once: its StatefulSet and the services that write to 0, or your script or endpoint; where those reach nobody and Postgres answers, by closing its databases to connections. Each has a short time limit.',
    asks: 'The cluster, and Postgres by a write of its own that is rolled back. Done when the fence is seen. Also done when nothing answers: then the fence is owed, asserted as soon as {source} answers again, and “Prove {source} refuses writes” asks a person to answer for it.',
    whenItStops: [
      '“accepts writes”: {source} is alive for somebody. Stop Postgres there by hand, or switch its machines off; then press Retry.',
      '“pods ending” while Postgres accepts writes: they wait for clients. Wait a moment, or end them in the cluster.',
      'The script failed: its last lines are in the thread. Run it by hand, then press Retry.',
    ],
  },
  phase: 'promoting',
  repeat: 'idempotent',
  budgetMs: 60_000,
  callMs: 20_000,
  clock: 'writes-stop',
  uses: ['database', 'cluster', 'hook', 'watch', 'clock'],
  check: async (handed) => judged(await lookAt(handed), handed),
  async run({ database, cluster, hook, source, values, system, signal }) {
    const fence = system.regions[source]!.fence;
    const writers = values.stopWriters.map((name) => ({ kind: 'deployment' as const, name }));
    const strong = async (): Promise<string> => {
      if (fence.strategy === 'statefulset')
        return await order(signal, REACH_MS, (limit) =>
          cluster.scale(source, 'statefulset', values.fence.ref, 0, limit),
        );
      if (fence.strategy === 'sql') return 'none is configured';
      return await order(signal, HOOK_MS, async (limit) => {
        const result = await hook.run(stopCall(fence), HOOK_MS, limit);
        if (!result.ok)
          throw new Error(`the fence hook ended with ${result.status ?? 'no status'}: ${result.output.slice(-200)}`);
      });
    };
    const [fenceOrder, ...writerOrders] = await Promise.all([
      strong(),
      ...writers.map(({ kind, name }) =>
        order(signal, REACH_MS, (limit) => cluster.scale(source, kind, name, 0, limit)),
      ),
    ]);
    // Last, because it travels with the log to a standby that still follows, and because the server goes on running.
    const sqlOrder =
      fenceOrder === 'done'
        ? 'not needed'
        : await order(signal, 2 * REACH_MS, (limit) => closeIfWritable(database, source, limit));
    return {
      orders: {
        [fence.strategy === 'sql' ? 'fence' : fence.strategy]: fenceOrder,
        ...Object.fromEntries(writers.map(({ name }, index) => [name, writerOrders[index] ?? ''])),
        sql: sqlOrder,
      },
    };
  },
  async undo({ database, cluster, hook, source, before, evidenceOf, values, system, signal }) {
    const fence = system.regions[source]!.fence;
    const orders = (evidenceOf(ID)?.['orders'] ?? {}) as Record<string, string>;
    const restored: string[] = [];
    const notRestored: string[] = [];
    /** An order nobody confirmed, to a region that is silent still, may never have arrived: it is named, not waited for. */
    const giveBack = async (name: string, give: (limit: AbortSignal) => Promise<unknown>): Promise<void> => {
      if (orders[name]?.startsWith('not sent')) return;
      const seen = await reach(signal, give, 5000);
      if (seen.answered) restored.push(name);
      else if (orders[name] === 'done') throw new Error(`${name} of ${source} could not be given back: ${seen.why}`);
      else notRestored.push(`${name}: ${seen.why}`);
    };
    if (fence.strategy === 'statefulset')
      await giveBack('statefulset', (limit) =>
        cluster.scale(source, 'statefulset', values.fence.ref, Number(before['replicas'] ?? 1), limit),
      );
    else if (fence.strategy !== 'sql') {
      const call = startCall(fence);
      if (call === null)
        throw new Error(`no start is configured for ${source}: start its Postgres by hand, then retry.`);
      await giveBack(fence.strategy, async (limit) => {
        const result = await hook.run(call, HOOK_MS, limit);
        if (!result.ok) throw new Error(`the start hook ended with ${result.status ?? 'no status'}`);
      });
    }
    const writers = (before['writers'] ?? {}) as Record<string, number>;
    for (const name of values.stopWriters) {
      // Where nobody answered before the order, what the plan wants of it is the best that is known.
      const replicas = writers[name] ?? values.deployments.find((one) => one.name === name)?.replicas ?? 0;
      if (replicas > 0) await giveBack(name, (limit) => cluster.scale(source, 'deployment', name, replicas, limit));
    }
    if (orders['sql'] !== 'not needed') await giveBack('sql', (limit) => database.reopen(source, limit));
    return { restored, notRestored };
  },
});

/** Closes a primary's databases; one that is a standby takes no writes, and one that is closed stays so. */
async function closeIfWritable(database: Ports['database'], source: string, signal: AbortSignal): Promise<void> {
  const view = await database.observe(source, signal);
  if (view.role === 'primary' && view.closedDatabases.length === 0) await database.closeConnections(source, signal);
}
