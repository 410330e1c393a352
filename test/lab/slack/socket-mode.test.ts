/** Socket Mode when all is well and when it is not: one connection per envelope, lost acks, redelivery, farewells. */
import { createConnection } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import type { SlackLab, SlackOptions } from '../../../lab/slack/types.ts';
import { type Bot, call, handClock, startBot, workspace } from './support.ts';

let lab: SlackLab;
let bot: Bot | undefined;
const sockets: WebSocket[] = [];

afterEach(async () => {
  await bot?.stop();
  bot = undefined;
  for (const socket of sockets.splice(0)) socket.close();
  await lab.close();
});

interface Envelope {
  envelope_id: string;
  type: string;
  payload: Record<string, unknown>;
  retry_attempt?: number;
  retry_reason?: string;
  accepts_response_payload?: boolean;
  reason?: string;
  num_connections?: number;
}

/** A bare client that keeps what it gets and acknowledges only when told to. */
async function connect(acks = true): Promise<{ got: Envelope[]; socket: WebSocket }> {
  const { body } = await call(lab, 'apps.connections.open', {}, 'xapp-lab');
  const socket = new WebSocket(String(body['url']));
  sockets.push(socket);
  const got: Envelope[] = [];
  socket.addEventListener('message', ({ data }) => {
    const message = JSON.parse(String(data)) as Envelope;
    got.push(message);
    if (acks && message.envelope_id) socket.send(JSON.stringify({ envelope_id: message.envelope_id, payload: {} }));
  });
  await new Promise((resolve, reject) => {
    socket.addEventListener('message', resolve, { once: true });
    socket.addEventListener('error', () => reject(new Error('refused')), { once: true });
    socket.addEventListener('close', () => reject(new Error('refused')), { once: true });
  });
  return { got, socket };
}

async function timedWorkspace(options: Partial<SlackOptions> = {}) {
  const clock = handClock();
  lab = await workspace({ now: clock.now, after: clock.after, ...options });
  return clock;
}

const envelopes = ({ got }: { got: Envelope[] }) => got.filter((one) => one.envelope_id);

test('hello, a ticket good for one connection, and each envelope to one connection only', async () => {
  lab = await workspace();
  const one = await connect();
  const two = await connect();
  expect(one.got[0]).toMatchObject({ type: 'hello', num_connections: 1, connection_info: { app_id: 'A0LAB' } });
  expect(two.got[0]).toMatchObject({ type: 'hello', num_connections: 2 });
  for (let i = 0; i < 4; i += 1) await lab.command('U1', 'C1', `/dr ${i}`);
  expect([envelopes(one).length, envelopes(two).length]).toEqual([2, 2]);
  expect(envelopes(one)[0]).toMatchObject({ type: 'slash_commands', accepts_response_payload: true });
  expect(lab.counters()).toMatchObject({ envelopes: 4, acked: 4, timeouts: 0 });

  const url = String((await call(lab, 'apps.connections.open', {}, 'xapp-lab')).body['url']);
  const states = await Promise.all(
    [url, url].map(
      (each) =>
        new Promise((resolve) => {
          const socket = new WebSocket(each);
          sockets.push(socket);
          socket.addEventListener('open', () => resolve('open'));
          socket.addEventListener('error', () => resolve('refused'));
        }),
    ),
  );
  expect(states.toSorted()).toEqual(['open', 'refused']);
});

test('no connection: dispatch_failed; no ack: operation_timeout; both are said to the person', async () => {
  const clock = await timedWorkspace();
  expect(await lab.command('U1', 'C1', '/dr x')).toMatchObject({ error: 'dispatch_failed' });
  await connect(false);
  const pending = lab.command('U1', 'C1', '/dr x');
  await lab.until(() => lab.counters().envelopes === 2);
  await expect.poll(() => lab.connections()[0]?.delivered).toBe(1);
  clock.advance(3000);
  expect(await pending).toMatchObject({ error: 'operation_timeout' });
  expect(lab.ephemerals('U1').map((message) => message.text)).toEqual([
    '/dr failed with the error "dispatch_failed"',
    '/dr failed with the error "operation_timeout"',
  ]);
});

test('an unacknowledged event comes again at once, after a minute, after five, and then no more', async () => {
  const clock = await timedWorkspace();
  const client = await connect(false);
  const first = lab.mention('U1', 'C1', 'help');
  for (const [attempt, wait] of [0, 0, 60_000, 300_000].entries()) {
    if (attempt > 0) await expect.poll(() => clock.waiting()).toBe(1);
    clock.advance(wait);
    await expect.poll(() => envelopes(client).length).toBe(attempt + 1);
    clock.advance(3000);
    await lab.until(() => lab.counters().timeouts === attempt + 1);
  }
  expect(await first).toMatchObject({ delivered: false });
  clock.advance(3_600_000);
  const all = envelopes(client);
  expect(all.map((one) => [one.retry_attempt, one.retry_reason])).toEqual([
    [0, ''],
    [1, 'timeout'],
    [2, 'timeout'],
    [3, 'timeout'],
  ]);
  expect(new Set(all.map((one) => one.envelope_id)).size).toBe(4);
  expect(new Set(all.map((one) => one.payload['event_id'])).size).toBe(1);
  expect(lab.counters().redelivered).toBe(3);
});

