/**
 * Tells people outside the chat, each way by itself: best effort, retried, and never in the way of a failover. What is
 * owed is asked of the state; what was told stands in the journal, so that a restart repeats nothing. Before the first
 * byte leaves it stands there as tried: killed in between, it is sent once more under the same key, by which the pager,
 * the status page and mail programs know it for the same.
 */
import { DrError, sentenceOf } from '../lib/errors.ts';
import { hashOf } from '../lib/hash.ts';
import type { Json } from '../lib/json.ts';
import { whereIs } from '../machine/due.ts';
import type { Telling } from '../messages/outside.ts';
import type { Templates } from '../messages/templates.ts';
import { usualTimes } from '../policy/estimate.ts';
import type { Clock } from '../ports/clock.ts';
import type { Journal, OutboxRow } from '../ports/journal.ts';
import { deliveriesOf, type Failure } from './deliveries.ts';
import type { Log } from './engine.ts';
import type { Ledger, RunView } from './ledger.ts';
import { type Has, OPEN } from './owed-words.ts';
import { heeding, within } from './time.ts';
import { type Kept, keptIn, keptText, slotsOf } from './told-before.ts';
import type { Owed, Sent, Way } from './ways.ts';

export type TellerWorld = {
  ledger: Ledger;
  journal: Pick<Journal, 'posted' | 'savePosted'>;
  clock: Clock;
  log: Log;
  ways: Way[];
  templates: Templates;
  staging: boolean;
  /** The page customers read, until an incident has an address of its own. */
  statusLink: string | null;
  /** Where a run's thread stands; it is waited for only a little. */
  linkTo(run: string): Promise<string | null>;
  redraw(run: string, what: Pick<OutboxRow, 'slot' | 'name' | 'facts'>): void;
  callMs: number;
  stop: AbortSignal;
};

/** How long after a run's end it is still tried to tell of it: later it is no news. */
const GIVE_UP_MS = 3_600_000;
const IDLE_MS = 60_000;
const LINK_MS = 3_000;
/** In the place of a channel: these posts stand in no chat. */
const OUTSIDE = 'outside';
/** Trying again cannot help: somebody has closed it by hand. */
const FINAL = ['statuspage-resolved'];

/** Until the next try, ms: doubling from a second, a minute at most. */
const backOff = (times: number): number => Math.min(60_000, 500 * 2 ** times);

export class Teller {
  readonly #world: TellerWorld;
  readonly #wakes = new Map<string, () => void>();
  #loops: Promise<void>[] = [];
  readonly #told = new Map<string, Promise<Map<string, Kept>>>();
  /** By run and slot. */
  readonly #failed = new Map<string, Map<string, Failure>>();
  readonly #links = new Map<string, string>();
  readonly #drawn = new Map<string, string>();

