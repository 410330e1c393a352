/**
 * Tells people: takes the announcements the ledger committed, renders each from the state as it is when it is sent,
 * posts or edits. Best effort, retried, and never in the way of a failover.
 */
import { sentenceOf } from '../lib/errors.ts';
import { hashOf } from '../lib/hash.ts';
import type { Chat, Message, Posted } from '../ports/chat.ts';
import type { Clock } from '../ports/clock.ts';
import type { Journal, OutboxRow } from '../ports/journal.ts';
import type { Log } from './engine.ts';
import { type Ledger, type RunView, SYSTEM } from './ledger.ts';
import { heeding, within } from './time.ts';

/** Makes the words of a message; null where there is nothing to say (any more). Without a run: what belongs to none. */
export type Render = (name: string, view: RunView | null, facts: OutboxRow['facts'], now: number) => Message | null;

export type OutboxWorld = {
  journal: Journal;
  ledger: Ledger;
  chat: Chat;
  clock: Clock;
  log: Log;
  render: Render;
  /** Where headlines and threads live. */
  channel: string;
  /** Another channel than that, by the message's name; null where nobody is told. */
  placeOf: (name: string) => { channel: string } | null | undefined;
  /** The least time between two edits of one message, ms. */
  editEveryMs: number;
  /** How often a headline with a running clock is drawn anew, ms. */
  headlineTickMs: number;
  callMs: number;
  stop: AbortSignal;
};

const HEADLINE = 'headline';
/** Cards people must answer come before progress. */
const urgency = (slot: string): number => (slot === HEADLINE ? 1 : /^(gate|hold|halt|proposal)/.test(slot) ? 0 : 2);

/** Until the next try, ms: doubling from a second, half a minute at most. */
const backOff = (times: number): number => Math.min(30_000, 500 * 2 ** times);

export class Outbox {
  readonly #world: OutboxWorld;
  readonly #shown = new Map<string, { at: number; hash: string }>();
  readonly #stale = new Map<string, Pick<OutboxRow, 'slot' | 'name' | 'facts'>>();
  #wake: () => void = () => {};
  #loop: Promise<void> = Promise.resolve();
  /** What could not be delivered, how often, and when it is tried again: one bad message holds up no other. */
  readonly #failed = new Map<string, { times: number; again: number }>();

