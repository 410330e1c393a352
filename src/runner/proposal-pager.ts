/**
 * Wakes somebody when a region looks down and a person must decide: one incident for each call, told when it gets worse,
 * closed when there is nothing to decide any more. Best effort, retried, and never in the way of the card. What was told
 * stands in the journal as tried before the first byte leaves: killed in between, it is sent again under the same key.
 */
import { sentenceOf } from '../lib/errors.ts';
import { hashOf } from '../lib/hash.ts';
import { callKey, callPage, type ProposalCall } from '../messages/proposal-page.ts';
import type { Delivery } from '../messages/told.ts';
import type { Clock } from '../ports/clock.ts';
import type { Journal } from '../ports/journal.ts';
import type { Pager } from '../ports/pager.ts';
import { deliveriesOf, type Failure } from './deliveries.ts';
import type { Log } from './engine.ts';
import { SYSTEM } from './ledger.ts';
import { type CallWord, callOwes, slotOf, slotsOf } from './owed-calls.ts';
import { heeding, within } from './time.ts';
import { type Kept, keptIn, keptText } from './told-before.ts';

export type ProposalPagerWorld = {
  pager: Pager;
  /** Whether notes can be written into its incidents. */
  notes: boolean;
  calls(): ProposalCall[];
  journal: Pick<Journal, 'posted' | 'savePosted'>;
  organization: string;
  staging: boolean;
  /** Where a proposal's card stands; it is waited for only a little. */
  linkTo(n: number): Promise<string | null>;
  /** What was told of this proposal has changed. */
  told(n: number): void;
  clock: Clock;
  log: Pick<Log, 'info' | 'warn'>;
  callMs: number;
  stop: AbortSignal;
};

const WHAT = { trigger: 'incident', note: 'note', resolve: 'closed' } as const;
const WHERE = 'PagerDuty';
/** In the place of a channel: these posts stand in no chat. */
const OUTSIDE = 'outside';
/** How long it is still tried to close what is over. */
const GIVE_UP_MS = 86_400_000;
const IDLE_MS = 60_000;
const LINK_MS = 3_000;

/** Until the next try, ms: doubling from a second, a minute at most. */
const backOff = (times: number): number => Math.min(60_000, 500 * 2 ** times);

export class ProposalPager {
  readonly #world: ProposalPagerWorld;
  #wake: () => void = () => {};
  #loop: Promise<void> = Promise.resolve();
  /** By proposal and slot. */
  readonly #kept = new Map<number, Map<string, Kept>>();
  readonly #loaded = new Set<string>();
  readonly #failed = new Map<number, Map<string, Failure>>();
  readonly #drawn = new Map<number, string>();

  constructor(world: ProposalPagerWorld) {
    this.#world = world;
  }

  start(): void {
    this.#loop = this.#run();
  }
  /** After `stop`: resolves when nothing of it is under way. */
  async stopped(): Promise<void> {
    this.#wake();
    await this.#loop;
  }
  /** There may be something to tell. */
  wake(): void {
    this.#wake();
  }

  /** What its card shows of it. */
  deliveries(n: number): Delivery[] {
    return deliveriesOf(this.#kept.get(n) ?? new Map(), this.#failed.get(n) ?? new Map(), ['pager']);
  }

  async #run(): Promise<void> {
    const { clock, stop, log } = this.#world;
    let failures = 0;
    while (!stop.aborted) {
      const woken = new AbortController();
      this.#wake = () => woken.abort();
      try {
        let again = IDLE_MS;
        for (const call of this.#world.calls()) if (!this.#isOld(call)) again = Math.min(again, await this.#tell(call));
        failures = 0;
        await clock.sleep(again, AbortSignal.any([woken.signal, stop]));
      } catch (error) {
        failures += 1;
        log.warn({ error: sentenceOf(error), failures }, 'nobody could be called to a proposal');
        // Being woken by the next event must not turn waiting into hammering.
        await clock.sleep(backOff(failures), stop);
      }
    }
  }

  #isOld({ over }: ProposalCall): boolean {
    return over !== null && this.#world.clock.now() - over.at >= GIVE_UP_MS;
  }

