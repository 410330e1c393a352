/**
 * Keeps a region that was left in an emergency from taking writes when it comes back. Its database, its cluster and its
 * cache are looked at each in a rhythm of their own, the next look begins while an unanswered one is still out, and the
 * first answer acts: a region that returns is writable until somebody says otherwise. Every order is written down
 * before it is given; whoever cannot write the journal orders nothing.
 */
import { sentenceOf } from '../lib/errors.ts';
import { stepState } from '../machine/facts.ts';
import type { Clock } from '../ports/clock.ts';
import { type DatabaseView, lsnDiff } from '../ports/database.ts';
import { stopCall } from '../steps/fence-hook.ts';
import type { Ports } from '../steps/step.ts';
import type { System } from '../steps/system.ts';
import { limited } from './limit.ts';
import { type Owed, SETTLED } from './owed.ts';
import { ACTOR, type Note, RegionReturn } from './region-return.ts';

export type FenceKeeperWorld = {
  ports: Pick<Ports, 'database' | 'cluster' | 'cache' | 'hook'>;
  system: System;
  /** What is owed now; null where nothing is, or nothing may be done (halted, a failback under way). */
  owed(): Owed | null;
  /** Writes into the system stream, with its message. */
  note: Note;
  /** The rest that is owed in a region whose cluster answers again: what it did, in words; null: not yet, ask again. */
  secure?(owed: Owed, signal: AbortSignal): Promise<string[] | null>;
  clock: Clock;
  log: { warn(fields: object, message: string): void };
  /** How often each of them is looked at, ms. */
  everyMs: number;
  /** How long one look may take, ms. */
  callMs: number;
  stop: AbortSignal;
};

type Part = 'database' | 'cluster' | 'cache';
/** Looks of one part that may be out at the same time: a region that hangs must not hide its own return. */
const IN_FLIGHT = 8;
/** Orders take longer than looks, and are safe to repeat. */
const ORDER_MS = 10_000;
/** After an order that failed the next one waits a little: each is written down. */
const AGAIN_MS = 1000;
/** Pods take their time to end, and nothing here is as urgent as the fence. */
const SECURE_AGAIN_MS = 5000;

export class FenceKeeper {
  readonly #world: FenceKeeperWorld;
  #loops: Promise<unknown> = Promise.resolve();
  readonly #busy = new Set<Part>();
  readonly #inVain = new Map<Part, number>();
  readonly #warned = new Map<Part, string>();
  readonly #notBefore = new Map<Part, number>();
  readonly #return: RegionReturn;
  #secured: string | null = null;
  #secureAgainAt = 0;

