/**
 * PagerDuty as a `Pager`: incidents are opened and closed by events, whose dedup key makes a repeat harmless; notes and
 * who is on call are asked of its REST API, which needs a token of its own and may be left out.
 */
import { api, type event as events, resolve, trigger } from '@pagerduty/pdjs';
import { IntegrationError } from '../../lib/errors.ts';
import type { Pager } from '../../ports/pager.ts';
import { contactsIn, onCallsIn, reachable, within } from './answers.ts';
import { agentFor, type CallOptions, type Guards, guarded, serverOf } from './calls.ts';

export type PagerdutyOptions = {
  /** Integration key of an Events API v2 integration: which service is paged. */
  routingKey: string;
  /** Without it there are no notes, and nobody knows who is on call. */
  rest?: {
    token: string;
    /** Mail address of a user of the account: in whose name notes are written. */
    from: string;
    /** Whose on-calls are shown. */
    escalationPolicies: string[];
  };
  /** Default `https://events.pagerduty.com` and `https://api.pagerduty.com`. */
  eventsUrl?: string;
  apiUrl?: string;
  /** For each call. */
  timeoutMs: number;
  /** Between two tries after a 429, default 1 s. */
  retryMs?: number;
  /** Certificates (PEM) to trust besides the system's. */
  ca?: string[];
};

const MAX_KEY = 255;
const MAX_SUMMARY = 1024;
const MAX_DETAILS = 400_000;
const MAX_NOTE = 25_000;
/** How many people's numbers are looked up: nobody reads on at three in the morning. */
const MAX_PEOPLE = 10;

type EventData = Parameters<typeof events>[0]['data'];

