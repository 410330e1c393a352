/**
 * The public face of the lab's Route 53: `startRoute53(options)` in `server.ts`.
 *
 * It speaks the REST/XML API of 2013-04-01 to an unmodified AWS SDK (`endpoint: lab.url`) and stands before the lab's
 * authority: a change is listed by the API at once, reaches the authority after `insyncMs`, and is reported INSYNC only
 * when the authority has really answered the new records over DNS.
 */
import type { Authority } from '../dns/types.ts';

export type Route53Operation =
  | 'ChangeResourceRecordSets'
  | 'GetChange'
  | 'ListResourceRecordSets'
  | 'GetHostedZone'
  | 'ListHostedZonesByName'
  | 'TestDNSAnswer'
  | 'Unknown';

/** What the API lists but the authority does not serve: aliases and weighted records, to be left alone. */
export type UnservedRrset = {
  name: string;
  type: 'A' | 'AAAA' | 'CNAME';
  ttl?: number;
  values?: string[];
  alias?: { dnsName: string; hostedZoneId: string };
  setIdentifier?: string;
  weight?: number;
  healthCheckId?: string;
};

export interface Route53Zone {
  id: string;
  /** A zone of the authority; its records at the start are what the API lists. */
  name: string;
  unserved?: UnservedRrset[];
}

export interface Route53Options {
  authority: Authority;
  zones: Route53Zone[];
  /** From the acceptance of a change until the authority has it. Divided by `pace`. */
  insyncMs: number;
  pace?: number;
  /** Added before each answer; may be changed later with `mode()`. Divided by `pace`. */
  latencyMs?: number;
  /** Access key ids that are known; default any. */
  accessKeyIds?: string[];
  /** Answer PriorRequestNotComplete while a change of the same zone is pending; default true. */
  refuseWhilePending?: boolean;
  /** Changes are accepted, listed and reported INSYNC, but never reach the authority. */
  lostChanges?: boolean;
  port?: number;
}

export type Route53Fault = {
  /**
   * `503` and `throttle` answer so; `hang` never answers; `reset` cuts the connection before anything is done,
   * `reset-after-commit` after it was done; `prior` answers PriorRequestNotComplete.
   */
  kind: '503' | 'hang' | 'throttle' | 'reset' | 'reset-after-commit' | 'prior';
  /** How many calls it spoils; default all until `clearFaults()`. */
  times?: number;
  /** Only calls of this kind; default all. */
  operation?: Route53Operation;
};

export type ChangeAction = 'CREATE' | 'UPSERT' | 'DELETE';

export type LedgerChange = {
  action: ChangeAction;
  name: string;
  type: string;
  ttl: number | null;
  values: string[];
};

/** One accepted batch. */
export type LedgerBatch = {
  /** Change id without `/change/`. */
  id: string;
  zone: string;
  comment: string;
  changes: LedgerChange[];
  at: number;
  /** When the authority was given it; null while it was not, and for ever when it was lost. */
  servedAt: number | null;
  insyncAt: number | null;
};

export type Route53Call = {
  at: number;
  operation: Route53Operation;
  /** HTTP status sent; null when the connection was cut or left hanging. */
  status: number | null;
  /** Error code sent, null on success. */
  code: string | null;
  fault: Route53Fault['kind'] | null;
};

export interface Route53Lab {
  readonly port: number;
  /** `http://127.0.0.1:PORT`: the SDK's `endpoint`. */
  readonly url: string;
  /** Accepted batches, oldest first. */
  ledger(): LedgerBatch[];
  calls(): Route53Call[];
  fault(fault: Route53Fault): void;
  clearFaults(): void;
  mode(change: { lostChanges?: boolean; refuseWhilePending?: boolean; insyncMs?: number; latencyMs?: number }): void;
  close(): Promise<void>;
}
