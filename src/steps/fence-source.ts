import type { Evidence } from '../machine/types.ts';
import { type Answer, done, notDone, unknown } from '../ports/answer.ts';
import type { Hook, HookCall } from '../ports/hook.ts';
import { startCall, stopCall } from './fence-hook.ts';
import { defineStep } from './step.ts';

/**
 * Takes from the source's Postgres the ability to accept writes. Three ways: the StatefulSet to zero, a script or
 * endpoint that stops the server and reports its control state, or SQL alone (soft: the server stays up).
 * That it holds is proven by the step after this one, from outside.
 */
export const fenceSource = defineStep({
  id: 'fence-source',
  title: 'Fence {source}',
  about: {
    does: 'Takes from Postgres in {source} the ability to accept writes, as configured: its StatefulSet to 0, a script or an endpoint of yours that stops it, or SQL alone. With SQL alone the server stays up, and {source} has to be copied anew before it can be a standby.',
    asks: 'StatefulSet: 0 wanted and no pod left. Script or endpoint: nobody listens any more. SQL: every application database refuses connections.',
    whenItStops: [
      'A pod that does not end: look at its log for a shutdown that waits for clients. Do not kill it: a clean stop is what proves that nothing is missing.',
      'The hook failed: the last lines it printed are in the thread. Run it by hand, then press Retry.',
      '“proves nothing”, no answer: {source} may be cut off from here and still serve others. Find out before anything else.',
    ],
  },
  phase: 'promoting',
  after: ['stop-writers', 'read-only-source', 'drain-connections', 'data-at-source'],
  repeat: 'verifiable',
  budgetMs: 2 * 60_000,
  callMs: 25_000,
  clock: 'writes-stop',
  uses: ['database', 'cluster', 'hook'],
  async check({ database, cluster, source, target, values, signal }) {
    // Kept with the first intent: from where the end of the standby's WAL is read, and that it streamed when we stopped.
    const standby = await database.observe(target, signal);
    const seen: Evidence = { standbyLsn: standby.lsn, standbyStreamed: standby.streamingFrom !== null };
    if (values.fence.strategy === 'statefulset') {
      const set = await cluster.workload(source, 'statefulset', values.fence.ref, signal);
      if (set === null) return unknown(`${source} has no StatefulSet ${values.fence.ref}`, seen);
      const evidence = { ...seen, replicas: set.wanted, pods: set.pods };
      return set.wanted === 0 && set.pods === 0
        ? done(evidence, `StatefulSet ${values.fence.ref} at 0, no pod left`)
        : notDone(
            set.wanted === 0
              ? `${set.pods} pods of ${values.fence.ref} ending`
              : `StatefulSet ${values.fence.ref} ${set.wanted} → 0`,
            evidence,
          );
    }
    if (values.fence.strategy === 'sql') return await sqlFence(database, source, seen, signal);
    const attempt = await database.attemptWrite(source, signal);
    const evidence = { ...seen, attempt: attempt.outcome, how: attempt.how };
    if (attempt.outcome === 'unreachable' && attempt.connectionRefused)
      return done(evidence, `stopped by ${values.fence.ref}`);
    // A server that refuses still runs: the hook was to stop it.
    return attempt.outcome === 'unreachable'
      ? unknown(attempt.how, evidence)
      : notDone(`run ${values.fence.ref}`, evidence);
  },
  async run({ database, cluster, hook, source, values, system, signal }) {
    // A short stop: what is dirty is written before the server is told to end. Not at any price: the stop comes first.
    await database.checkpoint(source, AbortSignal.any([signal, AbortSignal.timeout(10_000)])).catch(() => undefined);
    const fence = system.regions[source]!.fence;
    switch (fence.strategy) {
      case 'statefulset':
        await cluster.scale(source, 'statefulset', values.fence.ref, 0, signal);
        return undefined;
      case 'sql': {
        const { ended, prepared } = await database.closeConnections(source, signal);
        return { endedBackends: ended, preparedTransactions: prepared };
      }
      default:
        return await controlReport(hook, stopCall(fence), signal);
    }
  },
  async undo({ database, cluster, hook, source, before, values, system, signal }) {
    const fence = system.regions[source]!.fence;
    if (fence.strategy === 'statefulset')
      await cluster.scale(source, 'statefulset', values.fence.ref, Number(before['replicas'] ?? 1), signal);
    else if (fence.strategy === 'sql') await database.reopen(source, signal);
    else {
      const call = startCall(fence);
      if (call === null)
        throw new Error(`no start is configured for ${source}: start its Postgres by hand, then retry.`);
      await controlReport(hook, call, signal);
    }
    const view = await database.observe(source, signal);
    return { role: view.role };
  },
});

async function sqlFence(
  database: { observe: (region: string, signal: AbortSignal) => Promise<{ closedDatabases: string[] }> },
  source: string,
  seen: Evidence,
  signal: AbortSignal,
): Promise<Answer> {
  const { closedDatabases } = await database.observe(source, signal);
  const evidence = { ...seen, closedDatabases };
  return closedDatabases.length > 0
    ? done(evidence, `${closedDatabases.join(', ')} refuse connections; the server itself still runs (soft)`)
    : notDone('close the databases to connections, end every backend', evidence);
}

/** Runs the user's hook; what it reports of the control file travels into the evidence. */
async function controlReport(hook: Hook, call: HookCall, signal: AbortSignal): Promise<Evidence> {
  const result = await hook.run(call, 25_000, signal);
  if (!result.ok)
    throw new Error(`the fence hook ended with ${result.status ?? 'no status'}: ${result.output.slice(-200)}`);
  const { state, checkpoint } = result.report ?? {};
  return {
    controlState: typeof state === 'string' ? state : null,
    shutdownCheckpoint: typeof checkpoint === 'string' ? checkpoint : null,
  };
}
