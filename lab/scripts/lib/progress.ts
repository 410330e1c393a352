/** Lines of progress, and the pace at which bytes move: in a lab everything would be over before a bar is seen. */
import { setTimeout as delay } from 'node:timers/promises';

/** How long what a script moves takes at pace 1, ms. */
const WHOLE_MS = 10_000;
/** Not more often than people can see, ms. */
const EVERY_MS = 100;

export const say = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`);

export type Bar = {
  /** So many bytes more are there. Resolves when the pace allows the next ones. */
  moved(bytes: number): Promise<void>;
};

/** A bar over `total` bytes, drawn from 0 to full within 10 s divided by `pace`. */
export function startBar(total: number, pace: number): Bar {
  const began = performance.now();
  const wholeMs = WHOLE_MS / pace;
  let done = 0;
  let said = began;
  const show = () => say({ done, total, unit: 'bytes' });
  show();
  return {
    async moved(bytes) {
      done += bytes;
      const share = total === 0 ? 1 : Math.min(1, done / total);
      const aheadMs = began + wholeMs * share - performance.now();
      if (aheadMs > 0) await delay(aheadMs);
      if (done < total && performance.now() - said < EVERY_MS) return;
      said = performance.now();
      show();
    },
  };
}

/** Chunks small enough that a bar moves, whatever the size. */
export const chunkSize = (total: number): number => Math.min(256 * 1024, Math.max(1, Math.ceil(total / 40)));