/** @throws ConfigError for an address that is not HTTPS. */
export function pagerdutyPager(options: PagerdutyOptions): Pager {
  const { routingKey, rest, timeoutMs, retryMs = 1000 } = options;
  const eventsServer = serverOf(options.eventsUrl ?? 'https://events.pagerduty.com');
  const apiServer = serverOf(options.apiUrl ?? 'https://api.pagerduty.com');
  const secrets = [routingKey, ...(rest === undefined ? [] : [rest.token])];
  const call: CallOptions = { timeoutMs, retryMs, agent: agentFor(options.ca), secrets };

  const ask = (
    { method = 'GET', endpoint, ...more }: Request,
    doing: { operation: string; what: string; changing: boolean },
    { token, from }: { token: string; from: string },
    signal: AbortSignal,
  ) =>
    guarded(doing, call, signal, (guards) => {
      const headers = method === 'GET' ? {} : { From: from };
      return api({ ...guards, ...more, method, endpoint, token, server: apiServer, headers });
    });

  /** Id of the newest incident of a key, whatever its state. */
  const incidentOf = async (key: string, keys: { token: string; from: string }, signal: AbortSignal) => {
    const queryParameters = { incident_key: key, date_range: 'all', sort_by: 'created_at:desc', limit: '1' };
    const doing = { operation: 'note', what: `The incident of ${key} was not found`, changing: false };
    const body = await ask({ endpoint: '/incidents', queryParameters }, doing, keys, signal);
    const [first] = within(body, 'incidents');
    return typeof first?.['id'] === 'string' ? encodeURIComponent(first['id']) : undefined;
  };

  const reachOf = async (id: string, keys: { token: string; from: string }, signal: AbortSignal) => {
    const doing = { operation: 'onCall', what: 'How to reach who is on call was not told', changing: false };
    const endpoint = `/users/${encodeURIComponent(id)}/contact_methods`;
    return contactsIn(await ask({ endpoint }, doing, keys, signal));
  };

  return {
    async trigger({ key, summary, severity, source, details, link }, signal) {
      checkKey(key, 'trigger');
      const data: EventData = {
        routing_key: routingKey,
        event_action: 'trigger',
        dedup_key: key,
        payload: {
          summary: summary.length <= MAX_SUMMARY ? summary : `${summary.slice(0, MAX_SUMMARY - 1)}…`,
          source,
          severity,
          custom_details: fitting(details),
        },
        ...(link === null ? {} : { links: [link] }),
      };
      const doing = { operation: 'trigger', what: `The page of ${key} was not taken`, changing: true };
      await guarded(doing, call, signal, (guards: Guards) => trigger({ ...guards, server: eventsServer, data }));
    },

    async note(key, text, signal) {
      const what = `The note on ${key} was not written`;
      if (rest === undefined) {
        throw new IntegrationError(`${what}: no token for PagerDuty’s REST API is configured.`, {
          code: 'pager-no-token',
          system: 'pagerduty',
          operation: 'note',
          effect: 'none',
        });
      }
      const content = text.length <= MAX_NOTE ? text : `${text.slice(0, MAX_NOTE - 1)}…`;
      const id = await incidentOf(key, rest, signal);
      if (id === undefined) {
        throw new IntegrationError(`${what}: PagerDuty has no incident of that key, or not yet.`, {
          code: 'pager-no-incident',
          hint: 'An incident appears a moment after its page: try again in a few seconds.',
          system: 'pagerduty',
          operation: 'note',
          effect: 'none',
        });
      }
      const endpoint = `/incidents/${id}/notes`;
      const look = { operation: 'note', what, changing: false };
      const notes = within(await ask({ endpoint }, look, rest, signal), 'notes');
      if (notes.some((note) => note['content'] === content)) return;
      const write = { operation: 'note', what, changing: true };
      await ask({ endpoint, method: 'POST', data: { note: { content } } }, write, rest, signal);
    },

    async resolve(key, signal) {
      checkKey(key, 'resolve');
      // The types ask for a payload, which only a trigger has.
      const data = { routing_key: routingKey, event_action: 'resolve', dedup_key: key } as EventData;
      const doing = { operation: 'resolve', what: `The page of ${key} was not closed`, changing: true };
      await guarded(doing, call, signal, (guards: Guards) => resolve({ ...guards, server: eventsServer, data }));
    },

    async onCall(signal) {
      if (rest === undefined) return null;
      const doing = { operation: 'onCall', what: 'Who is on call was not told', changing: false };
      const queryParameters = {
        'escalation_policy_ids[]': rest.escalationPolicies,
        'include[]': ['users'],
        limit: '100',
      };
      const duties = onCallsIn(await ask({ endpoint: '/oncalls', queryParameters }, doing, rest, signal));
      if (duties === undefined) {
        throw new IntegrationError(`${doing.what}: PagerDuty’s answer is not one of its API.`, {
          code: 'pager-surprising',
          system: 'pagerduty',
          operation: 'onCall',
          effect: 'none',
        });
      }
      const people = [...new Set(duties.map(({ id }) => id))].slice(0, MAX_PEOPLE);
      // A name without a number is still worth knowing.
      const found = await Promise.all(people.map((id) => reachOf(id, rest, signal).catch(() => [])));
      const reach = new Map(people.map((id, at) => [id, found[at]!]));
      return duties.map((duty) => reachable(duty, reach.get(duty.id) ?? []));
    },
  };
}

type Request = {
  endpoint: string;
  method?: 'GET' | 'POST';
  queryParameters?: Record<string, string | string[]>;
  data?: object;
};

function checkKey(key: string, operation: string): void {
  if (key.length > 0 && key.length <= MAX_KEY) return;
  throw new IntegrationError(`PagerDuty takes keys of 1 to ${MAX_KEY} characters, and this one has ${key.length}.`, {
    code: 'pager-key',
    system: 'pagerduty',
    operation,
    effect: 'none',
  });
}

/** A page without its details is worth more than none. */
const fitting = (details: Record<string, unknown>): object =>
  Buffer.byteLength(JSON.stringify(details)) <= MAX_DETAILS
    ? details
    : { note: 'The details were too long for PagerDuty. They stand where the link leads.' };
