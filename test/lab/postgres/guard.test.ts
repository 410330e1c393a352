/** What runs beside a server that stops itself: it renews, stops it, and starts it only with the lease in hand. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type KubernetesLab, startKubernetes } from '../../../lab/kubernetes/start.ts';
import { poll } from '../../../lab/lib/poll.ts';
import { type Relay, startRelay } from '../../../lab/lib/relay.ts';
import { type Guard, startGuard } from '../../../lab/postgres/guard.ts';

const WITHIN_MS = 1500;
let lab: KubernetesLab;
let ways: Relay[];
let guards: Guard[];

beforeEach(async () => {
  lab = await startKubernetes({ name: 'eun1', namespace: 'novacron', tokens: { t: 'guard' }, nodes: [] });
  [ways, guards] = [[], []];
});
afterEach(async () => {
  await Promise.all(guards.map((guard) => guard.die()));
  await Promise.all(ways.map((way) => way.close()));
  await lab.close();
});

/** A server in memory, its guard, and the guard's own way to the lease. */
async function guarded(holder: string, role: 'primary' | 'standby') {
  const server = { up: true, role, stops: [] as string[], starts: 0 };
  const way = await startRelay(() => ({ host: '127.0.0.1', port: Number(new URL(lab.url).port) }));
  ways.push(way);
  const guard = startGuard({
    node: {
      running: () => server.up,
      start: async () => {
        server.up = true;
        server.starts += 1;
      },
      stop: async (mode) => {
        server.up = false;
        server.stops.push(mode);
      },
      controlState: () => ({
        state: server.role === 'primary' ? 'in production' : 'in archive recovery',
        checkpoint: '0/1',
        timeline: 1,
        systemIdentifier: '1',
      }),
    },
    holder,
    lease: {
      url: `http://127.0.0.1:${way.port}`,
      token: 't',
      namespace: 'novacron',
      name: 'postgres',
      durationSeconds: 1,
    },
    withinMs: WITHIN_MS,
    say: () => {},
  });
  guards.push(guard);
  return { server, way, guard };
}
const spec = () => lab.get('leases', 'postgres')?.['spec'] as { holderIdentity: string; renewTime: string } | undefined;
const until = (what: string, ask: () => boolean) => poll(what, ask, { withinMs: 10_000 });
const held = (by: string) => until(`${by} holds the lease`, () => spec()?.holderIdentity === by);

test('a primary renews its lease again and again, and a standby never takes it', async () => {
  const standby = await guarded('two', 'standby');
  await guarded('one', 'primary');
  await held('one');
  const first = spec()!.renewTime;
  await until('a renewal', () => spec()!.renewTime !== first);
  expect(spec()!.holderIdentity).toBe('one');
  expect(standby.server.stops).toEqual([]);
});

test('cut off, it stops its server; the lease back, it starts it again', async () => {
  const { server, way } = await guarded('one', 'primary');
  await held('one');
  way.silence();
  await until('the stop', () => server.stops.length === 1);
  expect(server.stops).toEqual(['immediate']);
  way.speak();
  await until('the start', () => server.starts === 1);
  expect(spec()!.holderIdentity).toBe('one');
});

test('whoever is promoted meanwhile takes the lease, and the old one stays down', async () => {
  const old = await guarded('one', 'primary');
  const other = await guarded('two', 'standby');
  await held('one');
  old.way.silence();
  await until('the stop', () => old.server.stops.length === 1);
  other.server.role = 'primary';
  await held('two');
  old.way.speak();
  const { renewTime } = spec()!;
  await until('renewals by the new one', () => spec()!.renewTime !== renewTime);
  expect([old.server.starts, old.server.up, other.server.up]).toEqual([0, false, true]);
  // Somebody starts it by hand: it may not run beside the one that holds the lease.
  old.server.up = true;
  await until('the second stop', () => old.server.stops.length === 2);
});

test('an orderly end stops the server first and gives the lease back then; a death does neither', async () => {
  const one = await guarded('one', 'primary');
  await held('one');
  let holderWhileStopping = '';
  await one.guard.end(async () => {
    // As long as a server takes, in round trips: somebody who did not wait would have given it back by then.
    for (let trip = 0; trip < 20; trip += 1) await (await fetch(`${lab.url}/readyz`)).text();
    holderWhileStopping = spec()!.holderIdentity;
  });
  expect([holderWhileStopping, spec()!.holderIdentity]).toEqual(['one', '']);
  const two = await guarded('two', 'primary');
  await held('two');
  await two.guard.die();
  expect([spec()!.holderIdentity, two.server.up]).toEqual(['two', true]);
});
