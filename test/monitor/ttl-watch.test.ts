/** The TTLs, looked at now and again; a look that failed leaves nothing behind but a line in the log. */
import { describe, expect, it } from 'vitest';
import { lookAtTtls, TtlWatch, type TtlWatchWorld } from '../../src/monitor/ttl-watch.ts';
import { recordsFor } from '../../src/steps/planning.ts';
import { system } from '../steps/system.ts';
import { makeWorld } from '../steps/world.ts';
import { handClock, settled } from '../support/hand-clock.ts';

const HOUR = 3_600_000;
const RECORDS = recordsFor(system(), 'west');

function watching(more: Partial<TtlWatchWorld> = {}) {
  const { state, ports } = makeWorld();
  for (const { type, name, ttl } of RECORDS) state.records[`${type} ${name}`] = { ttl, values: ['192.0.2.1'] };
  const clock = handClock();
  const stop = new AbortController();
  const noted: Record<string, number>[] = [];
  const warned: string[] = [];
  const watch = new TtlWatch({
    dns: ports.dns,
    records: RECORDS,
    note: async (ttls) => noted.push(ttls),
    clock,
    log: { warn: (fields, message) => warned.push(`${message}: ${(fields as { error: string }).error}`) },
    everyMs: HOUR,
    callMs: 10_000,
    stop: stop.signal,
    ...more,
  });
  return { state, ports, clock, stop, noted, warned, watch };
}

describe('a look', () => {
  const signal = new AbortController().signal;
  it('has the TTL that stands there, whether or not the values are the wanted ones', async () => {
    const { state, ports } = watching();
    state.records['A api.example.com'] = { ttl: 300, values: ['192.0.2.2'] };
    state.records['A task.example.com'] = { ttl: 60, values: ['192.0.2.2'] };
    expect(await lookAtTtls(ports.dns, RECORDS, signal)).toEqual({
      'A api.example.com': 300,
      'A task.example.com': 60,
    });
    expect(await lookAtTtls(ports.dns, recordsFor(system(), 'east'), signal)).toEqual({
      'A api.example.com': 300,
      'A task.example.com': 60,
    });
    expect(state.calls).toEqual([]);
  });
  it('leaves out a record that is not there', async () => {
    const { state, ports } = watching();
    delete state.records['A api.example.com'];
    expect(await lookAtTtls(ports.dns, RECORDS, signal)).toEqual({ 'A task.example.com': 60 });
  });
  it('asks nobody when there is no record', async () => {
    const plan = () => Promise.reject(new Error('an empty change is refused'));
    expect(await lookAtTtls({ plan }, [], signal)).toEqual({});
  });
});

describe('the watch', () => {
  it('looks at its start and then every hour, until it is stopped', async () => {
    const here = watching();
    here.watch.start();
    await settled();
    expect(here.noted).toHaveLength(1);
    here.state.records['A api.example.com'] = { ttl: 3600, values: ['192.0.2.1'] };
    await here.clock.advance(HOUR - 1);
    expect(here.noted).toHaveLength(1);
    await here.clock.advance(1);
    expect(here.noted[1]).toEqual({ 'A api.example.com': 3600, 'A task.example.com': 60 });
    here.stop.abort();
    await here.watch.stopped();
    await here.clock.advance(5 * HOUR);
    expect(here.noted).toHaveLength(2);
    expect(here.clock.sleepers()).toBe(0);
  });

  it('writes nothing down of a look that failed, and looks again in its time', async () => {
    const here = watching();
    const { plan } = here.ports.dns;
    here.ports.dns.plan = () => Promise.reject(new Error('Route 53 answered 503'));
    here.watch.start();
    await settled();
    expect(here.noted).toEqual([]);
    expect(here.warned).toEqual(['the TTLs could not be looked at: Route 53 answered 503']);
    here.ports.dns.plan = plan;
    await here.clock.advance(HOUR);
    expect(here.noted).toHaveLength(1);
    here.stop.abort();
    await here.watch.stopped();
  });

  it('does not hang on a provider that does', async () => {
    const signals: AbortSignal[] = [];
    const here = watching({
      dns: {
        plan: (_, signal) => {
          signals.push(signal);
          return new Promise(() => {});
        },
      },
    });
    here.watch.start();
    await here.clock.advance(10_000);
    expect(signals[0]?.aborted).toBe(true);
    expect(here.warned).toEqual(['the TTLs could not be looked at: no answer within 10 s']);
    await here.clock.advance(HOUR - 10_000);
    expect(signals).toHaveLength(2);
    here.stop.abort();
    await here.watch.stopped();
    expect(here.warned).toHaveLength(1);
  });

  it('a journal that cannot be written stops nothing', async () => {
    let tries = 0;
    const here = watching({
      note: async () => {
        tries += 1;
        throw new Error('the disk is full');
      },
    });
    here.watch.start();
    await here.clock.advance(HOUR);
    expect(tries).toBe(2);
    expect(here.warned[0]).toContain('the disk is full');
    here.stop.abort();
    await here.watch.stopped();
  });
});
