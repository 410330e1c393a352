/**
 * A new master where the old one cannot be asked. Through the Sentinels it is an order that toggles: given twice it can
 * make the old master the master again. So they are asked first who it is, and once more in the very session the order
 * is given in; one that has happened by itself, or is under way, is not given.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { IntegrationError } from '../../lib/errors.ts';
import type { FailoverReport } from '../../ports/cache.ts';
import { type Call, type Endpoint, withConnection } from './client.ts';
import { forget, keep, reopen } from './closing.ts';
import { observe, type Sighting } from './observe.ts';
import { candidates, opinions, type SentinelAddress, summary } from './sentinels.ts';

export type FailoverOptions = {
  target: Endpoint & { region: string };
  sentinels: SentinelAddress[];
  masterName: string;
  timeoutMs: number;
  pollMs: number;
  settleMs: number;
};

export async function failover(options: FailoverOptions, signal: AbortSignal): Promise<FailoverReport> {
  const { target, sentinels, masterName, pollMs, settleMs } = options;
  const call: Call = { operation: 'failover', signal, timeoutMs: options.timeoutMs };
  const look = () => withConnection(target, call, (connection) => observe(target.region, target.url, connection));

  const before = await look();
  if (before.role === 'master') {
    await opened(before);
    return { ordered: null };
  }
  const ordered = sentinels.length > 0 ? await bySentinel(before) : await byItself();
  await opened(await becomesMaster(ordered));
  return { ordered };

  /** One that a switch had closed would take no write as the only master. */
  async function opened({ before: settings }: Sighting): Promise<void> {
    if (settings === null) return;
    await withConnection(target, call, async (connection) => {
      await reopen(connection, settings);
      await forget(connection);
    });
  }

  async function byItself(): Promise<FailoverReport['ordered']> {
    await withConnection(target, call, async ({ change }) => {
      await change('REPLICAOF', 'NO', 'ONE');
      await keep({ change });
    });
    return 'replicaof-no-one';
  }

  async function bySentinel(next: Sighting): Promise<FailoverReport['ordered']> {
    const said = await opinions(sentinels, masterName, call);
    const { master, quorum, answered, asked } = summary(said);
    if (master === null)
      throw refusal(
        'redis-sentinels-differ',
        `The Sentinels name no common master; ${answered} of ${asked} answered. Nothing was ordered.`,
      );
    if (next.names.has(master)) return null;
    if (!quorum)
      throw refusal(
        'redis-no-quorum',
        `The Sentinels cannot authorize a failover: ${answered} of ${asked} answered. Nothing was ordered.`,
      );
    const chosen = said.find((opinion) => opinion?.quorum && opinion.master === master)!.endpoint;
    const eligible = await candidates(chosen, masterName, call);
    const onlyTarget = eligible.length === 1 && next.names.has(eligible[0]!);
    return withConnection(chosen, call, async ({ read, change }) => {
      // Silent Sentinels have cost seconds: meanwhile the others may have acted, and the same order would undo it.
      const now = await read('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', masterName);
      const named = Array.isArray(now) ? `${now[0]}:${now[1]}` : null;
      if (named !== null && next.names.has(named)) return null;
      if (named !== master)
        throw refusal(
          'redis-sentinels-differ',
          `The Sentinels named ${master} as master and now ${named ?? 'none'}. Nothing was ordered.`,
        );
      if (!onlyTarget)
        throw refusal(
          'redis-sentinel-would-choose',
          `Sentinel would choose among ${eligible.join(', ') || 'no replica'}, and only ${target.title} (${next.address}) may be chosen. Nothing was ordered.`,
          'Set replica-priority 0 on the other replicas, and wait until Sentinel has seen it (10 s).',
        );
      try {
        await change('SENTINEL', 'FAILOVER', masterName);
        return 'sentinel-failover';
      } catch (error) {
        // It has begun one by itself a moment ago.
        if (error instanceof Error && error.message.startsWith('INPROG')) return null;
        throw error;
      }
    });
  }

  /** Sentinel ends the clients of a node it promotes: a lost connection is no answer yet. */
  async function becomesMaster(ordered: FailoverReport['ordered']): Promise<Sighting> {
    const started = performance.now();
    let last = 'it says it is a replica';
    for (;;) {
      try {
        const seen = await look();
        if (seen.role === 'master') return seen;
      } catch (error) {
        last = error instanceof Error ? error.message : String(error);
      }
      if (signal.aborted || performance.now() - started > settleMs)
        throw new IntegrationError(
          `${target.title} was ${ordered === null ? 'being made' : 'ordered to become'} a master, and that was not seen: ${last}`,
          {
            code: 'redis-failover-unfinished',
            system: 'redis',
            operation: 'failover',
            effect: 'unknown',
            hint: 'Look at the node and at each Sentinel before anything else.',
          },
        );
      await delay(pollMs, undefined, { signal }).catch(() => {});
    }
  }
}

function refusal(code: string, message: string, hint?: string): IntegrationError {
  return new IntegrationError(message, {
    code,
    system: 'redis',
    operation: 'failover',
    effect: 'none',
    ...(hint !== undefined && { hint }),
  });
}
