/** The lab's Route 53 as an unmodified AWS SDK meets it. */
import {
  type Change,
  ChangeResourceRecordSetsCommand,
  GetChangeCommand,
  GetHostedZoneCommand,
  ListHostedZonesByNameCommand,
  ListResourceRecordSetsCommand,
  Route53Client,
  type RRType,
  TestDNSAnswerCommand,
} from '@aws-sdk/client-route-53';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startAuthority } from '../../../lab/dns/authority.ts';
import type { Authority } from '../../../lab/dns/types.ts';
import { startRoute53 } from '../../../lab/route53/server.ts';
import type { Route53Lab, Route53Options } from '../../../lab/route53/types.ts';

const ZONE = 'eden.example.com';
const rrset = (name: string, ...values: string[]) => ({ name: `${name}.${ZONE}`, type: 'A' as const, ttl: 60, values });
const change = (
  Action: 'CREATE' | 'UPSERT' | 'DELETE',
  name: string,
  values: string[],
  type: RRType = 'A',
  TTL = 60,
) => ({
  Action,
  ResourceRecordSet: { Name: name, Type: type, TTL, ResourceRecords: values.map((Value) => ({ Value })) },
});

describe("the lab's Route 53", () => {
  let authority: Authority;
  let lab: Route53Lab;
  let client: Route53Client;
  const open: { close(): Promise<void> }[] = [];

  const start = async (options: Partial<Route53Options> = {}) => {
    authority = await startAuthority({
      zones: [
        { name: ZONE, rrsets: [rrset('api', '192.0.2.1'), rrset('www', '192.0.2.1')] },
        { name: 'eden.internal' },
      ],
    });
    const zones = [{ id: 'Z123', name: ZONE, unserved: [] }];
    lab = await startRoute53({ authority, zones, insyncMs: 0, ...options });
    client = new Route53Client({
      endpoint: lab.url,
      region: 'us-east-1',
      credentials: { accessKeyId: 'AKIALAB', secretAccessKey: 'secret' },
      maxAttempts: 1,
    });
    open.push(lab, authority);
  };
  beforeEach(() => start());
  afterEach(async () => {
    client.destroy();
    for (const server of open.splice(0)) await server.close();
  });

  const submit = (...changes: Change[]) =>
    client.send(
      new ChangeResourceRecordSetsCommand({
        HostedZoneId: 'Z123',
        ChangeBatch: { Comment: 'run-1', Changes: changes },
      }),
    );
  const status = async (Id: string) => (await client.send(new GetChangeCommand({ Id }))).ChangeInfo?.Status;
  const served = (name: string) => authority.records(ZONE).find((record) => record.name === `${name}.${ZONE}`)?.values;

  it('takes a batch, lists it, and is in sync when the authority answers it', async () => {
    authority.fault({ kind: 'silent' });
    const { ChangeInfo } = await submit(
      change('UPSERT', 'api.eden.example.com', ['192.0.2.2']),
      change('DELETE', 'www.eden.example.com.', ['192.0.2.1']),
      change('CREATE', 'new.eden.example.com', ['192.0.2.3', '192.0.2.4']),
    );
    expect(ChangeInfo).toMatchObject({ Status: 'PENDING', Comment: 'run-1' });
    const listed = await client.send(new ListResourceRecordSetsCommand({ HostedZoneId: 'Z123' }));
    expect(listed.ResourceRecordSets?.map((set) => set.Name)).toEqual([
      'api.eden.example.com.',
      'new.eden.example.com.',
    ]);
    await expect.poll(() => lab.ledger()[0]?.servedAt).not.toBeNull();
    // It has the records, but nobody has heard it say so: still pending.
    expect(await status(ChangeInfo!.Id!)).toBe('PENDING');
    authority.clearFaults();
    await expect.poll(() => status(ChangeInfo!.Id!), { timeout: 5000 }).toBe('INSYNC');
    expect([served('api'), served('www'), served('new')]).toEqual([
      ['192.0.2.2'],
      undefined,
      ['192.0.2.3', '192.0.2.4'],
    ]);
    expect(lab.ledger()).toMatchObject([{ zone: 'Z123', comment: 'run-1', changes: [{ action: 'UPSERT' }, {}, {}] }]);
    const answer = await client.send(
      new TestDNSAnswerCommand({ HostedZoneId: 'Z123', RecordName: 'api.eden.example.com', RecordType: 'A' }),
    );
    expect(answer).toMatchObject({ RecordData: ['192.0.2.2'], ResponseCode: 'NOERROR' });
  });

  it.each([
    ['creating what exists', change('CREATE', 'api.eden.example.com', ['192.0.2.9']), 'already exists'],
    ['deleting what is not there', change('DELETE', 'none.eden.example.com', ['192.0.2.9']), 'not found'],
    ['deleting other values', change('DELETE', 'api.eden.example.com', ['192.0.2.9']), 'not those given'],
    ['a name outside the zone', change('UPSERT', 'api.example.org', ['192.0.2.9']), 'does not lie in'],
    ['a value that is no address', change('UPSERT', 'api.eden.example.com', ['300.1.1.1']), '300.1.1.1'],
    ['a CNAME beside others', change('UPSERT', 'api.eden.example.com', ['x.example.net'], 'CNAME'), 'conflicts'],
    ['a CNAME at the apex', change('UPSERT', ZONE, ['x.example.net'], 'CNAME'), 'apex'],
  ])('refuses %s, and the whole batch with it', async (_, wrong, words) => {
    const right = change('UPSERT', 'www.eden.example.com', ['192.0.2.7']);
    await expect(submit(right, wrong)).rejects.toMatchObject({
      name: 'InvalidChangeBatch',
      message: expect.stringContaining(words),
    });
    expect([lab.ledger(), served('www'), served('api')]).toEqual([[], ['192.0.2.1'], ['192.0.2.1']]);
  });

  it('refuses too many values, an UPSERT counting twice', async () => {
    const values = Array.from({ length: 501 }, (_, at) => `10.0.${at >> 8}.${at & 255}`);
    await expect(submit(change('UPSERT', 'api.eden.example.com', values))).rejects.toMatchObject({
      name: 'InvalidChangeBatch',
    });
    await submit(change('CREATE', 'many.eden.example.com', values));
  });

  it('refuses unknown zones and changes, and requests without known credentials', async () => {
    const list = new ListResourceRecordSetsCommand({ HostedZoneId: 'ZNONE' });
    await expect(client.send(list)).rejects.toMatchObject({ name: 'NoSuchHostedZone' });
    await expect(status('C0')).rejects.toMatchObject({ name: 'NoSuchChange' });
    const bare = await fetch(`${lab.url}/2013-04-01/hostedzone/Z123`);
    expect([bare.status, await bare.text()]).toEqual([403, expect.stringContaining('MissingAuthenticationToken')]);
    await start({ accessKeyIds: ['AKIAOTHER'] });
    await expect(status('C0')).rejects.toMatchObject({ name: 'InvalidClientTokenId' });
  });

  it('lets one zone have one pending change, unless told otherwise', async () => {
    lab.mode({ insyncMs: 60_000 });
    await submit(change('UPSERT', 'api.eden.example.com', ['192.0.2.2']));
    const second = change('UPSERT', 'www.eden.example.com', ['192.0.2.2']);
    await expect(submit(second)).rejects.toMatchObject({ name: 'PriorRequestNotComplete' });
    lab.mode({ refuseWhilePending: false });
    await submit(second);
    expect([lab.ledger().length, served('api')]).toEqual([2, ['192.0.2.1']]);
  });

  it('pages through records and finds zones by name', async () => {
    const names: string[] = [];
    let from: { StartRecordName?: string | undefined; StartRecordType?: RRType | undefined } | undefined = {};
    while (from !== undefined) {
      const command = new ListResourceRecordSetsCommand({ HostedZoneId: 'Z123', MaxItems: 1, ...from });
      const page: Awaited<ReturnType<typeof listed>> = await listed(command);
      names.push(...(page.ResourceRecordSets ?? []).map((set) => set.Name!));
      from = page.IsTruncated
        ? { StartRecordName: page.NextRecordName, StartRecordType: page.NextRecordType }
        : undefined;
    }
    expect(names).toEqual(['api.eden.example.com.', 'www.eden.example.com.']);
    const zones = await client.send(new ListHostedZonesByNameCommand({ DNSName: ZONE }));
    expect(zones.HostedZones).toMatchObject([{ Id: '/hostedzone/Z123', Name: 'eden.example.com.' }]);
    const zone = await client.send(new GetHostedZoneCommand({ Id: 'Z123' }));
    expect(zone.DelegationSet?.NameServers).toHaveLength(1);
  });
  const listed = (command: ListResourceRecordSetsCommand) => client.send(command);

  it('loses changes on demand: INSYNC, and the authority knows nothing', async () => {
    lab.mode({ lostChanges: true });
    const { ChangeInfo } = await submit(change('UPSERT', 'api.eden.example.com', ['192.0.2.2']));
    await expect.poll(() => status(ChangeInfo!.Id!)).toBe('INSYNC');
    expect([served('api'), lab.ledger()[0]?.servedAt]).toEqual([['192.0.2.1'], null]);
  });

  it('breaks on demand, before the change or after it', async () => {
    const upsert = change('UPSERT', 'api.eden.example.com', ['192.0.2.2']);
    lab.fault({ kind: '503', times: 1 });
    await expect(submit(upsert)).rejects.toMatchObject({ $metadata: { httpStatusCode: 503 } });
    lab.fault({ kind: 'throttle', times: 1 });
    await expect(submit(upsert)).rejects.toMatchObject({ name: 'Throttling' });
    lab.fault({ kind: 'reset', times: 1 });
    await expect(submit(upsert)).rejects.toThrow();
    expect(lab.ledger()).toEqual([]);
    lab.fault({ kind: 'reset-after-commit', times: 1, operation: 'ChangeResourceRecordSets' });
    await expect(submit(upsert)).rejects.toThrow();
    expect(lab.ledger()).toHaveLength(1);
    lab.fault({ kind: 'hang' });
    const abortSignal = AbortSignal.timeout(100);
    await expect(client.send(new GetChangeCommand({ Id: 'C1' }), { abortSignal })).rejects.toThrow();
    expect(lab.calls().map((call) => call.fault)).toEqual(['503', 'throttle', 'reset', 'reset-after-commit', 'hang']);
  });
});
