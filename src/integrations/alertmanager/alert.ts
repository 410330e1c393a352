/** One alert of Alertmanager's API as ours. Labels are whatever somebody's rules put there: nothing is taken for granted. */
import type { Alert } from '../../ports/alerts.ts';

/** null where it is none. */
export function alertOf(given: unknown): Alert | null {
  if (typeof given !== 'object' || given === null) return null;
  const { labels: rawLabels, annotations: rawAnnotations, startsAt } = given as { [key: string]: unknown };
  if (typeof rawLabels !== 'object' || rawLabels === null) return null;
  const labels = texts(rawLabels);
  const annotations = texts(rawAnnotations);
  const since = typeof startsAt === 'string' ? Date.parse(startsAt) : Number.NaN;
  return {
    name: labels['alertname'] ?? 'an alert without a name',
    severity: labels['severity'] ?? null,
    since: Number.isNaN(since) ? null : since,
    labels,
    summary: oneLine(annotations['summary'] ?? annotations['message'] ?? annotations['description']),
  };
}

/** Words people commonly use for it, gravest first; others come after them, none last. */
const GRAVITY = ['page', 'critical', 'error', 'high', 'major', 'warning', 'medium', 'minor', 'low', 'info', 'none'];
const rank = ({ severity }: Alert): number => {
  if (severity === null) return GRAVITY.length + 1;
  const at = GRAVITY.indexOf(severity.toLowerCase());
  return at < 0 ? GRAVITY.length : at;
};

/** The gravest first; among equals the one that has fired longest, then by name: the same alerts stand in the same order. */
export const byGravity = (a: Alert, b: Alert): number =>
  rank(a) - rank(b) ||
  (a.since ?? Number.MAX_SAFE_INTEGER) - (b.since ?? Number.MAX_SAFE_INTEGER) ||
  (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);

const texts = (given: unknown): Record<string, string> =>
  Object.fromEntries(
    Object.entries(given ?? {}).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );

/** The first line that says something. */
function oneLine(text: string | undefined): string | null {
  const line = text
    ?.split('\n')
    .map((each) => each.trim())
    .find((each) => each !== '');
  return line === undefined ? null : line.slice(0, 300);
}
