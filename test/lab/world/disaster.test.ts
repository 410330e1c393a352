/** A region that dies, is cut off, comes back as a zombie; a bot that is alone: as Regent and everybody else find it. */

import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { poll } from '../../../lab/lib/poll.ts';
import { execute } from '../../../lab/postgres/roles.ts';
import {
  cutRegion,
  healBot,
  healRegion,
  holdReplication,
  isolateBot,
  killRegion,
  revivePostgres,
} from '../../../lab/world/disaster.ts';
import { lostBytes, redisFailovers, watchPromotion } from '../../../lab/world/disaster-witness.ts';
import { reverseReplication } from '../../../lab/world/scripts-witness.ts';
import * as witness from '../../../lab/world/witness.ts';
import { startWorld, type World } from '../../../lab/world/world.ts';
import { startWriter, type Writer } from '../../../lab/writer/writer.ts';

let world: World;
let writer: Writer;
let EAST: string;
let WEST: string;

beforeAll(async () => {
  world = await startWorld({
    pace: 10,
    latencyMs: 0,
    softFence: false,
    disaster: { trigger: 'propose', onTimeout: 'escalate' },
    say: () => {},
  });
  [EAST, WEST] = world.regions;
  writer = startWriter({ url: world.product.writerUrl, lookup: world.resolver.lookup, everyMs: 10 });
  await poll('the writer is served', () => writer.acknowledged > 5, { withinMs: 20_000 });
});
afterAll(async () => {
  await writer?.stop();
  await world?.close();
});

const SILENT_MS = 700;
type Answer = 'answers' | 'silent' | 'refused';

/** What Regent finds at one of its ways: its own question there, given up after a while. */
const ask = (start: (give: (answer: Answer) => void) => () => void): Promise<Answer> =>
  new Promise((resolve) => {
    const timer = setTimeout(() => give('silent'), SILENT_MS);
    const end = start((answer) => give(answer));
    function give(answer: Answer): void {
      clearTimeout(timer);
      end();
      resolve(answer);
    }
  });

const overHttp = (host: string, port: number, path: string, name = host): Promise<Answer> =>
  ask((give) => {
    const asking = request({ host, port, path, headers: { host: name }, agent: false }, (response) => {
      response.on('error', () => {}).resume();
      give('answers');
    });
    asking.on('error', () => give('refused'));
    asking.end();
    return () => asking.destroy();
  });

/** A byte each of them answers: Postgres the request for TLS, Redis anything. */
const overTcp = (port: number, words: Buffer | string): Promise<Answer> =>
  ask((give) => {
    const socket = connect({ host: '127.0.0.1', port }, () => socket.write(words));
    socket.once('data', () => give('answers'));
    socket.on('error', () => give('refused'));
    socket.on('close', () => give('refused'));
    return () => socket.destroy();
  });
const TLS_PLEASE = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);

const prometheus = (region: string) =>
  `prometheus.${world.file.regions[region]!.alias}.${world.file.organization}.internal`;

/** Regent's ways into a region, each asked as Regent would, by the addresses it was given. */
async function waysInto(region: string): Promise<Record<string, Answer>> {
  const { env } = world.regent;
  const of = (name: string) => Number(new URL(env[`${name}_${region === EAST ? 'EAST' : 'WEST'}`]!).port);
  const kubeconfig = JSON.parse(readFileSync(`${world.dir}/${region}.kubeconfig`, 'utf8')) as {
    clusters: { cluster: { server: string } }[];
  };
  const server = new URL(kubeconfig.clusters[0]!.cluster.server);
  const { monitoring } = parse(readFileSync(world.regent.overlay, 'utf8')) as { monitoring: { url: string } };
  const at = Number(new URL(monitoring.url.replace('{alias}', 'a')).port);
  const [postgres, redis, kubernetes, ingress] = await Promise.all([
    overTcp(of('PG'), TLS_PLEASE),
    world.redis ? overTcp(of('REDIS'), 'PING\r\n') : ('answers' as const),
    overHttp(server.hostname, Number(server.port), '/readyz'),
    overHttp(world.addresses[region]!, at, '/-/healthy', prometheus(region)),
  ]);
  return { postgres, redis, kubernetes, ingress };
}
const all = (answer: Answer) => ({ postgres: answer, redis: answer, kubernetes: answer, ingress: answer });
const seenByWitness = async (region: string) => [
  ...new Set((await world.witness!.look(region))!.probes.map(({ seen }) => seen)),
];
const written = () =>
  writer
    .recent()
    .filter(({ ok }) => ok)
    .at(-1)?.id ?? 0;
async function writesOn(): Promise<void> {
  const before = writer.recent().at(-1)?.id ?? 0;
  await poll('a write is acknowledged', () => written() > before, { withinMs: 10_000 });
}
const streams = async () => (await reverseReplication(world, { from: EAST, to: WEST })).streaming;

test('before anything happens every way answers', async () => {
  expect(await waysInto(EAST)).toEqual(all('answers'));
  expect(await waysInto(WEST)).toEqual(all('answers'));
  expect(await seenByWitness(EAST)).toEqual(['good']);
  expect(await streams()).toBe(true);
});

