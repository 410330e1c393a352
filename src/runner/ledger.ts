/**
 * The one way anything is written: begin; is the token current; has the stream moved; does the machine take the event;
 * insert events, announcements and the delivery that caused them; commit; only then is it true in memory.
 */
import { InvariantError } from '../lib/errors.ts';
import { announcementsOf } from '../machine/announce.ts';
import { isPassedOn } from '../machine/facts.ts';
import { accepts, initial, next, replay, type Snapshot } from '../machine/replay.ts';
import type { Announcement, RunEvent } from '../machine/types.ts';
import type { Clock } from '../ports/clock.ts';
import type { Journal, JournalEntry, JournalRow, JournalTransaction } from '../ports/journal.ts';
import { Halts, isEffect } from './halt.ts';

export type RunView = {
  run: string;
  snapshot: Snapshot;
  length: number;
  /** An event this version does not take: the run is read, never acted upon. */
  refused: { index: number; type: string } | null;
};

/** Without `at` and `actor`: the ledger knows the time, the caller says who. */
export type NewEvent = RunEvent extends infer E ? (E extends RunEvent ? Omit<E, 'at' | 'actor'> : never) : never;

export type Appended =
  | { ok: true; view: RunView }
  /** The machine does not take it now; nothing was written. */
  | { ok: false; because: 'refused'; type: string; view: RunView }
  /** This delivery has acted before. */
  | { ok: false; because: 'duplicate'; view: RunView | null }
  /** Another run is under way. */
  | { ok: false; because: 'busy'; view: RunView }
  /** Nothing new is sent before two people have lifted the halt. */
  | { ok: false; because: 'halted'; view: RunView };

/** What is appended to one run. */
type Part = { run: string; build: (snapshot: Snapshot) => NewEvent[] };
type Made = { view: RunView; events: RunEvent[]; outbox: Parameters<JournalTransaction['announce']>[0] };

/** The stream of what belongs to no run. */
export const SYSTEM = 'system';
const entryOf = ({ type, at, actor, ...data }: RunEvent): JournalEntry => ({
  at,
  actor,
  type,
  deadline: 'deadline' in data && typeof data.deadline === 'number' ? data.deadline : null,
  data: data as unknown as JournalEntry['data'],
});
export const eventOf = (row: JournalRow): RunEvent =>
  ({ ...row.data, type: row.type, at: row.at, actor: row.actor }) as unknown as RunEvent;

export class Ledger {
  readonly #journal: Journal;
  readonly #clock: Clock;
  readonly #views = new Map<string, RunView>();
  readonly #listeners: ((view: RunView) => void)[] = [];
  readonly #noteListeners: (() => void)[] = [];
  /** What stands in the way of every new effect. */
  readonly halts = new Halts();
  #token = 0;
  /** Called when another process has taken the lead: from then on nothing may be done here. */
  onLost: () => void = () => {};

  constructor(journal: Journal, clock: Clock) {
    this.#journal = journal;
    this.#clock = clock;
  }

