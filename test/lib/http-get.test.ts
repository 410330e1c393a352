import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { startAuthority } from '../../lab/dns/authority.ts';
import { startResolver } from '../../lab/dns/resolver.ts';
import { freePort } from '../../lab/lib/free-port.ts';
import { type HttpGetOptions, httpGet } from '../../src/lib/http-get.ts';
import { CERTIFICATE, KEY } from '../contracts/certificate.ts';

const never = new AbortController().signal;
const open: Server[] = [];
const listening = async (server: Server): Promise<number> => {
  open.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
};
const serve = async (listener: RequestListener) => `http://127.0.0.1:${await listening(createServer(listener))}/`;
const get = (url: string, more: Partial<HttpGetOptions> = {}, signal = never) =>
  httpGet(new URL(url), { timeoutMs: 5000, maxBytes: 1000, ...more }, signal);

afterEach(async () => {
  for (const server of open.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

describe('reading an address once', () => {
  it('gives the answer, whatever its status, and follows nothing', async () => {
    const url = await serve((_, response) => response.writeHead(307, { location: '/x' }).end('grüß dich'));
    expect(await get(url)).toEqual({ is: 'answer', status: 307, text: 'grüß dich', location: '/x' });
  });

  it('sends a token only where there is one, and asks for what is wanted', async () => {
    const seen: unknown[] = [];
    const url = await serve((request, response) => {
      const { authorization, accept, connection } = request.headers;
      seen.push([request.method, authorization, accept, connection]);
      response.end();
    });
    await get(url, { token: 't0ken', accept: 'application/json' });
    await get(url);
    expect(seen).toEqual([
      ['GET', 'Bearer t0ken', 'application/json', 'close'],
      ['GET', undefined, '*/*', 'close'],
    ]);
  });

  it('takes as much as it may and no more', async () => {
    const url = await serve((request, response) => response.end('x'.repeat(Number(request.url!.slice(1)))));
    expect(await get(`${url}1000`)).toMatchObject({ text: 'x'.repeat(1000) });
    expect(await get(`${url}1001`)).toMatchObject({ is: 'answer', status: 200, text: null });
  });

  it('leaves no connection open, however it ends', async () => {
    const server = createServer((request, response) => {
      if (request.url === '/much') response.end('x'.repeat(100_000));
      else if (request.url === '/half') response.writeHead(200).write('x');
      else response.end('x');
    });
    const url = `http://127.0.0.1:${await listening(server)}`;
    const all = await Promise.all(['/', '/much', '/half'].map((path) => get(`${url}${path}`, { timeoutMs: 300 })));
    expect(all.map(({ is }) => is)).toEqual(['answer', 'answer', 'timeout']);
    const count = () => new Promise((resolve) => server.getConnections((_, connections) => resolve(connections)));
    await expect.poll(count, { timeout: 5000, interval: 20 }).toBe(0);
  });

  it('says why there is no answer', async () => {
    expect(await get(`http://127.0.0.1:${await freePort()}`)).toMatchObject({
      is: 'unreachable',
      why: expect.stringContaining('ECONNREFUSED'),
    });
    const torn = await serve((_, response) => {
      response.writeHead(200, { 'content-length': '10' }).write('x');
      setImmediate(() => response.destroy());
    });
    expect((await get(torn)).is).toBe('unreachable');
    expect(await get(await serve(() => {}), { timeoutMs: 100 })).toMatchObject({
      is: 'timeout',
      why: 'no answer within 100 ms',
    });
    expect(await get(torn, {}, AbortSignal.abort())).toMatchObject({ is: 'cancelled' });
  });

  it('goes to no link-local place', async () => {
    expect(await get('http://169.254.169.254/')).toMatchObject({
      is: 'unreachable',
      why: '169.254.169.254 leads to the link-local address 169.254.169.254, which is not asked',
    });
  });

  it('finds a name by the name servers that are given, and trusts a certificate only when told to', async () => {
    const name = 'api.eden.example.com';
    const authority = await startAuthority({
      zones: [{ name: 'eden.example.com', rrsets: [{ name, type: 'A', ttl: 60, values: ['127.0.0.1'] }] }],
    });
    const resolver = await startResolver({ upstream: authority.server });
    try {
      const secure = createSecureServer({ key: KEY, cert: CERTIFICATE }, (_, response) => response.end('safe'));
      const url = `https://${name}:${await listening(secure)}/`;
      const resolvers = [resolver.server];
      expect(await get(url, { resolvers, ca: [CERTIFICATE] })).toMatchObject({ status: 200, text: 'safe' });
      expect(await get(url, { resolvers })).toMatchObject({
        is: 'unreachable',
        why: expect.stringMatching(/self.signed/i),
      });
      expect(await get('http://none.eden.example.com/', { resolvers })).toMatchObject({
        is: 'unreachable',
        why: expect.stringContaining('none.eden.example.com did not resolve'),
      });
    } finally {
      await Promise.all([resolver.close(), authority.close()]);
    }
  });
});