test('the witness answers over HTTP what it has seen by itself', async () => {
  const at = `http://127.0.0.1:${world.ways!.witness.port}`;
  const look = await (await fetch(`${at}/look?region=${WEST}`)).json();
  const names = Object.entries(world.file.services.deployments).flatMap(([name, { writeHeavy }]) =>
    writeHeavy ? [] : [name],
  );
  expect(look).toMatchObject({ vantage: 'eu-north-1', region: WEST, errorRate: null });
  expect((look as { probes: { name: string }[] }).probes.map(({ name }) => name)).toEqual(names);
  expect((await fetch(`${at}/look?region=nowhere`)).status).toBe(404);
  await world.witness!.stop();
  await expect(fetch(`${at}/health`)).rejects.toThrow();
  await world.witness!.start();
  await poll('the witness is back', async () => (await fetch(`${at}/health`)).ok, { withinMs: 5000 });
});

test('an isolated bot reaches nothing; everybody else goes on', async () => {
  isolateBot(world);
  const [east, west] = await Promise.all([waysInto(EAST), waysInto(WEST)]);
  expect([east, west]).toEqual([all('silent'), all('silent')]);
  expect(await overHttp('127.0.0.1', world.ways!.witness.port, '/health')).toBe('silent');
  expect(await overHttp('127.0.0.1', world.relays.route53.port, '/')).toBe('silent');
  await writesOn();
  expect(await seenByWitness(EAST)).toEqual(['good']);
  expect(await streams()).toBe(true);
  healBot(world);
  expect(await waysInto(EAST)).toEqual(all('answers'));
  expect(await overHttp('127.0.0.1', world.ways!.witness.port, '/health')).toBe('answers');
});

test('a region that is cut off is silent from outside, lives on inside, and is as it was when it is back', async () => {
  cutRegion(world, EAST);
  expect(await waysInto(EAST)).toEqual(all('silent'));
  expect(await waysInto(WEST)).toEqual(all('answers'));
  expect(await seenByWitness(EAST)).toEqual(['silent']);
  expect(await seenByWitness(WEST)).toEqual(['good']);
  expect(await witness.acceptsWrites(world, EAST)).toBe(true);
  const before = writer.acknowledged;
  await poll('the writer is not served', () => writer.outage().since !== null, { withinMs: 10_000 });
  expect(writer.acknowledged).toBeLessThanOrEqual(before + 1);
  // The standby hears nothing and gives up, by its own clock.
  await poll('the standby does not stream', async () => !(await streams()), { withinMs: 15_000 });
  healRegion(world, EAST);
  expect(await waysInto(EAST)).toEqual(all('answers'));
  await writesOn();
  await poll('the standby streams again', streams, { withinMs: 15_000 });
  expect(await witness.databasePrimary(world)).toBe(EAST);
  if (world.redis) expect(await witness.redisMaster(world)).toBe(EAST);
});

test('a region that is killed is silent, refuses its clients, and stays dead', async () => {
  // What it acknowledges from now on is on the way to the other region when it dies.
  holdReplication(world);
  const before = writer.acknowledged;
  await poll('writes on their way', () => writer.acknowledged > before + 10, { withinMs: 10_000 });
  await killRegion(world, EAST);
  expect(world.postgres.node(EAST).running()).toBe(false);
  expect(world.redis?.node(EAST).running() ?? false).toBe(false);
  expect(await waysInto(EAST)).toEqual(all('silent'));
  expect(await seenByWitness(EAST)).toEqual(['silent']);
  await poll('the writer is refused', () => writer.outage().since !== null, { withinMs: 10_000 });
  if (world.redis)
    await poll('Sentinel promotes the other Redis', async () => (await witness.redisMaster(world)) === WEST, {
      withinMs: 40_000,
    });
  // Its StatefulSet still wants one pod, and has had seconds of this pace to look.
  expect(world.clusters[EAST]!.statefulSets()['postgres']?.wanted).toBe(1);
  await poll('its pod is seen not to be ready', () => world.clusters[EAST]!.statefulSets()['postgres']?.ready === 0, {
    withinMs: 10_000,
  });
  expect(world.postgres.node(EAST).running()).toBe(false);
});

test('the other region takes over without what was on its way; that can be counted', async () => {
  const promotion = watchPromotion(world, WEST);
  await execute(world.postgres.node(WEST).url('postgres', 'postgres'), ['SELECT pg_promote(true, 30)']);
  await poll('the promotion is seen', () => promotion.at() !== null, { withinMs: 10_000 });
  await promotion.stop();
  // Of the more than ten acknowledged while it was held, those sent just before may have got across.
  expect((await witness.missingIds(world, WEST, writer.acknowledgedIds)).database.length).toBeGreaterThan(5);
  expect(await lostBytes(world, EAST, WEST)).toBeGreaterThan(500);
  expect(world.postgres.node(EAST).running()).toBe(false);
  // Sentinels write the new epoch down when they are done with everything.
  if (world.redis) await expect.poll(() => redisFailovers(world), { timeout: 60_000 }).toBe(1);
}, 100_000);

test('a bot that is isolated while a region is dead finds the other one when it is healed', async () => {
  isolateBot(world);
  healBot(world);
  expect(await waysInto(EAST)).toEqual(all('silent'));
  expect(await waysInto(WEST)).toEqual(all('answers'));
});

test('the zombie’s Postgres accepts writes again, through every way to it, while the rest is dead', async () => {
  await revivePostgres(world, EAST);
  expect(await witness.acceptsWrites(world, EAST)).toBe(true);
  await execute(world.regent.env['PG_EAST']!, ['SELECT 1']);
  expect(await waysInto(EAST)).toEqual({ ...all('silent'), postgres: 'answers' });
  expect(await seenByWitness(EAST)).toEqual(['silent']);
});
