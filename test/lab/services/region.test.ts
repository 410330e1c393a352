/** Two regions over real Postgres servers: what clients of task-service see, and what the region's monitoring counts. */
import { mkdtempSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { PodHandle } from '../../../lab/kubernetes/types.ts';
import { startPostgresPair } from '../../../lab/postgres/pair.ts';
import { execute } from '../../../lab/postgres/roles.ts';
import type { PostgresPair } from '../../../lab/postgres/types.ts';
import { type Ingress, startIngress } from '../../../lab/services/ingress.ts';
import { ERROR_SHARE } from '../../../lab/services/monitoring.ts';
import { type RegionRuntime, startRegion } from '../../../lab/services/region.ts';
import { TASK_TABLES } from '../../../lab/services/tasks.ts';

const DATABASE = 'eden_vault';
const EAST = 'us-east-1';
const WEST = 'us-west-2';
const ADDRESSES: Record<string, string> = { [EAST]: '127.0.1.1', [WEST]: '127.0.2.1' };

let pair: PostgresPair;
let regions: RegionRuntime[] = [];
let ingress: Ingress;
let pods: PodHandle[] = [];

beforeAll(async () => {
  const dir = mkdtempSync(join(tmpdir(), 'lab-region-'));
  pair = await startPostgresPair({ dir, superuserPassword: 'lab-only', databases: [DATABASE], regions: [EAST, WEST] });
  await execute(pair.primary.url('eden_app', DATABASE), TASK_TABLES);
});
afterAll(() => pair?.close());
beforeEach(async () => {
  regions = [EAST, WEST].map((name) =>
    startRegion({
      name,
      address: ADDRESSES[name]!,
      postgresUrl: pair.node(name).url('eden_app', DATABASE),
      redisUrl: null,
    }),
  );
  ingress = await startIngress(regions);
  pods = await Promise.all(regions.map((region) => region.startPod('task-service')));
});
afterEach(async () => {
  await ingress?.close();
  await Promise.all(regions.map((region) => region.close()));
});

type Answer = { status: number; body: Record<string, unknown> };
/** As a client whose resolver sends it to this region. */
const ask = (region: string, method: string, path: string, body?: unknown, service = 'task-service') =>
  new Promise<Answer>((resolve, reject) => {
    const headers = { host: `${service}.eden.example.com:${ingress.port}` };
    const sent = request(
      { host: ADDRESSES[region]!, port: ingress.port, method, path, headers, agent: false },
      async (response) => {
        let text = '';
        for await (const chunk of response.setEncoding('utf8')) text += chunk;
        resolve({ status: response.statusCode!, body: text.startsWith('{') ? JSON.parse(text) : { text } });
      },
    );
    sent.on('error', reject);
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
const share = async (region: string): Promise<unknown> => {
  const path = `/api/v1/query?${new URLSearchParams({ query: ERROR_SHARE })}`;
  const { body } = await ask(region, 'GET', path, undefined, 'prometheus');
  return (body['data'] as { result: { value: unknown[] }[] }).result[0]?.value[1];
};
const rows = (region: string, statement: string) => execute(pair.node(region).url('postgres', DATABASE), [statement]);

test('a task is created once however often, and read in the region that only reads', async () => {
  const created = { status: 201, body: { name: 'check-eden-1', region: EAST } };
  expect(await ask(EAST, 'POST', '/tasks', { name: 'check-eden-1' })).toEqual(created);
  expect(await ask(EAST, 'POST', '/tasks', { name: 'check-eden-1' })).toEqual(created);
  expect(await ask(EAST, 'GET', '/tasks/check-eden-1')).toMatchObject({ status: 200, body: { name: 'check-eden-1' } });
  expect((await ask(EAST, 'GET', '/tasks/other')).status).toBe(404);
  await expect.poll(async () => (await ask(WEST, 'GET', '/tasks/check-eden-1')).status, { timeout: 10_000 }).toBe(200);
  expect(await ask(WEST, 'POST', '/tasks', { name: 'west' })).toMatchObject({
    status: 503,
    body: { error: expect.stringContaining('read-only') },
  });
});

test.each([[undefined], [{}], [{ name: '' }], [{ name: 7 }], [{ name: 'a/b' }], [{ name: 'x'.repeat(201) }]])(
  'a task without a proper name is refused: %o',
  async (body) => {
    expect((await ask(EAST, 'POST', '/tasks', body)).status).toBe(400);
  },
);

test('the writer’s tasks and those of others are kept apart', async () => {
  expect(await ask(EAST, 'POST', '/tasks?id=7')).toEqual({ status: 201, body: { id: 7, region: EAST } });
  expect((await ask(EAST, 'POST', '/tasks', { name: '7' })).status).toBe(201);
  expect((await ask(EAST, 'POST', '/tasks?id=8')).status).toBe(201);
  expect(await rows(EAST, 'SELECT id::int FROM tasks ORDER BY id')).toEqual([{ id: 7 }, { id: 8 }]);
  expect(await rows(EAST, "SELECT name FROM named_tasks WHERE name ~ '^[0-9]+$'")).toEqual([{ name: '7' }]);
});

test('only task-service knows tasks', async () => {
  pods.push(await regions[0]!.startPod('hub-service'));
  expect((await ask(EAST, 'POST', '/tasks', { name: 'x' }, 'hub-service')).status).toBe(404);
});

test('monitoring counts what the region’s services answered, that they are gone too, and not what it is asked', async () => {
  expect(await ask(WEST, 'GET', '/-/healthy', undefined, 'prometheus')).toMatchObject({
    status: 200,
    body: { text: expect.stringContaining('Healthy') },
  });
  expect(await share(EAST)).toBeUndefined();
  for (let count = 0; count < 3; count += 1) await ask(EAST, 'GET', '/health');
  await expect.poll(() => share(EAST)).toBe('0');
  await pods[0]!.stop();
  expect((await ask(EAST, 'GET', '/health')).status).toBe(503);
  await expect.poll(() => share(EAST)).toBe('0.25');
  expect(await share(WEST)).toBeUndefined();
});

test('after a promotion the other region creates tasks, and has those of before', async () => {
  await ask(EAST, 'POST', '/tasks', { name: 'before' });
  await expect.poll(async () => (await ask(WEST, 'GET', '/tasks/before')).status, { timeout: 10_000 }).toBe(200);
  await pair.primary.stop('fast');
  await rows(WEST, 'SELECT pg_promote()');
  expect(await ask(WEST, 'POST', '/tasks', { name: 'after' })).toEqual({
    status: 201,
    body: { name: 'after', region: WEST },
  });
  expect((await ask(WEST, 'GET', '/tasks/before')).body).toMatchObject({ name: 'before', region: EAST });
});
