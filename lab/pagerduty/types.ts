/**
 * The public face of the lab's PagerDuty: `startPagerduty(options)` in `server.ts`.
 *
 * One HTTPS server speaks both of its APIs to an unmodified SDK: Events v2 (`/v2/enqueue`) and as much of REST v2 as a
 * failover needs. An event that was taken becomes an incident only a moment later, as with the real one.
 */
import type { ApiCall, ApiFault } from '../lib/api-server.ts';

export type PagerdutyUser = {
  id: string;
  name: string;
  email: string;
  /** With its country code apart, as the API has it. */
  phone?: { countryCode: number; number: string };
};

export type PagerdutyOptions = {
  /** Integration keys (32 characters) and the service each belongs to. */
  routingKeys: Record<string, string>;
  /** REST tokens that are known. Default: none, so that REST refuses everybody. */
  tokens?: string[];
  users?: PagerdutyUser[];
  /** Who is on call now. */
  onCalls?: { policy: string; level: number; user: string; until?: string }[];
  /** From the event to its incident, ms; default 0: at once. */
  incidentAfterMs?: number;
  /** Events a minute for each integration key, default 120. */
  eventsPerMinute?: number;
  /** REST calls a minute for each token, default 960. */
  callsPerMinute?: number;
  port?: number;
  now?: () => number;
};

export type PagerdutyIncident = {
  id: string;
  /** The dedup key. */
  key: string;
  service: string;
  status: 'triggered' | 'acknowledged' | 'resolved';
  summary: string;
  source: string;
  severity: string;
  details: Record<string, unknown>;
  links: { href: string; text?: string }[];
  notes: { id: string; content: string; by: string }[];
  /** Events it was made of, oldest first. */
  events: ('trigger' | 'acknowledge' | 'resolve')[];
  openedAt: number;
  resolvedAt: number | null;
};

export interface PagerdutyLab {
  readonly port: number;
  /** `https://127.0.0.1:PORT`, for both APIs. Its certificate is `LAB_CERTIFICATE` of lab/lib/certificate.ts. */
  readonly url: string;
  /** Oldest first. */
  incidents(): PagerdutyIncident[];
  /** Every call, refused ones too. Operations: `enqueue`, `listIncidents`, `listNotes`, `createNote`, `listOnCalls`, `listContactMethods`. */
  calls(): ApiCall[];
  fault(fault: ApiFault): void;
  clearFaults(): void;
  latency(ms: number): void;
  close(): Promise<void>;
}
