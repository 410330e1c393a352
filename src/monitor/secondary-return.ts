/**
 * Watches for regions that were taken out of service beside a primary that serves on: as long as one does not stream
 * again the system has less to fall back on, and that stays on show. Once it streams, people are told once.
 */
import { sentenceOf } from '../lib/errors.ts';
import { type Context, LOST_SECONDARY, REPROTECT } from '../machine/types.ts';
import type { ReturnedFacts } from '../messages/returned.ts';
import { limited } from './limit.ts';
import type { StandbyWorld } from './standbys.ts';

export const RETURNED = 'SECONDARY_RETURNED';

/** A region that is out of service, since when (ms since the epoch), by which run, beside which primary. */
export type Out = { region: string; run: string; target: string; since: number };

/** Those of runs that took one out, the newest for each, unless it has come back since or was moved to or from later. */
export function outOf(runs: Context[], returned: Set<string>): Out[] {
  const out = new Map<string, Out>();
  for (const { run, runbook, source, target, end, endedAt } of runs) {
    if (end !== 'completed' || endedAt === null) continue;
    if (runbook === LOST_SECONDARY && !returned.has(run))
      out.set(source, { region: source, run, target, since: endedAt });
    else if (runbook !== REPROTECT) for (const region of [source, target]) out.delete(region);
  }
  return [...out.values()];
}

export class SecondaryReturn {
  readonly #world: StandbyWorld;
  readonly #returned = new Set<string>();
  #looking: Promise<void> | null = null;

  constructor(world: StandbyWorld) {
    this.#world = world;
  }

  /** Reads who has come back before a restart. */
  async start(): Promise<void> {
    for (const { type, data } of await this.#world.rows())
      if (type === RETURNED && typeof data['run'] === 'string') this.#returned.add(data['run']);
  }

  async stopped(): Promise<void> {
    await this.#looking;
  }

  /** Regions that are still out of service. */
  out(): Out[] {
    return outOf(this.#world.runs(), this.#returned);
  }

  /** After every round of looks; never throws, and what could not be asked is asked next time. */
  considered(): void {
    const out = this.out();
    if (out.length === 0) return;
    this.#looking ??= Promise.all(out.map((one) => this.#look(one)))
      .then(() => undefined)
      .finally(() => {
        this.#looking = null;
      });
  }

  async #look(one: Out): Promise<void> {
    const { database, clock, callMs, stop, log, note, runs } = this.#world;
    const { region, run, target, since } = one;
    try {
      const view = await limited(clock, callMs, stop, (signal) => database.observe(region, signal)).catch(() => null);
      const follows = view?.role === 'standby' && view.streamingFrom !== null;
      if (view === null || (!follows && view.role !== 'primary')) return;
      const taken = runs().find((context) => context.run === run)?.plan?.values.dns ?? [];
      const records = taken.map(({ name, old }) => ({ name, values: old ?? [] }));
      const facts: ReturnedFacts = { region, run, target, since, at: clock.now(), role: view.role, records };
      const told = { slot: `returned:${run}`, name: 'returned', facts: facts as never, broadcast: false };
      await note({ type: RETURNED, actor: 'runner', data: { region, run } }, `returned:${run}`, [told]);
      this.#returned.add(run);
      log.info({ region, run }, 'a region that was taken out of service streams again');
    } catch (error) {
      log.warn({ region, error: sentenceOf(error) }, 'that a region is back could not be written down');
    }
  }
}