  constructor(world: FenceKeeperWorld) {
    this.#world = world;
    this.#return = new RegionReturn(
      world.note,
      world.clock,
      (region) => world.system.regions[region]?.reprotect !== undefined,
    );
  }

  /** Looks until it is stopped; while nothing is owed it asks nobody. */
  start(): void {
    const parts: Part[] =
      this.#world.system.cache === null ? ['database', 'cluster'] : ['database', 'cluster', 'cache'];
    this.#loops = Promise.all(parts.map((part) => this.#watch(part)));
  }
  async stopped(): Promise<void> {
    await this.#loops;
  }

  async #watch(part: Part): Promise<void> {
    const { clock, everyMs, stop, owed } = this.#world;
    const out = new Set<Promise<void>>();
    while (!stop.aborted) {
      const now = owed();
      if (now === null) this.#return.forget();
      else if (out.size < IN_FLIGHT && !this.#busy.has(part) && clock.now() >= (this.#notBefore.get(part) ?? 0)) {
        const look = this.#look(part, now).finally(() => out.delete(look));
        out.add(look);
      }
      await clock.sleep(everyMs, stop);
    }
    await Promise.all(out);
  }

  async #look(part: Part, owed: Owed): Promise<void> {
    const { clock, log, callMs, stop } = this.#world;
    const at = clock.now();
    try {
      const act = await this.#within(callMs, (signal) => this.#seen(part, owed, signal));
      this.#warned.delete(part);
      // The first answer acts; those that come after it find somebody at it. What was owed may be so no longer.
      if (act === null || this.#busy.has(part) || this.#world.owed()?.run !== owed.run) return;
      this.#busy.add(part);
      await act()
        .catch((error: unknown) => {
          this.#notBefore.set(part, clock.now() + AGAIN_MS);
          throw error;
        })
        .finally(() => this.#busy.delete(part));
    } catch (error) {
      if (stop.aborted) return;
      this.#inVain.set(part, Math.max(at, this.#inVain.get(part) ?? 0));
      const words = sentenceOf(error);
      // A region that stays away is no news.
      if (this.#warned.get(part) !== words)
        log.warn({ part, region: owed.source, error: words }, 'nothing fenced there');
      this.#warned.set(part, words);
    }
  }

  /** What is to be done about what answers; null: nothing. Throws when it does not answer. */
  async #seen(part: Part, owed: Owed, signal: AbortSignal): Promise<(() => Promise<void>) | null> {
    const { database, cluster, cache } = this.#world.ports;
    const { source } = owed;
    if (part === 'database') {
      const view = await database.observe(source, signal);
      if (view.role === 'standby') return () => this.#settle(owed, view);
      return view.closedDatabases.length > 0 ? null : () => this.#fenceDatabase(owed, view);
    }
    if (part === 'cache') {
      const [own, other] = await Promise.all([cache.observe(source, signal), cache.observe(owed.target, signal)]);
      // Before the target's is made master there is no second one.
      return own.role === 'master' && other.role === 'master' ? () => this.#fenceCache(owed) : null;
    }
    const { fence } = this.#world.system.regions[source]!;
    const names = owed.context.plan?.values.stopWriters ?? [];
    const [set, writers] = await Promise.all([
      fence.strategy === 'statefulset' ? cluster.workload(source, 'statefulset', fence.name, signal) : null,
      cluster.deployments(source, names, signal),
    ]);
    const up = [...(set === null ? [] : [set]), ...writers].filter((one) => one.wanted > 0);
    if (up.length === 0)
      return this.#secured === owed.run || this.#world.clock.now() < this.#secureAgainAt
        ? null
        : () => this.#secure(owed);
    return () => this.#fenceCluster(owed, up);
  }

  async #fenceDatabase(owed: Owed, view: DatabaseView): Promise<void> {
    const { database } = this.#world.ports;
    const { source, target } = owed;
    const lookedAt = this.#inVain.get('database') ?? 0;
    await this.#return.tell(
      'ZOMBIE_SEEN',
      owed,
      (zombie) => {
        zombie.fencedAt = null;
        zombie.postgres ??= { writable: true, timeline: view.timeline, lsn: view.lsn, atLsn: null, writing: null };
        zombie.leftAtLsn ??= leftAt(owed);
      },
      { anew: true, lookedAt },
    );
    // First what works at once; whatever else can be known comes after.
    const writing = await this.#within(ORDER_MS, async (signal) => {
      const open = database
        .openTransactions(source, signal)
        .then((one) => one.writing)
        .catch(() => null);
      await database.closeConnections(source, signal);
      return await open;
    });
    const [after, attempt, to] = await Promise.all([
      this.#asked((signal) => database.observe(source, signal)),
      this.#asked((signal) => database.attemptWrite(source, signal)),
      this.#asked((signal) => database.observe(target, signal)),
    ]);
    const holds = attempt !== null && attempt.outcome !== 'accepted';
    await this.#return.tell(holds ? 'FENCE_ASSERTED' : 'ZOMBIE_SEEN', owed, (zombie) => {
      zombie.targetTimeline = to?.timeline ?? null;
      zombie.promoted = to === null ? null : to.role === 'primary';
      zombie.postgres = { ...zombie.postgres!, atLsn: after?.lsn ?? null, writing };
      const reached = after?.lsn ?? zombie.postgres.lsn;
      zombie.walBytes = zombie.leftAtLsn === null ? null : lsnDiff(reached, zombie.leftAtLsn);
      add(zombie.how, 'its databases closed to connections');
      zombie.trouble = holds ? [] : [`A write still gets through: ${attempt?.how ?? 'nobody could try'}`];
      zombie.fencedAt = holds ? this.#world.clock.now() : null;
    });
    await this.#runHook(owed);
  }

  /** The house's own fence, where that is the configured one: SQL alone leaves the server up. */
  async #runHook(owed: Owed): Promise<void> {
    const { fence } = this.#world.system.regions[owed.source]!;
    if (fence.strategy !== 'exec' && fence.strategy !== 'http') return;
    const result = await this.#within(ORDER_MS, (signal) =>
      this.#world.ports.hook.run(stopCall(fence), ORDER_MS, signal),
    ).catch((error: unknown) => ({ ok: false, output: sentenceOf(error) }));
    await this.#return.tell('FENCE_ASSERTED', owed, (zombie) => {
      if (result.ok) add(zombie.how, `its ${fence.strategy} fence run`);
      else add(zombie.trouble, `The ${fence.strategy} fence failed: ${result.output.slice(-200)}`);
    });
  }

  async #fenceCluster(owed: Owed, up: { kind: 'deployment' | 'statefulset'; name: string; wanted: number }[]) {
    const { cluster, database } = this.#world.ports;
    const { source } = owed;
    // A standby of the new primary runs in the same StatefulSet: it is left alone.
    const view = await this.#asked((signal) => database.observe(source, signal));
    if (view?.role === 'standby') return;
    const how = up.map(
      ({ kind, name, wanted }) => `${kind === 'statefulset' ? 'StatefulSet ' : ''}${name} ${wanted} → 0`,
    );
    await this.#return.tell('ZOMBIE_SEEN', owed, (zombie) => {
      if (view !== null)
        zombie.postgres ??= {
          writable: view.closedDatabases.length === 0,
          timeline: view.timeline,
          lsn: view.lsn,
          atLsn: null,
          writing: null,
        };
    });
    const failed = await this.#within(ORDER_MS, async (signal) => {
      const orders = up.map(({ kind, name }) => cluster.scale(source, kind, name, 0, signal));
      return (await Promise.allSettled(orders)).flatMap((one) =>
        one.status === 'rejected' ? [sentenceOf(one.reason)] : [],
      );
    });
    const attempt = await this.#asked((signal) => database.attemptWrite(source, signal));
    const holds = failed.length === 0 && attempt?.outcome !== 'accepted';
    await this.#return.tell(holds ? 'FENCE_ASSERTED' : 'ZOMBIE_SEEN', owed, (zombie) => {
      if (failed.length === 0) for (const one of how) add(zombie.how, one);
      zombie.trouble = failed;
      if (holds) zombie.fencedAt ??= this.#world.clock.now();
    });
  }

  async #fenceCache(owed: Owed): Promise<void> {
    const { cache } = this.#world.ports;
    await this.#return.tell('ZOMBIE_SEEN', owed, (zombie) => {
      zombie.redis = true;
    });
    const { endedClients } = await this.#within(ORDER_MS, (signal) => cache.demote(owed.source, owed.target, signal));
    await this.#return.tell('FENCE_ASSERTED', owed, (zombie) => {
      add(
        zombie.how,
        `its Redis follows ${owed.target}, ${endedClients} ${endedClients === 1 ? 'client' : 'clients'} ended`,
      );
      if (zombie.postgres?.writable !== true) zombie.fencedAt ??= this.#world.clock.now();
    });
  }

  /** It follows the new primary: somebody has made it a standby, and from here on it is not ours to fence. */
  async #settle(owed: Owed, view: DatabaseView): Promise<void> {
    const to = await this.#asked((signal) => this.#world.ports.database.observe(owed.target, signal));
    if (to?.role !== 'primary' || view.timeline !== to.timeline || view.streamingFrom === null) return;
    await this.#return.inTurn(async () => {
      const data = { run: owed.run, region: owed.source, timeline: view.timeline };
      await this.#world.note({ type: SETTLED, actor: ACTOR, data }, `${SETTLED}:${owed.run}`, []);
    });
  }

  async #secure(owed: Owed): Promise<void> {
    const { secure, clock, stop } = this.#world;
    this.#secureAgainAt = clock.now() + SECURE_AGAIN_MS;
    const did = secure === undefined ? [] : await secure(owed, stop);
    if (did === null) return;
    this.#secured = owed.run;
    if (did.length === 0) return;
    await this.#return.tell('FENCE_ASSERTED', owed, (zombie) => {
      for (const one of did) add(zombie.how, one);
      if (zombie.postgres?.writable !== true) zombie.fencedAt ??= clock.now();
    });
  }

  /** null: no answer in time. */
  #asked<T>(ask: (signal: AbortSignal) => Promise<T>): Promise<T | null> {
    return this.#within(this.#world.callMs, ask).catch(() => null);
  }

  #within<T>(ms: number, ask: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return limited(this.#world.clock, ms, this.#world.stop, ask);
  }
}

function add(list: string[], words: string): void {
  if (!list.includes(words)) list.push(words);
}

/** Where the log of the region left stood when the run last knew: what it has past that was written after. */
function leftAt({ context }: Owed): string | null {
  const { before, evidence } = stepState(context, 'fence-lost-source');
  const lsn = before?.['leftAtLsn'] ?? evidence?.['leftAtLsn'];
  return typeof lsn === 'string' ? lsn : null;
}
