/**
 * The alerts that fire now, from Prometheus' Alertmanager (API v2). It is asked for the active ones without those
 * somebody silenced or another alert stands for; no answer is never taken for silence.
 */
import { IntegrationError } from '../../lib/errors.ts';
import { foreignText } from '../../lib/foreign-text.ts';
import { httpGet } from '../../lib/http-get.ts';
import type { Alert, Alerts } from '../../ports/alerts.ts';
import { alertOf, byGravity } from './alert.ts';

export type AlertmanagerOptions = {
  url: string;
  /** Sent as a bearer token. */
  token?: string;
  /** Matchers that narrow what is asked for, as Alertmanager writes them: `cluster="production"`. */
  filter?: string[];
  /** Name servers that are asked for its address, `ip:port`; without it the system's. */
  resolvers?: string[];
  timeoutMs: number;
  /** Link-local or metadata addresses that may be asked; default none. */
  allowAddresses?: string[];
  /** Certificates (PEM) to trust besides the system's. */
  ca?: string[];
};

/** A bad day has a thousand alerts, of some kilobytes each. */
const MAX_BODY = 8 * 1024 * 1024;

type Fail = (code: string, what: string, cause?: unknown) => IntegrationError;

/** @throws IntegrationError, effect none: it only asks. */
export function alertmanagerAlerts({ url: base, token, filter = [], ...options }: AlertmanagerOptions): Alerts {
  const url = endpointOf(base, filter);
  const fail: Fail = (code, what, cause) =>
    new IntegrationError(`The alerts at ${url.host}: ${what}.`, {
      code,
      cause,
      system: 'alertmanager',
      operation: 'alerts',
      effect: 'none',
    });
  const plain = (text: unknown) => foreignText(text, token === undefined ? [] : [token]);
  return {
    async firing(signal) {
      const got = await httpGet(url, { ...options, token, accept: 'application/json', maxBytes: MAX_BODY }, signal);
      if (got.is === 'cancelled') throw fail('cancelled', 'they were no longer waited for', got.cause);
      if (got.is !== 'answer') throw fail(`alerts-${got.is}`, got.why, got.cause);
      const { status, text, location } = got;
      const body = text === null ? undefined : parsed(text);
      if (status === 401 || status === 403)
        throw fail('alerts-denied', `it answered ${status}: it wants ${token === undefined ? 'a' : 'another'} token`);
      if (status >= 300 && status < 400)
        throw fail(
          'alerts-redirect',
          `it answered ${status}, to ${plain(location ?? 'nowhere')}, and redirects are not followed`,
        );
      // It writes its reason as a JSON text.
      if (status === 400) throw fail('alerts-refused', `it refused the question: ${plain(body ?? text)}`);
      if (status !== 200) throw fail('alerts-unavailable', `it answered ${status}`);
      if (text === null) throw fail('alerts-too-many', `it answered more than ${MAX_BODY / 1024 / 1024} MB`);
      const alerts = Array.isArray(body) ? body.map(alertOf) : [null];
      if (!alerts.every((alert): alert is Alert => alert !== null))
        throw fail('alerts-surprising', 'its answer is not one of Alertmanager’s API');
      return alerts.toSorted(byGravity);
    },
  };
}

/** Beside whatever path its address already has. */
function endpointOf(base: string, filter: string[]): URL {
  const url = new URL(`${base.replace(/\/+$/, '')}/api/v2/alerts`);
  url.search = new URLSearchParams([
    ['active', 'true'],
    ['silenced', 'false'],
    ['inhibited', 'false'],
    ...filter.map((matcher) => ['filter', matcher]),
  ]).toString();
  return url;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
