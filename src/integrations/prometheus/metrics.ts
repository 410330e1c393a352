/**
 * One number out of a monitoring system that speaks Prometheus' query API. Whatever is not exactly one number is said,
 * never guessed: an empty answer is "no data" (null), two samples are a query that forgot to aggregate.
 */
import { Agent, request } from 'undici';
import { addressOf, lookupOf } from '../../lib/address.ts';
import { bodyText } from '../../lib/body.ts';
import { IntegrationError, sentenceOf } from '../../lib/errors.ts';
import type { Metrics } from '../../ports/metrics.ts';
import { AGGREGATE, numberIn, type QueryAnswer } from './answer.ts';

export type PrometheusOptions = {
  regions: Record<string, { url: string }>;
  /** Sent as a bearer token. */
  token?: string;
  /** Name servers that are asked for its address, `ip:port`; without it the system's. */
  resolvers?: string[];
  /** For the whole question: name, connection, answer. */
  timeoutMs: number;
  /** Link-local or metadata addresses that may be asked; default none. */
  allowAddresses?: string[];
  /** Certificates (PEM) to trust besides the system's. */
  ca?: string[];
};

/** One number is some hundred bytes; more than this is a query that was not aggregated. */
const MAX_BODY = 256 * 1024;
/** Longer queries are sent as a form: addresses have limits on the way. */
const LONGEST_IN_ADDRESS = 1500;

/** The `Metrics` of every region over its `/api/v1/query`. @throws IntegrationError, effect none: nothing is changed. */
export function prometheusMetrics(options: PrometheusOptions): Metrics {
  return {
    async value(region, query, signal) {
      const base = options.regions[region]?.url;
      const fail = failing(region, base);
      if (base === undefined) throw fail('metrics-unknown-region', 'it has no address in the configuration');
      const { status, text, location } = await asked(endpointOf(base), query, options, signal, fail);
      const answer = parsed(text);
      if (answer?.status === 'error') {
        const { errorType = 'error', error = 'no reason given' } = answer;
        throw fail('metrics-refused', `it refused the query with ${errorType}: ${plain(error)}`);
      }
      if (status === 401 || status === 403)
        throw fail('metrics-denied', `it answered ${status}: it wants ${options.token ? 'another' : 'a'} token`);
      if (status >= 300 && status < 400)
        throw fail('metrics-redirect', `it answered ${status}, to ${plain(location)}, and redirects are not followed`);
      if (status !== 200) throw fail('metrics-unavailable', `it answered ${status}`);
      if (answer?.status !== 'success') throw fail('metrics-surprising', 'its answer is not one of Prometheus’ API');
      const found = numberIn(answer);
      if ('problem' in found) throw fail('metrics-not-one-number', found.problem);
      return found.value;
    },
  };
}

type Fail = (code: string, what: string, cause?: unknown) => IntegrationError;

const failing =
  (region: string, base: string | undefined): Fail =>
  (code, what, cause) => {
    const host = base !== undefined && URL.canParse(base) ? ` at ${new URL(base).host}` : '';
    return new IntegrationError(`The metrics of ${region}${host}: ${what}.`, {
      code,
      cause,
      system: 'prometheus',
      operation: 'query',
      effect: 'none',
    });
  };

/** Beside whatever path its address already has: several of its kind live behind one. */
const endpointOf = (base: string): URL => new URL(`${base.replace(/\/+$/, '')}/api/v1/query`);

async function asked(url: URL, query: string, options: PrometheusOptions, signal: AbortSignal, fail: Fail) {
  const { token, resolvers, timeoutMs, allowAddresses = [], ca } = options;
  const limit = AbortSignal.timeout(timeoutMs);
  const either = AbortSignal.any([signal, limit]);
  const form = new URLSearchParams({ query }).toString();
  const inAddress = form.length <= LONGEST_IN_ADDRESS;
  if (inAddress) url.search = form;
  let agent: Agent | undefined;
  try {
    const address = await addressOf(url.hostname, { resolvers, timeoutMs, allowAddresses }, either);
    agent = new Agent({
      connect: { lookup: lookupOf(address), timeout: timeoutMs, ...(ca === undefined ? {} : { ca }) },
      allowH2: false,
      connections: 1,
      pipelining: 0,
    });
    const answer = await request(url, {
      method: inAddress ? 'GET' : 'POST',
      headers: {
        accept: 'application/json',
        ...(inAddress ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      body: inAddress ? null : form,
      dispatcher: agent,
      signal: either,
    });
    const { text, cut } = await bodyText(answer.body, MAX_BODY);
    if (cut) throw fail('metrics-not-one-number', `it answered more than ${MAX_BODY / 1024} kB: ${AGGREGATE}`);
    return { status: answer.statusCode, text, location: String(answer.headers['location'] ?? 'nowhere') };
  } catch (error) {
    if (error instanceof IntegrationError) throw error;
    if (signal.aborted) throw fail('cancelled', 'they were no longer waited for', error);
    if (limit.aborted) throw fail('metrics-timeout', `no answer within ${timeoutMs} ms`, error);
    throw fail('metrics-unreachable', sentenceOf(error).replace(/\.$/, ''), error);
  } finally {
    await agent?.destroy();
  }
}

function parsed(text: string): QueryAnswer | undefined {
  try {
    const found = JSON.parse(text) as unknown;
    return typeof found === 'object' && found !== null ? (found as QueryAnswer) : undefined;
  } catch {
    return undefined;
  }
}

/** What another program wrote, as part of our sentence. */
const plain = (text: unknown): string =>
  String(text)
    .replaceAll(/\p{Cc}+/gu, ' ')
    .trim()
    .replace(/\.$/, '')
    .slice(0, 200);
