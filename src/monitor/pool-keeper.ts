/**
 * Lets clients go that a run holds back at poolers, whatever becomes of the run: held, halted, paused by a person, or its
 * Regent killed and started anew. A pooler that was told to wait waits for ever, also for a Regent that is no more; so
 * this asks neither the machine nor anybody else. Letting go is never wrong: the fence keeps writers out, not the pause.
 */
import { sentenceOf } from '../lib/errors.ts';
import { stepState } from '../machine/facts.ts';
import type { Context } from '../machine/types.ts';
import type { Clock } from '../ports/clock.ts';
import type { JournalEntry, JournalRow } from '../ports/journal.ts';
import type { Pooler } from '../ports/pooler.ts';
import { heldBy, letGo, lookAt, namesOf, PAUSES, poolersOf, silentText } from '../steps/pooling.ts';
import type { System } from '../steps/system.ts';
import { type HeldPools, heldPools, letGoAt } from './held-pools.ts';
import { limited } from './limit.ts';

export type PoolKeeperWorld = {
  pooler: Pooler;
  system: System;
  runs(): Context[];
  halted(): boolean;
  /** Into the run's record, for whoever wonders why clients saw errors. */
  tell(run: string, text: string): Promise<unknown>;
  /** `Ledger.note`. */
  note(entry: Pick<JournalEntry, 'type' | 'actor' | 'data'>): Promise<unknown>;
  /** The stream `system`. */
  rows(): Promise<Pick<JournalRow, 'type' | 'data'>[]>;
  clock: Clock;
  log: { info(fields: object, message: string): void; warn(fields: object, message: string): void };
  /** How often a pooler that does not answer is asked again, ms. */
  everyMs: number;
  /** How long one look, and one order, may take, ms. */
  callMs: number;
  stop: AbortSignal;
};

/** A run that is over holds nobody back any more: seen after its end, because before that a pooler was silent. */
const RELEASED = 'POOLERS_RELEASED';
/** The longest it sleeps without being woken, ms: a safety net. */
const IDLE_MS = 5000;

export class PoolKeeper {
  readonly #world: PoolKeeperWorld;
  /** Runs that are over and hold nobody back. */
  readonly #released = new Set<string>();
  /** Pauses that were seen to be over, by run and moment. */
  readonly #over = new Set<string>();
  readonly #warned = new Map<string, string>();
  #wake: () => void = () => {};
  #loop: Promise<void> = Promise.resolve();

  constructor(world: PoolKeeperWorld) {
    this.#world = world;
  }

  /** The ledger must be open. */
  async start(): Promise<void> {
    if (this.#world.system.poolers === undefined) return;
    for (const { type, data } of await this.#world.rows())
      if (type === RELEASED) this.#released.add(String(data['run']));
    this.#loop = this.#run();
  }

  /** Something was written: a run may have ended, or paused. */
  considered(): void {
    this.#wake();
  }

  /** Who is told to stop lets everybody go first: nobody knows whether another Regent is ever started. */
  async stopped(): Promise<void> {
    this.#wake();
    await this.#loop;
    if (this.#world.system.poolers !== undefined)
      for (const held of this.#held()) await this.#release(held, AbortSignal.timeout(this.#world.callMs));
  }

  #held(): HeldPools[] {
    return heldPools(this.#world.runs(), this.#released).filter((one) => !this.#over.has(keyOf(one)));
  }

  async #run(): Promise<void> {
    const { clock, stop, system, halted, everyMs } = this.#world;
    while (!stop.aborted) {
      const woken = new AbortController();
      this.#wake = () => woken.abort();
      let nextAt = clock.now() + IDLE_MS;
      let inVain = false;
      for (const held of this.#held()) {
        const at = letGoAt(held, system.poolers!.pauseMs, halted());
        if (at > clock.now()) nextAt = Math.min(nextAt, at);
        else if (!(await this.#release(held, stop))) inVain = true;
      }
      // One that is silent is asked at its own pace, whatever else is written meanwhile.
      if (inVain) await clock.sleep(everyMs, stop);
      else await clock.sleep(nextAt - clock.now(), AbortSignal.any([woken.signal, stop]));
    }
  }

  /** Whether every pooler of this run says that it holds back nobody for it. Throws nothing. */
  async #release(held: HeldPools, stop: AbortSignal): Promise<boolean> {
    const { pooler, system, clock, callMs, log } = this.#world;
    const { run, context } = held;
    const before = stepState(context, PAUSES).before;
    const poolers = poolersOf(system, [context.source]);
    const look = () => limited(clock, callMs, stop, (signal) => lookAt(pooler, poolers, signal));
    const heldIn = ({ seen }: Awaited<ReturnType<typeof look>>) =>
      seen
        .map((one) => ({ pooler: one.pooler, databases: heldBy(one, before) }))
        .filter(({ databases }) => databases.length > 0);
    try {
      let looks = await look();
      const found = heldIn(looks);
      if (found.length > 0) {
        const failed = await limited(clock, callMs, stop, (signal) => letGo(pooler, found, signal)).then(
          () => null,
          sentenceOf,
        );
        looks = await look();
        const left = heldIn(looks);
        if (left.length > 0) throw new Error(`${namesOf(left)} still paused${failed === null ? '' : `: ${failed}`}`);
        log.info({ run, poolers: found }, 'poolers let their clients go');
        await this.#told(held, namesOf(found));
      }
      if (looks.silent.length > 0) throw new Error(silentText(looks.silent));
      this.#over.add(keyOf(held));
      this.#warned.delete(run);
      if (context.endedAt !== null) {
        await this.#world.note({ type: RELEASED, actor: 'runner', data: { run } });
        this.#released.add(run);
      }
      return true;
    } catch (error) {
      const why = sentenceOf(error);
      if (why !== this.#warned.get(run)) log.warn({ run, error: why }, 'poolers may hold clients back');
      this.#warned.set(run, why);
      return false;
    }
  }

  async #told({ run, since }: HeldPools, names: string): Promise<void> {
    const { clock, tell, log } = this.#world;
    const seconds = Math.round((clock.now() - since) / 1000);
    const text = `Clients were held back at ${names} and were let go after ${seconds} s, before the run did it.`;
    await tell(run, text).catch((error: unknown) => {
      log.warn({ run, error: sentenceOf(error) }, 'it could not be written down that clients were let go');
    });
  }
}

const keyOf = ({ run, since }: HeldPools): string => `${run} ${since}`;
