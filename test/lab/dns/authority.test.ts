import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startAuthority } from '../../../lab/dns/authority.ts';
import { ask, valuesOf } from '../../../lab/dns/client.ts';
import type { Authority } from '../../../lab/dns/types.ts';

const A = (name: string, ...values: string[]) => ({ name, type: 'A' as const, ttl: 60, values });
const CNAME = (name: string, target: string) => ({ name, type: 'CNAME' as const, ttl: 30, values: [target] });

describe("the lab's DNS authority", () => {
  let authority: Authority;
  beforeAll(async () => {
    authority = await startAuthority({
      zones: [
        {
          name: 'eden.example.com',
          negativeTtl: 7,
          rrsets: [
            A('api.eden.example.com', '192.0.2.1'),
            CNAME('www.eden.example.com', 'api.eden.example.com'),
            CNAME('inside.eden.example.com', 'api.primary.eden.internal'),
            CNAME('outside.eden.example.com', 'elsewhere.example.net'),
            A('deep.below.eden.example.com', '192.0.2.9'),
            {
              name: 'long.eden.example.com',
              type: 'TXT',
              ttl: 60,
              values: Array.from({ length: 50 }, (_, at) => `${at} ${'x'.repeat(50)}`),
            },
          ],
        },
        { name: 'eden.internal', rrsets: [A('api.primary.eden.internal', '127.0.1.1')] },
      ],
    });
  });
  afterAll(() => authority.close());

  it('answers with authority', async () => {
    const asked = await ask(authority.server, 'API.Eden.example.com', 'A');
    expect(asked).toMatchObject({ rcode: 'NOERROR', aa: true });
    expect(asked.answers).toMatchObject([{ type: 'A', data: '192.0.2.1', ttl: 60 }]);
  });

  it('follows a CNAME through all its zones and stops at the border', async () => {
    const inside = await ask(authority.server, 'inside.eden.example.com', 'A');
    expect(valuesOf(inside.answers, 'A')).toEqual(['127.0.1.1']);
    const outside = await ask(authority.server, 'outside.eden.example.com', 'A');
    expect(outside.rcode).toBe('NOERROR');
    expect(outside.answers).toMatchObject([{ type: 'CNAME', data: 'elsewhere.example.net' }]);
  });

  it('tells no such name, no such record and not mine apart', async () => {
    const nothing = await ask(authority.server, 'nope.eden.example.com', 'A');
    expect(nothing).toMatchObject({ rcode: 'NXDOMAIN', aa: true, answers: [] });
    expect(nothing.authorities).toMatchObject([{ type: 'SOA', ttl: 7, data: { minimum: 7 } }]);
    const noData = await ask(authority.server, 'api.eden.example.com', 'AAAA');
    expect(noData).toMatchObject({ rcode: 'NOERROR', answers: [], authorities: [{ type: 'SOA' }] });
    // A name with something below it exists.
    expect(await ask(authority.server, 'below.eden.example.com', 'A')).toMatchObject({ rcode: 'NOERROR' });
    expect(await ask(authority.server, 'example.net', 'A')).toMatchObject({ rcode: 'REFUSED', aa: false });
  });

  it('sends a long answer over TCP', async () => {
    const asked = await ask(authority.server, 'long.eden.example.com', 'TXT');
    expect(asked.answers).toHaveLength(50);
    const seen = authority.queries().filter((query) => query.name === 'long.eden.example.com');
    expect(seen.map((query) => query.over)).toEqual(['udp', 'tcp']);
  });

  it('changes several records at once, counts the serial and refuses nonsense', async () => {
    const before = authority.serial('eden.example.com');
    authority.setAll('eden.example.com', [A('x.eden.example.com', '192.0.2.2'), A('y.eden.example.com', '192.0.2.3')]);
    expect(authority.serial('eden.example.com')).toBe(before + 1);
    expect(valuesOf((await ask(authority.server, 'y.eden.example.com', 'A')).answers, 'A')).toEqual(['192.0.2.3']);
    authority.set('eden.example.com', A('x.eden.example.com'));
    expect((await ask(authority.server, 'x.eden.example.com', 'A')).rcode).toBe('NXDOMAIN');
    expect(() => authority.set('eden.example.com', CNAME('y.eden.example.com', 'api.eden.example.com'))).toThrow(
      'CNAME',
    );
    expect(() => authority.set('eden.example.com', A('y.example.net', '192.0.2.1'))).toThrow('does not lie');
    expect(() => authority.set('eden.example.org', A('y.eden.example.org', '192.0.2.1'))).toThrow('no DNS zone');
  });

  it('fails on demand', async () => {
    authority.fault({ kind: 'servfail', times: 1 });
    expect((await ask(authority.server, 'api.eden.example.com', 'A')).rcode).toBe('SERVFAIL');
    authority.fault({ kind: 'silent' });
    await expect(ask(authority.server, 'api.eden.example.com', 'A', 50)).rejects.toThrow('did not answer');
    authority.clearFaults();
    expect((await ask(authority.server, 'api.eden.example.com', 'A')).rcode).toBe('NOERROR');
  });

  it.skipIf(!existsSync('/usr/bin/dig'))('answers dig', async () => {
    const dig = async (...args: string[]) => {
      const { stdout } = await promisify(execFile)('dig', ['@127.0.0.1', '-p', String(authority.port), ...args]);
      return stdout;
    };
    expect(await dig('www.eden.example.com', '+short')).toBe('api.eden.example.com.\n192.0.2.1\n');
    expect(await dig('nope.eden.example.com')).toMatch(/status: NXDOMAIN[\s\S]*flags: qr aa/);
    expect(await dig('long.eden.example.com', 'TXT')).toMatch(/ANSWER: 50/);
    expect(await dig('eden.example.com', 'AXFR')).toMatch(/failed|REFUSED/);
  });
});
