/** Record sets between our words and Route 53's. */
import type { Change, ResourceRecordSet } from '@aws-sdk/client-route-53';
import type { DnsChange } from '../../ports/dns.ts';
import { type Present, plainName } from './wanted.ts';

export const upsert = ({ record }: DnsChange): Change => ({
  Action: 'UPSERT',
  ResourceRecordSet: {
    Name: record.name,
    Type: record.type,
    TTL: record.ttl,
    ResourceRecords: record.values.map((Value) => ({ Value })),
  },
});

export function presentOf(set: ResourceRecordSet): Present {
  return {
    name: plainName(set.Name ?? ''),
    type: set.Type ?? '',
    ttl: set.TTL ?? 0,
    values: (set.ResourceRecords ?? []).map((record) => record.Value ?? ''),
    special: specialOf(set),
  };
}

/** What makes a record set more than a list of values; a plain UPSERT would take it away or be refused. */
function specialOf(set: ResourceRecordSet): string | null {
  if (set.AliasTarget !== undefined) return `an alias for ${plainName(set.AliasTarget.DNSName ?? '')}`;
  if (set.SetIdentifier !== undefined) {
    const kind = set.Weight === undefined ? 'routed' : 'weighted';
    return `a ${kind} record ("${set.SetIdentifier}")`;
  }
  if (set.TrafficPolicyInstanceId !== undefined) return 'made by a traffic policy';
  return set.HealthCheckId === undefined ? null : `behind the health check ${set.HealthCheckId}`;
}