test('deaf: nothing arrives although everything looks well, and events are made up for afterwards', async () => {
  const clock = await timedWorkspace();
  const client = await connect();
  lab.deaf(true);
  const command = lab.command('U1', 'C1', '/dr x');
  const mention = lab.mention('U1', 'C1', 'hello');
  await lab.until(() => lab.counters().envelopes === 2);
  expect((await call(lab, 'auth.test')).body.ok).toBe(true);
  lab.deaf(false);
  clock.advance(3000);
  expect(await command).toMatchObject({ error: 'operation_timeout' });
  expect(await mention).toMatchObject({ delivered: false });
  expect(clock.waiting()).toBe(1);
  clock.advance(0);
  await expect.poll(() => envelopes(client)).toMatchObject([{ type: 'events_api', retry_attempt: 1 }]);
});

test('a duplicated envelope arrives on both connections and runs the listener twice', async () => {
  lab = await workspace();
  const ran: string[] = [];
  bot = await startBot(lab, (app) => {
    app.command('/dr', async ({ ack, body }) => {
      ran.push(body.trigger_id);
      await ack('ok');
    });
  });
  lab.duplicateNextEnvelope();
  await lab.command('U1', 'C1', '/dr x');
  await expect.poll(() => ran).toHaveLength(2);
  expect(new Set(ran).size).toBe(1);
  expect(lab.connections().map((one) => one.delivered)).toEqual([1, 1]);
  expect(lab.ephemerals('U1')).toHaveLength(1);
});

test('the eleventh connection is told to go', async () => {
  lab = await workspace();
  for (let i = 0; i < 10; i += 1) await connect();
  const eleventh = await connect();
  expect(eleventh.got[0]).toMatchObject({ type: 'disconnect', reason: 'too_many_websockets' });
  expect(lab.connections()).toHaveLength(10);
});

test('cut connections come back, and refused ones only when they are let in again', async () => {
  lab = await workspace();
  bot = await startBot(lab, (app) => {
    app.command('/dr', async ({ ack }) => ack('ok'));
  });
  const before = lab.connections().map((one) => one.id);
  expect(lab.dropConnections(before[0])).toBe(1);
  await lab.until(() => lab.connections().length === 1);
  expect(await lab.command('U1', 'C1', '/dr x')).toMatchObject({ ack: { text: 'ok' } });
  await lab.until(() => lab.connections().length === 2, 15_000, 'the reconnect');

  lab.refuseConnections(true);
  await expect(connect()).rejects.toThrow('refused');
  lab.refuseConnections(true, 'no-hello');
  const silent = await Promise.race([connect(), lab.until(() => lab.connections().length === 3).then(() => 'silent')]);
  expect(silent).toBe('silent');
  lab.refuseConnections(false);
  await connect();
});

test.each(['close', 'keep-open', 'silent'] as const)(
  'a refresh of one connection (%s): the other serves',
  async (mode) => {
    lab = await workspace();
    bot = await startBot(lab, (app) => {
      app.command('/dr', async ({ ack }) => ack('ok'));
    });
    const [first] = lab.connections();
    lab.sendDisconnect('warning', { connection: first!.id });
    expect(lab.connections()[0]?.state).toBe('open');
    lab.sendDisconnect('refresh_requested', { connection: first!.id, mode });
    for (let i = 0; i < 3; i += 1) {
      expect(await lab.command('U1', 'C1', '/dr x')).toMatchObject({ ack: { text: 'ok' } });
    }
    if (mode === 'close') await lab.until(() => lab.connections().every((one) => one.id !== first!.id));
    else expect(lab.connections().find((one) => one.id === first!.id)?.state).toBe('leaving');
  },
);

test.each([
  ['close', { closeFrame: true, ended: true }],
  ['keep-open', { closeFrame: true, ended: false }],
  ['silent', { closeFrame: false, ended: false }],
] as const)('what a client sees that closes after a refresh (%s)', async (mode, expected) => {
  lab = await workspace();
  const { tcp, seen } = await rawConnection();
  await lab.until(() => lab.connections().length === 1);
  lab.sendDisconnect('refresh_requested', { mode });
  // A masked close frame with status 1000, mask 0.
  tcp.write(Buffer.from([0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8]));
  if (expected.ended) await expect.poll(() => seen.ended).toBe(true);
  else if (expected.closeFrame) await expect.poll(() => seen.closeFrame).toBe(true);
  // A whole round trip later nothing more has come.
  await call(lab, 'auth.test');
  expect(seen).toEqual(expected);
  tcp.destroy();
});

/** A WebSocket by hand, to see frames and the end of TCP apart. */
async function rawConnection() {
  const { body } = await call(lab, 'apps.connections.open', {}, 'xapp-lab');
  const { pathname, search } = new URL(String(body['url']));
  const tcp = createConnection(lab.port, '127.0.0.1');
  const seen = { closeFrame: false, ended: false };
  tcp.on('data', (data: Buffer) => {
    if (data.includes(Buffer.from([0x88, 0x02, 0x03, 0xe8]))) seen.closeFrame = true;
  });
  tcp.on('end', () => {
    seen.ended = true;
  });
  const key = Buffer.alloc(16).toString('base64');
  tcp.write(
    `GET ${pathname}${search} HTTP/1.1\r\nHost: lab\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`,
  );
  return { tcp, seen };
}
