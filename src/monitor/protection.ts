/**
 * Whether anything follows the region that serves since a run has moved the system there. Seen by asking the servers,
 * written down when it changes, so that a restart neither forgets nor repeats it. It changes nothing.
 */
import { sentenceOf } from '../lib/errors.ts';
import { isPassedOn } from '../machine/facts.ts';
import { type Context, LOST_SECONDARY, REPROTECT } from '../machine/types.ts';
import type { ProtectedFacts } from '../messages/protected.ts';
import type { Unprotected } from '../messages/reprotection.ts';
import { isFollowing } from '../ports/database.ts';
import { limited } from './limit.ts';
import type { StandbyWorld } from './standbys.ts';

/** By the run that left the system as it is. */
export const UNPROTECTED = 'UNPROTECTED';
export const PROTECTED = 'PROTECTED';

export type ProtectionWorld = StandbyWorld & {
  /** That can serve, by name. */
  regions: string[];
  /** Whether the configuration says how it is made a standby. */
  mayFollow(region: string): boolean;
};

type Moved = { run: string; source: string; target: string; endedAt: number };

/** The run that has moved the system last, unless one that moves it is under way. */
export function lastMove(runs: Context[]): Moved | null {
  const moving = runs.filter(({ runbook }) => runbook !== LOST_SECONDARY && runbook !== REPROTECT);
  // One that only tidies up beside the next moves nothing any more.
  if (moving.some((one) => (one.end === null || one.endedAt === null) && !isPassedOn(one))) return null;
  const over = moving.filter(({ endedAt }) => endedAt !== null);
  const last = over.findLast(({ end }) => end === 'completed' || end === 'takenOver');
  return last === undefined
    ? null
    : { run: last.run, source: last.source, target: last.target, endedAt: last.endedAt! };
}

export class Protection {
  readonly #world: ProtectionWorld;
  /** What was seen last, by run. */
  readonly #seen = new Map<string, typeof UNPROTECTED | typeof PROTECTED>();
  #looking: Promise<void> | null = null;

  constructor(world: ProtectionWorld) {
    this.#world = world;
  }

  /** Reads what was seen before a restart. */
  async start(): Promise<void> {
    for (const { type, data } of await this.#world.rows())
      if ((type === UNPROTECTED || type === PROTECTED) && typeof data['run'] === 'string')
        this.#seen.set(data['run'], type);
  }

  async stopped(): Promise<void> {
    await this.#looking;
  }

  /** Since when nothing follows, by the run that moved the system; null while something does, or nobody has looked yet. */
  now(): Unprotected | null {
    const last = lastMove(this.#world.runs());
    if (last === null || this.#seen.get(last.run) !== UNPROTECTED) return null;
    const { run, source: region, target, endedAt: since } = last;
    return { region, target, run, since, mayFollow: this.#world.mayFollow(region) };
  }

  /** After every round of looks; never throws, and what could not be asked is asked next time. */
  considered(): void {
    const last = lastMove(this.#world.runs());
    // Once something has followed, the loss of it is what watching the regions is for.
    if (last === null || this.#seen.get(last.run) === PROTECTED) return;
    this.#looking ??= this.#look(last).finally(() => {
      this.#looking = null;
    });
  }

  async #look(last: Moved): Promise<void> {
    const { regions, clock, log, note, runs } = this.#world;
    const { run, target, endedAt: since } = last;
    try {
      const to = await this.#ask(target);
      if (to?.role !== 'primary') return;
      const others = regions.filter((region) => region !== target);
      const views = await Promise.all(others.map((region) => this.#ask(region)));
      const at = views.findIndex((view) => view !== null && isFollowing(view, to));
      if (lastMove(runs())?.run !== run) return;
      const before = this.#seen.get(run);
      if (at === -1) {
        if (before === UNPROTECTED) return;
        await note({ type: UNPROTECTED, actor: 'runner', data: { run, target, since } }, `unprotected:${run}`, []);
        this.#seen.set(run, UNPROTECTED);
        return;
      }
      const standby = others[at]!;
      const facts: ProtectedFacts = { standby, target, run, since, at: clock.now() };
      // Where nothing was missing nothing is news.
      const told = { slot: `protected:${run}`, name: 'protected', facts: facts as never, broadcast: false };
      await note(
        { type: PROTECTED, actor: 'runner', data: { run, target, standby } },
        `protected:${run}`,
        before === UNPROTECTED ? [told] : [],
      );
      this.#seen.set(run, PROTECTED);
    } catch (error) {
      log.warn({ run, error: sentenceOf(error) }, 'whether anything follows could not be written down');
    }
  }

  #ask(region: string) {
    const { database, clock, callMs, stop } = this.#world;
    return limited(clock, callMs, stop, (signal) => database.observe(region, signal)).catch(() => null);
  }
}
