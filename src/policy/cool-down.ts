/** Whether a disaster may be declared without people: not soon after a run, nor before somebody has looked at that one. */

export type PastRun = {
  run: string;
  /** ms since the epoch; null while it is under way. */
  endedAt: number | null;
};

export type CoolDown =
  | { over: true }
  /** `until`: ms since the epoch; null where it only waits for a person. */
  | { over: false; run: string; until: number | null; acknowledged: boolean };

/** `acknowledgedAt`, `now`: ms since the epoch. The run that ended last counts, whatever came of it. */
export function coolDownOf(runs: PastRun[], acknowledgedAt: number | null, coolDownMs: number, now: number): CoolDown {
  const ended = runs.flatMap(({ run, endedAt }) => (endedAt === null ? [] : [{ run, endedAt }]));
  const last = ended.sort((a, b) => a.endedAt - b.endedAt).at(-1);
  if (last === undefined) return { over: true };
  const until = last.endedAt + coolDownMs;
  const acknowledged = acknowledgedAt !== null && acknowledgedAt >= last.endedAt;
  if (acknowledged && now >= until) return { over: true };
  return { over: false, run: last.run, until: now >= until ? null : until, acknowledged };
}
