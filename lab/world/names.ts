/**
 * The world's names: an authority and a resolver, and Route 53's API before them. A record is an address of the region
 * that serves, or an alias of that region's own name, whose address never changes.
 */
import { startAuthority } from '../dns/authority.ts';
import { startResolver } from '../dns/resolver.ts';
import type { Authority, LabRrset, Resolver } from '../dns/types.ts';
import type { Keep } from '../lib/closers.ts';
import { startRoute53 } from '../route53/server.ts';
import type { Route53Lab } from '../route53/types.ts';
import type { RecordFile, WorldFile } from './file.ts';

type Options = {
  file: WorldFile;
  /** By region: its public address. */
  addresses: Record<string, string>;
  /** The region that serves. */
  serving: string;
  pace: number;
  keep: Keep;
};

/** How long Route 53 takes from a change to all of its servers, ms of the configuration's time. */
const INSYNC_MS = 10_000;
const TTL = 60;

export async function startNames({ file, addresses, serving, pace, keep }: Options) {
  const services = [...Object.keys(file.services.deployments), 'prometheus'];
  const internal = services.flatMap((service) =>
    Object.entries(addresses).map(([region, address]) =>
      addressOf(`${service}.${file.regions[region]!.alias}.${file.organization}.internal`, address),
    ),
  );
  const authority: Authority = await startAuthority({
    zones: [
      ...file.dns.map(({ zoneName, records }) => ({
        name: zoneName,
        rrsets: [
          ...records.map((record) => answering(record, serving, addresses)),
          ...regionalNames(records, addresses),
        ],
      })),
      { name: `${file.organization}.internal`, rrsets: internal },
    ],
  });
  keep(() => authority.close());
  const resolver: Resolver = await startResolver({ upstream: authority.server, ttlDivisor: pace });
  keep(() => resolver.close());
  const route53: Route53Lab = await startRoute53({
    authority,
    zones: file.dns.map(({ zone, zoneName }) => ({ id: zone, name: zoneName })),
    insyncMs: INSYNC_MS,
    pace,
  });
  keep(() => route53.close());
  return { authority, resolver, route53 };
}

const addressOf = (name: string, address: string): LabRrset => ({ name, type: 'A', ttl: TTL, values: [address] });

/** A record as it is to answer while a region serves: in the lab an address is that region's own. */
export function answering(record: RecordFile, region: string, addresses: Record<string, string>): LabRrset {
  const { name, type, ttl, values } = record;
  return { name, type, ttl, values: type === 'CNAME' ? values[region]! : [addresses[region]!] };
}

/** What the aliases lead to: each name of a region once. */
function regionalNames(records: RecordFile[], addresses: Record<string, string>): LabRrset[] {
  const named = records.flatMap(({ type, values }) =>
    type === 'CNAME' ? Object.entries(values).map(([region, [name]]) => [name!, addresses[region]!] as const) : [],
  );
  return [...new Map(named)].map(([name, address]) => addressOf(name, address));
}
