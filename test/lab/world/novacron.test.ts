/** A world of three data regions and a witness: its names are aliases, two standbys follow one primary, and one region dies. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { poll } from '../../../lab/lib/poll.ts';
import { execute } from '../../../lab/postgres/roles.ts';
import { healBot, isolateBot, killRegion } from '../../../lab/world/disaster.ts';
import { reverseReplication } from '../../../lab/world/scripts-witness.ts';
import * as witness from '../../../lab/world/witness.ts';
import { startWorld, type World } from '../../../lab/world/world.ts';
import { startWriter, type Writer } from '../../../lab/writer/writer.ts';
import { manifestBackups } from '../../../src/integrations/backups/manifest.ts';

const [EAST, WEST, EU] = ['us-east-1', 'us-west-2', 'eu-west-1'] as const;
const PACE = 20;
let world: World;
let writer: Writer;
let overlay: {
  alerts: { url: string };
  providerStatus: { url: string }[];
  backups: { manifest: { url: string; directory: string } };
  trigger: { vantages: { name: string; url: string }[] };
};

beforeAll(async () => {
  world = await startWorld({
    world: 'novacron',
    pace: PACE,
    latencyMs: 0,
    softFence: false,
    disaster: { trigger: 'propose', onTimeout: 'escalate' },
    say: () => {},
  });
  overlay = parse(readFileSync(world.regent.overlay, 'utf8')) as typeof overlay;
  writer = startWriter({ url: world.product.writerUrl, lookup: world.resolver.lookup, everyMs: 20 });
  await poll('the writer is served', () => writer.acknowledged > 5, { withinMs: 20_000 });
});
afterAll(async () => {
  await writer?.stop();
  await world?.close();
});

const streams = async (to: string) => (await reverseReplication(world, { from: EAST, to })).streaming;
const alerts = async () =>
  (await (await fetch(`${overlay.alerts.url}/api/v2/alerts`)).json()) as { labels: Record<string, string> }[];
const backups = () => {
  const { url, directory } = overlay.backups.manifest;
  const options = { from: { url }, maxAgeMs: 60_000, directory, timeoutMs: 3000, now: Date.now };
  return manifestBackups(options).report(new AbortController().signal);
};
const point = (region: string) =>
  world.authority.setAll(
    world.file.dns[0]!.zoneName,
    world.file.dns[0]!.records.map(({ values, ...record }) => ({ ...record, values: values[region]! })),
  );

test('both standbys follow the primary, and both replicas the master; one of these may take over', async () => {
  expect(world.regions).toEqual([EAST, WEST, EU]);
  expect([await streams(WEST), await streams(EU)]).toEqual([true, true]);
  expect(await witness.databasePrimary(world)).toBe(EAST);
  if (world.redis) expect(await witness.redisMaster(world)).toBe(EAST);
});

test('a name is an alias of a region’s own name, and the writer follows it', async () => {
  const { name, values } = world.file.dns[0]!.records[0]!;
  expect(world.authority.records().find((rrset) => rrset.name === name)).toMatchObject({
    type: 'CNAME',
    values: values[EAST],
  });
  expect(witness.dnsValues(world)[name]).toEqual([world.addresses[EAST]]);
  point(EU);
  expect(Object.values(witness.dnsValues(world)).flat()).toEqual(
    world.file.dns[0]!.records.map(() => world.addresses[EU]),
  );
  // Its standby has no pods that write: refused there, and served again when the name leads back.
  await poll('the writer is refused', () => writer.outage().since !== null, { withinMs: 20_000 });
  point(EAST);
  const before = writer.acknowledged;
  await poll('the writer is served', () => writer.acknowledged > before, { withinMs: 20_000 });
});

test('nothing fires and the provider is well; the backups are fresh, and their files are what the manifest says', async () => {
  expect(await alerts()).toEqual([]);
  expect(await (await fetch(overlay.providerStatus[0]!.url)).json()).toMatchObject({ status: { indicator: 'none' } });
  expect(await backups()).toMatchObject({
    lastFull: { ok: true },
    lastIncremental: { ok: true },
    wal: { continuous: true },
    checksumsValid: true,
  });
});

test('the witness stands in the file, and looks by itself', async () => {
  expect(world.witness?.name).toBe('eu-north-1');
  const { url, name } = overlay.trigger.vantages[0]!;
  expect(name).toBe('eu-north-1');
  const { probes } = (await (await fetch(`${url}?region=${EAST}`)).json()) as { probes: { seen: string }[] };
  expect(new Set(probes.map(({ seen }) => seen))).toEqual(new Set(['good']));
});

test('an isolated bot reaches neither alerts, backups nor pages', async () => {
  isolateBot(world);
  for (const relay of Object.values(world.ways!.outside)) expect(relay.silent).toBe(true);
  await expect(fetch(overlay.alerts.url, { signal: AbortSignal.timeout(300) })).rejects.toThrow(/aborted|timeout/);
  expect(await streams(EU)).toBe(true);
  healBot(world);
  // What was connected meanwhile is broken off.
  await poll('the alerts can be read again', async () => (await alerts()).length === 0, { withinMs: 5000 });
});

test('a region dies: an alert fires, the provider says so, and of two standbys one can be promoted', async () => {
  await killRegion(world, EAST);
  await poll('the alert fires', async () => (await alerts()).some(({ labels }) => labels['region'] === EAST), {
    withinMs: 20_000,
  });
  expect((await alerts()).map(({ labels }) => labels['alertname'])).toEqual(['RegionUnreachable']);
  expect(await (await fetch(overlay.providerStatus[0]!.url)).json()).toMatchObject({
    status: { indicator: 'critical', description: expect.stringContaining(EAST) },
  });
  await execute(world.postgres.node(WEST).url('postgres', 'postgres'), ['SELECT pg_promote(true, 30)']);
  expect(await witness.databasePrimary(world)).toBe(WEST);
  // The other one goes on asking for whom it knew.
  expect((await witness.databaseIn(world, EU)).role).toBe('standby');
  if (world.redis)
    await poll('Sentinel promotes the Redis it may', async () => (await witness.redisMaster(world)) === WEST, {
      withinMs: 60_000,
    });
  // A standby is left that can be read.
  expect(await backups()).toMatchObject({ lastFull: { ok: true }, checksumsValid: true });
}, 120_000);
