/** From the configuration to what is asked: a real Alertmanager's answer and a real status page, and neither where none is. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { surveyor } from '../../src/app/around.ts';
import type { Config } from '../../src/config/schema.ts';
import { makeWorld } from '../steps/world.ts';
import { handClock } from '../support/hand-clock.ts';

const open: { close(): void }[] = [];
afterEach(() => {
  for (const server of open.splice(0)) server.close();
});

async function served(answers: Record<string, unknown>) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.url?.split('?')[0]} ${request.headers.authorization ?? ''}`.trim());
    const answer = answers[request.url?.split('?')[0] ?? ''];
    response.writeHead(answer === undefined ? 503 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer ?? null));
  }).listen(0, '127.0.0.1');
  open.push(server);
  await new Promise((resolve) => server.once('listening', resolve));
  return { asked, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

function made(more: object) {
  const { state, ports } = makeWorld();
  const config = {
    regions: { east: { role: 'primary' }, west: { role: 'secondary' }, eu: { role: 'witness' } },
    probes: {},
    providerStatus: [],
    timings: { callTimeout: 10_000 },
    trigger: { every: 5000 },
    ...more,
  } as unknown as Config;
  const watch = { primary: () => 'east', health: (region: string) => state.watch[region] ?? null } as never;
  const clock = handClock();
  return { state, clock, around: surveyor({ config, ports, watch, clock, stop: new AbortController().signal }) };
}

it('asks Alertmanager with its token, and every provider; what answers otherwise is not known', async () => {
  const alert = { labels: { alertname: 'RegionDown', severity: 'critical' }, annotations: { summary: 'dark' } };
  const { asked, url } = await served({ '/api/v2/alerts': [alert], '/status': { status: 'degraded' } });
  const providerStatus = [
    { name: 'AWS', url: `${url}/status` },
    { name: 'DNS', url: `${url}/none` },
  ];
  const { around } = made({ alerts: { url, token: 'secret', filter: [] }, providerStatus });
  around.considered();
  await around.stopped();
  expect(around.of('east')).toMatchObject({
    alerts: { firing: [{ name: 'RegionDown', severity: 'critical', summary: 'dark' }] },
    providers: [
      { name: 'AWS', state: 'trouble' },
      { name: 'DNS', state: 'unknown', sentence: 'DNS: it answered 503.' },
    ],
    loss: null,
  });
  expect(asked.sort()).toEqual(['/api/v2/alerts Bearer secret', '/none', '/status']);
});

it('asks nobody where nothing is configured; what would be lost is measured once the primary is in trouble', async () => {
  const { around, state, clock } = made({});
  around.considered();
  await around.stopped();
  expect(around.of('east')).toEqual({ alerts: null, providers: [], loss: null });
  const at = clock.now();
  state.beats['west'] = { at: at - 4000, lsn: '0/3000000' };
  state.watch['east'] = {
    region: 'east',
    stage: 'suspected',
    since: at,
    at,
    score: 0,
    failure: null,
    vantages: { names: ['Regent'], agree: 1, needed: 1 },
    database: { at: at - 1000, lsn: '0/3000100', bytesPerSecond: 10 },
  };
  around.considered();
  await around.stopped();
  // 256 bytes ahead when last seen, and a second more at the highest rate.
  expect(around.of('east').loss).toEqual({ target: 'west', seconds: 4, bytes: 266, at });
});
