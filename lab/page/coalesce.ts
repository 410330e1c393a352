/** Many changes, few messages. */

export interface Coalesced {
  /** Something changed: runs the task now, or once when the gap since its last run is over. */
  touch(): void;
  /** For good. */
  stop(): void;
}

/** Runs `task` at most once per `gapMs`, and always once more after the last `touch()`. */
export function coalesce(task: () => void, gapMs: number): Coalesced {
  let timer: NodeJS.Timeout | undefined;
  let again = false;
  let stopped = false;
  const run = () => {
    task();
    timer = setTimeout(() => {
      timer = undefined;
      if (!again) return;
      again = false;
      run();
    }, gapMs);
  };
  return {
    touch() {
      if (timer) again = true;
      else if (!stopped) run();
    },
    stop() {
      stopped = true;
      clearTimeout(timer);
      timer = undefined;
    },
  };
}
