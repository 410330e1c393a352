/**
 * What every adapter of `Dns` promises, whatever the provider. A rig has one zone `eden.example.com` whose records are
 * `api` A 60 192.0.2.1 and `www` CNAME 300 api, asked through its authority and one caching resolver.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Authority, Resolver } from '../../lab/dns/types.ts';
import type { Dns, DnsPlan, DnsRecord } from '../../src/ports/dns.ts';

export type DnsRig = {
  dns: Dns;
  provider: string;
  zone: string;
  authority: Authority;
  resolver: Resolver;
  /** Batches the provider has taken. */
  taken(): { comment: string; changes: number }[];
  /** From now on the provider takes changes but its servers do not get them yet. */
  holdBack(): void;
  close(): Promise<void>;
};

const never = new AbortController().signal;

export function dnsSuite(title: string, start: () => Promise<DnsRig>): void {
  describe(`${title} as a Dns`, () => {
    let rig: DnsRig;
    beforeEach(async () => {
      rig = await start();
    });
    afterEach(() => rig.close());

    const record = (name: string, values: string[], more: Partial<DnsRecord> = {}): DnsRecord => ({
      provider: rig.provider,
      zone: rig.zone,
      name: `${name}.eden.example.com`,
      type: 'A',
      ttl: 60,
      values,
      ...more,
    });
    const plan = (...wanted: DnsRecord[]) => rig.dns.plan(wanted, never);
    const answers = (name = 'api') => rig.dns.answers(record(name, []), never);
    const valuesBy = async (kind: 'authority' | 'resolver', name?: string) =>
      (await answers(name)).filter((answer) => answer.kind === kind).map((answer) => answer.values);

    it('plans what would change, with what is there now, and changes nothing', async () => {
      const wanted = [record('api', ['192.0.2.2']), record('new', ['192.0.2.3'])];
      const { batches } = await plan(...wanted);
      expect(batches).toEqual([
        {
          provider: rig.provider,
          zone: rig.zone,
          changes: [
            { record: wanted[0], old: { ttl: 60, values: ['192.0.2.1'] } },
            { record: wanted[1], old: null },
          ],
        },
      ]);
      expect([rig.taken(), await valuesBy('authority')]).toEqual([[], [['192.0.2.1']]]);
    });

    it('plans nothing for what is as wanted, and a change for another TTL', async () => {
      const alias = record('www', ['API.eden.example.com.'], { type: 'CNAME', ttl: 300 });
      expect(await plan(record('api', ['192.0.2.1']), alias)).toEqual({ batches: [] });
      expect((await plan(record('api', ['192.0.2.1'], { ttl: 30 }))).batches).toHaveLength(1);
      expect(await rig.dns.apply({ batches: [] }, 'nothing', never)).toEqual([]);
      expect(rig.taken()).toEqual([]);
    });

    it.each<[string, (good: DnsRecord) => DnsRecord[], string]>([
      ['no records', () => [], 'No DNS record'],
      ['no values', (good) => [{ ...good, values: [] }], 'no values'],
      ['a value that is none', (good) => [{ ...good, values: ['192.0.2.300'] }], '192.0.2.300'],
      ['a value twice', (good) => [{ ...good, values: ['192.0.2.2', '192.0.2.2'] }], 'twice'],
      ['a record twice', (good) => [good, { ...good, name: 'API.eden.example.com.' }], 'twice'],
      ['a name of another zone', (good) => [{ ...good, name: 'api.example.org' }], 'does not lie'],
      ['an unknown zone', (good) => [{ ...good, zone: 'ZNONE' }], 'not configured'],
      ["another provider's record", (good) => [{ ...good, provider: 'elsewhere' }], 'elsewhere'],
      ['a TTL that is none', (good) => [{ ...good, ttl: -1 }], 'TTL'],
      ['a CNAME beside an A', (good) => [{ ...good, type: 'CNAME', values: ['x.example.net'] }], 'beside'],
    ])('refuses %s, planned or applied', async (_, wrong, words) => {
      const wanted = wrong(record('api', ['192.0.2.2']));
      await expect(rig.dns.plan(wanted, never)).rejects.toMatchObject({
        name: 'ConfigError',
        message: expect.stringContaining(words),
      });
      if (words === 'beside') return;
      const forged: DnsPlan = {
        batches: [
          { provider: rig.provider, zone: rig.zone, changes: wanted.map((one) => ({ record: one, old: null })) },
        ],
      };
      await expect(rig.dns.apply(forged, 'forged', never)).rejects.toMatchObject({ name: 'ConfigError' });
      expect(rig.taken()).toEqual([]);
    });

    it('submits a zone in one batch, marked with the comment', async () => {
      const made = await plan(record('api', ['192.0.2.2']), record('new', ['192.0.2.3', '192.0.2.4']));
      const [submission, ...others] = await rig.dns.apply(made, 'run-7 switch-dns', never);
      expect(others).toEqual([]);
      expect(submission).toMatchObject({ provider: rig.provider, zone: rig.zone, changeId: expect.any(String) });
      expect(rig.taken()).toEqual([{ comment: 'run-7 switch-dns', changes: 2 }]);
      await expect.poll(() => rig.dns.state(submission!, never), { timeout: 5000 }).toBe('insync');
      expect(await valuesBy('authority')).toEqual([['192.0.2.2']]);
      expect(await valuesBy('authority', 'new')).toEqual([['192.0.2.3', '192.0.2.4']]);
      expect(await plan(record('api', ['192.0.2.2']))).toEqual({ batches: [] });
    });

    it('is pending while the authority still answers the old, and resolvers follow a TTL later', async () => {
      expect(await valuesBy('resolver')).toEqual([['192.0.2.1']]);
      rig.holdBack();
      const [submission] = await rig.dns.apply(await plan(record('api', ['192.0.2.2'])), 'run', never);
      expect(submission?.state).toBe('pending');
      expect(await rig.dns.state(submission!, never)).toBe('pending');
      expect(await valuesBy('authority')).toEqual([['192.0.2.1']]);
      rig.authority.set('eden.example.com', record('api', ['192.0.2.2']));
      expect([await valuesBy('authority'), await valuesBy('resolver')]).toEqual([[['192.0.2.2']], [['192.0.2.1']]]);
      rig.resolver.flush();
      expect(await valuesBy('resolver')).toEqual([['192.0.2.2']]);
    });

    it('says what each server answers, with its TTL, and a sentence where one does not', async () => {
      const [authority, resolver] = await answers();
      expect(authority).toMatchObject({ kind: 'authority', server: rig.authority.server, ttl: 60, error: null });
      expect(resolver).toMatchObject({ kind: 'resolver', server: rig.resolver.server, error: null });
      expect(resolver!.ttl).toBeLessThanOrEqual(60);
      expect(await answers('none')).toMatchObject([
        { values: [], error: null },
        { values: [], error: null },
      ]);
      rig.authority.fault({ kind: 'silent' });
      rig.resolver.fault({ kind: 'servfail' });
      const [silent, failing] = await answers('other');
      expect(silent).toMatchObject({ values: [], error: expect.stringMatching(/did not answer within \d+ ms/) });
      expect(failing).toMatchObject({ values: [], error: expect.stringContaining('SERVFAIL') });
      await rig.authority.close();
      expect((await answers())[0]?.error).toContain('ECONNREFUSED');
      const unknown = await rig.dns.answers({ ...record('api', []), zone: 'ZNONE' }, never);
      expect(unknown[0]?.error).toContain('not configured');
    });

    it('stops when it is told to', async () => {
      const stopped = AbortSignal.abort();
      await expect(rig.dns.plan([record('api', ['192.0.2.2'])], stopped)).rejects.toMatchObject({ code: 'cancelled' });
      const made = await plan(record('api', ['192.0.2.2']));
      await expect(rig.dns.apply(made, 'run', stopped)).rejects.toMatchObject({ code: 'cancelled', effect: 'none' });
      expect(rig.taken()).toEqual([]);
      for (const answer of await rig.dns.answers(record('api', []), stopped)) expect(answer.error).toContain('cancel');
    });
  });
}