  /** Takes the lead and replays every run. Announcements are not made again: they are in the outbox already. */
  async open(holder: string): Promise<void> {
    this.#token = await this.#journal.claim(holder);
    for (const { stream } of await this.#journal.streams())
      if (stream !== SYSTEM) this.#views.set(stream, this.#replayed(stream, await this.#journal.read(stream)));
    // Writing to the system stream reads what stands in it, a halt too.
    await this.note({ type: 'LEADING', actor: holder, data: { token: this.#token } });
  }

  get token(): number {
    return this.#token;
  }
  /** Every run, oldest first. */
  all(): RunView[] {
    return [...this.#views.values()];
  }
  view(run: string): RunView | undefined {
    return this.#views.get(run);
  }
  /** The run under way: one at a time per system. One that only tidies up beside the next is none. */
  active(): RunView | undefined {
    return this.all().findLast(({ snapshot }) => !snapshot.hasTag('ended') && !isPassedOn(snapshot.context));
  }
  /** Called after each commit, with the run as it is then. */
  onAppend(listener: (view: RunView) => void): void {
    this.#listeners.push(listener);
  }

  /** Called when something that belongs to no run is to be told. */
  onNote(listener: () => void): void {
    this.#noteListeners.push(listener);
  }

  /**
   * Begins a run, unless one is under way. Its id is the next number of the organization. `ends`: the run that is only
   * watched, and what ends it; both are written in one transaction, so that neither is ever lost.
   */
  async begin(
    organization: string,
    actor: string,
    first: (run: string) => Omit<Extract<RunEvent, { type: 'REQUESTED' }>, 'at' | 'actor' | 'run'>,
    delivery: string | null,
    ends: { run: string; event: (next: string) => NewEvent } | null = null,
  ): Promise<Appended> {
    const run = `${organization}-${this.#views.size + 1}`;
    const busy = (): Appended | null => {
      const view = this.active();
      return view && view.run !== ends?.run ? { ok: false, because: 'busy', view } : null;
    };
    const refusal = busy();
    if (refusal !== null) return refusal;
    const own: Part = { run, build: () => [{ ...first(run), run } as NewEvent] };
    // Over by itself meanwhile: there is nothing left to end.
    const end = (snapshot: Snapshot): NewEvent[] =>
      ends === null || snapshot.hasTag('ended') || isPassedOn(snapshot.context) ? [] : [ends.event(run)];
    const parts = ends === null ? [own] : [{ run: ends.run, build: end }, own];
    const begun = await this.#commit(parts, actor, delivery, busy);
    const isNotOver = !begun.ok && begun.because === 'refused' && begun.view.run === ends?.run;
    return isNotOver ? { ok: false, because: 'busy', view: begun.view } : begun;
  }

  /** Appends what `build` makes of the newest state; an empty list writes nothing. */
  async append(
    run: string,
    actor: string,
    build: NewEvent | ((snapshot: Snapshot) => NewEvent[]),
    delivery: string | null = null,
  ): Promise<Appended> {
    return await this.#commit([{ run, build: typeof build === 'function' ? build : () => [build] }], actor, delivery);
  }

  /** What belongs to no run: refused requests, restarts, notices. With messages of its own, where people are to be told. */
  async note(
    entry: Omit<JournalEntry, 'at' | 'deadline'>,
    delivery: string | null = null,
    announcements: Announcement[] = [],
  ): Promise<boolean> {
    const noted = await this.#journal.transact(async (tx) => {
      await this.#leading(tx);
      const at = this.#clock.now();
      if (delivery !== null && !(await tx.remember(delivery, at))) return null;
      await this.halts.within(tx);
      const length = await tx.length(SYSTEM);
      const rows = await tx.append(SYSTEM, length, this.#token, [{ ...entry, at, deadline: null }]);
      await tx.announce(
        announcements.map((one, n) => ({ ...one, key: `${SYSTEM}:${length + 1}:${n}`, run: SYSTEM, at })),
      );
      return rows;
    });
    if (noted === null) return false;
    this.halts.take(noted);
    if (announcements.length > 0) for (const listener of this.#noteListeners) listener();
    return true;
  }

  /** All of it or nothing. The answer is the last part's, or that of the first part that was refused. */
  async #commit(
    parts: Part[],
    actor: string,
    delivery: string | null,
    refuse: () => Appended | null = () => null,
  ): Promise<Appended> {
    const results = await this.#journal.transact(async (tx): Promise<Appended[]> => {
      await this.#leading(tx);
      const refusal = refuse();
      if (refusal) return [refusal];
      const views: RunView[] = [];
      for (const { run } of parts) views.push(await this.#current(tx, run));
      if (delivery !== null && !(await tx.remember(delivery, this.#clock.now())))
        return [{ ok: false, because: 'duplicate', view: views.at(-1)! }];
      const made: Made[] = [];
      for (const [index, { build }] of parts.entries()) {
        const one = await this.#made(tx, views[index]!, actor, build);
        if ('because' in one) return [one];
        made.push(one);
      }
      for (const [index, { view, events, outbox }] of made.entries()) {
        await tx.append(view.run, views[index]!.length, this.#token, events.map(entryOf));
        await tx.announce(outbox);
      }
      return made.map(({ view }) => ({ ok: true, view }));
    });
    const committed = results.flatMap((one) => (one.ok ? [one.view] : []));
    for (const view of committed) {
      // Commits are ordered, the answers to them need not be: an older view never replaces a newer one.
      if (view.length > (this.#views.get(view.run)?.length ?? 0)) this.#views.set(view.run, view);
    }
    for (const view of committed) for (const listener of this.#listeners) listener(view);
    return results.at(-1)!;
  }

  /** The events and what is told of them; nothing is written yet. */
  async #made(
    tx: JournalTransaction,
    view: RunView,
    actor: string,
    build: Part['build'],
  ): Promise<Made | Extract<Appended, { ok: false }>> {
    const { run } = view;
    let { snapshot } = view;
    const events: RunEvent[] = [];
    const outbox: Made['outbox'] = [];
    for (const partial of build(snapshot)) {
      const event = { ...partial, at: this.#clock.now(), actor } as RunEvent;
      if (view.refused !== null || !accepts(snapshot, event))
        return { ok: false, because: 'refused', type: event.type, view };
      if (isEffect(event.type) && (await this.halts.within(tx))) return { ok: false, because: 'halted', view };
      const after = next(snapshot, event);
      const seq = view.length + events.length + 1;
      for (const [n, { slot, name, facts, broadcast }] of announcementsOf(snapshot, after, event, seq).entries())
        outbox.push({ key: `${run}:${seq}:${n}`, run, slot, name, facts, broadcast, at: event.at });
      events.push(event);
      snapshot = after;
    }
    return { view: { run, snapshot, length: view.length + events.length, refused: null }, events, outbox };
  }

  async #leading(tx: JournalTransaction): Promise<void> {
    if ((await tx.currentToken()) === this.#token) return;
    this.onLost();
    throw new InvariantError('Another Regent leads now; this one may no longer act.', { code: 'not-the-leader' });
  }

  /** The view in memory, or the journal's where it has moved on without us. */
  async #current(tx: JournalTransaction, run: string): Promise<RunView> {
    const known = this.#views.get(run) ?? { run, snapshot: initial(), length: 0, refused: null };
    return (await tx.length(run)) === known.length ? known : this.#replayed(run, await tx.read(run));
  }

  #replayed(run: string, rows: JournalRow[]): RunView {
    return { run, length: rows.length, ...replay(rows.map(eventOf)) };
  }
}
