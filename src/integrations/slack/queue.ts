/**
 * Who may write to Slack when. New messages of a channel go one after the other, so they stand in the order they were
 * said; edits have a lane of their own and never hold a new card up. A rate limit pauses only what it is about, and of
 * several edits waiting for one message only the newest is sent.
 */
import { IntegrationError } from '../../lib/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import { RateLimited } from './failures.ts';
import type { Log } from './log.ts';

export type Job<T> = {
  lane: 'post' | 'edit';
  channel: string;
  /** Of jobs with the same subject that have not begun, only the last is done; all callers get its answer. */
  subject?: string;
  signal: AbortSignal;
  work: () => Promise<T>;
};

export type Queue = {
  /** The work's answer. @throws what the work throws; IntegrationError with `effect: 'none'` if it was never begun */
  run<T>(job: Job<T>): Promise<T>;
  /** Resolves when nothing waits or runs. */
  idle(): Promise<void>;
  /** Refuses what waits and what comes. */
  close(): void;
};

type Waiter = { resolve: (value: unknown) => void; reject: (error: unknown) => void; done: () => void };
type Item = { lane: string; subject: string | undefined; work: () => Promise<unknown>; waiters: Set<Waiter> };
type Lane = { items: Item[]; busy: boolean; pausedUntil: number; waking: boolean };

export function createQueue({ clock, log }: { clock: Clock; log: Log }): Queue {
  const lanes = new Map<string, Lane>();
  /** `chat.update` is limited for the whole workspace, posts by channel. */
  let editsPausedUntil = 0;
  const closing = new AbortController();
  let idlers: (() => void)[] = [];

  function laneOf(name: string): Lane {
    const lane = lanes.get(name) ?? { items: [], busy: false, pausedUntil: 0, waking: false };
    lanes.set(name, lane);
    return lane;
  }

  function add<T>(job: Job<T>, waiter: Waiter): Item {
    const { items } = laneOf(`${job.lane} ${job.channel}`);
    const twin = job.subject === undefined ? undefined : items.find((item) => item.subject === job.subject);
    const item = twin ?? { lane: job.lane, subject: job.subject, work: job.work, waiters: new Set<Waiter>() };
    item.work = job.work;
    item.waiters.add(waiter);
    if (!twin) items.push(item);
    return item;
  }

  function pump(name: string): void {
    const lane = laneOf(name);
    if (lane.busy) return;
    if (lane.items.length === 0) {
      lanes.delete(name);
      if (lanes.size === 0) for (const tell of idlers.splice(0)) tell();
      return;
    }
    const until = Math.max(lane.pausedUntil, name.startsWith('edit ') ? editsPausedUntil : 0);
    const pause = until - clock.now();
    if (pause > 0) {
      if (lane.waking) return;
      lane.waking = true;
      void clock.sleep(pause, closing.signal).then(() => {
        lane.waking = false;
        pump(name);
      });
      return;
    }
    lane.busy = true;
    void begin(name, lane, lane.items.shift()!).then(() => {
      lane.busy = false;
      pump(name);
    });
  }

  async function begin(name: string, lane: Lane, item: Item): Promise<void> {
    try {
      const value = await item.work();
      settle(item, (waiter) => waiter.resolve(value));
    } catch (error) {
      if (!(error instanceof RateLimited) || closing.signal.aborted) {
        settle(item, (waiter) => waiter.reject(error));
        return;
      }
      const until = clock.now() + error.afterMs;
      if (item.lane === 'edit') editsPausedUntil = Math.max(editsPausedUntil, until);
      else lane.pausedUntil = until;
      log.warn({ lane: name, ms: error.afterMs, waiting: lane.items.length + 1 }, 'Slack asks us to slow down');
      // Back to the head, unless a newer edit of the same message came meanwhile or nobody waits any more.
      const newer = item.subject === undefined ? undefined : lane.items.find((one) => one.subject === item.subject);
      if (newer) for (const waiter of item.waiters) newer.waiters.add(waiter);
      else if (item.waiters.size > 0) lane.items.unshift(item);
    }
  }

  function settle(item: Item, how: (waiter: Waiter) => void): void {
    for (const waiter of item.waiters) {
      waiter.done();
      how(waiter);
    }
    item.waiters.clear();
  }

  return {
    run<T>(job: Job<T>): Promise<T> {
      const name = `${job.lane} ${job.channel}`;
      return new Promise<T>((resolve, reject) => {
        if (closing.signal.aborted || job.signal.aborted) {
          reject(notBegun(job.lane));
          return;
        }
        // Once begun the work watches its signal itself; until then leaving the queue has no effect on anything.
        const onAbort = () => {
          const lane = laneOf(name);
          const item = lane.items.find((one) => one.waiters.has(waiter));
          if (!item) return;
          item.waiters.delete(waiter);
          if (item.waiters.size === 0) lane.items = lane.items.filter((one) => one !== item);
          waiter.done();
          reject(notBegun(job.lane));
          pump(name);
        };
        const waiter: Waiter = {
          resolve: (value) => resolve(value as T),
          reject,
          done: () => job.signal.removeEventListener('abort', onAbort),
        };
        job.signal.addEventListener('abort', onAbort);
        add(job, waiter);
        pump(name);
      });
    },
    idle: () => (lanes.size === 0 ? Promise.resolve() : new Promise((resolve) => idlers.push(resolve))),
    close() {
      closing.abort();
      for (const lane of lanes.values()) {
        for (const item of lane.items.splice(0)) settle(item, (waiter) => waiter.reject(notBegun(item.lane)));
      }
      for (const tell of idlers.splice(0)) tell();
      idlers = [];
    },
  };
}

function notBegun(lane: string): IntegrationError {
  return new IntegrationError(`The ${lane} was not sent to Slack: its time was up, or Regent is stopping.`, {
    code: 'slack_not_sent',
    system: 'slack',
    operation: lane === 'edit' ? 'chat.update' : 'chat.postMessage',
    effect: 'none',
  });
}
