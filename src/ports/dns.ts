/** Names that clients use, at the provider (control plane) and as resolvers answer (data plane). */

export type DnsRecord = {
  provider: string;
  zone: string;
  /** Without the trailing dot: `api.eden.example.com`. */
  name: string;
  type: 'A' | 'AAAA' | 'CNAME';
  ttl: number;
  values: string[];
};

export type DnsChange = { record: DnsRecord; old: { ttl: number; values: string[] } | null };

/** One atomic batch a zone. Empty batches and empty values are refused when made, never sent. */
export type DnsPlan = { batches: { provider: string; zone: string; changes: DnsChange[] }[] };

/** What the provider took: the batch's id and whether all its servers carry it. */
export type DnsSubmission = { provider: string; zone: string; changeId: string; state: 'pending' | 'insync' };

export type DnsAnswer = {
  /** The server's address, `127.0.0.1:53`, behind its name where it has one: `ns-1.example.com (192.0.2.1:53)`. */
  server: string;
  kind: 'authority' | 'resolver';
  /** Sorted. Empty without an error: the server says that there is no such record. */
  values: string[];
  /** Seconds this answer may still be kept: the shortest of its chain. */
  ttl: number;
  /** A sentence when it did not answer. */
  error: string | null;
};

/** Asking name servers themselves (data plane). Adapters of `Dns` are handed one; they know zones, not sockets. */
export interface Lookup {
  /** One question to one server (`address:port`). An authority must answer with authority. Never throws. */
  ask(
    server: string,
    kind: DnsAnswer['kind'],
    question: { name: string; type: DnsRecord['type'] | 'NS' },
    signal: AbortSignal,
  ): Promise<DnsAnswer>;
  /** The configured resolvers, `address:port`. */
  readonly resolvers: string[];
}

/** The same set of answers, however they are written: order, letter case, a last dot and an IPv6 address's short form do not count. */
export function sameAnswer(type: DnsRecord['type'], a: string[], b: string[]): boolean {
  const plain = (values: string[]) =>
    JSON.stringify(
      values.map((value) => (type === 'AAAA' ? shortest(value) : value.toLowerCase().replace(/\.$/, ''))).sort(),
    );
  return plain(a) === plain(b);
}
const shortest = (address: string): string =>
  URL.canParse(`http://[${address}]`) ? new URL(`http://[${address}]`).hostname : address.toLowerCase();

export interface Dns {
  /** Reads the present records at the provider and says what `wanted` would change. Changes nothing. */
  plan(wanted: DnsRecord[], signal: AbortSignal): Promise<DnsPlan>;
  /** Submits each batch once; `comment` (run and step) marks it at the provider. Returns without waiting for sync. */
  apply(plan: DnsPlan, comment: string, signal: AbortSignal): Promise<DnsSubmission[]>;
  /** State of a submission. */
  state(submission: DnsSubmission, signal: AbortSignal): Promise<DnsSubmission['state']>;
  /** What the zone's authorities and every configured resolver answer now for one name. Never throws: see `error`. */
  answers(record: Pick<DnsRecord, 'zone' | 'name' | 'type'>, signal: AbortSignal): Promise<DnsAnswer[]>;
}
