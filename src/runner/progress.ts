/**
 * How far steps are that take their time: what their checks saw lately, how fast it went, and how long is left. Kept in
 * memory only: it is of no use to anybody once the step is over, and after a restart the next look brings it back.
 */
import type { StepProgress } from '../messages/scene.ts';
import type { Progress } from '../ports/answer.ts';

/** The rate is that of the last while: long enough not to jump, short enough to show that it stalls. */
const WINDOW_MS = 10_000;
/** Of less than this no rate is told: it would be a guess. */
const LEAST_MS = 1000;

type Look = { at: number; done: number };
type Seen = { last: Progress; looks: Look[] };

export class Progresses {
  readonly #seen = new Map<string, Map<string, Seen>>();
  readonly #listeners: ((run: string, step: string) => void)[] = [];

  /** Called whenever there is something else to show of a step. */
  onChange(listener: (run: string, step: string) => void): void {
    this.#listeners.push(listener);
  }

  /** What a look at a step saw; null: it is not under way (any more). `now` in ms. */
  saw(run: string, step: string, progress: Progress | null, now: number): void {
    const steps = this.#seen.get(run) ?? new Map<string, Seen>();
    if (progress === null) {
      if (!steps.delete(step)) return;
      if (steps.size === 0) this.#seen.delete(run);
    } else {
      this.#seen.set(run, steps);
      steps.set(step, { last: progress, looks: looksAfter(steps.get(step), progress, now) });
    }
    for (const listener of this.#listeners) listener(run, step);
  }

  /** By step: what is under way in a run. */
  of(run: string): Record<string, StepProgress> {
    return Object.fromEntries([...(this.#seen.get(run) ?? [])].map(([step, seen]) => [step, shown(seen)]));
  }
}

/** The looks of the last while, and the one before them: the rate is over the whole of it. */
function looksAfter(before: Seen | undefined, { done, unit, part }: Progress, at: number): Look[] {
  const look = { at, done };
  // Another unit or fewer than before: it is another attempt, or another part of the work.
  if (before === undefined || before.last.unit !== unit || before.last.part !== part || before.last.done > done)
    return [look];
  const { looks } = before;
  const since = looks.findLastIndex((one) => one.at <= at - WINDOW_MS);
  return [...looks.slice(Math.max(0, since)), look];
}

function shown({ last, looks }: Seen): StepProgress {
  const [first, latest] = [looks[0]!, looks.at(-1)!];
  const tookMs = latest.at - first.at;
  const perSecond = tookMs < LEAST_MS ? null : ((latest.done - first.done) / tookMs) * 1000;
  const left = last.total === null ? null : Math.max(0, last.total - last.done);
  return { ...last, perSecond, leftMs: left === null || !perSecond ? null : (left / perSecond) * 1000 };
}
