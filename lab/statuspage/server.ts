/** The lab's Statuspage. See `types.ts`. */
import { type ApiAnswer, type ApiRequest, isObject, startApiServer, tooOften } from '../lib/api-server.ts';
import { problemsOf, shown, type Written, write } from './incidents.ts';
import type { ComponentStatus, StatuspageIncident, StatuspageLab, StatuspageOptions } from './types.ts';

const ROUTES: [method: string, path: RegExp, operation: string][] = [
  ['GET', /^\/v1\/pages\/[^/]+\/incidents\/unresolved$/, 'listUnresolved'],
  ['GET', /^\/v1\/pages\/[^/]+\/incidents\/scheduled$/, 'listScheduled'],
  ['GET', /^\/v1\/pages\/[^/]+\/incidents$/, 'listIncidents'],
  ['POST', /^\/v1\/pages\/[^/]+\/incidents$/, 'createIncident'],
  ['PATCH', /^\/v1\/pages\/[^/]+\/incidents\/[^/]+$/, 'updateIncident'],
];

const refused = (status: number, error: string | string[]): ApiAnswer => ({ status, body: { error } });

export async function startStatuspage(options: StatuspageOptions): Promise<StatuspageLab> {
  const { pageId, keys, components: names = {}, now = Date.now } = options;
  const incidents: StatuspageIncident[] = [];
  const states = new Map<string, ComponentStatus>(Object.keys(names).map((id) => [id, 'operational']));
  const { requests, windowMs } = options.limit ?? { requests: 60, windowMs: 60_000 };
  const over = tooOften(requests, windowMs, now);
  const busy = (): ApiAnswer => refused(options.tooOften ?? 420, 'Too many requests. Slow down.');
  let lastId = 0;
  const nextId = () => `p${String(++lastId).padStart(11, '0')}`;

  const perform = (request: ApiRequest): ApiAnswer => {
    const key = /^OAuth (\S+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
    if (!keys.includes(key)) return refused(401, 'Could not authenticate');
    if (over(key)) return busy();
    const [, , , page, , id] = request.url.pathname.split('/');
    if (page !== pageId) return refused(404, 'Not found');
    if (request.operation === 'unknown') return refused(404, 'Not found');
    if (request.operation === 'listUnresolved')
      return listed(({ status, scheduled }) => scheduled === null && status !== 'resolved');
    if (request.operation === 'listScheduled')
      return listed(({ status, scheduled }) => scheduled !== null && status !== 'completed');
    if (request.operation === 'listIncidents') {
      const limit = Number(request.url.searchParams.get('limit') ?? 100);
      if (!(limit >= 1 && limit <= 100)) return refused(400, 'limit must be 1 to 100');
      return listed(() => true, limit);
    }
    return changed(request, id);
  };

  const listed = (which: (incident: StatuspageIncident) => boolean, limit = 100): ApiAnswer => ({
    status: 200,
    body: incidents
      .filter(which)
      .toReversed()
      .slice(0, limit)
      .map((incident) => shown(incident, pageId)),
  });

  const changed = ({ operation, body }: ApiRequest, id: string | undefined): ApiAnswer => {
    const creating = operation === 'createIncident';
    const known = incidents.find((one) => one.id === id);
    if (!creating && known === undefined) return refused(404, 'Not found');
    const sent = isObject(body) ? body['incident'] : undefined;
    const problems = problemsOf(sent, { creating, known: Object.keys(names), now: now() });
    if (problems.length > 0) return refused(422, problems);
    const written = sent as Written;
    const incident = known ?? blank(nextId(), written);
    if (known === undefined) incidents.push(incident);
    write(incident, written, now(), nextId());
    for (const [component, state] of Object.entries(written.components ?? {})) states.set(component, state);
    return { status: creating ? 201 : 200, body: shown(incident, pageId) };
  };

  const server = await startApiServer({
    ...(options.port === undefined ? {} : { port: options.port }),
    operationOf: (method, path) =>
      ROUTES.find(([verb, pattern]) => verb === method && pattern.test(path))?.[2] ?? 'unknown',
    perform,
    busy,
    unavailable: refused(500, 'Internal server error'),
    maxBytes: 1_000_000,
  });
  return {
    ...server,
    url: `http://127.0.0.1:${server.port}/v1`,
    incidents: () => structuredClone(incidents),
    components: () => Object.fromEntries([...states].map(([id, state]) => [names[id]!, state])),
  };
}

const blank = (id: string, { name, status, scheduled_for }: Written): StatuspageIncident => ({
  id,
  name: name ?? '',
  status: status ?? (scheduled_for === undefined ? 'investigating' : 'scheduled'),
  impact: 'none',
  metadata: {},
  components: [],
  scheduled: null,
  updates: [],
  resolvedAt: null,
});
