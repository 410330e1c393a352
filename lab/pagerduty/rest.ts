/** REST API v2, as much of it as a failover needs: incidents by key, their notes, who is on call and how to reach them. */
import { type ApiAnswer, type ApiRequest, filled, isObject } from '../lib/api-server.ts';
import type { PagerdutyIncident, PagerdutyOptions, PagerdutyUser } from './types.ts';

export type Rest = {
  options: PagerdutyOptions;
  /** Those that can be seen by now. */
  incidents: PagerdutyIncident[];
  nextId: () => string;
};

export const refusal = (status: number, code: number, message: string, errors: string[] = []): ApiAnswer => ({
  status,
  body: { error: { message, code, ...(errors.length > 0 ? { errors } : {}) } },
});

const ROUTES: [method: string, path: RegExp, operation: string][] = [
  ['POST', /^\/v2\/enqueue$/, 'enqueue'],
  ['GET', /^\/incidents$/, 'listIncidents'],
  ['GET', /^\/incidents\/[^/]+\/notes$/, 'listNotes'],
  ['POST', /^\/incidents\/[^/]+\/notes$/, 'createNote'],
  ['GET', /^\/oncalls$/, 'listOnCalls'],
  ['GET', /^\/users\/[^/]+\/contact_methods$/, 'listContactMethods'],
];

export const operationOf = (method: string, path: string): string =>
  ROUTES.find(([verb, pattern]) => verb === method && pattern.test(path))?.[2] ?? 'unknown';

/** Answers a call that carries a known token. */
export function answerRest(rest: Rest, request: ApiRequest): ApiAnswer {
  const { url } = request;
  const id = url.pathname.split('/')[2] ?? '';
  switch (request.operation) {
    case 'listIncidents':
      return listIncidents(rest, url.searchParams);
    case 'listNotes':
    case 'createNote': {
      const incident = rest.incidents.find((one) => one.id === id);
      if (incident === undefined) return refusal(404, 2100, 'Not Found');
      if (request.operation === 'createNote') return createNote(rest, incident, request);
      return { status: 200, body: { notes: incident.notes.map(noteBody) } };
    }
    case 'listOnCalls':
      return listOnCalls(rest.options, url.searchParams);
    case 'listContactMethods': {
      const user = rest.options.users?.find((one) => one.id === id);
      return user === undefined ? refusal(404, 2100, 'Not Found') : { status: 200, body: contactMethods(user) };
    }
    default:
      return refusal(404, 2100, 'Not Found');
  }
}

function listIncidents({ incidents }: Rest, asked: URLSearchParams): ApiAnswer {
  const key = asked.get('incident_key');
  const statuses = asked.getAll('statuses[]');
  const limit = Number(asked.get('limit') ?? 25);
  if (!(limit >= 1 && limit <= 100)) return refusal(400, 2001, 'Invalid Input Provided', ['limit must be 1 to 100']);
  const found = incidents.filter(
    (one) => (key === null || one.key === key) && (statuses.length === 0 || statuses.includes(one.status)),
  );
  const newestFirst = asked.get('sort_by') === 'created_at:desc';
  const ordered = newestFirst ? found.toReversed() : found;
  const page = ordered.slice(0, limit).map((one) => ({
    id: one.id,
    type: 'incident',
    status: one.status,
    incident_key: one.key,
    title: one.summary,
    summary: one.summary,
    service: { id: one.service, type: 'service_reference' },
  }));
  return { status: 200, body: { incidents: page, limit, offset: 0, total: null, more: found.length > limit } };
}

const noteBody = ({ id, content, by }: PagerdutyIncident['notes'][number]) => ({
  id,
  content,
  user: { summary: by, type: 'user_reference' },
});

function createNote(rest: Rest, incident: PagerdutyIncident, { headers, body }: ApiRequest): ApiAnswer {
  const from = headers['from'];
  if (!filled(from)) return refusal(400, 2001, 'Invalid Input Provided', ['The From header is required']);
  if (!rest.options.users?.some(({ email }) => email === from)) return refusal(400, 1008, 'Requester User Not Found');
  const note = isObject(body) ? body['note'] : undefined;
  const content = isObject(note) ? note['content'] : undefined;
  if (!filled(content)) return refusal(400, 2001, 'Invalid Input Provided', ['Content cannot be empty']);
  if (content.length > 25_000) return refusal(400, 2001, 'Invalid Input Provided', ['Content is too long']);
  const made = { id: rest.nextId(), content, by: from };
  incident.notes.push(made);
  return { status: 200, body: { note: noteBody(made) } };
}

function listOnCalls({ onCalls = [], users = [] }: PagerdutyOptions, asked: URLSearchParams): ApiAnswer {
  const policies = asked.getAll('escalation_policy_ids[]');
  const whole = asked.getAll('include[]').includes('users');
  const found = onCalls.filter(({ policy }) => policies.length === 0 || policies.includes(policy));
  const body = found.map(({ policy, level, user: id, until }) => {
    const user = users.find((one) => one.id === id);
    const reference = { id, type: whole ? 'user' : 'user_reference', summary: user?.name ?? null };
    return {
      escalation_policy: { id: policy, type: 'escalation_policy_reference' },
      escalation_level: level,
      schedule: null,
      user: whole ? { ...reference, name: user?.name, email: user?.email } : reference,
      start: null,
      end: until ?? null,
    };
  });
  return { status: 200, body: { oncalls: body, limit: 100, offset: 0, more: false, total: null } };
}

function contactMethods({ email, phone }: PagerdutyUser): unknown {
  const mail = { type: 'email_contact_method', label: 'Work', address: email };
  if (phone === undefined) return { contact_methods: [mail] };
  const number = { label: 'Mobile', address: phone.number, country_code: phone.countryCode };
  return {
    contact_methods: [
      mail,
      { type: 'phone_contact_method', ...number },
      { type: 'sms_contact_method', ...number },
      { type: 'push_notification_contact_method', label: 'Phone', address: '9f1c' },
    ],
  };
}
