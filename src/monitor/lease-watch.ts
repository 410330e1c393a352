/**
 * How long each lease has surely not been renewed, as seen from here. It counts from the answer that showed a renewal
 * first to the moment the last question was sent, by a clock nobody sets: the holder’s own times would be only as true
 * as its clock. It forgets with the process, and then counts anew: late, never early.
 */
import { sentenceOf } from '../lib/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { Leases, LeaseWatch, SeenLease } from '../ports/leases.ts';
import { limited } from './limit.ts';

export type LeaseWatchWorld = {
  leases: Leases;
  /** Regions whose server has a lease. */
  regions: string[];
  clock: Clock;
  /** Milliseconds of a clock that only goes forward, whatever happens to the time of day. */
  steady: () => number;
  log: { warn(fields: object, message: string): void };
  /** How often each is read, ms. */
  everyMs: number;
  /** How long one look may take, ms. */
  callMs: number;
  stop: AbortSignal;
};

type Known = { version: string; since: number; renewed: boolean };

export class LeaseKeeper implements LeaseWatch {
  readonly #world: LeaseWatchWorld;
  readonly #known = new Map<string, Known>();
  readonly #warned = new Map<string, string>();
  #loops: Promise<unknown> = Promise.resolve();

  constructor(world: LeaseWatchWorld) {
    this.#world = world;
  }

  /** Reads at once, then every `everyMs` until it is stopped: what ran out before anybody asks need not be waited for. */
  start(): void {
    this.#loops = Promise.all(this.#world.regions.map((region) => this.#watch(region)));
  }
  async stopped(): Promise<void> {
    await this.#loops;
  }

  async look(region: string, signal: AbortSignal): Promise<SeenLease | null> {
    const { leases, steady } = this.#world;
    const askedAt = steady();
    const lease = await leases.read(region, signal);
    if (lease === null) {
      this.#known.delete(region);
      return null;
    }
    const before = this.#known.get(region);
    const known =
      before?.version === lease.version
        ? before
        : { version: lease.version, since: steady(), renewed: before !== undefined };
    this.#known.set(region, known);
    return { ...lease, unchangedMs: Math.max(0, askedAt - known.since), renewed: known.renewed };
  }

  async #watch(region: string): Promise<void> {
    const { clock, everyMs, callMs, log, stop } = this.#world;
    while (!stop.aborted) {
      const why = await limited(clock, callMs, stop, (signal) => this.look(region, signal)).then(
        (lease) => (lease === null ? 'there is no such lease' : null),
        sentenceOf,
      );
      // Better known today than in an emergency; said once.
      if (why !== null && why !== this.#warned.get(region) && !stop.aborted)
        log.warn({ region, error: why }, 'the lease of its server cannot be read');
      if (why === null) this.#warned.delete(region);
      else this.#warned.set(region, why);
      await clock.sleep(everyMs, stop);
    }
  }
}
