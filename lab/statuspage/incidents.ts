/** What the API takes of an incident, and how it shows one. */
import { filled, isObject } from '../lib/api-server.ts';
import {
  COMPONENT_STATUSES,
  type ComponentStatus,
  IMPACTS,
  type Impact,
  INCIDENT_STATUSES,
  type IncidentStatus,
  MAINTENANCE_STATUSES,
  type StatuspageIncident,
} from './types.ts';

export type Written = {
  name?: string;
  status?: IncidentStatus;
  impact_override?: Impact;
  body?: string;
  components?: Record<string, ComponentStatus>;
  component_ids?: string[];
  deliver_notifications?: boolean;
  scheduled_for?: string;
  scheduled_until?: string;
  metadata?: StatuspageIncident['metadata'];
};

const among = (list: readonly string[], value: unknown): boolean => typeof value === 'string' && list.includes(value);

/** Everything wrong with what was sent as `incident`; empty when it is taken. */
export function problemsOf(
  sent: unknown,
  { creating, known, now }: { creating: boolean; known: string[]; now: number },
): string[] {
  if (!isObject(sent)) return ['incident is missing'];
  const { name, status, impact_override: impact, body, components, component_ids: ids, metadata } = sent;
  const problems: string[] = [];
  if (creating && !filled(name)) problems.push("Name can't be blank");
  if (filled(name) && name.length > 255) problems.push('Name is too long (maximum is 255 characters)');
  if (filled(body) && body.length > 25_000) problems.push('Body is too long (maximum is 25000 characters)');
  if (status !== undefined && !among([...INCIDENT_STATUSES, ...MAINTENANCE_STATUSES], status))
    problems.push(`${status} is not a valid status`);
  problems.push(...(creating ? scheduleProblems(sent, now) : []));
  if (impact !== undefined && !among(IMPACTS, impact)) problems.push(`${impact} is not a valid impact_override`);
  if (components !== undefined && !isObject(components)) problems.push('components must be an object');
  else {
    for (const [id, state] of Object.entries(components ?? {})) {
      if (!known.includes(id)) problems.push(`Component ${id} does not belong to this page`);
      if (!among(COMPONENT_STATUSES, state)) problems.push(`${state} is not a valid component status`);
    }
  }
  if (ids !== undefined && !(Array.isArray(ids) && ids.every((id) => known.includes(id)))) {
    problems.push('component_ids must be ids of components of this page');
  }
  if (metadata !== undefined && !(isObject(metadata) && Object.values(metadata).every(isObject))) {
    problems.push('Metadata must be an object whose top-level values are objects');
  }
  return problems;
}

/** Both times or none; what is told ahead lies ahead. */
function scheduleProblems({ status, scheduled_for, scheduled_until }: Record<string, unknown>, now: number): string[] {
  if (scheduled_for === undefined && scheduled_until === undefined)
    return among(MAINTENANCE_STATUSES, status) ? ['scheduled_for is missing'] : [];
  const [from, until] = [scheduled_for, scheduled_until].map((one) => Date.parse(String(one))) as [number, number];
  if (Number.isNaN(from) || Number.isNaN(until)) return ['scheduled_for and scheduled_until must be timestamps'];
  return [
    ...(from <= now ? ['scheduled_for must be in the future'] : []),
    ...(until <= from ? ['scheduled_until must be after scheduled_for'] : []),
    ...(among(MAINTENANCE_STATUSES, status ?? 'scheduled') ? [] : [`${status} is not a status of maintenance`]),
  ];
}

/** Changes an incident as it was told to; the status or a body makes an update people read. */
export function write(incident: StatuspageIncident, sent: Written, at: number, updateId: string): void {
  if (sent.name !== undefined) incident.name = sent.name;
  if (sent.impact_override !== undefined) incident.impact = sent.impact_override;
  if (sent.metadata !== undefined) incident.metadata = sent.metadata;
  if (sent.component_ids !== undefined) incident.components = sent.component_ids;
  if (sent.scheduled_for !== undefined && sent.scheduled_until !== undefined)
    incident.scheduled = { from: Date.parse(sent.scheduled_for), until: Date.parse(sent.scheduled_until) };
  const status = sent.status ?? incident.status;
  if (status !== incident.status || sent.body !== undefined || incident.updates.length === 0) {
    const notified = sent.deliver_notifications ?? true;
    incident.updates.push({ id: updateId, status, body: sent.body ?? '', at, notified });
  }
  if (status === 'resolved' && incident.status !== 'resolved') incident.resolvedAt = at;
  if (status !== 'resolved') incident.resolvedAt = null;
  incident.status = status;
}

/** An incident as the API shows it: its newest update first. */
export function shown(incident: StatuspageIncident, pageId: string): unknown {
  return {
    id: incident.id,
    page_id: pageId,
    name: incident.name,
    status: incident.status,
    impact: incident.impact,
    impact_override: incident.impact,
    metadata: incident.metadata,
    shortlink: `https://stspg.example/${incident.id}`,
    components: incident.components.map((id) => ({ id })),
    scheduled_for: incident.scheduled === null ? null : new Date(incident.scheduled.from).toISOString(),
    scheduled_until: incident.scheduled === null ? null : new Date(incident.scheduled.until).toISOString(),
    resolved_at: incident.resolvedAt === null ? null : new Date(incident.resolvedAt).toISOString(),
    incident_updates: incident.updates.toReversed().map(({ id, status, body, at }) => ({
      id,
      incident_id: incident.id,
      status,
      body,
      created_at: new Date(at).toISOString(),
    })),
  };
}
