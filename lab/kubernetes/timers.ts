/** Every wait of one lab server: divided by its pace, and gone when it closes. */

export type Timers = {
  /** Calls `run` once after `ms` divided by the pace. */
  after(ms: number, run: () => void): void;
  /** Resolves after `ms` divided by the pace, but not before `atLeastMs` of real time; at once when the server closes. */
  sleep(ms: number, atLeastMs?: number): Promise<void>;
  readonly closed: boolean;
  close(): void;
};

export function createTimers(pace: number): Timers {
  const pending = new Map<NodeJS.Timeout, (() => void) | undefined>();
  let closed = false;
  const start = (realMs: number, run: () => void, onClose?: () => void) => {
    const timer = setTimeout(() => {
      pending.delete(timer);
      run();
    }, realMs);
    pending.set(timer, onClose);
  };
  return {
    after(ms, run) {
      if (!closed) start(ms / pace, run);
    },
    sleep: (ms, atLeastMs = 0) =>
      new Promise((resolve) => (closed ? resolve() : start(Math.max(ms / pace, atLeastMs), resolve, resolve))),
    get closed() {
      return closed;
    },
    close() {
      closed = true;
      for (const [timer, onClose] of pending) {
        clearTimeout(timer);
        onClose?.();
      }
      pending.clear();
    },
  };
}

/** A work queue keyed by name: many changes within the delay cause one look. */
export function createQueue(timers: Timers, delayMs: number, work: (key: string) => void): (key: string) => void {
  const waiting = new Set<string>();
  return (key) => {
    if (waiting.has(key)) return;
    waiting.add(key);
    timers.after(delayMs, () => {
      waiting.delete(key);
      work(key);
    });
  };
}
