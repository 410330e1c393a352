/** The six calls of the API the lab answers: each gives an XML document or throws an ApiError. */
import { randomBytes } from 'node:crypto';
import { ask, valuesOf } from '../dns/client.ts';
import type { Authority } from '../dns/types.ts';
import type { Propagation } from './changes.ts';
import type { LedgerBatch, Route53Operation } from './types.ts';
import { ApiError, documentOf, parseChangeRequest, recordXml, tag, textTag } from './xml.ts';
import { changed, from, type Stored } from './zone.ts';

export type HostedZone = { id: string; name: string; records: Stored[] };

export type World = {
  zones: Map<string, HostedZone>;
  ledger: LedgerBatch[];
  authority: Authority;
  propagation: Propagation;
  refuseWhilePending(): boolean;
};

export type Call = { operation: Route53Operation; id: string; query: URLSearchParams; body: string };

/** Which call a request is; the id of its zone or change, without prefixes. */
export function route(method: string, url: URL): Omit<Call, 'body'> {
  const path = url.pathname
    .replace(/^\/2013-04-01\//, '')
    .replace(/\/$/, '')
    .split('/');
  const [kind, id = '', rest] = path;
  const found = (operation: Route53Operation) => ({ operation, id: decodeURIComponent(id), query: url.searchParams });
  if (!url.pathname.startsWith('/2013-04-01/')) return found('Unknown');
  if (kind === 'hostedzone' && rest === 'rrset') {
    return found(method === 'POST' ? 'ChangeResourceRecordSets' : 'ListResourceRecordSets');
  }
  if (method !== 'GET') return found('Unknown');
  if (kind === 'hostedzone' && id !== '' && rest === undefined) return found('GetHostedZone');
  if (kind === 'change') return found('GetChange');
  if (kind === 'hostedzonesbyname') return found('ListHostedZonesByName');
  return found(kind === 'testdnsanswer' ? 'TestDNSAnswer' : 'Unknown');
}

export async function perform(world: World, call: Call): Promise<string> {
  switch (call.operation) {
    case 'ChangeResourceRecordSets':
      return change(world, call);
    case 'GetChange':
      return getChange(world, call);
    case 'ListResourceRecordSets':
      return listRecords(world, call);
    case 'GetHostedZone':
      return getZone(zoneOf(world, call.id));
    case 'ListHostedZonesByName':
      return listZones(world, call);
    case 'TestDNSAnswer':
      return testAnswer(world, call);
    default:
      throw new ApiError(404, 'UnknownOperationException', 'The lab does not know this call of Route 53.');
  }
}

function zoneOf(world: World, id: string): HostedZone {
  const zone = world.zones.get(id.replace(/^\/?hostedzone\//, ''));
  if (zone === undefined) throw new ApiError(404, 'NoSuchHostedZone', `No hosted zone found with ID: ${id}`);
  return zone;
}

function change(world: World, { id, body }: Call): string {
  const zone = zoneOf(world, id);
  const { comment, changes } = parseChangeRequest(body);
  if (world.refuseWhilePending() && world.propagation.pending(zone.id)) {
    throw new ApiError(400, 'PriorRequestNotComplete', 'The request was rejected: a prior one is not complete.');
  }
  zone.records = changed(zone.name, zone.records, changes);
  const batch: LedgerBatch = {
    id: `C${randomBytes(10).toString('hex').toUpperCase()}`,
    zone: zone.id,
    comment,
    changes: changes.map(({ action, record: { name, type, ttl, values } }) => ({ action, name, type, ttl, values })),
    at: Date.now(),
    servedAt: null,
    insyncAt: null,
  };
  world.ledger.push(batch);
  world.propagation.start(batch, zone.name, changes, zone.records);
  return documentOf('ChangeResourceRecordSetsResponse', changeInfo(batch));
}

function getChange(world: World, { id }: Call): string {
  const batch = world.ledger.find((other) => other.id === id);
  if (batch === undefined) throw new ApiError(404, 'NoSuchChange', `Could not find resource with ID: ${id}`);
  return documentOf('GetChangeResponse', changeInfo(batch));
}

const changeInfo = (batch: LedgerBatch): string =>
  tag(
    'ChangeInfo',
    textTag('Id', `/change/${batch.id}`) +
      textTag('Status', batch.insyncAt === null ? 'PENDING' : 'INSYNC') +
      textTag('SubmittedAt', new Date(batch.at).toISOString()) +
      (batch.comment === '' ? '' : textTag('Comment', batch.comment)),
  );

function listRecords(world: World, { id, query }: Call): string {
  const zone = zoneOf(world, id);
  const [name, type, identifier] = [query.get('name'), query.get('type'), query.get('identifier')];
  if (name === null && (type !== null || identifier !== null)) {
    throw new ApiError(400, 'InvalidInput', 'A type or identifier to start from needs a name.');
  }
  const maxItems = Math.min(Number(query.get('maxitems') ?? 300) || 300, 300);
  const plain = (name ?? '').toLowerCase().replace(/\.$/, '');
  const records = from(zone.records, plain, type ?? '', identifier ?? '');
  const next = records[maxItems];
  const paging =
    next === undefined
      ? ''
      : textTag('NextRecordName', `${next.name}.`) +
        textTag('NextRecordType', next.type) +
        (next.setIdentifier === undefined ? '' : textTag('NextRecordIdentifier', next.setIdentifier));
  return documentOf(
    'ListResourceRecordSetsResponse',
    tag('ResourceRecordSets', records.slice(0, maxItems).map(recordXml).join('')) +
      textTag('IsTruncated', String(next !== undefined)) +
      paging +
      textTag('MaxItems', maxItems),
  );
}

const zoneXml = (zone: HostedZone): string =>
  tag(
    'HostedZone',
    textTag('Id', `/hostedzone/${zone.id}`) +
      textTag('Name', `${zone.name}.`) +
      textTag('CallerReference', zone.id) +
      tag('Config', textTag('PrivateZone', 'false')) +
      textTag('ResourceRecordSetCount', zone.records.length),
  );

function getZone(zone: HostedZone): string {
  const own = zone.records.find((record) => record.type === 'NS' && record.name === zone.name);
  const servers = (own?.values ?? [`ns1.${zone.name}`]).map((name) => textTag('NameServer', name)).join('');
  const delegation = tag('DelegationSet', tag('NameServers', servers));
  return documentOf('GetHostedZoneResponse', zoneXml(zone) + delegation);
}

function listZones(world: World, { query }: Call): string {
  const start = (query.get('dnsname') ?? '').toLowerCase().replace(/\.$/, '').split('.').reverse().join(' ');
  const maxItems = Math.min(Number(query.get('maxitems') ?? 100) || 100, 100);
  const key = (zone: HostedZone) => zone.name.split('.').reverse().join(' ');
  const zones = [...world.zones.values()]
    .filter((zone) => key(zone) >= start)
    .sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : a.id < b.id ? -1 : 1));
  const next = zones[maxItems];
  return documentOf(
    'ListHostedZonesByNameResponse',
    tag('HostedZones', zones.slice(0, maxItems).map(zoneXml).join('')) +
      textTag('IsTruncated', String(next !== undefined)) +
      (next === undefined ? '' : textTag('NextDNSName', `${next.name}.`) + textTag('NextHostedZoneId', next.id)) +
      textTag('MaxItems', maxItems),
  );
}

/** The authority's own view, asked over DNS, never what the API has stored. */
async function testAnswer(world: World, { query }: Call): Promise<string> {
  const [id, name, type] = [query.get('hostedzoneid'), query.get('recordname'), query.get('recordtype')];
  if (id === null || name === null || type === null) throw new ApiError(400, 'InvalidInput', 'A parameter is missing.');
  zoneOf(world, id);
  const asked = await ask(world.authority.server, name, type);
  const data = valuesOf(asked.answers, type).map((value) => textTag('RecordDataEntry', value));
  return documentOf(
    'TestDNSAnswerResponse',
    textTag('Nameserver', world.authority.server) +
      textTag('RecordName', name) +
      textTag('RecordType', type) +
      tag('RecordData', data.join('')) +
      textTag('ResponseCode', asked.rcode) +
      textTag('Protocol', 'UDP'),
  );
}
