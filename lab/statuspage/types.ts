/**
 * The public face of the lab's Statuspage: `startStatuspage(options)` in `server.ts`. It speaks as much of the REST API v1
 * as a failover needs, and counts requests as the real one does: so many in a window for each key, 420 beyond.
 */
import type { ApiCall, ApiFault } from '../lib/api-server.ts';

export const COMPONENT_STATUSES = [
  'operational',
  'degraded_performance',
  'partial_outage',
  'major_outage',
  'under_maintenance',
] as const;
export type ComponentStatus = (typeof COMPONENT_STATUSES)[number];

export const INCIDENT_STATUSES = ['investigating', 'identified', 'monitoring', 'resolved'] as const;
/** Of what is told ahead of time. */
export const MAINTENANCE_STATUSES = ['scheduled', 'in_progress', 'verifying', 'completed'] as const;
export type IncidentStatus = (typeof INCIDENT_STATUSES)[number] | (typeof MAINTENANCE_STATUSES)[number];

export const IMPACTS = ['none', 'maintenance', 'minor', 'major', 'critical'] as const;
export type Impact = (typeof IMPACTS)[number];

export type StatuspageOptions = {
  pageId: string;
  /** API keys that are known. */
  keys: string[];
  /** Ids of the page's components and what they are called; all operational at first. */
  components?: Record<string, string>;
  /** Requests that are taken in a window for each key; default 60 in 60,000 ms. */
  limit?: { requests: number; windowMs: number };
  /** Answered to whoever asks too often, default 420. */
  tooOften?: 420 | 429;
  port?: number;
  now?: () => number;
};

export type StatuspageUpdate = {
  id: string;
  status: IncidentStatus;
  body: string;
  at: number;
  /** Whether subscribers were told. */
  notified: boolean;
};

export type StatuspageIncident = {
  id: string;
  name: string;
  status: IncidentStatus;
  impact: Impact;
  metadata: Record<string, Record<string, unknown>>;
  components: string[];
  /** From when until when, ms; null for what was not told ahead of time. */
  scheduled: { from: number; until: number } | null;
  /** Oldest first. */
  updates: StatuspageUpdate[];
  resolvedAt: number | null;
};

export interface StatuspageLab {
  readonly port: number;
  /** `http://127.0.0.1:PORT/v1`: in the place of `https://api.statuspage.io/v1`. */
  readonly url: string;
  /** Oldest first. */
  incidents(): StatuspageIncident[];
  /** Status of each component, by its name. */
  components(): Record<string, ComponentStatus>;
  /** Every call, refused ones too. Operations: `listUnresolved`, `listScheduled`, `listIncidents`, `createIncident`, `updateIncident`. */
  calls(): ApiCall[];
  fault(fault: ApiFault): void;
  clearFaults(): void;
  latency(ms: number): void;
  close(): Promise<void>;
}
