/**
 * Waking people. What belongs to one run is one incident, under one key the caller gives; a page is best effort and
 * never in a failover's way: whoever calls goes on when it throws.
 */
import type { Json } from '../lib/json.ts';

export type Page = {
  /** Names the incident. While it is open, the same key is the same incident, however often it is sent. */
  key: string;
  /** One line: what the woken person reads first. */
  summary: string;
  severity: 'critical' | 'error' | 'warning' | 'info';
  /** What it is about: the system or the region. */
  source: string;
  details: Record<string, Json>;
  /** Where to read on and act; null when there is nowhere. */
  link: { href: string; text: string } | null;
};

export type OnCall = {
  name: string;
  /** How to reach the person, the best way first: telephone numbers, mail addresses. */
  reach: string[];
  /** 1 is called first. */
  level: number;
  /** End of the shift, ISO 8601; null where it has none. */
  until: string | null;
};

/** Every verb throws IntegrationError; `effect: 'none'` only where surely nothing arrived. */
export interface Pager {
  /** Opens the incident of this key, or adds to it while it is open: safe to send again. */
  trigger(page: Page, signal: AbortSignal): Promise<void>;
  /** Writes a line into the incident. The same text is written once only. Throws while there is no such incident yet. */
  note(key: string, text: string, signal: AbortSignal): Promise<void>;
  /** Closes the incident. A key that was never opened is no error. */
  resolve(key: string, signal: AbortSignal): Promise<void>;
  /** Who is on call now, whoever is called first in front; null where it cannot be asked. */
  onCall(signal: AbortSignal): Promise<OnCall[] | null>;
}
