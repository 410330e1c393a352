/**
 * Names at Route 53. Planning and changing go to its control plane, which lives in us-east-1; what clients get is asked
 * of the zone's authorities and of resolvers directly, never of the API, because INSYNC is a claim and an answer is not.
 */
import { ConfigError, IntegrationError } from '../../lib/errors.ts';
import type { Dns, DnsAnswer, DnsPlan, DnsRecord, DnsSubmission, Lookup } from '../../ports/dns.ts';
import { type ApiOptions, route53Api } from './api.ts';
import { changesOf, checkSize, checkWanted } from './wanted.ts';

export type Route53ZoneOptions = {
  name: string;
  /** The name servers to ask, `address:port`. Default: those of the zone's NS records, found through the resolvers. */
  authorities?: string[];
};

export type Route53DnsOptions = ApiOptions & {
  /** By zone id: `{ Z123: { name: 'eden.example.com' } }`. */
  zones: Record<string, Route53ZoneOptions>;
  /** How name servers are asked. */
  lookup: Lookup;
};

type Server = { label: string; endpoint: string };

const PROVIDER = 'route53';

/**
 * A `Dns` of Route 53. `plan` throws ConfigError for what cannot be asked for; every failed call is an
 * IntegrationError whose `effect` says whether a change may have been taken.
 */
export function route53Dns(options: Route53DnsOptions): Dns {
  const { zones, lookup } = options;
  const api = route53Api(options);
  const known = new Map<string, Server[]>();

  const authoritiesOf = async (zoneId: string, signal: AbortSignal): Promise<Server[]> => {
    const zone = zones[zoneId];
    if (zone === undefined) return [];
    if (zone.authorities !== undefined) return zone.authorities.map((endpoint) => ({ label: endpoint, endpoint }));
    const found = await nameServers(zone.name, lookup, signal);
    // Where the resolvers are silent, the servers seen last are still the best ones to ask.
    if (found.length > 0) known.set(zoneId, found);
    return known.get(zoneId) ?? [];
  };

  return {
    async plan(wanted, signal) {
      checkProvider(wanted);
      checkWanted(wanted, zones);
      const batches: DnsPlan['batches'] = [];
      for (const zone of new Set(wanted.map((record) => record.zone))) {
        const records = wanted.filter((record) => record.zone === zone);
        const present = await api.present(zone, [...new Set(records.map((record) => record.name))], signal);
        const changes = changesOf(records, present);
        if (changes.length > 0) batches.push({ provider: PROVIDER, zone, changes });
      }
      return { batches };
    },

    async apply(plan, comment, signal) {
      for (const { zone, changes } of plan.batches) {
        const records = changes.map((change) => change.record);
        checkProvider(records);
        checkWanted(records, zones);
        checkSize(changes);
        if (records.some((record) => record.zone !== zone)) {
          throw new ConfigError(`A batch for zone ${zone} has records of another zone.`, { code: 'dns-zone' });
        }
      }
      const submissions: DnsSubmission[] = [];
      for (const { zone, changes } of plan.batches) {
        try {
          const info = await api.change(zone, changes, comment, signal);
          submissions.push({
            provider: PROVIDER,
            zone,
            changeId: info.Id!.replace(/^\/change\//, ''),
            state: stateOf(info.Status),
          });
        } catch (error) {
          throw submissions.length === 0 ? error : partly(error, submissions);
        }
      }
      return submissions;
    },

    async state({ zone, changeId }, signal) {
      const info = await api.get(zone, changeId, signal);
      return stateOf(info.Status);
    },

    async answers(record, signal) {
      const servers = await authoritiesOf(record.zone, signal);
      const asked = servers.map(async ({ label, endpoint }): Promise<DnsAnswer> => {
        const answer = await lookup.ask(endpoint, 'authority', record, signal);
        return { ...answer, server: label };
      });
      if (asked.length === 0) asked.push(Promise.resolve(noAuthority(record.zone, zones[record.zone]?.name)));
      const resolvers = lookup.resolvers.map((server) => lookup.ask(server, 'resolver', record, signal));
      return Promise.all([...asked, ...resolvers]);
    },
  };
}

const stateOf = (status: string | undefined): DnsSubmission['state'] => (status === 'INSYNC' ? 'insync' : 'pending');

function checkProvider(records: DnsRecord[]): void {
  const other = records.find((record) => record.provider !== PROVIDER);
  if (other === undefined) return;
  throw new ConfigError(`${other.type} ${other.name} belongs to ${other.provider}, not to ${PROVIDER}.`, {
    code: 'dns-provider',
  });
}

/** An earlier batch of the same call was taken: whatever became of this one, the call has had an effect. */
function partly(error: unknown, taken: DnsSubmission[]): unknown {
  if (!(error instanceof IntegrationError)) return error;
  const before = taken.map(({ zone, changeId }) => `${zone} (${changeId})`).join(', ');
  return new IntegrationError(`${error.message} Before it these zones were changed: ${before}.`, {
    code: error.code,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    cause: error,
    system: error.system,
    operation: error.operation,
    effect: 'unknown',
  });
}

const noAuthority = (zone: string, name: string | undefined): DnsAnswer => ({
  server: 'authority',
  kind: 'authority',
  values: [],
  ttl: 0,
  error:
    name === undefined
      ? `The zone ${zone} is not configured, so its name servers are not known.`
      : `The name servers of ${name} were not found: no resolver gave its NS records and their addresses.`,
});

/** The zone's own name servers as the first answering resolver knows them: the data plane, not the provider's API. */
async function nameServers(zone: string, lookup: Lookup, signal: AbortSignal): Promise<Server[]> {
  const first = async (name: string, type: 'NS' | 'A'): Promise<string[]> => {
    for (const resolver of lookup.resolvers) {
      const { values } = await lookup.ask(resolver, 'resolver', { name, type }, signal);
      if (values.length > 0) return values;
    }
    return [];
  };
  const hosts = await first(zone, 'NS');
  const servers = await Promise.all(
    hosts.map(async (host): Promise<Server[]> => {
      const address = (await first(host, 'A'))[0];
      return address === undefined ? [] : [{ label: `${host} (${address}:53)`, endpoint: `${address}:53` }];
    }),
  );
  return servers.flat();
}
