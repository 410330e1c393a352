/**
 * Lifting the fences that an earlier run has left in a region, because a person says so: what is to be lifted is written
 * down by name before the first order is given, and what came of it afterwards.
 */
import { sentenceOf } from '../lib/errors.ts';
import type { Announcement } from '../machine/types.ts';
import type { LiftedFacts } from '../messages/lifted.ts';
import type { Clock } from '../ports/clock.ts';
import type { JournalEntry } from '../ports/journal.ts';
import { staleFences } from '../steps/stale-fences.ts';
import type { Ports } from '../steps/step.ts';
import type { System } from '../steps/system.ts';
import { limited } from './limit.ts';

export type LiftingWorld = {
  ports: Pick<Ports, 'database' | 'cluster'>;
  system: System;
  /** `Ledger.note`. */
  note(
    entry: Omit<JournalEntry, 'at' | 'deadline'>,
    delivery: string | null,
    announcements: Announcement[],
  ): Promise<boolean>;
  clock: Clock;
  /** How long one order may take, ms. */
  callMs: number;
  stop: AbortSignal;
};

/** Events of the system stream. */
export const ORDERED = 'FENCE_LIFT_ORDERED';
export const LIFTED = 'FENCE_LIFTED';

export type LiftAsked = { region: string; serving: string; by: string; reason: string };
/** Null: this delivery has acted before. Each list one entry a fence; `failed` with the reason. */
export type Lifted = { lifted: string[]; kept: string[]; failed: string[] } | null;

export const liftingOf =
  ({ ports, system, note, clock, callMs, stop }: LiftingWorld) =>
  /** @throws when nobody can say what stands there; nothing was lifted then */
  async ({ region, serving, by, reason }: LiftAsked, delivery: string): Promise<Lifted> => {
    const { fences, silent } = await limited(clock, 3 * callMs, stop, (signal) =>
      staleFences(ports, { region, serving, system }, signal),
    );
    const liftable = fences.flatMap(({ says, lift }) => (lift === null ? [] : [{ says, lift }]));
    const kept = fences.flatMap(({ says, lift }) => (lift === null ? [says] : []));
    if (liftable.length === 0 && silent.length > 0) throw new Error(silent.join('; '));
    if (liftable.length === 0) return { lifted: [], kept, failed: [] };
    const actor = `person:${by}`;
    const data = { region, serving, fences: liftable.map(({ says }) => says), reason };
    if (!(await note({ type: ORDERED, actor, data }, delivery, []))) return null;
    const lifted: string[] = [];
    const failed: string[] = [];
    for (const { says, lift } of liftable)
      await limited(clock, callMs, stop, lift).then(
        () => lifted.push(says),
        (error: unknown) => failed.push(`${says}: ${sentenceOf(error)}`),
      );
    const facts: LiftedFacts = { region, lifted, kept, failed, by, at: clock.now(), reason };
    const announced = { slot: `lifted:${delivery}`, name: 'lifted', facts, broadcast: false };
    await note({ type: LIFTED, actor, data: facts }, null, [announced]);
    return { lifted, kept, failed };
  };
