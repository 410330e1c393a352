import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ERROR_SHARE, type Monitoring, startMonitoring } from '../../../lab/services/monitoring.ts';

let now: number;
let monitoring: Monitoring;
let server: Server;
let url: string;
beforeEach(async () => {
  now = 0;
  monitoring = startMonitoring(60_000, () => now);
  server = createServer((request, response) => void monitoring.handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(resolve));
});

const ask = async (query: string, init: RequestInit = {}) => {
  const response = await fetch(`${url}/api/v1/query?${new URLSearchParams({ query })}`, init);
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};
/** The share as its text; undefined where the answer is empty. */
const share = async (): Promise<unknown> => {
  const { body } = await ask(ERROR_SHARE);
  return (body['data'] as { result: { value: unknown[] }[] }).result[0]?.value[1];
};

test('says that it is healthy, as Prometheus does', async () => {
  const response = await fetch(`${url}/-/healthy`);
  expect([response.status, await response.text()]).toEqual([200, 'Prometheus Server is Healthy.\n']);
  expect((await fetch(`${url}/nowhere`)).status).toBe(404);
});

test('gives the share of what failed in the last minute: empty, then a number, then 0 / 0', async () => {
  expect(await share()).toBeUndefined();
  monitoring.served(503);
  expect(await share()).toBe('1');
  now = 30_000;
  for (const status of [200, 404, 302]) monitoring.served(status);
  expect(await share()).toBe('0.25');
  now = 60_000;
  expect(await share()).toBe('0');
  now = 90_000;
  expect(await share()).toBe('NaN');
});

test('takes its query as a form too', async () => {
  monitoring.served(200);
  const response = await fetch(`${url}/api/v1/query`, {
    method: 'POST',
    body: new URLSearchParams({ query: ERROR_SHARE }),
  });
  expect(await response.json()).toMatchObject({
    status: 'success',
    data: { resultType: 'vector', result: [{ metric: {} }] },
  });
  expect((await ask(ERROR_SHARE, { method: 'DELETE' })).status).toBe(405);
});

test('refuses every other query in words', async () => {
  expect(await ask('up')).toEqual({
    status: 422,
    body: { status: 'error', errorType: 'execution', error: `this monitoring knows one query: ${ERROR_SHARE}` },
  });
  expect(await ask('')).toMatchObject({ status: 400, body: { status: 'error', errorType: 'bad_data' } });
});
