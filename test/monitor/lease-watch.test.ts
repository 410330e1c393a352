/** How long a lease has surely not been renewed: by our own clock, and never longer than was seen. */
import { expect, it } from 'vitest';
import { LeaseKeeper } from '../../src/monitor/lease-watch.ts';
import type { Lease } from '../../src/ports/leases.ts';
import { handClock, settled } from '../support/hand-clock.ts';

const { signal } = new AbortController();

function keeping() {
  const clock = handClock();
  const stop = new AbortController();
  const lease: { now: Lease | null | Error } = {
    now: { holder: 'one', renewedAt: 0, durationMs: 15_000, version: 'u/1' },
  };
  const warned: unknown[] = [];
  const slow = { ms: 0 };
  const keeper = new LeaseKeeper({
    leases: {
      read: async () => {
        const seen = lease.now;
        if (slow.ms > 0) await clock.advance(slow.ms);
        if (seen instanceof Error) throw seen;
        return seen;
      },
    },
    regions: ['east'],
    clock,
    steady: () => clock.now(),
    log: { warn: (fields) => warned.push(fields) },
    everyMs: 5000,
    callMs: 2000,
    stop: stop.signal,
  });
  const renew = () => {
    const now = lease.now as Lease;
    lease.now = { ...now, version: `u/${Number(now.version.slice(2)) + 1}` };
  };
  return { keeper, clock, lease, renew, warned, stop, slow };
}

it('counts from the answer that showed it first to the question that shows it still', async () => {
  const { keeper, clock, slow } = keeping();
  slow.ms = 300;
  expect(await keeper.look('east', signal)).toMatchObject({ unchangedMs: 0, renewed: false });
  await clock.advance(1000);
  expect(await keeper.look('east', signal)).toMatchObject({ unchangedMs: 1000, renewed: false });
});

it('counts anew with every renewal, whatever the holder’s clock says', async () => {
  const { keeper, clock, renew } = keeping();
  await keeper.look('east', signal);
  await clock.advance(60_000);
  renew();
  expect(await keeper.look('east', signal)).toMatchObject({ unchangedMs: 0, renewed: true });
  await clock.advance(7000);
  expect(await keeper.look('east', signal)).toMatchObject({ unchangedMs: 7000, renewed: true });
});

it('an answer that was long on its way proves nothing newer than itself', async () => {
  const { keeper, clock, lease, renew } = keeping();
  await keeper.look('east', signal);
  const old = lease.now;
  renew();
  await clock.advance(50_000);
  await keeper.look('east', signal);
  lease.now = old;
  expect(await keeper.look('east', signal)).toMatchObject({ unchangedMs: 0 });
});

it('what does not answer is thrown, and what was seen before stands', async () => {
  const { keeper, clock, lease } = keeping();
  await keeper.look('east', signal);
  const was = lease.now;
  lease.now = new Error('no route');
  await clock.advance(9000);
  await expect(keeper.look('east', signal)).rejects.toThrow('no route');
  lease.now = was;
  expect(await keeper.look('east', signal)).toMatchObject({ unchangedMs: 9000 });
  lease.now = null;
  expect(await keeper.look('east', signal)).toBeNull();
  lease.now = was;
  expect(await keeper.look('east', signal)).toMatchObject({ unchangedMs: 0 });
});

it('reads by itself, says once what it cannot read, and stops', async () => {
  const { keeper, clock, lease, warned, stop } = keeping();
  keeper.start();
  await clock.advance(20_000);
  expect(await keeper.look('east', signal)).toMatchObject({ unchangedMs: 20_000 });
  lease.now = null;
  await clock.advance(20_000);
  expect(warned).toEqual([{ region: 'east', error: 'there is no such lease' }]);
  stop.abort();
  await settled();
  await keeper.stopped();
});
