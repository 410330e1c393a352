/** The probe sees what a new client would see: through DNS, on a fresh connection, with the certificate checked. */
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer, type Socket, type Server as TcpServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startAuthority } from '../../lab/dns/authority.ts';
import { startResolver } from '../../lab/dns/resolver.ts';
import type { Authority, Resolver } from '../../lab/dns/types.ts';
import { httpProbe } from '../../src/integrations/http-probe/probe.ts';
import { CERTIFICATE, KEY } from './certificate.ts';

const never = new AbortController().signal;
const NAME = 'api.eden.example.com';

describe('the HTTP probe', () => {
  let authority: Authority;
  let resolver: Resolver;
  const open: (Server | TcpServer)[] = [];
  const sockets = new Set<Socket>();
  beforeEach(async () => {
    authority = await startAuthority({ zones: [{ name: 'eden.example.com' }] });
    resolver = await startResolver({ upstream: authority.server, timeoutMs: 200 });
    point('127.0.0.1');
  });
  afterEach(async () => {
    for (const socket of sockets) socket.destroy();
    sockets.clear();
    for (const server of open.splice(0)) {
      await new Promise((resolve) => server.close(resolve));
    }
    await Promise.all([authority.close(), resolver.close()]);
  });

  const point = (...values: string[]) => {
    const type = values[0]?.includes(':') ? 'AAAA' : 'A';
    authority.setAll('eden.example.com', [
      { name: NAME, type: 'A', ttl: 60, values: type === 'A' ? values : [] },
      { name: NAME, type: 'AAAA', ttl: 60, values: type === 'AAAA' ? values : [] },
    ]);
    resolver.flush();
  };
  const listening = async <T extends Server | TcpServer>(server: T, host = '127.0.0.1', port = 0): Promise<T> => {
    open.push(server);
    server.on('connection', (socket: Socket) => sockets.add(socket));
    await once(server.listen(port, host), 'listening');
    return server;
  };
  const portOf = (server: Server | TcpServer) => (server.address() as AddressInfo).port;
  const serve = async (listener: RequestListener, host?: string, port?: number) =>
    portOf(await listening(createServer(listener), host, port));
  const probe = (more: { timeoutMs?: number; allowAddresses?: string[]; ca?: string[] } = {}) =>
    httpProbe({ resolvers: [resolver.server], timeoutMs: 1000, headers: { 'x-probe': 'regent' }, ...more });

  it('asks the address its resolvers give, with the name and its headers', async () => {
    const seen: unknown[] = [];
    const port = await serve((request, response) => {
      seen.push([request.method, request.url, request.headers.host, request.headers['x-probe']]);
      response.writeHead(204).end();
    });
    const url = `http://${NAME}:${port}/health?full=1`;
    const result = await probe().get(url, never);
    expect(result).toEqual({ url, status: 204, ms: expect.any(Number), address: '127.0.0.1', error: null });
    expect(seen).toEqual([['GET', '/health?full=1', `${NAME}:${port}`, 'regent']]);
  });

  it('follows the name to another address at once, never an open connection to the old one', async () => {
    const port = await serve((_, response) => response.end('old'));
    const connections: string[] = [];
    open[0]!.on('connection', () => connections.push('old'));
    await serve((_, response) => response.writeHead(201).end('new'), '127.0.0.2', port);
    const asked = probe();
    const get = () => asked.get(`http://${NAME}:${port}/`, never);
    expect([(await get()).status, (await get()).status, connections.length]).toEqual([200, 200, 2]);
    point('127.0.0.2');
    expect(await get()).toMatchObject({ status: 201, address: '127.0.0.2' });
  });

  it('takes an IPv6 address where there is no other', async () => {
    point('::1');
    const port = await serve((_, response) => response.end(), '::1');
    expect(await probe().get(`http://${NAME}:${port}/`, never)).toMatchObject({ status: 200, address: '::1' });
  });

  it.each([301, 404, 500, 503])('gives %i as it is and goes nowhere else', async (status) => {
    let asked = 0;
    const port = await serve((_, response) => {
      asked += 1;
      response.writeHead(status, { location: '/elsewhere' }).end();
    });
    expect(await probe().get(`http://${NAME}:${port}/`, never)).toMatchObject({ status, error: null });
    expect(asked).toBe(1);
  });

  it('reads no more of an answer than it needs', async () => {
    let closed = false;
    const port = await serve((_, response) => {
      const chunk = Buffer.alloc(32 * 1024, 'x');
      const more = () => {
        while (!closed && response.write(chunk));
      };
      response.on('drain', more).on('close', () => {
        closed = true;
      });
      more();
    });
    expect(await probe().get(`http://${NAME}:${port}/`, never)).toMatchObject({ status: 200 });
    await expect.poll(() => closed).toBe(true);
  });

  it('says in a sentence why nothing answered', async () => {
    const silent = portOf(await listening(createTcpServer()));
    const half = await serve((_, response) => response.writeHead(200).write('half a body'));
    const garbage = portOf(await listening(createTcpServer((socket) => socket.end('nonsense\r\n\r\n'))));
    const gone = await serve(() => undefined);
    await new Promise((resolve) => open.pop()!.close(resolve));
    const quick = probe({ timeoutMs: 300 });
    const error = async (url: string) => {
      const result = await quick.get(url, never);
      expect(result).toMatchObject({ status: null });
      return result.error;
    };
    expect(await error(`http://${NAME}:${silent}/`)).toBe(
      `${NAME}:${silent} (127.0.0.1) did not answer within 300 ms.`,
    );
    expect(await error(`http://${NAME}:${half}/`)).toContain('did not answer within 300 ms');
    expect(await error(`http://${NAME}:${garbage}/`)).toContain('does not match the HTTP/1.1 protocol');
    expect(await error(`http://${NAME}:${gone}/`)).toContain('ECONNREFUSED');
    expect(await error(`http://none.eden.example.com:${gone}/`)).toMatch(/did not resolve: .*ENOTFOUND/);
    expect(await error('ftp://eden.example.com/')).toContain('not an HTTP address');
    expect(await error('nonsense')).toContain('not an HTTP address');
    resolver.fault({ kind: 'silent' });
    expect(await error(`http://other.eden.example.com:${gone}/`)).toContain('did not resolve');
  });

  it('stops when it is told to', async () => {
    const silent = portOf(await listening(createTcpServer()));
    const stop = new AbortController();
    const asked = once(open[0]!, 'connection');
    const result = probe({ timeoutMs: 60_000 }).get(`http://${NAME}:${silent}/`, stop.signal);
    await asked;
    stop.abort();
    expect(await result).toMatchObject({ status: null, error: expect.stringContaining('no longer waited for') });
    resolver.fault({ kind: 'silent' });
    expect(await probe().get('http://x.eden.example.com/', AbortSignal.abort())).toMatchObject({ address: null });
  });

  it('does not ask link-local addresses, however they are written', async () => {
    const error = async (url: string) => (await probe().get(url, never)).error;
    for (const host of ['169.254.169.254', '0xa9fea9fe', '2852039166', '[::ffff:169.254.169.254]', '[fe80::1]']) {
      expect(await error(`http://${host}/latest/meta-data`)).toContain('link-local');
    }
    point('169.254.169.254');
    expect(await error(`http://${NAME}/`)).toContain('link-local address 169.254.169.254');
  });

  it('checks the certificate', async () => {
    const server = createTlsServer({ key: KEY, cert: CERTIFICATE }, (_, response) => response.end());
    const port = portOf(await listening(server));
    const url = `https://${NAME}:${port}/`;
    expect(await probe().get(url, never)).toMatchObject({ status: null, error: expect.stringMatching(/SELF_SIGNED/) });
    expect(await probe({ ca: [CERTIFICATE] }).get(url, never)).toMatchObject({ status: 200, error: null });
    authority.set('eden.example.com', { name: 'www.eden.example.com', type: 'A', ttl: 60, values: ['127.0.0.1'] });
    const other = await probe({ ca: [CERTIFICATE] }).get(`https://www.eden.example.com:${port}/`, never);
    expect(other.error).toMatch(/ALTNAME/);
  });

  describe('sends any request', () => {
    const heard = async (status = 200, headers: Record<string, string> = {}) => {
      const requests: { method: string; url: string; headers: Record<string, unknown>; body: string }[] = [];
      const port = await serve(async (request, response) => {
        let body = '';
        for await (const chunk of request.setEncoding('utf8')) body += chunk;
        const { method = '', url = '' } = request;
        requests.push({ method, url, headers: request.headers, body });
        response.writeHead(status, headers).end(`heard ${body}`);
      });
      return { requests, url: `http://${NAME}:${port}/tasks` };
    };

    it.each(['POST', 'PUT', 'DELETE', 'GET'] as const)(
      '%s, its body as JSON, with what was answered',
      async (method) => {
        const { requests, url } = await heard(201);
        const sent = { method, url, body: { name: 'é', n: [1, null] }, headers: { 'X-Run': 'eden-1' } };
        const result = await probe().send(sent, never);
        const body = '{"name":"é","n":[1,null]}';
        expect(result).toEqual({
          url,
          status: 201,
          ms: expect.any(Number),
          address: '127.0.0.1',
          error: null,
          body: `heard ${body}`,
        });
        expect(requests).toMatchObject([
          { method, body, headers: { 'content-type': 'application/json', 'x-run': 'eden-1', 'x-probe': 'regent' } },
        ]);
      },
    );

    it('without a body none, and its own headers before the usual ones, however they are written', async () => {
      const { requests, url } = await heard();
      await probe().send({ method: 'POST', url, headers: { 'X-Probe': 'mine' } }, never);
      await probe().send({ method: 'PUT', url, body: 'text', headers: { 'Content-Type': 'application/vnd.x' } }, never);
      expect(requests).toMatchObject([
        { method: 'POST', body: '', headers: { 'x-probe': 'mine' } },
        { method: 'PUT', body: '"text"', headers: { 'content-type': 'application/vnd.x' } },
      ]);
      expect(requests[0]?.headers['content-type']).toBeUndefined();
    });

    it.each([302, 307, 308, 409, 503])(
      'takes %i as the answer, sends it nowhere else and not again',
      async (status) => {
        const { requests, url } = await heard(status, { location: '/elsewhere', 'retry-after': '0' });
        expect(await probe().send({ method: 'POST', url, body: 1 }, never)).toMatchObject({ status, body: 'heard 1' });
        expect(requests).toHaveLength(1);
      },
    );

    it.each(['POST', 'PUT', 'DELETE', 'GET'] as const)(
      '%s never twice, where the answer is cut off',
      async (method) => {
        let asked = 0;
        const port = await serve((request) => {
          asked += 1;
          request.socket.destroy();
        });
        const result = await probe().send({ method, url: `http://${NAME}:${port}/`, body: {} }, never);
        expect(result).toMatchObject({ status: null, body: '', error: expect.stringContaining('did not answer') });
        expect(asked).toBe(1);
      },
    );

    it('hands on 64 kB of an answer and no more', async () => {
      const port = await serve((_, response) => response.end('ab'.repeat(100_000)));
      const { status, body } = await probe().send({ method: 'GET', url: `http://${NAME}:${port}/` }, never);
      expect([status, body]).toEqual([200, 'ab'.repeat(32 * 1024)]);
    });

    it('says in a sentence why nothing came of it, and never throws', async () => {
      const silent = portOf(await listening(createTcpServer()));
      const half = await serve((_, response) => response.writeHead(200).write('half a body'));
      const error = async (url: string, more: { body?: unknown; headers?: Record<string, string> } = {}) => {
        const result = await probe({ timeoutMs: 300 }).send({ method: 'POST', url, ...more }, never);
        expect(result).toMatchObject({ status: null, body: '' });
        return result.error;
      };
      const there = `http://${NAME}:${half}/`;
      expect(await error(`http://${NAME}:${silent}/`)).toContain('did not answer within 300 ms');
      expect(await error(there)).toContain('did not answer within 300 ms');
      expect(await error(`http://none.eden.example.com:${half}/`)).toContain('did not resolve');
      expect(await error('nonsense')).toContain('not an HTTP address');
      expect(await error('http://169.254.169.254/')).toContain('link-local');
      expect(await error(there, { body: 1n })).toContain(`What was to be sent to ${NAME}:${half} is no JSON`);
      expect(await error(there, { headers: { 'x-bad': 'two\nlines' } })).toContain('header');
      const stopped = await probe().send({ method: 'POST', url: there }, AbortSignal.abort());
      expect(stopped).toMatchObject({ status: null, error: expect.stringContaining('no longer waited for') });
    });
  });
});
