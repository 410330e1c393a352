/**
 * Asks name servers directly, each by its own address, so that what one server still has in its cache can be told from
 * what the authority says. This is the data plane: it works when the DNS provider's API does not.
 */
import { getServers } from 'node:dns';
import type { DecodedPacket } from 'dns-packet';
import { ConfigError } from '../../lib/errors.ts';
import type { DnsAnswer, Lookup } from '../../ports/dns.ts';
import { exchange, parseEndpoint } from './wire.ts';

export type LookupsOptions = {
  /** `address:port`, `address` or `[v6]:port`. Empty: the system's own resolvers. */
  resolvers: string[];
  /** What one server has to answer one question. */
  timeoutMs: number;
};

const NOERROR = 0;
const NXDOMAIN = 3;
const RCODES: Record<number, string> = { 1: 'FORMERR', 2: 'SERVFAIL', 4: 'NOTIMP', 5: 'REFUSED' };

/** @throws ConfigError when a resolver's address cannot be read. */
export function lookups({ resolvers, timeoutMs }: LookupsOptions): Lookup {
  for (const server of resolvers) {
    if (parseEndpoint(server) !== undefined) continue;
    throw new ConfigError(`The resolver "${server}" is not an address.`, {
      code: 'dns-resolver',
      hint: 'Write it as 192.0.2.1:53 or [2001:db8::1]:53.',
    });
  }
  return {
    resolvers: resolvers.length > 0 ? [...resolvers] : getServers(),
    async ask(server, kind, { name, type }, signal) {
      const failed = (error: string): DnsAnswer => ({ server, kind, values: [], ttl: 0, error });
      const endpoint = parseEndpoint(server);
      if (endpoint === undefined) return failed(`"${server}" is not the address of a name server.`);
      const limit = AbortSignal.timeout(timeoutMs);
      try {
        const question = { name, type, recursive: kind === 'resolver' };
        const packet = await exchange(endpoint, question, AbortSignal.any([signal, limit]));
        return answerOf(packet, server, kind, { name, type });
      } catch (error) {
        if (signal.aborted) return failed(`${server} was no longer waited for: the question was cancelled.`);
        if (limit.aborted) return failed(`${server} did not answer within ${timeoutMs} ms.`);
        return failed(`${server} did not answer: ${reasonOf(error)}.`);
      }
    },
  };
}

function answerOf(
  packet: DecodedPacket,
  server: string,
  kind: DnsAnswer['kind'],
  question: { name: string; type: string },
): DnsAnswer {
  const rcode = (packet.flags ?? 0) & 0xf;
  const failed = (error: string): DnsAnswer => ({ server, kind, values: [], ttl: 0, error });
  if (rcode !== NOERROR && rcode !== NXDOMAIN) {
    return failed(`${server} answers ${RCODES[rcode] ?? `code ${rcode}`} for ${question.name}.`);
  }
  if (kind === 'authority' && !packet.flag_aa) {
    return failed(`${server} answers for ${question.name} without authority.`);
  }
  const chain = (packet.answers ?? []).filter((record) => record.type === question.type || record.type === 'CNAME');
  const values = chain.flatMap((record) =>
    record.type === question.type && 'data' in record ? [String(record.data).replace(/\.$/, '')] : [],
  );
  const ttls = [...chain, ...(chain.length > 0 ? [] : (packet.authorities ?? []))].flatMap((record) =>
    'ttl' in record && record.ttl !== undefined ? [record.ttl] : [],
  );
  return { server, kind, values: values.sort(), ttl: ttls.length > 0 ? Math.min(...ttls) : 0, error: null };
}

function reasonOf(error: unknown): string {
  const code = (error as { code?: unknown }).code;
  if (code === 'ECONNREFUSED') return 'nothing listens there (ECONNREFUSED)';
  if (typeof code === 'string') return code;
  return error instanceof Error ? error.message.slice(0, 100) : 'an unknown error';
}