  /** Tells what is owed of a call; answers in how many ms to look again. */
  async #tell(asked: ProposalCall): Promise<number> {
    const { calls, clock, stop, notes } = this.#world;
    const { n, round } = asked;
    const kept = await this.#memory(asked);
    while (!stop.aborted) {
      // What is owed may have changed while something was under way.
      const call = calls().find((one) => one.n === n && one.round === round) ?? asked;
      const owed = callOwes(call, (slot) => kept.get(slot)?.state ?? null, notes);
      const failures = this.#failed.get(n);
      for (const slot of failures?.keys() ?? [])
        if (slotsOf(call).includes(slot) && !owed.some((one) => one.slot === slot)) failures?.delete(slot);
      this.#draw(n);
      if (owed.length === 0) return IDLE_MS;
      const againAt = ({ slot }: CallWord): number => failures?.get(slot)?.again ?? 0;
      const next = owed.find((one) => againAt(one) <= clock.now());
      if (next === undefined) return Math.max(1, Math.min(...owed.map(againAt)) - clock.now());
      await this.#deliver(call, next, kept);
    }
    return IDLE_MS;
  }

  async #deliver(call: ProposalCall, word: CallWord, kept: Map<string, Kept>): Promise<void> {
    const { clock, log, stop, callMs } = this.#world;
    const { n } = call;
    const { slot } = word;
    const placed = { where: WHERE, what: WHAT[word.do] };
    if (!kept.has(slot)) await this.#keep(slot, { state: 'tried', at: clock.now(), ...placed }, kept);
    const { signal, release } = within(clock, callMs * 3, stop);
    try {
      await heeding(signal, () => this.#send(call, word, signal));
    } catch (error) {
      if (stop.aborted) return;
      const failures = this.#failed.get(n) ?? new Map<string, Failure>();
      this.#failed.set(n, failures);
      const times = (failures.get(slot)?.times ?? 0) + 1;
      const owed = { slot, ...placed, send: async () => ({}) };
      failures.set(slot, { times, again: clock.now() + backOff(times), why: sentenceOf(error), owed });
      log.warn({ proposal: n, slot, error: sentenceOf(error) }, 'nobody could be called to a proposal yet');
      return;
    } finally {
      release();
    }
    this.#failed.get(n)?.delete(slot);
    log.info({ proposal: n, slot }, 'people were called to a proposal');
    await this.#keep(slot, { state: 'told', at: clock.now(), ...placed }, kept);
  }

  async #send(call: ProposalCall, word: CallWord, signal: AbortSignal): Promise<void> {
    const { pager, organization, staging } = this.#world;
    const key = callKey(organization, call);
    if (word.do === 'note') await pager.note(key, word.text, signal);
    else if (word.do === 'resolve') await pager.resolve(key, signal);
    else await pager.trigger(callPage(call, { organization, staging, link: await this.#link(call.n) }), signal);
  }

  /** A page without a link is worth more than one that waits for the chat. */
  async #link(n: number): Promise<string | null> {
    const { clock, stop, linkTo } = this.#world;
    const { signal, release } = within(clock, LINK_MS, stop);
    const link = await heeding(signal, () => linkTo(n)).catch(() => null);
    release();
    return link;
  }

  /** True in memory first: what was sent must not be sent again because it could not be written down. */
  async #keep(slot: string, now: Kept, kept: Map<string, Kept>): Promise<void> {
    kept.set(slot, now);
    try {
      await this.#world.journal.savePosted(SYSTEM, slot, { channel: OUTSIDE, ts: keptText(now) });
    } catch (error) {
      // Not written down, nothing is sent: it is as if it had never been begun.
      if (now.state === 'tried') kept.delete(slot);
      throw error;
    }
  }

  /** What was told of a proposal before, in another life too. */
  async #memory(call: ProposalCall): Promise<Map<string, Kept>> {
    const kept = this.#kept.get(call.n) ?? new Map<string, Kept>();
    const own = slotOf(call, '');
    if (this.#loaded.has(own)) return kept;
    for (const slot of slotsOf(call)) {
      const posted = await this.#world.journal.posted(SYSTEM, slot);
      const before = posted === null ? null : keptIn(posted.ts);
      if (before) kept.set(slot, before);
    }
    this.#kept.set(call.n, kept);
    this.#loaded.add(own);
    return kept;
  }

  /** The card, where something in it is new. */
  #draw(n: number): void {
    const deliveries = this.deliveries(n);
    const hash = hashOf(deliveries);
    if (this.#drawn.get(n) === hash || (deliveries.length === 0 && !this.#drawn.has(n))) return;
    this.#drawn.set(n, hash);
    this.#world.told(n);
  }
}
