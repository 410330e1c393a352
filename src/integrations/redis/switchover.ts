/**
 * The coordinated switch that loses no acknowledged write.
 * `SENTINEL FAILOVER` by itself answers OK while clients go on writing to the old master for seconds. So: writes are
 * paused first, the target has everything, Sentinel (or `FAILOVER TO`) makes the new master, *we* demote the old one
 * and end its clients, and only then the pause ends. Where Sentinels give the order the old master is closed first: were
 * we killed before we demote it, it would take writes again after the pause, and all of them would be lost. `FAILOVER TO`
 * demotes it by itself. Every command has a connection of its own: when Sentinel
 * reconfigures a node it ends that node's clients, ours among them.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { IntegrationError } from '../../lib/errors.ts';
import type { SwitchoverReport } from '../../ports/cache.ts';
import { type Call, type Connection, type Endpoint, withConnection } from './client.ts';
import { type Closed, close, forget, keep, noteSettings, reopen } from './closing.ts';
import { failure } from './failure.ts';
import { observe, parseInfo } from './observe.ts';
import { refusal, refuseWrongRoles } from './refusing.ts';
import { candidates, downAfter, opinions, type SentinelAddress, summary } from './sentinels.ts';

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

type Order = {
  by: SwitchoverReport['by'];
  /** For how long writes may be held back before it harms, ms. */
  pauseMs: number;
  give(): Promise<void>;
};

/** A Sentinel's own messages to a paused master are held back too, and it takes that for silence. */
const OF_DOWN_AFTER = 0.8;

export async function switchover(options: SwitchoverOptions, signal: AbortSignal): Promise<SwitchoverReport> {
  const { source, target, pollMs } = options;
  let { pauseMs } = options;
  const call: Call = { operation: 'switchover', signal, timeoutMs: options.timeoutMs };
  let paused: number | null = null;
  let ordered = false;
  let demoted = false;
  let noted: Closed | null = null;
  let closed = false;
  const spent = () => (paused === null ? 0 : performance.now() - paused);
  // Behind a closed master the end of the pause harms nobody.
  const limit = () => (closed ? options.pauseMs : pauseMs);
  const left = () => limit() - spent();
  // While writes are held back no single question may outlast the pause.
  const patience = () => (demoted ? options.timeoutMs : Math.max(50, Math.min(options.timeoutMs, left())));
  const at = <T>(endpoint: Endpoint, use: (connection: Connection) => Promise<T>) =>
    withConnection(endpoint, { ...call, timeoutMs: patience() }, use);
  const look = (of: Endpoint & { region: string }) => at(of, (connection) => observe(of.region, of.url, connection));

  const [old, next] = [await look(source), await look(target)];
  refuseWrongRoles(old, next);
  const order = options.sentinels.length > 0 ? await bySentinel() : byFailoverTo();
  pauseMs = Math.floor(order.pauseMs);
  const targetAddress = old.replicas.find(({ address }) => next.names.has(address))?.address ?? next.address;

  await tidy();
  if (order.by === 'sentinel')
    noted = await at(source, (connection) => noteSettings({ ...connection, node: old.address }));
  paused = performance.now();
  try {
    await at(source, ({ change }) => change('CLIENT', 'PAUSE', pauseMs, 'WRITE'));
    const offset = await equalOffsets();
    if (noted) closed = await closeSource(noted);
    ordered = true;
    await order.give().catch(orNotOrdered);
    await until('it did not become master', async () => (await look(target)).role === 'master');
    const endedClients = await demote();
    const pausedMs = Math.round(spent());
    demoted = true;
    if (pausedMs >= pauseMs && !closed)
      throw refusal(
        'redis-pause-too-short',
        `Writes went on in ${source.region} before it was demoted (${pauseMs} ms).`,
      );
    // A replica takes no writes, paused or not: failing to end the pause early harms nobody now.
    await insist(unpause).catch(() => {});
    await settled();
    await tidied();
    return { offset, by: order.by, pausedMs, endedClients };
  } catch (error) {
    // Paused, nothing ordered: let the writers go on. Ordered and not known to be finished: writes accepted now would
    // be lost, so the pause is left to end by itself. Given up: a later call may have paused; nothing more is sent.
    if (!ordered && !signal.aborted) {
      if (noted) await setBack(source, noted, source).catch(() => {});
      await unpause().catch(() => {});
    }
    const facts = { who: source.title, operation: 'switchover', effect: 'none' as const, aborted: signal.aborted };
    const failed = failure(error, facts);
    if (!ordered) throw refusal(failed.code, failed.message, 'none', failed.hint);
    throw failed.code === 'redis-not-settled' ? failed : unfinished(failed);
  }

  /** What a switch that was killed half-way left behind is set back first. */
  async function tidy(): Promise<void> {
    for (const [node, { before }] of [
      [source, old],
      [target, next],
    ] as const)
      if (before) await setBack(node, before, source);
  }

  /** Over and seen: from here on a trouble is one of the next switch, which looks for what is left. */
  async function tidied(): Promise<void> {
    if (noted) await setBack(source, noted, target).catch(() => {});
    if (order.by === 'sentinel') return;
    for (const node of [source, target]) await at(node, keep).catch(() => {});
  }

  async function setBack(node: Endpoint, before: Closed, master: Endpoint): Promise<void> {
    await at(node, (connection) => reopen(connection, before));
    await at(master, forget);
  }

  async function closeSource(before: Closed): Promise<boolean> {
    const now = await look(source);
    return await at(source, (connection) => close(connection, now, before));
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
      if (left() < limit() - limit() / share + 2 * pollMs)
        throw refusal('redis-too-slow', `${target.title}: ${otherwise} (${limit()} ms).`);
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
    const down = await downAfter(chosen, options.masterName, call);
    return {
      by: 'sentinel',
      pauseMs: Math.min(options.pauseMs, OF_DOWN_AFTER * down),
      async give() {
        await at(chosen, ({ change }) => change('SENTINEL', 'FAILOVER', options.masterName));
      },
    };
  }

  function byFailoverTo(): Order {
    return {
      by: 'failover-to',
      pauseMs: options.pauseMs,
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
    const pause = demoted
      ? ''
      : closed
        ? ` Redis of ${source.region} takes no write without its replica.`
        : ` Writes in ${source.region} stay paused for at most ${Math.ceil(pauseMs / 1000)} s.`;
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

function splitAddress(address: string): [string, string] {
  const split = address.lastIndexOf(':');
  return [address.slice(0, split), address.slice(split + 1)];
}
