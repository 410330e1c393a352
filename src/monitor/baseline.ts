/**
 * What is usual, measured before anything is wrong: how many requests the region that serves answers in a second. Taken
 * only while no run is under way and the region is well, and written down now and then: in a disaster it is too late to
 * ask, and a restart must not forget it. No answer leaves nothing behind.
 */
import { sentenceOf } from '../lib/errors.ts';
import { median } from '../policy/throughput.ts';
import type { Clock } from '../ports/clock.ts';
import type { Metrics } from '../ports/metrics.ts';
import type { RegionHealth } from '../ports/watch.ts';
import { limited } from './limit.ts';

export type BaselineWorld = {
  metrics: Metrics;
  query: string;
  watch: { readonly isolated: boolean; primary(): string | null; health(region: string): RegionHealth | null };
  /** Whether a run is under way: what is served meanwhile is not usual. */
  running(): boolean;
  /** When something was last written down of each region, ms; asked once. */
  lastOf(region: string): Promise<number | null>;
  note(region: string, perSecond: number): Promise<unknown>;
  clock: Clock;
  log: { warn(fields: object, message: string): void };
  /** How often it is measured, and how often it is written down, ms. */
  everyMs: number;
  keepEveryMs: number;
  /** How long one question may take, ms. */
  callMs: number;
  stop: AbortSignal;
};

export class BaselineKeeper {
  readonly #world: BaselineWorld;
  #region: string | null = null;
  #samples: number[] = [];
  #askedAt = Number.NEGATIVE_INFINITY;
  #keptAt = Number.NEGATIVE_INFINITY;
  #underWay: Promise<void> | null = null;
  #failing = false;

  constructor(world: BaselineWorld) {
    this.#world = world;
  }

  /** Measures where it is time: after every round of looks. Never throws. */
  consider(): Promise<void> {
    this.#underWay ??= this.#consider()
      .catch((error) => this.#saysFailing(sentenceOf(error)))
      .finally(() => {
        this.#underWay = null;
      });
    return this.#underWay;
  }
  async stopped(): Promise<void> {
    await this.#underWay;
  }

  async #consider(): Promise<void> {
    const { clock, everyMs, keepEveryMs, metrics, query, callMs, note, stop } = this.#world;
    const region = this.#wellAndServing();
    if (region !== this.#region) await this.#turnTo(region);
    if (region === null || stop.aborted || clock.now() - this.#askedAt < everyMs) return;
    this.#askedAt = clock.now();
    const perSecond = await limited(clock, callMs, stop, (signal) => metrics.value(region, query, signal));
    // Asking has taken its time: what began meanwhile has its own traffic.
    if (perSecond === null || perSecond < 0 || this.#wellAndServing() !== region) return;
    this.#samples.push(perSecond);
    if (clock.now() - this.#keptAt >= keepEveryMs) {
      await note(region, median(this.#samples));
      this.#keptAt = clock.now();
      this.#samples = [];
    }
    this.#failing = false;
  }

  async #turnTo(region: string | null): Promise<void> {
    this.#samples = [];
    if (region !== null) this.#keptAt = (await this.#world.lastOf(region)) ?? Number.NEGATIVE_INFINITY;
    this.#region = region;
  }

  /** null while nobody can say what is usual. */
  #wellAndServing(): string | null {
    const { watch, running } = this.#world;
    const region = running() || watch.isolated ? null : watch.primary();
    const health = region === null ? null : watch.health(region);
    return health?.stage === 'quiet' && health.since === null ? region : null;
  }

  /** Once, however long it lasts. */
  #saysFailing(error: string): void {
    if (this.#world.stop.aborted) return;
    if (!this.#failing) this.#world.log.warn({ error }, 'what is usual could not be measured');
    this.#failing = true;
  }
}
