import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ERROR_SHARE, type Monitoring, P95, REQUEST_RATE, startMonitoring } from '../../../lab/services/monitoring.ts';

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
/** A value as its text; undefined where the answer is empty. */
const value = async (query: string): Promise<unknown> => {
  const { body } = await ask(query);
  return (body['data'] as { result: { value: unknown[] }[] }).result[0]?.value[1];
};

test('says that it is healthy, as Prometheus does', async () => {
  const response = await fetch(`${url}/-/healthy`);
  expect([response.status, await response.text()]).toEqual([200, 'Prometheus Server is Healthy.\n']);
  expect((await fetch(`${url}/nowhere`)).status).toBe(404);
});

test('gives the share of what failed in the last minute: empty, then a number, then 0 / 0', async () => {
  expect(await value(ERROR_SHARE)).toBeUndefined();
  monitoring.served(503, 1, '/tasks');
  expect(await value(ERROR_SHARE)).toBe('1');
  now = 30_000;
  for (const status of [200, 404, 302]) monitoring.served(status, 1, '/tasks');
  expect(await value(ERROR_SHARE)).toBe('0.25');
  now = 60_000;
  expect(await value(ERROR_SHARE)).toBe('0');
  now = 90_000;
  expect(await value(ERROR_SHARE)).toBe('NaN');
});

test('counts how many requests are answered in a second', async () => {
  expect(await value(REQUEST_RATE)).toBeUndefined();
  for (let count = 0; count < 90; count += 1) monitoring.served(200, 1, '/tasks');
  expect(await value(REQUEST_RATE)).toBe('1.5');
  // Whoever asks whether all is well is no client.
  for (let count = 0; count < 90; count += 1) monitoring.served(200, 1, '/health');
  expect(await value(REQUEST_RATE)).toBe('1.5');
  now = 60_000;
  expect(await value(REQUEST_RATE)).toBe('0');
});

test('knows what 95 % of answers stay under, to the bucket, as Prometheus does', async () => {
  expect(await value(P95)).toBeUndefined();
  for (let count = 0; count < 90; count += 1) monitoring.served(200, 20, '/tasks');
  for (let count = 0; count < 10; count += 1) monitoring.served(200, 120, '/tasks');
  // The 95th of 100 is the fifth of the ten between 100 and 250 ms.
  expect(Number(await value(P95))).toBeCloseTo(0.175, 9);
  for (let count = 0; count < 900; count += 1) monitoring.served(200, 60_000, '/tasks');
  expect(await value(P95)).toBe('10');
  now = 60_000;
  expect(await value(P95)).toBe('NaN');
});

test('takes its query as a form too', async () => {
  monitoring.served(200, 1, '/tasks');
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
    body: {
      status: 'error',
      errorType: 'execution',
      error: `this monitoring knows only ${ERROR_SHARE}, ${REQUEST_RATE}, ${P95}`,
    },
  });
  expect(await ask('')).toMatchObject({ status: 400, body: { status: 'error', errorType: 'bad_data' } });
});
