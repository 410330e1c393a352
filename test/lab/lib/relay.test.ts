import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { poll } from '../../../lab/lib/poll.ts';
import { type Relay, startRelay } from '../../../lab/lib/relay.ts';

/** Answers every chunk with the same chunk, and knows who is connected. */
let server: Server;
let port: number;
const inside = new Set<Socket>();
const clients: Socket[] = [];
let relay: Relay;

beforeEach(async () => {
  server = createServer((socket) => {
    inside.add(socket);
    socket.on('close', () => inside.delete(socket));
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk) => socket.write(chunk));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
  relay = await startRelay(() => ({ host: '127.0.0.1', port }));
});
afterEach(async () => {
  for (const socket of [...clients.splice(0), ...inside]) socket.destroy();
  await relay.close();
  await new Promise<void>((resolve) => (server.listening ? server.close(() => resolve()) : resolve()));
});

function client() {
  const socket = connect({ host: relay.host, port: relay.port });
  clients.push(socket);
  const seen = { heard: '', connected: false, closed: false, error: '' };
  socket.on('connect', () => {
    seen.connected = true;
  });
  socket.on('data', (chunk) => {
    seen.heard += chunk.toString();
  });
  socket.on('error', (error) => {
    seen.error = error.message;
  });
  socket.on('close', () => {
    seen.closed = true;
  });
  return { say: (text: string) => socket.write(text), seen };
}
const within = { withinMs: 5000 };

test('silent, it takes connections and answers nobody, those it had included', async () => {
  const old = client();
  old.say('before ');
  await poll('the answer', () => old.seen.heard === 'before ', within);
  relay.silence();
  const late = client();
  await poll('the connection', () => late.seen.connected, within);
  old.say('x');
  late.say('y');
  // The direct way is as fast as it is: what came back over it came later than the relay's answer would have.
  const direct = connect({ host: '127.0.0.1', port });
  clients.push(direct);
  await new Promise<void>((resolve) => {
    direct.once('data', () => resolve());
    direct.write('z');
  });
  expect([old.seen.heard, late.seen.heard]).toEqual(['before ', '']);
  expect([old.seen.closed, late.seen.closed]).toEqual([false, false]);
});

test('silent, neither side learns that the other has gone', async () => {
  const old = client();
  old.say('before ');
  await poll('the answer', () => old.seen.heard === 'before ', within);
  relay.silence();
  for (const socket of inside) socket.destroy();
  await poll('the server’s end', () => inside.size === 0, within);
  await new Promise<void>((resolve) => server.close(() => resolve()));
  const late = client();
  await poll('the connection', () => late.seen.connected, within);
  expect(late.seen.error).toBe('');
  expect(old.seen.closed).toBe(false);
});

test('where nobody listened behind it, silence is silence and not a refusal', async () => {
  await new Promise<void>((resolve) => server.close(() => resolve()));
  await poll(
    'the refusal',
    () => {
      const one = client();
      return new Promise<boolean>((resolve) => {
        const look = () =>
          one.seen.error !== '' ? resolve(true) : one.seen.closed ? resolve(false) : setImmediate(look);
        look();
      });
    },
    within,
  );
  relay.silence();
  const late = client();
  await poll('the connection', () => late.seen.connected, within);
});

test('it speaks again: what stood meanwhile is broken off, what is new passes', async () => {
  const old = client();
  old.say('before ');
  await poll('the answer', () => old.seen.heard === 'before ', within);
  relay.silence();
  const late = client();
  late.say('lost');
  await poll('the connection', () => late.seen.connected, within);
  relay.speak();
  await poll('the ends', () => old.seen.closed && late.seen.closed, within);
  const fresh = client();
  fresh.say('again');
  await poll('the answer', () => fresh.seen.heard === 'again', within);
  expect(late.seen.heard).toBe('');
});
