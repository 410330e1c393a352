/** Makes two answers comparable: what differs from one cluster to the next becomes `*`, everything else stays. */

const VARYING = new Set([
  'uid',
  'resourceVersion',
  'creationTimestamp',
  'deletionTimestamp',
  'lastUpdateTime',
  'lastTransitionTime',
  'lastHeartbeatTime',
  'eventTime',
  'startTime',
  'startedAt',
  'continue',
  'podIP',
  'ip',
  'hostIP',
  'nodeName',
  'containerID',
  'pod-template-hash',
  'gitCommit',
  'reportingInstance',
  'kubernetes.io/service-account.uid',
  'ca.crt',
  'token',
]);

const NAMES = 'task-service|insight-service|api-gateway|postgres';

/** Names with random parts, and the ids and times that are quoted inside messages. */
const text = (value: string): string =>
  value
    .replaceAll(new RegExp(`\\b(${NAMES})-[0-9a-z]{8,10}(-[0-9a-z]{5})?(\\.[0-9a-f]{14,})?\\b`, 'g'), '$1-*')
    .replaceAll(/default-token-[0-9a-z]{5}/g, 'default-token-*')
    .replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '*')
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, '*')
    .replaceAll(/(resourceVersion\\*":\\*")\d+/g, '$1*')
    .replaceAll(/127\.0\.0\.1\d:10250/g, 'kubelet');

export function normalize(value: unknown): unknown {
  if (typeof value === 'string') return text(value);
  if (Array.isArray(value)) {
    const items = value.map(normalize);
    const isTyped = items.every((item) => typeof (item as { type?: unknown } | null)?.type === 'string');
    return isTyped ? items.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)) : items;
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [
      key,
      VARYING.has(key) && typeof member === 'string' ? '*' : normalize(member),
    ]),
  );
}

/** Remembers which of our ids, versions and names stand for the recorded ones. */
export function learn(recorded: unknown, ours: unknown, known: Map<string, string>): void {
  if (typeof recorded !== 'object' || typeof ours !== 'object' || recorded === null || ours === null) return;
  for (const [key, value] of Object.entries(recorded)) {
    const mine = (ours as Record<string, unknown>)[key];
    const isId = key === 'uid' || key === 'resourceVersion' || key === 'name';
    if (isId && typeof value === 'string' && typeof mine === 'string') known.set(value, mine);
    else learn(value, mine, known);
  }
}
