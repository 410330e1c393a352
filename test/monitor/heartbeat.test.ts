/** The heartbeat: in the one primary, never into a promotion, and nobody waits for a region that is gone. */
import { expect, it } from 'vitest';
import { Heartbeat, type HeartbeatWorld } from '../../src/monitor/heartbeat.ts';
import { makeWorld } from '../steps/world.ts';
import { handClock, settled } from '../support/hand-clock.ts';

const EVERY = 2000;

function beating(more: Partial<HeartbeatWorld> = {}) {
  const { state, ports } = makeWorld();
  const clock = handClock(0);
  const stop = new AbortController();
  const said: string[] = [];
  const control = { promoting: false };
  const heartbeat = new Heartbeat({
    database: ports.database,
    regions: ['east', 'west'],
    promoting: () => control.promoting,
    clock,
    log: {
      warn: (fields, message) => said.push(`${message}: ${(fields as { error: string }).error}`),
      info: (fields, message) => said.push(`${message}: ${(fields as { region: string }).region}`),
    },
    everyMs: EVERY,
    callMs: 10_000,
    stop: stop.signal,
    ...more,
  });
  const end = async () => {
    stop.abort();
    await heartbeat.stopped();
  };
  return { state, ports, clock, stop, said, control, heartbeat, end };
}

it('beats in the primary at its start and then in its rhythm, until it is stopped', async () => {
  const here = beating();
  here.heartbeat.start();
  await settled();
  expect(here.state.calls).toEqual(['beat east 0']);
  await here.clock.advance(2 * EVERY);
  expect(here.state.calls).toEqual(['beat east 0', 'beat east 2000', 'beat east 4000']);
  await here.end();
  await here.clock.advance(10 * EVERY);
  expect(here.state.calls).toHaveLength(3);
  expect(here.clock.sleepers()).toBe(0);
});

it('writes nothing while a run promotes, and follows the primary afterwards', async () => {
  const here = beating();
  here.heartbeat.start();
  await settled();
  here.control.promoting = true;
  here.state.servers['east']!.down = true;
  await here.clock.advance(3 * EVERY);
  expect(here.state.calls).toEqual(['beat east 0']);
  // That nobody is the primary in the midst of a promotion is nothing to warn of.
  expect(here.said).toEqual([]);
  Object.assign(here.state.servers['west']!, { role: 'primary', timeline: 2 });
  here.control.promoting = false;
  await here.clock.advance(EVERY);
  expect(here.state.calls.at(-1)).toBe('beat west 8000');
  await here.end();
});

it('a promotion that begins while it looks is not written into', async () => {
  const here = beating();
  const { observe } = here.ports.database;
  here.ports.database.observe = async (region, signal) => {
    here.control.promoting = true;
    return observe(region, signal);
  };
  here.heartbeat.start();
  await here.clock.advance(EVERY);
  expect(here.state.calls).toEqual([]);
  await here.end();
});

it('a former primary that came back gets no row: the newer history is the primary', async () => {
  const here = beating();
  Object.assign(here.state.servers['west']!, { role: 'primary', timeline: 2 });
  here.heartbeat.start();
  await here.clock.advance(2 * EVERY);
  expect(here.state.calls).toEqual(['beat west 0', 'beat west 2000', 'beat west 4000']);
  await here.end();
});

it('of two primaries of one history none gets a row, and that is said once', async () => {
  const here = beating();
  here.state.servers['west']!.role = 'primary';
  here.heartbeat.start();
  await here.clock.advance(5 * EVERY);
  expect(here.state.calls).toEqual([]);
  expect(here.said).toEqual(['the heartbeat row could not be written: east and west both say they are the primary']);
  await here.end();
});

it('a failure is said once, its end too, and the next one again', async () => {
  const here = beating();
  here.state.servers['east']!.down = true;
  here.heartbeat.start();
  await here.clock.advance(5 * EVERY);
  expect(here.said).toEqual(['the heartbeat row could not be written: no region says it is the primary']);
  here.state.servers['east']!.down = false;
  await here.clock.advance(EVERY);
  expect(here.said.at(-1)).toBe('the heartbeat row is written again: east');
  here.ports.database.beat = () => Promise.reject(new Error('the disk is full'));
  await here.clock.advance(3 * EVERY);
  expect(here.said.slice(2)).toEqual(['the heartbeat row could not be written: the disk is full']);
  await here.end();
});

it('a silent region delays no beat of the primary, and is not asked twice at once', async () => {
  const here = beating();
  Object.assign(here.state.servers['west']!, { role: 'primary', timeline: 2 });
  here.state.servers['east']!.down = true;
  const { observe } = here.ports.database;
  here.heartbeat.start();
  await settled();
  let asked = 0;
  let underWay = 0;
  here.ports.database.observe = (region, signal) => {
    if (region !== 'east') return observe(region, signal);
    asked += 1;
    underWay += 1;
    expect(underWay).toBe(1);
    signal.addEventListener('abort', () => (underWay -= 1), { once: true });
    return new Promise(() => {});
  };
  await here.clock.advance(10 * EVERY);
  expect(here.state.calls).toHaveLength(11);
  expect(here.state.calls.at(-1)).toBe('beat west 20000');
  expect(asked).toBeLessThanOrEqual(3);
  await here.end();
  expect(here.clock.sleepers()).toBe(0);
});

it('a beat that hangs is given up, and the next one is tried', async () => {
  const here = beating();
  const signals: AbortSignal[] = [];
  here.ports.database.beat = (_region, _at, signal) => {
    signals.push(signal);
    return new Promise(() => {});
  };
  here.heartbeat.start();
  await here.clock.advance(10_000);
  expect(signals[0]?.aborted).toBe(true);
  expect(here.said).toEqual(['the heartbeat row could not be written: no answer within 10 s']);
  await here.clock.advance(EVERY);
  expect(signals).toHaveLength(2);
  await here.end();
});
