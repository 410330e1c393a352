/** What the stories of an emergency have in common: the region that dies, the card, and the run to its end. */
import { holdReplication, killRegion } from '../world/disaster.ts';
import type { Writer } from '../writer/writer.ts';
import { type Deciding, declare, ending, headlines, isProposed, proposalCard, until } from './emergency-people.ts';
import { type Ending, endings } from './play.ts';

export type Stage = Deciding & {
  from: string;
  to: string;
  trigger: 'propose' | 'declare';
  /** How long a region is cut, ms of the configuration's time. */
  blipMs: number;
  /** How long its last writes are on the way to the other region when a region dies, ms of real time. */
  lagMs: number;
  writer: Writer;
  /** When the other region's Postgres was promoted, ms since the epoch. */
  promotedAt: () => number | null;
};

/** What a story saw, as it was seen: null where it did not come to it. */
export type Story = {
  ending: Ending;
  /** How it ended once what stood in the way was repaired, where the story goes on to that. */
  afterwards?: Ending;
  /** When it began: the region died, or was cut. */
  struckAt: number;
  /** When a card first asked whether this is a disaster. */
  proposedAt: number | null;
  endedAt: number | null;
  /** How the story went, where it is not only a run from its beginning to its end. */
  seen: Record<string, boolean | number | string>;
  /** What did not go as it must. */
  problems: string[];
};

export const RUN_WITHIN_MS = 300_000;
export const NOT_STARTED: Ending = { outcome: 'notStarted', heldAt: null, said: '' };
export const REASON = 'the region is gone, the provider confirms it';

/** Of the trigger, as the overlay has it and Regent's default is, ms. */
export const CUT_FOR_MS = 60_000;
export const CONFIRM_AFTER_MS = 30_000;
export const RECOVER_FOR_MS = 30_000;
/** For processes on a busy machine, beside what is paced. */
export const SLACK_MS = 15_000;

export const paced = (stage: Stage, ms: number): number => ms / stage.world.pace;

/** The writes of the last moments never arrive: asynchronous replication, made visible. */
export async function strike(stage: Stage): Promise<number> {
  const { world, from, lagMs, say, stop } = stage;
  if (lagMs > 0) {
    const arrivesAt = Date.now() + lagMs;
    holdReplication(world);
    await until(() => Date.now() >= arrivesAt, { withinMs: lagMs + 5000, stop, what: 'the lag' });
  }
  const at = await killRegion(world, from);
  say(`${from} is gone`);
  return at;
}

/** When the card stands there; null when it does not come. */
export async function proposed(stage: Stage, withinMs: number): Promise<number | null> {
  const { world } = stage;
  return await world.slack
    .until(() => isProposed(world) || headlines(world).length > 0, withinMs, 'the proposal')
    .then(
      () => (proposalCard(world) === undefined ? null : Date.now()),
      () => null,
    );
}

/** From the card on: Ana declares where that is people's business, and the run goes to its end. */
export async function goOn(stage: Stage): Promise<{ ending: Ending; endedAt: number }> {
  const { world, from, trigger, say, stop } = stage;
  const before = endings(world).length;
  if (trigger === 'propose') {
    const refused = await declare(stage, from, REASON);
    if (refused !== null) return { ending: { ...NOT_STARTED, said: refused }, endedAt: Date.now() };
  } else {
    const withinMs = paced(stage, 2 * CUT_FOR_MS + CONFIRM_AFTER_MS) + SLACK_MS;
    await until(() => headlines(world).length > before, { withinMs, stop, what: 'a run that starts by itself' });
    say('a run has started by itself');
  }
  const last = await ending(stage, before, RUN_WITHIN_MS);
  return { ending: last, endedAt: Date.now() };
}

export const detectWithin = (stage: Stage): number => paced(stage, CUT_FOR_MS + CONFIRM_AFTER_MS) + SLACK_MS;