  constructor(world: OutboxWorld) {
    this.#world = world;
    world.ledger.onAppend(() => this.#wake());
    world.ledger.onNote(() => this.#wake());
  }

  /** Draws one message of a run anew though nothing happened to the run: the time it takes is part of what it says. */
  redraw(run: string, what: Pick<OutboxRow, 'slot' | 'name' | 'facts'>): void {
    this.#stale.set(`${run} ${what.slot}`, what);
    this.#wake();
  }

  start(): void {
    this.#loop = this.#run();
  }
  async stopped(): Promise<void> {
    this.#wake();
    await this.#loop;
  }

  async #run(): Promise<void> {
    const { clock, stop, log, headlineTickMs } = this.#world;
    let failures = 0;
    while (!stop.aborted) {
      const woken = new AbortController();
      this.#wake = () => woken.abort();
      let again = headlineTickMs;
      try {
        again = Math.min(again, await this.#sendDue());
        failures = 0;
      } catch (error) {
        failures += 1;
        again = backOff(failures);
        log.warn({ error: sentenceOf(error), failures }, 'the outbox could not be read');
        // Being woken by the next event must not turn waiting into hammering.
        await clock.sleep(again, stop);
        continue;
      }
      await clock.sleep(again, AbortSignal.any([woken.signal, stop]));
    }
  }

  /** Sends what may be sent now; answers in how many ms to look again. */
  async #sendDue(): Promise<number> {
    const { journal, ledger, clock, log, stop, editEveryMs, headlineTickMs } = this.#world;
    const slots = new Map<string, OutboxRow[]>();
    for (const row of await journal.unsent()) {
      const key = `${row.run} ${row.slot}`;
      slots.set(key, [...(slots.get(key) ?? []), row]);
    }
    for (const key of this.#stale.keys()) if (!slots.has(key)) slots.set(key, []);
    const active = ledger.active();
    if (active && active.length > 0) {
      const shown = this.#shown.get(`${active.run} ${HEADLINE}`);
      if (shown && clock.now() - shown.at >= headlineTickMs && !slots.has(`${active.run} ${HEADLINE}`))
        slots.set(`${active.run} ${HEADLINE}`, []);
    }
    let again = headlineTickMs;
    let failedNow = 0;
    const byUrgency = [...slots].sort(
      ([, a], [, b]) => urgency(a[0]?.slot ?? HEADLINE) - urgency(b[0]?.slot ?? HEADLINE),
    );
    for (const [key, rows] of byUrgency) {
      const [run, slot] = key.split(' ') as [string, string];
      const retryIn = (this.#failed.get(key)?.again ?? 0) - clock.now();
      // Two in one go: it is the chat that fails, and asking it for each would only hammer.
      if (retryIn > 0 || failedNow >= 2) {
        again = Math.min(again, Math.max(retryIn, backOff(1)));
        continue;
      }
      const wait = (this.#shown.get(key)?.at ?? 0) + editEveryMs - clock.now();
      const view = run === SYSTEM ? null : ledger.view(run);
      // The last word of a run is not made to wait, everything else is edited at most so often.
      if (wait > 0 && view?.snapshot.context.endedAt === null && urgency(slot) > 0) {
        again = Math.min(again, wait);
        continue;
      }
      try {
        if (view !== undefined) await this.#send(view, slot, rows, key);
        this.#failed.delete(key);
      } catch (error) {
        if (stop.aborted) return again;
        const times = (this.#failed.get(key)?.times ?? 0) + 1;
        failedNow += 1;
        this.#failed.set(key, { times, again: clock.now() + backOff(times) });
        again = Math.min(again, backOff(times));
        log.warn({ run, slot, error: sentenceOf(error), times }, 'a message could not be delivered yet');
        continue;
      }
      await journal.markSent(rows.map((row) => row.key));
    }
    return again;
  }

  async #send(view: RunView | null, slot: string, rows: OutboxRow[], key: string): Promise<void> {
    const { journal, chat, clock, render, channel, placeOf, callMs, stop } = this.#world;
    const run = view?.run ?? SYSTEM;
    const last = rows.at(-1) ?? this.#stale.get(key);
    this.#stale.delete(key);
    const name = last?.name ?? HEADLINE;
    const place = placeOf(name);
    if (place === null) return;
    const message = render(name, view, last?.facts ?? {}, clock.now());
    if (message === null) return;
    const hash = hashOf(message);
    if (this.#shown.get(key)?.hash === hash) return;
    const call = async <T>(what: (signal: AbortSignal) => Promise<T>): Promise<T> => {
      const { signal, release } = within(clock, callMs * 3, stop);
      try {
        return await heeding(signal, () => what(signal));
      } finally {
        release();
      }
    };

    const stands = await journal.posted(run, slot);
    if (stands === null || (await call((signal) => chat.update(stands, message, signal))) === 'gone') {
      const head = view === null || place !== undefined || slot === HEADLINE ? null : await this.#headline(view);
      const broadcast = rows.some((row) => row.broadcast);
      const target = head === null ? (place ?? { channel }) : { channel, thread: head, broadcast };
      const posted = await call((signal) => chat.post(target, message, `${run}:${slot}:${stands?.ts ?? ''}`, signal));
      await journal.savePosted(run, slot, posted);
      if (slot === HEADLINE)
        await call((signal) => chat.pin(posted, signal)).catch((error) => {
          this.#world.log.warn({ run, error: sentenceOf(error) }, 'the headline could not be pinned');
        });
    }
    this.#shown.set(key, { at: clock.now(), hash });
  }

  /** The thread's first message; made now if nothing stands there yet. */
  async #headline(view: RunView): Promise<Posted> {
    const { journal } = this.#world;
    const stands = await journal.posted(view.run, HEADLINE);
    if (stands) return stands;
    await this.#send(view, HEADLINE, [], `${view.run} ${HEADLINE}`);
    return (await journal.posted(view.run, HEADLINE))!;
  }
}
