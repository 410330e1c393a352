/** Asking an endpoint as a client would: through DNS as configured, without following redirects. */

export type ProbeResult = {
  url: string;
  /** Null when nothing answered. */
  status: number | null;
  ms: number;
  /** The address the name resolved to, null when it did not. */
  address: string | null;
  /** A sentence when nothing answered. */
  error: string | null;
};

export type ProbeRequest = {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  url: string;
  /** Sent as JSON. */
  body?: unknown;
  headers?: Record<string, string>;
};

export interface Probe {
  /** GET; never throws. A 2xx is health, everything else is not. */
  get(url: string, signal: AbortSignal): Promise<ProbeResult>;
  /** Any request, with what was answered: 64 kB of it at most. Never throws, never sends twice. */
  send(request: ProbeRequest, signal: AbortSignal): Promise<ProbeResult & { body: string }>;
}
