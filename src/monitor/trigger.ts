/**
 * When a region counts as failed: each condition must have been seen for its own time, seen and not merely not seen to
 * be otherwise. A pure fold over agreed readings; time without data adds nothing and forgets nothing.
 */
import { CONDITIONS, type Condition, type Reading } from './look.ts';

export type TriggerPolicy = {
  /** How long each condition must be seen before the region counts as failed, ms. */
  forMs: Record<Condition, number>;
  /** A region that does not answer is suspected at once, and confirmed after this long, ms. */
  confirmCutMs: number;
  /** How long everything must be seen well again before a suspicion is withdrawn, ms. */
  recoverForMs: number;
};

/**
 * `suspected`: it does not answer, not confirmed. `confirmed`: people should decide. `failed`: it lasted as long as the
 * configuration asks before anything may be done without them.
 */
export type Stage = 'quiet' | 'suspected' | 'confirmed' | 'failed';

export type TriggerState = {
  stage: Stage;
  /** How long each condition has been seen, ms. */
  seenMs: Record<Condition, number>;
  goodMs: number;
  /** When the first sign of trouble was seen that has not been withdrawn, ms since the epoch. */
  since: number | null;
  last: { at: number; reading: Reading } | null;
};

const NOTHING: Record<Condition, number> = { scoreLow: 0, errorsHigh: 0, cut: 0, critical: 0 };
export const quiet: TriggerState = { stage: 'quiet', seenMs: NOTHING, goodMs: 0, since: null, last: null };

const ORDER: Stage[] = ['quiet', 'suspected', 'confirmed', 'failed'];

/**
 * `at`: ms since the epoch, never before the reading that came before it. `doubted`: some place still sees trouble, though
 * too few do to agree on it: while that is so a suspicion is not withdrawn.
 */
export function observe(
  state: TriggerState,
  reading: Reading,
  at: number,
  policy: TriggerPolicy,
  doubted = false,
): TriggerState {
  const { last } = state;
  const passed = last === null ? 0 : Math.max(0, at - last.at);
  const seenMs = Object.fromEntries(
    CONDITIONS.map((condition) => {
      const known = state.seenMs[condition];
      if (reading[condition] === false) return [condition, 0];
      // Only the time between two sightings counts: what happened between a sighting and a gap is not known.
      const both = reading[condition] === true && last?.reading[condition] === true;
      return [condition, both ? known + passed : known];
    }),
  ) as Record<Condition, number>;

  const bad = CONDITIONS.some((condition) => reading[condition] === true);
  const well = CONDITIONS.every((condition) => reading[condition] !== true) && reading.cut === false && !doubted;
  const wasWell = last !== null && CONDITIONS.every((condition) => last.reading[condition] !== true);
  const goodMs = well ? (wasWell ? state.goodMs + passed : 0) : bad ? 0 : state.goodMs;
  if (state.stage !== 'quiet' && well && goodMs >= policy.recoverForMs)
    return { ...quiet, goodMs, last: { at, reading } };

  const since = state.since ?? (bad ? at : null);
  const met = CONDITIONS.some(
    (condition) => reading[condition] === true && seenMs[condition] >= policy.forMs[condition],
  );
  const now: Stage = met
    ? 'failed'
    : reading.cut === true
      ? seenMs.cut >= policy.confirmCutMs
        ? 'confirmed'
        : 'suspected'
      : 'quiet';
  // A stage once reached stands until the region is seen well for long enough: no ping-pong.
  const stage = ORDER.indexOf(now) > ORDER.indexOf(state.stage) ? now : state.stage;
  const forgotten = stage === 'quiet' && !bad && CONDITIONS.every((condition) => seenMs[condition] === 0);
  return { stage, seenMs, goodMs, since: forgotten ? null : since, last: { at, reading } };
}
