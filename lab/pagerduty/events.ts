/** Events API v2: what is wrong with an event, and what a good one does to the incidents. */
import { filled, isObject } from '../lib/api-server.ts';
import type { PagerdutyIncident, PagerdutyOptions } from './types.ts';

export type PagerEvent = {
  routing_key: string;
  event_action: 'trigger' | 'acknowledge' | 'resolve';
  dedup_key: string;
  payload?: { summary: string; source: string; severity: string; custom_details?: Record<string, unknown> };
  links?: { href: string; text?: string }[];
};

const SEVERITIES = ['critical', 'error', 'warning', 'info'];

/** Everything wrong with an event, in the API's terms; empty when it is taken. */
export function problemsOf(body: unknown, routingKeys: PagerdutyOptions['routingKeys']): string[] {
  if (!isObject(body)) return ['JSON parse error'];
  const { routing_key: key, event_action: action, dedup_key: dedup, payload, links } = body;
  const problems: string[] = [];
  if (!filled(key)) problems.push("'routing_key' is missing or blank");
  else if (key.length !== 32) problems.push("Length of 'routing_key' is incorrect (should be 32 characters)");
  else if (!(key in routingKeys)) problems.push("'routing_key' is not known");
  if (action !== 'trigger' && action !== 'acknowledge' && action !== 'resolve') {
    problems.push("'event_action' is invalid (must be one of: trigger, acknowledge, resolve)");
  }
  if (dedup === undefined && action !== 'trigger') problems.push("'dedup_key' is missing or blank");
  if (dedup !== undefined && !filled(dedup)) problems.push("'dedup_key' is missing or blank");
  if (filled(dedup) && dedup.length > 255) problems.push("'dedup_key' is too long (maximum 255 characters)");
  if (action === 'trigger') problems.push(...payloadProblems(payload));
  if (links !== undefined && !(Array.isArray(links) && links.every((link) => isObject(link) && isWeb(link['href'])))) {
    problems.push("'links' must be a list of objects with an 'href'");
  }
  return problems;
}

function payloadProblems(payload: unknown): string[] {
  if (!isObject(payload)) return ["'payload' is missing or blank"];
  const problems: string[] = [];
  for (const field of ['summary', 'source', 'severity']) {
    if (!filled(payload[field])) problems.push(`'payload.${field}' is missing or blank`);
  }
  const { summary, severity, custom_details: details } = payload;
  if (filled(summary) && summary.length > 1024)
    problems.push("'payload.summary' is too long (maximum 1024 characters)");
  if (filled(severity) && !SEVERITIES.includes(severity)) {
    problems.push("'payload.severity' is invalid (must be one of: critical, error, warning, info)");
  }
  if (details !== undefined && !isObject(details)) problems.push("'payload.custom_details' must be an object");
  return problems;
}

const isWeb = (href: unknown): boolean => filled(href) && /^https?:/.test(href) && URL.canParse(href);

/** What a good event does. One open incident for each key of a service: a second trigger adds to it. */
export function takeEvent(
  incidents: PagerdutyIncident[],
  event: PagerEvent,
  service: string,
  now: number,
  nextId: () => string,
): void {
  const open = incidents.find(
    (one) => one.key === event.dedup_key && one.service === service && one.status !== 'resolved',
  );
  const { event_action: action, payload, links = [] } = event;
  if (open !== undefined) {
    open.events.push(action);
    if (action === 'acknowledge') open.status = 'acknowledged';
    if (action === 'resolve') Object.assign(open, { status: 'resolved', resolvedAt: now });
    return;
  }
  // Nothing to acknowledge or resolve: taken, and without an effect.
  if (action !== 'trigger' || payload === undefined) return;
  incidents.push({
    id: nextId(),
    key: event.dedup_key,
    service,
    status: 'triggered',
    summary: payload.summary,
    source: payload.source,
    severity: payload.severity,
    details: payload.custom_details ?? {},
    links,
    notes: [],
    events: ['trigger'],
    openedAt: now,
    resolvedAt: null,
  });
}
