/**
 * The coordinated switch that loses no acknowledged write.
 * `SENTINEL FAILOVER` by itself answers OK while clients go on writing to the old master for seconds. So: writes are
 * paused first, the target has everything, Sentinel (or `FAILOVER TO`) makes the new master, *we* demote the old one
 * and end its clients, and only then the pause ends. Every command has a connection of its own: when Sentinel
 * reconfigures a node it ends that node's clients, ours among them.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { IntegrationError } from '../../lib/errors.ts';
import type { SwitchoverReport } from '../../ports/cache.ts';
import { type Call, type Connection, type Endpoint, withConnection } from './client.ts';
import { type Effect, failure } from './failure.ts';
import { observe, parseInfo, type Sighting } from './observe.ts';
import { candidates, opinions, type SentinelAddress, summary } from './sentinels.ts';

export type SwitchoverOptions = {
  source: Endpoint & { region: string };
  target: Endpoint & { region: string };
  sentinels: SentinelAddress[];
  masterName: string;
  timeoutMs: number;
  pauseMs: number;
  pollMs: number;
  settleMs: number;
};

type Order = { by: SwitchoverReport['by']; give(): Promise<void> };

export async function switchover(options: SwitchoverOptions, signal: AbortSignal): Promise<SwitchoverReport> {
  const { source, target, pauseMs, pollMs } = options;
  const call: Call = { operation: 'switchover', signal, timeoutMs: options.timeoutMs };
  let paused: number | null = null;
  let ordered = false;
  let demoted = false;
  const spent = () => (paused === null ? 0 : performance.now() - paused);
  const left = () => pauseMs - spent();
  // While writes are held back no single question may outlast the pause.
  const patience = () => (demoted ? options.timeoutMs : Math.max(50, Math.min(options.timeoutMs, left())));
  const at = <T>(endpoint: Endpoint, use: (connection: Connection) => Promise<T>) =>
    withConnection(endpoint, { ...call, timeoutMs: patience() }, use);
  const look = (of: Endpoint & { region: string }) => at(of, (connection) => observe(of.region, of.url, connection));

  const [old, next] = [await look(source), await look(target)];
  refuseWrongRoles(old, next);
  const order = options.sentinels.length > 0 ? await bySentinel() : byFailoverTo();
  const targetAddress = old.replicas.find(({ address }) => next.names.has(address))?.address ?? next.address;

  paused = performance.now();
  try {
    await at(source, ({ change }) => change('CLIENT', 'PAUSE', pauseMs, 'WRITE'));
    const offset = await equalOffsets();
    ordered = true;
    await order.give().catch(orNotOrdered);
    await until('it did not become master', async () => (await look(target)).role === 'master');
    const endedClients = await demote();
    const pausedMs = Math.round(spent());
    demoted = true;
    if (pausedMs >= pauseMs)
      throw refusal(
        'redis-pause-too-short',
        `Writes went on in ${source.region} before it was demoted (${pauseMs} ms).`,
      );
    // A replica takes no writes, paused or not: failing to end the pause early harms nobody now.
    await insist(unpause).catch(() => {});
    await settled();
    return { offset, by: order.by, pausedMs, endedClients };
  } catch (error) {
    // Paused, nothing ordered: let the writers go on. Ordered and not known to be finished: writes accepted now would
    // be lost, so the pause is left to end by itself. Given up: a later call may have paused; nothing more is sent.
    if (!ordered && !signal.aborted) await unpause().catch(() => {});
    const facts = { who: source.title, operation: 'switchover', effect: 'none' as const, aborted: signal.aborted };
    const failed = failure(error, facts);
    if (!ordered) throw refusal(failed.code, failed.message, 'none', failed.hint);
    throw failed.code === 'redis-not-settled' ? failed : unfinished(failed);
  }

  /** An order that was not answered may have been taken: the target will tell. A refused one was not given. */
  function orNotOrdered(error: unknown): void {
    ordered = !(error instanceof IntegrationError && error.effect === 'none');
    if (!ordered || signal.aborted) throw error;
  }

  /** Writes are paused, so what the master has now is all there will be; only its heartbeats follow. */
  async function equalOffsets(): Promise<number> {
    const { offset } = await look(source);
    await until('it has not caught up while writes were paused', async () => (await look(target)).offset >= offset, 2);
    return offset;
  }

  async function demote(): Promise<number> {
    const [host, port] = splitAddress(targetAddress);
    await insist(() => at(source, ({ change }) => change('REPLICAOF', host, port)));
    return Number(
      await insist(() => at(source, ({ change }) => change('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes'))),
    );
  }

  function unpause(): Promise<unknown> {
    return at(source, ({ change }) => change('CLIENT', 'UNPAUSE'));
  }

  /** Sets a state, so it may be said again: a connection that Sentinel ended is no reason to stop half-way. */
  async function insist<T>(say: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await say();
      } catch (error) {
        const again = error instanceof IntegrationError && error.code === 'redis-no-answer';
        if (!again || signal.aborted || left() < 3 * pollMs) throw error;
        await delay(pollMs, undefined, { signal });
      }
    }
  }

  /**
   * Asks the target until it holds, while the pause lasts; with `share` 2 for half of it. A lost connection is no
   * answer yet: the very order to become master makes Sentinel end the clients of the target.
   */
  async function until(otherwise: string, holds: () => Promise<boolean>, share = 1): Promise<void> {
    for (;;) {
      if (await holds().catch(notYet)) return;
      if (left() < pauseMs - pauseMs / share + 2 * pollMs)
        throw refusal('redis-too-slow', `${target.title}: ${otherwise} (${pauseMs} ms).`);
      await delay(pollMs, undefined, { signal });
    }
  }

  function notYet(error: unknown): false {
    if (signal.aborted || !(error instanceof IntegrationError) || error.code !== 'redis-no-answer') throw error;
    return false;
  }

  async function bySentinel(): Promise<Order> {
    const said = await opinions(options.sentinels, options.masterName, call);
    const { master, quorum, answered, asked } = summary(said);
    if (master === null || !old.names.has(master))
      throw refusal(
        'redis-sentinels-differ',
        `The Sentinels name ${master ?? 'no common address'} as master, not ${source.title} (${old.address}); ${answered} of ${asked} answered.`,
      );
    if (!quorum)
      throw refusal('redis-no-quorum', `The Sentinels cannot authorize a failover: ${answered} of ${asked} answered.`);
    const chosen = said.find((opinion) => opinion?.quorum && opinion.master === master)!.endpoint;
    const eligible = await candidates(chosen, options.masterName, call);
    if (eligible.length !== 1 || !next.names.has(eligible[0]!))
      throw refusal(
        'redis-sentinel-would-choose',
        `Sentinel would choose among ${eligible.join(', ') || 'no replica'}, and only ${target.title} (${next.address}) may be chosen.`,
        'none',
        'Set replica-priority 0 on the other replicas, and wait until Sentinel has seen it (10 s).',
      );
    return {
      by: 'sentinel',
      async give() {
        await at(chosen, ({ change }) => change('SENTINEL', 'FAILOVER', options.masterName));
      },
    };
  }

  function byFailoverTo(): Order {
    return {
      by: 'failover-to',
      async give() {
        const [host, port] = splitAddress(targetAddress);
        const limit = Math.max(1, Math.floor(left() / 2));
        await at(source, ({ change }) => change('FAILOVER', 'TO', host, port, 'TIMEOUT', limit));
      },
    };
  }

  /** Sentinels that had not heard yet may still turn nodes round: it is over when all of them agree for good. */
  async function settled(): Promise<void> {
    const started = performance.now();
    for (;;) {
      const trouble = await troubleNow().catch((error: Error) => {
        if (signal.aborted) throw error;
        return error.message;
      });
      if (trouble === null) return;
      if (performance.now() - started > options.settleMs)
        throw refusal('redis-not-settled', `${target.title} was made master, yet ${trouble}`, 'unknown');
      await delay(pollMs, undefined, { signal });
    }
  }

  async function troubleNow(): Promise<string | null> {
    const [was, is] = [await look(source), await look(target)];
    if (is.role !== 'master') return `it is a replica again, of ${is.follows}.`;
    if (was.role !== 'replica') return `${source.title} is a master too.`;
    if (!is.names.has(was.follows ?? '')) return `${source.title} follows ${was.follows}.`;
    if (!was.linkUp) return `${source.title} has no link to it.`;
    if (options.sentinels.length === 0) {
      const info = parseInfo(String(await at(source, ({ read }) => read('INFO', 'replication'))));
      return info['master_failover_state'] === 'no-failover' ? null : 'its failover has not ended.';
    }
    const said = await opinions(options.sentinels, options.masterName, call);
    const behind = said.filter((opinion) => opinion !== null && !is.names.has(opinion.master ?? '')).length;
    return behind === 0 ? null : `${behind} Sentinels still name another master.`;
  }

  function unfinished(cause: IntegrationError): IntegrationError {
    const pause = demoted ? '' : ` Writes in ${source.region} stay paused for at most ${Math.ceil(pauseMs / 1000)} s.`;
    return new IntegrationError(
      `The switch of Redis to ${target.region} was ordered and its end was not seen: ${cause.message}`,
      {
        code: 'redis-switch-unfinished',
        system: 'redis',
        operation: 'switchover',
        effect: 'unknown',
        cause,
        hint: `Look at both nodes before anything else.${pause}`,
      },
    );
  }
}

