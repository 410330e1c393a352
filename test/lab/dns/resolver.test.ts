import { once } from 'node:events';
import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startAuthority } from '../../../lab/dns/authority.ts';
import { ask, valuesOf } from '../../../lab/dns/client.ts';
import { startResolver } from '../../../lab/dns/resolver.ts';
import type { Authority, Resolver } from '../../../lab/dns/types.ts';

const api = (ttl: number, ...values: string[]) => ({ name: 'api.eden.example.com', type: 'A' as const, ttl, values });
const www = { name: 'www.eden.example.com', type: 'CNAME' as const, ttl: 300, values: ['api.eden.example.com'] };

describe("the lab's caching resolver", () => {
  let authority: Authority;
  const open: Resolver[] = [];
  const resolverWith = async (ttlDivisor: number) => {
    const resolver = await startResolver({ upstream: authority.server, ttlDivisor, timeoutMs: 200 });
    open.push(resolver);
    return resolver;
  };
  const asked = (resolver: Resolver) => resolver.resolve4('api.eden.example.com');
  beforeEach(async () => {
    authority = await startAuthority({ zones: [{ name: 'eden.example.com', rrsets: [api(60, '192.0.2.1'), www] }] });
  });
  afterEach(async () => {
    await Promise.all([authority, ...open.splice(0)].map((server) => server.close()));
  });

  it('keeps the old answer for a TTL and then gives the new one', async () => {
    const [slow, fast] = [await resolverWith(1), await resolverWith(600)];
    await Promise.all([asked(slow), asked(fast)]);
    authority.set('eden.example.com', api(60, '192.0.2.2'));
    expect(await asked(slow)).toEqual(['192.0.2.1']);
    // 60 s at a pace of 600 are 100 ms.
    await expect.poll(() => asked(fast), { timeout: 5000, interval: 10 }).toEqual(['192.0.2.2']);
    expect(await asked(slow)).toEqual(['192.0.2.1']);
    slow.flush();
    expect(await asked(slow)).toEqual(['192.0.2.2']);
  });

  it('asks once per TTL, also for what does not exist', async () => {
    const resolver = await resolverWith(1);
    await Promise.all([asked(resolver), asked(resolver), ask(resolver.server, 'api.eden.example.com', 'A')]);
    for (let times = 0; times < 2; times += 1) {
      await expect(resolver.resolve4('nope.eden.example.com')).rejects.toMatchObject({ code: 'ENOTFOUND' });
    }
    expect(authority.queries().map((query) => query.name)).toEqual(['api.eden.example.com', 'nope.eden.example.com']);
  });

  it('caches each link of a chain under its own TTL, whoever asked', async () => {
    const resolver = await resolverWith(1);
    const reply = await ask(resolver.server, 'www.eden.example.com', 'A');
    expect(reply).toMatchObject({ rcode: 'NOERROR', aa: false });
    expect(valuesOf(reply.answers, 'A')).toEqual(['192.0.2.1']);
    expect(resolver.cached().map(({ name, type }) => `${name} ${type}`)).toEqual([
      'www.eden.example.com A',
      'api.eden.example.com A',
    ]);
  });

  it('says SERVFAIL when the authority is silent, and serves the cache meanwhile', async () => {
    const resolver = await resolverWith(1);
    await asked(resolver);
    authority.fault({ kind: 'silent' });
    expect(await asked(resolver)).toEqual(['192.0.2.1']);
    expect((await ask(resolver.server, 'other.eden.example.com', 'A')).rcode).toBe('SERVFAIL');
    await expect(resolver.resolve4('other.eden.example.com')).rejects.toMatchObject({ code: 'ESERVFAIL' });
  });

  it('is a lookup for HTTP clients', async () => {
    authority.set('eden.example.com', api(60, '127.0.0.1'));
    const resolver = await resolverWith(1);
    const server = createServer((_, response) => response.end('here'));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    const request = get({ host: 'www.eden.example.com', port, lookup: resolver.lookup, agent: false });
    const [response] = await once(request, 'response');
    expect(response.statusCode).toBe(200);
    response.resume();
    server.close();
    server.closeAllConnections();
  });
});
