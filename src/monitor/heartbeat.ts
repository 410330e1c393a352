/**
 * The heartbeat row of the primary, written again and again: what a standby has of it says, once the primary is gone, up
 * to when it has every write. Who is primary is observed each time; a region that is silent delays nobody else's beat.
 */
import { sentenceOf } from '../lib/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { Database, DatabaseView } from '../ports/database.ts';

export type HeartbeatWorld = {
  database: Pick<Database, 'observe' | 'beat'>;
  /** Every region that has a database. */
  regions: string[];
  /** While a run promotes nothing is written: a position is being proven there, or a fence. */
  promoting(): boolean;
  clock: Clock;
  log: { warn(fields: object, message: string): void; info(fields: object, message: string): void };
  /** How often, ms. */
  everyMs: number;
  /** How long one question or one beat may take, ms. */
  callMs: number;
  stop: AbortSignal;
};

type Seen = Pick<DatabaseView, 'role' | 'timeline'>;

export class Heartbeat {
  readonly #world: HeartbeatWorld;
  /** What each region's server said last; null where it gave no answer. */
  readonly #seen = new Map<string, Seen | null>();
  readonly #looks = new Map<string, Promise<void>>();
  #home: string | null = null;
  #failing = false;
  #loop: Promise<void> = Promise.resolve();

  constructor(world: HeartbeatWorld) {
    this.#world = world;
  }

  /** Beats at once, then every `everyMs` until it is stopped. */
  start(): void {
    this.#loop = this.#run();
  }
  async stopped(): Promise<void> {
    await this.#loop;
    await Promise.all(this.#looks.values());
  }

  async #run(): Promise<void> {
    const { clock, everyMs, stop } = this.#world;
    while (!stop.aborted) {
      const before = clock.now();
      await this.#beat();
      await clock.sleep(before + everyMs - clock.now(), stop);
    }
  }

  async #beat(): Promise<void> {
    const { database, clock, log, promoting, stop } = this.#world;
    if (promoting()) return;
    try {
      const primary = await this.#primary();
      // Looking has taken its time.
      if (stop.aborted || promoting()) return;
      await this.#limited((signal) => database.beat(primary, clock.now(), signal));
      this.#home = primary;
      if (this.#failing) log.info({ region: primary }, 'the heartbeat row is written again');
      this.#failing = false;
    } catch (error) {
      if (stop.aborted) return;
      // Once: it fails at every beat of an outage, and those are many.
      if (!this.#failing) log.warn({ error: sentenceOf(error) }, 'the heartbeat row could not be written');
      this.#failing = true;
    }
  }

  /** The one that said so last is asked first: while it still does, nobody waits for a region that is silent. */
  async #primary(): Promise<string> {
    const looks = new Map(this.#world.regions.map((region) => [region, this.#look(region)]));
    if (this.#home !== null) await looks.get(this.#home);
    if (this.#home === null || this.#seen.get(this.#home)?.role !== 'primary') await Promise.all(looks.values());
    const primaries = [...this.#seen].flatMap(([region, seen]) =>
      seen?.role === 'primary' ? [{ region, timeline: seen.timeline }] : [],
    );
    const newest = Math.max(...primaries.map(({ timeline }) => timeline));
    const [primary, rival] = primaries.filter(({ timeline }) => timeline === newest);
    if (primary === undefined) throw new Error('no region says it is the primary');
    // A former primary that came back is behind by a timeline; two of one timeline nobody can tell apart.
    if (rival !== undefined) throw new Error(`${primary.region} and ${rival.region} both say they are the primary`);
    return primary.region;
  }

  /** One question under way per region: a silent one is not asked again before it has failed. */
  #look(region: string): Promise<void> {
    const underWay = this.#looks.get(region);
    if (underWay !== undefined) return underWay;
    const look = this.#limited((signal) => this.#world.database.observe(region, signal))
      .then(
        ({ role, timeline }) => void this.#seen.set(region, { role, timeline }),
        () => void this.#seen.set(region, null),
      )
      .finally(() => this.#looks.delete(region));
    this.#looks.set(region, look);
    return look;
  }

  /** Ends with the answer, with `callMs`, or when we stop, even where the call itself heeds no signal. */
  async #limited<T>(call: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { clock, callMs, stop } = this.#world;
    const over = new AbortController();
    const late = new AbortController();
    const limit = clock.sleep(callMs, AbortSignal.any([stop, over.signal])).then((): never => {
      late.abort();
      throw new Error(`no answer within ${callMs / 1000} s`);
    });
    // It loses the race whenever an answer comes.
    limit.catch(() => {});
    try {
      return await Promise.race([call(AbortSignal.any([stop, late.signal])), limit]);
    } finally {
      over.abort();
    }
  }
}
