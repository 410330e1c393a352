/** Incidents as Statuspage shows them, read with care, and which of them is ours. */
import { IntegrationError } from '../../lib/errors.ts';

export const MAX_NAME = 255;
export const MAX_TEXT = 25_000;
/** How far back one that is over is looked for. */
export const RECENT = 100;
export const cut = (text: string, most: number): string => (text.length <= most ? text : `${text.slice(0, most - 1)}…`);

/** What is asked of the API, and how the sentence begins when it fails. */
export type Doing = { operation: string; what: string };

export type Incident = {
  id: string;
  /** The key it was opened under; null when it is not one of ours. */
  key: string | null;
  status: string;
  link: string | null;
  /** What was said last. */
  last: { status: string; body: string } | null;
};

type Item = Record<string, unknown>;
const isItem = (value: unknown): value is Item => typeof value === 'object' && value !== null && !Array.isArray(value);
const textIn = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);

/** @throws IntegrationError when it is no list: an empty one would be read as "not opened yet". */
export function incidentsIn(body: unknown, { operation, what }: Doing): Incident[] {
  if (!Array.isArray(body)) {
    throw new IntegrationError(`${what}: Statuspage’s answer is no list of incidents.`, {
      code: 'statuspage-surprising',
      system: 'statuspage',
      operation,
      effect: 'none',
    });
  }
  return body.filter(isItem).flatMap((one): Incident[] => {
    const id = textIn(one['id']);
    if (id === null) return [];
    const ours = isItem(one['metadata']) ? one['metadata']['regent'] : undefined;
    const updates = Array.isArray(one['incident_updates']) ? one['incident_updates'].filter(isItem) : [];
    return [
      {
        id: encodeURIComponent(id),
        key: isItem(ours) ? textIn(ours['key']) : null,
        status: textIn(one['status']) ?? '',
        link: linkIn(one),
        last: newest(updates),
      },
    ];
  });
}

export const found = (key: string, incidents: Incident[]): Incident | undefined =>
  incidents.find((incident) => incident.key === key);

/** Where people read it. */
export const linkIn = (incident: unknown): string | null => (isItem(incident) ? textIn(incident['shortlink']) : null);

function newest(updates: Item[]): Incident['last'] {
  const [last] = updates.toSorted((a, b) => String(b['created_at'] ?? '').localeCompare(String(a['created_at'] ?? '')));
  return last === undefined ? null : { status: textIn(last['status']) ?? '', body: textIn(last['body']) ?? '' };
}
