/** The lab's PagerDuty. See `types.ts`. */
import { randomUUID } from 'node:crypto';
import { type ApiAnswer, type ApiRequest, startApiServer, tooOften } from '../lib/api-server.ts';
import { LAB_CERTIFICATE, LAB_KEY } from '../lib/certificate.ts';
import { type PagerEvent, problemsOf, takeEvent } from './events.ts';
import { answerRest, operationOf, refusal } from './rest.ts';
import type { PagerdutyIncident, PagerdutyLab, PagerdutyOptions } from './types.ts';

/** What the Events API takes. */
const MAX_EVENT = 512 * 1024;

export async function startPagerduty(options: PagerdutyOptions): Promise<PagerdutyLab> {
  const { routingKeys, tokens = [], incidentAfterMs = 0, now = Date.now } = options;
  const incidents: PagerdutyIncident[] = [];
  let waiting: { at: number; event: PagerEvent }[] = [];
  let lastId = 0;
  const nextId = () => `Q${String(++lastId).padStart(5, '0')}`;
  const eventsTooOften = tooOften(options.eventsPerMinute ?? 120, 60_000, now);
  const callsTooOften = tooOften(options.callsPerMinute ?? 960, 60_000, now);

  /** Events become incidents when their time has come, in the order they arrived. */
  const settle = (): void => {
    const ripe = waiting.filter(({ at }) => at <= now() - incidentAfterMs);
    waiting = waiting.filter((one) => !ripe.includes(one));
    for (const { at, event } of ripe) takeEvent(incidents, event, routingKeys[event.routing_key]!, at, nextId);
  };

  const enqueue = ({ body, bytes }: ApiRequest): ApiAnswer => {
    if (bytes > MAX_EVENT)
      return { status: 413, body: { status: 'too large', message: 'Event is larger than 512 kB' } };
    const errors = problemsOf(body, routingKeys);
    if (errors.length > 0) {
      return { status: 400, body: { status: 'invalid event', message: 'Event object is invalid', errors } };
    }
    const given = body as PagerEvent;
    if (eventsTooOften(given.routing_key)) return busy('enqueue');
    const event: PagerEvent = { ...given, dedup_key: given.dedup_key ?? randomUUID().replaceAll('-', '') };
    waiting.push({ at: now(), event });
    settle();
    return { status: 202, body: { status: 'success', message: 'Event processed', dedup_key: event.dedup_key } };
  };

  const rest = (request: ApiRequest): ApiAnswer => {
    const token = /^Token token=(\S+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
    if (!tokens.includes(token)) return refusal(401, 2006, 'Authentication failed');
    if (callsTooOften(token)) return busy(request.operation);
    settle();
    return answerRest({ options, incidents, nextId }, request);
  };

  const server = await startApiServer({
    tls: { key: LAB_KEY, cert: LAB_CERTIFICATE },
    ...(options.port === undefined ? {} : { port: options.port }),
    operationOf,
    perform: (request) => (request.operation === 'enqueue' ? enqueue(request) : rest(request)),
    busy,
    unavailable: { status: 500, body: { status: 'Internal Server Error', message: 'The lab was told to be broken' } },
    maxBytes: 2 * MAX_EVENT,
  });
  return {
    ...server,
    url: `https://127.0.0.1:${server.port}`,
    incidents() {
      settle();
      return structuredClone(incidents);
    },
  };
}

const busy = (operation: string): ApiAnswer => ({
  status: 429,
  headers: { 'ratelimit-limit': '120', 'ratelimit-remaining': '0', 'ratelimit-reset': '12' },
  body:
    operation === 'enqueue'
      ? { status: 'throttle exceeded', message: 'Requests for this service are arriving too quickly.' }
      : { error: { message: 'Rate Limit Exceeded', code: 2020 } },
});
