/** Route 53 as a `Dns`: the common promises, and what its API and its failures add to them. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startAuthority } from '../../lab/dns/authority.ts';
import { startResolver } from '../../lab/dns/resolver.ts';
import { startRoute53 } from '../../lab/route53/server.ts';
import type { Route53Lab, Route53Options } from '../../lab/route53/types.ts';
import { lookups } from '../../src/integrations/resolver/lookups.ts';
import { route53Dns } from '../../src/integrations/route53/route53.ts';
import type { DnsAnswer, DnsRecord, Lookup } from '../../src/ports/dns.ts';
import { type DnsRig, dnsSuite } from './dns-suite.ts';

const ZONE = 'eden.example.com';
const never = new AbortController().signal;
const credentials = { accessKeyId: 'AKIALAB', secretAccessKey: 'secret' };

async function startRig(options: Partial<Route53Options> = {}): Promise<DnsRig & { lab: Route53Lab }> {
  const authority = await startAuthority({
    zones: [
      {
        name: ZONE,
        rrsets: [
          { name: `api.${ZONE}`, type: 'A', ttl: 60, values: ['192.0.2.1'] },
          { name: `www.${ZONE}`, type: 'CNAME', ttl: 300, values: [`api.${ZONE}`] },
        ],
      },
      { name: 'other.example.net' },
    ],
  });
  const resolver = await startResolver({ upstream: authority.server, timeoutMs: 200 });
  const zones = [
    { id: 'Z123', name: ZONE },
    { id: 'Z456', name: 'other.example.net' },
  ];
  const lab = await startRoute53({ authority, zones, insyncMs: 0, ...options });
  const dns = route53Dns({
    zones: {
      Z123: { name: ZONE, authorities: [authority.server] },
      Z456: { name: 'other.example.net', authorities: [authority.server] },
    },
    lookup: lookups({ resolvers: [resolver.server], timeoutMs: 300 }),
    endpoint: lab.url,
    credentials,
    timeoutMs: 400,
    retry: { attempts: 8, baseMs: 10 },
  });
  return {
    dns,
    lab,
    authority,
    resolver,
    provider: 'route53',
    zone: 'Z123',
    taken: () => lab.ledger().map(({ comment, changes }) => ({ comment, changes: changes.length })),
    holdBack: () => lab.mode({ insyncMs: 3_600_000 }),
    async close() {
      for (const server of [lab, resolver, authority]) await server.close();
    },
  };
}

dnsSuite('Route 53', () => startRig());

describe('Route 53', () => {
  let rig: Awaited<ReturnType<typeof startRig>>;
  beforeEach(async () => {
    rig = await startRig();
  });
  afterEach(() => rig.close());

  const record = (name: string, values: string[], more: Partial<DnsRecord> = {}): DnsRecord => ({
    provider: 'route53',
    zone: 'Z123',
    name: `${name}.${ZONE}`,
    type: 'A',
    ttl: 60,
    values,
    ...more,
  });
  const planned = () => rig.dns.plan([record('api', ['192.0.2.2'])], never);
  const changesSent = () => rig.lab.calls().filter((call) => call.operation === 'ChangeResourceRecordSets').length;
  const atAuthority = async () => (await rig.dns.answers(record('api', []), never))[0]?.values;

  it('does not send a change again when its answer was lost, and the authority shows it', async () => {
    const plan = await planned();
    rig.lab.fault({ kind: 'reset-after-commit', operation: 'ChangeResourceRecordSets' });
    await expect(rig.dns.apply(plan, 'run', never)).rejects.toMatchObject({
      name: 'IntegrationError',
      effect: 'unknown',
    });
    expect(changesSent()).toBe(1);
    await expect.poll(atAuthority).toEqual(['192.0.2.2']);
    expect(await planned()).toEqual({ batches: [] });
  });

  it.each(['503', 'hang', 'reset'] as const)('does not send a change again after %s', async (kind) => {
    const plan = await planned();
    rig.lab.fault({ kind, operation: 'ChangeResourceRecordSets' });
    const failure = { system: 'route53', operation: 'ChangeResourceRecordSets', effect: 'unknown' };
    await expect(rig.dns.apply(plan, 'run', never)).rejects.toMatchObject(failure);
    expect([changesSent(), rig.lab.ledger(), await atAuthority()]).toEqual([1, [], ['192.0.2.1']]);
  });

  it.each(['throttle', 'prior'] as const)('sends a change again after %s, which took nothing', async (kind) => {
    const plan = await planned();
    rig.lab.fault({ kind, times: 3, operation: 'ChangeResourceRecordSets' });
    await rig.dns.apply(plan, 'run', never);
    expect([changesSent(), rig.lab.ledger().length]).toEqual([4, 1]);
  });

  it('gives up throttled for good, with nothing done', async () => {
    const plan = await planned();
    rig.lab.fault({ kind: 'throttle', operation: 'ChangeResourceRecordSets' });
    await expect(rig.dns.apply(plan, 'run', never)).rejects.toMatchObject({ code: 'dns-busy', effect: 'none' });
    expect(changesSent()).toBe(8);
  });

  it('reads through passing failures', async () => {
    rig.lab.fault({ kind: '503', times: 1, operation: 'ListResourceRecordSets' });
    rig.lab.fault({ kind: 'hang', times: 1, operation: 'ListResourceRecordSets' });
    expect((await planned()).batches).toHaveLength(1);
  });

  it('says when the API is not there, and still answers over DNS', async () => {
    const plan = await planned();
    await rig.lab.close();
    const refused = await rig.dns.apply(plan, 'run', never).catch((error: unknown) => error);
    expect(refused).toMatchObject({
      code: 'dns-unreachable',
      effect: 'none',
      message: expect.stringMatching(/Z123.*ECONNREFUSED/),
    });
    expect(await atAuthority()).toEqual(['192.0.2.1']);
  });

  it('stops waiting for a change when told to, and does not know what became of it', async () => {
    const plan = await planned();
    rig.lab.fault({ kind: 'hang' });
    const stop = new AbortController();
    const applied = rig.dns.apply(plan, 'run', stop.signal);
    await expect.poll(changesSent).toBe(1);
    stop.abort();
    await expect(applied).rejects.toMatchObject({ code: 'cancelled', effect: 'unknown' });
  });

  it('takes a refused batch whole or not at all', async () => {
    const plan = await rig.dns.plan([record('api', ['192.0.2.2']), record('new', ['192.0.2.3'])], never);
    // Someone puts another record in the way between plan and change.
    const clash = await rig.dns.plan([record('new', ['x.example.net'], { type: 'CNAME' })], never);
    await rig.dns.apply(clash, 'someone else', never);
    await expect.poll(() => rig.lab.ledger()[0]?.insyncAt).not.toBeNull();
    const failure = { code: 'dns-refused', effect: 'none', message: expect.stringContaining('conflicts') };
    await expect(rig.dns.apply(plan, 'run', never)).rejects.toMatchObject(failure);
    expect([rig.lab.ledger().length, await atAuthority()]).toEqual([1, ['192.0.2.1']]);
  });

  it('counts a call as having an effect when an earlier zone of it was changed', async () => {
    const other = record('', ['192.0.2.9'], { zone: 'Z456', name: 'api.other.example.net' });
    const plan = await rig.dns.plan([record('api', ['192.0.2.2']), other], never);
    expect(plan.batches.map((batch) => batch.zone)).toEqual(['Z123', 'Z456']);
    const broken = structuredClone(plan);
    broken.batches[1]!.changes[0]!.record.name = 'cname.other.example.net';
    rig.authority.set('other.example.net', { name: 'x.other.example.net', type: 'A', ttl: 60, values: ['192.0.2.1'] });
    const cname = { ...other, name: 'cname.other.example.net', type: 'CNAME' as const, values: ['x.example.org'] };
    await rig.dns.apply(await rig.dns.plan([cname], never), 'before', never);
    await expect.poll(() => rig.lab.ledger()[0]?.insyncAt).not.toBeNull();
    const failure = { code: 'dns-refused', effect: 'unknown', message: expect.stringContaining('Z123 (') };
    await expect(rig.dns.apply(broken, 'run', never)).rejects.toMatchObject(failure);
    expect(await rig.dns.apply(plan, 'again', never)).toHaveLength(2);
  });

  it('reports INSYNC as the provider does, and what the authority says beside it', async () => {
    rig.lab.mode({ lostChanges: true });
    const [submission] = await rig.dns.apply(await planned(), 'run', never);
    await expect.poll(() => rig.dns.state(submission!, never)).toBe('insync');
    expect(await atAuthority()).toEqual(['192.0.2.1']);
    // The provider believes its own list, so only the same plan, submitted again, mends it.
    expect(await planned()).toEqual({ batches: [] });
  });

  it('finds records among many with few calls, and refuses what one batch cannot carry', async () => {
    const hosts = Array.from({ length: 120 }, (_, at) => record(`h${at}`, ['192.0.2.5']));
    await rig.dns.apply(await rig.dns.plan(hosts, never), 'many', never);
    await expect.poll(() => rig.lab.ledger()[0]?.insyncAt, { timeout: 5000 }).not.toBeNull();
    const before = rig.lab.calls().length;
    expect(await rig.dns.plan(hosts, never)).toEqual({ batches: [] });
    expect(rig.lab.calls().length - before).toBe(2);
    const values = Array.from({ length: 501 }, (_, at) => `10.0.${at >> 8}.${at & 255}`);
    await expect(rig.dns.plan([record('big', values)], never)).rejects.toMatchObject({ code: 'dns-too-large' });
  });

  it('leaves aliases and weighted records alone', async () => {
    const special = await startRig({
      zones: [
        {
          id: 'Z123',
          name: ZONE,
          unserved: [
            { name: `alias.${ZONE}`, type: 'A', alias: { dnsName: 'lb.example.net', hostedZoneId: 'ZLB' } },
            { name: `split.${ZONE}`, type: 'A', values: ['192.0.2.1'], setIdentifier: 'east', weight: 0 },
            { name: `split.${ZONE}`, type: 'A', values: ['192.0.2.2'], setIdentifier: 'west', weight: 100 },
            { name: `guarded.${ZONE}`, type: 'A', values: ['192.0.2.1'], healthCheckId: 'h-1' },
          ],
        },
      ],
    });
    try {
      for (const [name, words] of [
        ['alias', 'alias for lb.example.net'],
        ['split', 'weighted record ("east")'],
        ['guarded', 'health check h-1'],
      ] as const) {
        const wanted = [record(name, ['192.0.2.7'])];
        await expect(special.dns.plan(wanted, never)).rejects.toMatchObject({
          code: 'dns-special',
          message: expect.stringMatching(new RegExp(`A ${name}\\.eden.*${words.replace(/[()]/g, '.')}`)),
        });
      }
    } finally {
      await special.close();
    }
  });

  it('does not take the word of a server without authority', async () => {
    const servers = rig.resolver.server;
    const dns = route53Dns({
      zones: { Z123: { name: ZONE, authorities: [servers] } },
      lookup: lookups({ resolvers: [servers], timeoutMs: 300 }),
      endpoint: rig.lab.url,
      credentials,
      timeoutMs: 400,
    });
    const [authority, resolver] = await dns.answers(record('api', []), never);
    expect(authority).toMatchObject({ values: [], error: expect.stringContaining('without authority') });
    expect(resolver).toMatchObject({ values: ['192.0.2.1'], error: null });
    expect(() => lookups({ resolvers: ['not an address:53'], timeoutMs: 300 })).toThrow('not an address');
  });

  it("finds a zone's own name servers through the resolvers, and remembers them", async () => {
    const asked: string[] = [];
    let silent = false;
    const known: Record<string, string[]> = {
      [`NS ${ZONE}`]: ['ns1.example.net', 'ns2.example.net'],
      'A ns1.example.net': ['192.0.2.53'],
    };
    const lookup: Lookup = {
      resolvers: ['r1', 'r2'],
      async ask(server, kind, { name, type }) {
        asked.push(`${server} ${type}`);
        const values = silent || server === 'r1' ? [] : (known[`${type} ${name}`] ?? ['192.0.2.1']);
        return { server, kind, values, ttl: 60, error: null } satisfies DnsAnswer;
      },
    };
    const dns = route53Dns({
      zones: { Z123: { name: ZONE } },
      lookup,
      endpoint: rig.lab.url,
      credentials,
      timeoutMs: 400,
    });
    const servers = async () => (await dns.answers(record('api', []), never)).map((answer) => answer.server);
    silent = true;
    expect((await dns.answers(record('api', []), never))[0]?.error).toContain('were not found');
    silent = false;
    const found = ['ns1.example.net (192.0.2.53:53)', 'ns2.example.net (192.0.2.1:53)', 'r1', 'r2'];
    expect(await servers()).toEqual(found);
    expect(asked).toContain('192.0.2.53:53 A');
    silent = true;
    expect(await servers()).toEqual(found);
  });
});