  constructor(world: TellerWorld) {
    this.#world = world;
    world.ledger.onAppend(() => {
      for (const wake of this.#wakes.values()) wake();
    });
  }

  start(): void {
    this.#loops = this.#world.ways.map((way) => this.#loop(way));
  }
  /** After `stop`: resolves when nothing of it is under way. */
  async stopped(): Promise<void> {
    await Promise.all(this.#loops);
  }

  async #loop(way: Way): Promise<void> {
    const { clock, stop, log } = this.#world;
    let failures = 0;
    while (!stop.aborted) {
      const woken = new AbortController();
      this.#wakes.set(way.name, () => woken.abort());
      try {
        let again = IDLE_MS;
        for (const { run } of this.#recent()) again = Math.min(again, await this.#tell(way, run));
        failures = 0;
        await clock.sleep(again, AbortSignal.any([woken.signal, stop]));
      } catch (error) {
        failures += 1;
        log.warn({ way: way.name, error: sentenceOf(error), failures }, 'people outside could not be told');
        // Being woken by the next event must not turn waiting into hammering.
        await clock.sleep(backOff(failures), stop);
      }
    }
  }

  /** Runs there is still something to tell of. One this version cannot read is told of to nobody. */
  #recent(): RunView[] {
    return this.#world.ledger
      .all()
      .filter((view) => view.refused === null && (!this.#isOld(view) || this.#failed.has(view.run)));
  }
  #isOld({ snapshot }: RunView): boolean {
    const { endedAt } = snapshot.context;
    return endedAt !== null && this.#world.clock.now() - endedAt >= GIVE_UP_MS;
  }

  /** Tells what is owed of a run on this way; answers in how many ms to look again. */
  async #tell(way: Way, run: string): Promise<number> {
    const { ledger, clock, stop } = this.#world;
    const told = await this.#memory(run);
    while (!stop.aborted) {
      const view = ledger.view(run)!;
      const has: Has = (slot) => told.get(slot)?.state ?? null;
      const owed = way
        .owes(view.snapshot.context, has)
        .filter(({ slot }) => !['told', 'gaveUp'].includes(has(slot) ?? ''));
      this.#forget(run, way, owed);
      if (owed.length === 0) break;
      if (this.#isOld(view)) {
        for (const one of owed) await this.#giveUp(run, one, told);
        continue;
      }
      const failures = this.#failed.get(run);
      const againAt = ({ slot }: Owed): number => failures?.get(slot)?.again ?? 0;
      const next = owed.find((one) => againAt(one) <= clock.now());
      if (next === undefined) return Math.max(1, Math.min(...owed.map(againAt)) - clock.now());
      await this.#deliver(view, next, told);
    }
    return IDLE_MS;
  }

  /** What failed and is owed no more: overtaken before it got there. */
  #forget(run: string, way: Way, owed: Owed[]): void {
    const failures = this.#failed.get(run);
    for (const slot of failures?.keys() ?? [])
      if (slot.startsWith(`${way.name}:`) && !owed.some((one) => one.slot === slot)) this.#mended(run, slot);
  }
  #mended(run: string, slot: string): void {
    const failures = this.#failed.get(run);
    if (failures?.delete(slot) && failures.size === 0) this.#failed.delete(run);
  }

  async #deliver(view: RunView, owed: Owed, told: Map<string, Kept>): Promise<void> {
    const { clock, log, stop, callMs } = this.#world;
    const { run } = view;
    const { slot, where, what } = owed;
    const before = told.get(slot);
    if (before === undefined) await this.#keep(run, slot, { state: 'tried', at: clock.now(), where, what }, told);
    const telling = await this.#telling(run, told);
    const scene = {
      c: view.snapshot.context,
      where: whereIs(view.snapshot),
      now: clock.now(),
      facts: {},
      contacts: {},
      usual: usualTimes(this.#world.ledger.all().map(({ snapshot }) => snapshot.context)),
    };
    const { signal, release } = within(clock, callMs * 3, stop);
    let sent: Sent;
    try {
      sent = await heeding(signal, () => owed.send({ scene, telling, left: before?.left ?? null, signal }));
    } catch (error) {
      if (stop.aborted) return;
      if (error instanceof DrError && FINAL.includes(error.code))
        await this.#giveUp(run, owed, told, sentenceOf(error));
      else this.#failedAgain(run, owed, sentenceOf(error));
      log.warn({ run, slot, error: sentenceOf(error) }, 'people outside could not be told yet');
      this.#draw(run, told);
      return;
    } finally {
      release();
    }
    const { left = [], why, link } = sent;
    const kept: Kept = {
      state: left.length === 0 ? 'told' : 'tried',
      at: clock.now(),
      where,
      what,
      ...(left.length === 0 ? {} : { left }),
      ...(why === undefined ? {} : { why }),
      ...(link ? { link } : {}),
    };
    if (left.length === 0) this.#mended(run, slot);
    else this.#failedAgain(run, owed, why ?? '');
    log.info({ run, slot }, 'people outside were told');
    await this.#keep(run, slot, kept, told);
    this.#draw(run, told);
  }

  #failedAgain(run: string, owed: Owed, why: string): void {
    const failures = this.#failed.get(run) ?? new Map<string, Failure>();
    this.#failed.set(run, failures);
    const times = (failures.get(owed.slot)?.times ?? 0) + 1;
    failures.set(owed.slot, { times, again: this.#world.clock.now() + backOff(times), why, owed });
  }

  async #giveUp(run: string, owed: Owed, told: Map<string, Kept>, because?: string): Promise<void> {
    const { slot, where, what } = owed;
    const before = told.get(slot);
    const why = because ?? this.#failed.get(run)?.get(slot)?.why;
    // Whom it reached it has reached.
    const state = before?.left === undefined ? 'gaveUp' : 'told';
    this.#mended(run, slot);
    await this.#keep(
      run,
      slot,
      { state, at: this.#world.clock.now(), where, what, ...(why === undefined ? {} : { why }) },
      told,
    );
    this.#draw(run, told);
  }

  /** True in memory first: what was sent must not be sent again because it could not be written down. */
  async #keep(run: string, slot: string, kept: Kept, told: Map<string, Kept>): Promise<void> {
    told.set(slot, kept);
    try {
      await this.#world.journal.savePosted(run, slot, { channel: OUTSIDE, ts: keptText(kept) });
    } catch (error) {
      // Not written down, nothing is sent: it is as if it had never been begun.
      if (kept.state === 'tried' && kept.left === undefined) told.delete(slot);
      throw error;
    }
  }

  /** What was told of a run before, in another life too. */
  #memory(run: string): Promise<Map<string, Kept>> {
    const known = this.#told.get(run);
    if (known) return known;
    const { journal, ledger } = this.#world;
    const loading = (async () => {
      const told = new Map<string, Kept>();
      for (const slot of slotsOf(ledger.view(run)!.snapshot.context)) {
        const posted = await journal.posted(run, slot);
        const kept = posted === null ? null : keptIn(posted.ts);
        if (kept) told.set(slot, kept);
      }
      // What was told last may not stand in the thread yet.
      if (told.size > 0) this.#draw(run, told);
      return told;
    })();
    this.#told.set(run, loading);
    loading.catch(() => this.#told.delete(run));
    return loading;
  }

  async #telling(run: string, told: Map<string, Kept>): Promise<Telling> {
    const { templates, staging, statusLink, clock, stop } = this.#world;
    if (!this.#links.has(run)) {
      const { signal, release } = within(clock, LINK_MS, stop);
      // A page without a link is worth more than one that waits for the chat.
      const link = await heeding(signal, () => this.#world.linkTo(run)).catch(() => null);
      release();
      if (link !== null) this.#links.set(run, link);
    }
    return {
      templates,
      staging,
      status: told.get(OPEN)?.link ?? statusLink,
      thread: this.#links.get(run) ?? null,
    };
  }

  /** The reply in the thread, where something in it is new. */
  #draw(run: string, told: Map<string, Kept>): void {
    const ways = this.#world.ways.map(({ name }) => name);
    const deliveries = deliveriesOf(told, this.#failed.get(run) ?? new Map(), ways);
    const facts = { deliveries: deliveries as unknown as Json };
    const hash = hashOf(facts);
    if (deliveries.length === 0 || this.#drawn.get(run) === hash) return;
    this.#drawn.set(run, hash);
    this.#world.redraw(run, { slot: 'told', name: 'told', facts });
  }
}
