/** Order, priority, coalescing and rate limits of what we write, on a clock that is moved by hand. */
import { describe, expect, test } from 'vitest';
import { RateLimited } from '../../../src/integrations/slack/failures.ts';
import { createQueue } from '../../../src/integrations/slack/queue.ts';
import { keptLog, settled, standingClock } from './support.ts';

const never = new AbortController().signal;

function setup() {
  const clock = standingClock();
  const queue = createQueue({ clock, log: keptLog() });
  const done: string[] = [];
  /** A job of which the test decides when and how it ends. */
  const job = (
    lane: 'post' | 'edit',
    name: string,
    more: { channel?: string; subject?: string; signal?: AbortSignal } = {},
  ) => {
    const end = Promise.withResolvers<string>();
    const work = () => {
      done.push(name);
      return end.promise;
    };
    const answer = queue.run({ lane, channel: 'C1', signal: never, work, ...more });
    answer.catch(() => {});
    return { answer, end };
  };
  return { clock, queue, done, job };
}

describe('the queue', () => {
  test('posts of a channel go one after the other; other channels do not wait', async () => {
    const { done, job } = setup();
    const a = job('post', 'a');
    job('post', 'b');
    job('post', 'elsewhere', { channel: 'C2' });
    await settled();
    expect(done).toEqual(['a', 'elsewhere']);
    a.end.resolve('A');
    expect(await a.answer).toBe('A');
    await settled();
    expect(done).toEqual(['a', 'elsewhere', 'b']);
  });

  test('a new card never waits for edits, however many there are', async () => {
    const { done, job } = setup();
    for (let n = 0; n < 5; n += 1) job('edit', `edit ${n}`, { subject: `${n}` });
    job('post', 'card');
    await settled();
    expect(done).toEqual(['edit 0', 'card']);
  });

  test('of several edits of one message only the newest is sent, and all callers hear of it', async () => {
    const { done, job } = setup();
    const first = job('edit', 'v1', { subject: 'm' });
    const second = job('edit', 'v2', { subject: 'm' });
    const third = job('edit', 'v3', { subject: 'm' });
    await settled();
    first.end.resolve('1');
    await settled();
    expect(done).toEqual(['v1', 'v3']);
    third.end.resolve('3');
    expect(await Promise.all([first.answer, second.answer, third.answer])).toEqual(['1', '3', '3']);
  });

  test('a rate limit pauses its channel for as long as asked and then tries the same again first', async () => {
    const { clock, done, job, queue } = setup();
    let tries = 0;
    const work = async () => {
      tries += 1;
      done.push(`limited ${tries}`);
      if (tries === 1) throw new RateLimited('chat.postMessage', 3000);
      return 'said';
    };
    const limited = queue.run({ lane: 'post', channel: 'C1', signal: never, work });
    const next = job('post', 'next');
    job('edit', 'edit');
    await settled();
    expect(done).toEqual(['limited 1', 'edit']);
    await clock.move(2999);
    expect(done).toHaveLength(2);
    await clock.move(1);
    expect(await limited).toBe('said');
    await settled();
    expect(done).toEqual(['limited 1', 'edit', 'limited 2', 'next']);
    next.end.resolve('');
  });

  test('a limit of edits holds all edits, in every channel, and the newest version is what goes out', async () => {
    const { clock, done, job } = setup();
    const old = job('edit', 'v1', { subject: 'm' });
    await settled();
    old.end.reject(new RateLimited('chat.update', 5000));
    await settled();
    const newest = job('edit', 'v2', { subject: 'm' });
    job('edit', 'other', { channel: 'C2', subject: 'n' });
    job('post', 'card');
    await clock.move(4999);
    expect(done).toEqual(['v1', 'card']);
    await clock.move(1);
    expect(done.slice(2).sort()).toEqual(['other', 'v2']);
    newest.end.resolve('2');
    expect(await old.answer).toBe('2');
  });

  test('what is given up before it began has no effect', async () => {
    const { done, job } = setup();
    const running = job('post', 'running');
    const leaving = new AbortController();
    const waiting = job('post', 'waiting', { signal: leaving.signal });
    leaving.abort();
    await expect(waiting.answer).rejects.toMatchObject({ code: 'slack_not_sent', effect: 'none' });
    running.end.resolve('');
    await settled();
    expect(done).toEqual(['running']);
  });

  test('a failure is the caller’s and does not stop the next', async () => {
    const { done, job } = setup();
    const bad = job('post', 'bad');
    job('post', 'good');
    bad.end.reject(new Error('no'));
    await expect(bad.answer).rejects.toThrow('no');
    await settled();
    expect(done).toEqual(['bad', 'good']);
  });

  test('idle when nothing waits or runs; closed, it refuses', async () => {
    const { job, queue } = setup();
    const a = job('post', 'a');
    const b = job('post', 'b');
    let idle = false;
    void queue.idle().then(() => {
      idle = true;
    });
    a.end.resolve('');
    await settled();
    expect(idle).toBe(false);
    b.end.resolve('');
    await settled();
    expect(idle).toBe(true);
    queue.close();
    await expect(job('post', 'c').answer).rejects.toMatchObject({ effect: 'none' });
  });
});
