/**
 * The public face of the lab's DNS: `startAuthority(options)` in `authority.ts` and `startResolver(options)` in
 * `resolver.ts`.
 *
 * The authority is the truth: it answers authoritatively (aa bit, SOA, NXDOMAIN, NODATA) for zones held in memory.
 * The resolver stands between it and the lab's clients and caches for a TTL, so that a DNS switch takes the time it
 * takes in the world. Both are real servers on 127.0.0.1 over UDP and TCP: `dig @127.0.0.1 -p PORT name` works.
 *
 *   const authority = await startAuthority({ zones: [{ name: 'eden.example.com', rrsets: [...] }] });
 *   const resolver = await startResolver({ upstream: authority.server, ttlDivisor: pace });
 *   http.get({ host: 'api.eden.example.com', lookup: resolver.lookup, agent: false }, …);
 */
import type { LookupFunction } from 'node:net';

export type LabRecordType = 'A' | 'AAAA' | 'CNAME' | 'NS' | 'TXT';

/** All values of one name and type. Names without the trailing dot; wildcards are not served. */
export type LabRrset = { name: string; type: LabRecordType; ttl: number; values: string[] };

export interface LabZone {
  /** `eden.example.com`; also internal ones such as `eden.internal`. The longest zone that fits a name answers for it. */
  name: string;
  rrsets?: LabRrset[];
  /** How long resolvers may remember that something does not exist (SOA minimum), in seconds. Default 60. */
  negativeTtl?: number;
}

export interface AuthorityOptions {
  zones: LabZone[];
  /** Port for UDP and TCP alike; default any free one. Always on 127.0.0.1. */
  port?: number;
}

export type DnsFault = {
  /** `silent`: takes the question and says nothing; the others answer with that code. */
  kind: 'silent' | 'servfail' | 'refused';
  /** How many questions it spoils; default all until `clearFaults()`. */
  times?: number;
};

export type SeenQuery = { at: number; name: string; type: string; over: 'udp' | 'tcp'; rcode: string };

export interface Authority {
  readonly port: number;
  /** `127.0.0.1:PORT`: what configurations call an authority. */
  readonly server: string;
  /** Replaces the values of one name and type; an empty list of values removes them. */
  set(zone: string, rrset: LabRrset): void;
  /** The same for several at once: no question ever sees half of them. */
  setAll(zone: string, rrsets: LabRrset[]): void;
  addZone(zone: LabZone): void;
  /** Everything served, or one zone's part, without the SOA. */
  records(zone?: string): LabRrset[];
  /** Counts up with each change of the zone, as in its SOA. */
  serial(zone: string): number;
  /** The last 1000 questions. */
  queries(): SeenQuery[];
  fault(fault: DnsFault): void;
  clearFaults(): void;
  close(): Promise<void>;
}

export interface ResolverOptions {
  /** Where it asks: the authority's `server`. */
  upstream: string;
  /** The lab's pace: a TTL of 60 s is over after 60 s divided by this. Default 1. */
  ttlDivisor?: number;
  port?: number;
  /** How long the upstream may take; default 1000 ms. */
  timeoutMs?: number;
}

export type CachedAnswer = { name: string; type: string; values: string[]; expiresAt: number };

export interface Resolver {
  readonly port: number;
  readonly server: string;
  /** Addresses of a name, out of the same cache as the wire's. Rejects with `code` ENOTFOUND, ENODATA or ESERVFAIL. */
  resolve4(name: string): Promise<string[]>;
  /** For `http.request`, `net.connect` and undici's `connect`: a client that asks this resolver. */
  readonly lookup: LookupFunction;
  cached(): CachedAnswer[];
  /** Forgets everything, as an impatient operator would. */
  flush(): void;
  queries(): SeenQuery[];
  fault(fault: DnsFault): void;
  clearFaults(): void;
  close(): Promise<void>;
}