/** Exactly source = master, target = its replica with the link up, one history. */
function refuseWrongRoles(old: Sighting, next: Sighting): void {
  const here = (view: Sighting) => `Redis of ${view.region} (${view.address})`;
  if (old.role !== 'master')
    throw refusal('redis-roles', `${here(old)} is no master: it follows ${old.follows}. Nothing was changed.`);
  if (next.role !== 'replica') throw refusal('redis-roles', `${here(next)} is a master already. Nothing was changed.`);
  const follows = old.names.has(next.follows ?? '') || old.replicas.some(({ address }) => next.names.has(address));
  if (!follows || next.replicationId !== old.replicationId)
    throw refusal('redis-roles', `${here(next)} follows ${next.follows}, not ${here(old)}. Nothing was changed.`);
  if (next.linkUp !== true)
    throw refusal('redis-roles', `${here(next)} has no link to its master. Nothing was changed.`);
}

function refusal(code: string, message: string, effect: Effect = 'none', hint?: string): IntegrationError {
  return new IntegrationError(message, {
    code,
    system: 'redis',
    operation: 'switchover',
    effect,
    ...(hint !== undefined && { hint }),
  });
}

function splitAddress(address: string): [string, string] {
  const split = address.lastIndexOf(':');
  return [address.slice(0, split), address.slice(split + 1)];
}
