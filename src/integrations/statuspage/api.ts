/**
 * Calls of Statuspage's REST API: never closer together than it takes them, each within its limit, and every failure one
 * sentence that says whether anything may have changed.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { getCACertificates } from 'node:tls';
import { Agent, request } from 'undici';
import { bodyText } from '../../lib/body.ts';
import { IntegrationError, sentenceOf } from '../../lib/errors.ts';
import { foreignText } from '../../lib/foreign-text.ts';

export type ApiOptions = {
  /** Default `https://api.statuspage.io/v1`. */
  url?: string;
  token: string;
  /** For each request, from its start. Waiting for one's turn comes before it. */
  timeoutMs: number;
  /** Between the starts of two requests, default 1 s: what one token may ask. */
  everyMs?: number;
  /** Before a request that was too much is tried again, default 2 s, where the answer does not say; three tries in all. */
  againMs?: number;
  /** Certificates (PEM) to trust besides the system's. */
  ca?: string[];
};

export type Call = {
  operation: string;
  /** Begins the sentence when it fails: `The status page was not told about eden-7`. */
  what: string;
  method: 'GET' | 'POST' | 'PATCH';
  path: string;
  body?: unknown;
};

/** The parsed body of a 2xx. @throws IntegrationError */
export type Api = (call: Call, signal: AbortSignal) => Promise<unknown>;

const TRIES = 3;
const LONGEST_WAIT_MS = 10_000;
/** A hundred incidents with all that was said about them. */
const MAX_BODY = 8 * 1024 * 1024;
const NEVER_ARRIVED =
  /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT|CERT_.*|.*_CERT.*|.*SELF_SIGNED.*|ERR_TLS_CERT_.*|UNABLE_TO_.*)$/;

type Fail = (
  code: string,
  why: string,
  effect: 'none' | 'unknown',
  more?: { hint?: string; cause?: unknown },
) => IntegrationError;

/** One of these for each token: it keeps the distance between all its requests. */
export function statuspageApi(options: ApiOptions): Api {
  const { everyMs = 1000, againMs = 2000 } = options;
  let nextStart = 0;
  const turn = async (signal: AbortSignal) => {
    const now = performance.now();
    const start = Math.max(now, nextStart);
    nextStart = start + everyMs;
    if (start > now) await delay(start - now, undefined, { signal });
  };
  return async (call, signal) => {
    const fail = failing(call, options.token);
    for (let left = TRIES - 1; ; left -= 1) {
      try {
        await turn(signal);
        signal.throwIfAborted();
      } catch (error) {
        throw fail('cancelled', 'it was no longer waited for', 'none', { cause: error });
      }
      const { status, text, retryAfter } = await asked(call, options, signal, fail);
      if (status !== 420 && status !== 429) return bodyOf(status, text, fail);
      const waitMs = Math.min(retryAfter ?? againMs, LONGEST_WAIT_MS);
      if (left === 0) {
        const hint = 'It takes one request a second: try again in a minute.';
        throw fail('statuspage-busy', `Statuspage answered ${status}, too many requests`, 'none', { hint });
      }
      nextStart = Math.max(nextStart, performance.now() + waitMs);
    }
  };
}

const failing =
  ({ operation, what, method }: Call, token: string): Fail =>
  (code, why, effect, more = {}) =>
    new IntegrationError(`${what}: ${foreignText(why, [token])}.`, {
      code,
      ...more,
      system: 'statuspage',
      operation,
      effect: method === 'GET' ? 'none' : effect,
    });

async function asked(call: Call, options: ApiOptions, signal: AbortSignal, fail: Fail) {
  const { url = 'https://api.statuspage.io/v1', token, timeoutMs, ca } = options;
  const limit = AbortSignal.timeout(timeoutMs);
  // A connection of its own: requests are a second apart, and none may stay open when nobody asks any more.
  const agent = new Agent({
    connect: { timeout: timeoutMs, ...(ca === undefined ? {} : { ca: [...getCACertificates('default'), ...ca] }) },
    allowH2: false,
    connections: 1,
    pipelining: 0,
  });
  try {
    const answer = await request(`${url.replace(/\/+$/, '')}${call.path}`, {
      method: call.method,
      headers: {
        accept: 'application/json',
        authorization: `OAuth ${token}`,
        ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      body: call.body === undefined ? null : JSON.stringify(call.body),
      dispatcher: agent,
      signal: AbortSignal.any([signal, limit]),
    });
    const seconds = Number(answer.headers['retry-after'] ?? Number.NaN);
    const retryAfter = seconds >= 0 ? seconds * 1000 : null;
    return { status: answer.statusCode, text: (await bodyText(answer.body, MAX_BODY)).text, retryAfter };
  } catch (error) {
    if (signal.aborted) throw fail('cancelled', 'it was no longer waited for', 'unknown');
    if (limit.aborted) throw fail('statuspage-timeout', `Statuspage did not answer within ${timeoutMs} ms`, 'unknown');
    const code = String((error as { code?: unknown }).code ?? '');
    const why = `Statuspage cannot be reached: ${sentenceOf(error)}`;
    throw fail('statuspage-unreachable', why, NEVER_ARRIVED.test(code) ? 'none' : 'unknown', { cause: error });
  } finally {
    await agent.destroy();
  }
}

function bodyOf(status: number, text: string, fail: Fail): unknown {
  const body = parsed(text);
  if (status >= 200 && status < 300) {
    if (body === undefined) throw fail('statuspage-surprising', 'Statuspage’s answer is not JSON', 'unknown');
    return body;
  }
  const said = (body as { error?: unknown } | null | undefined)?.error;
  const reason = Array.isArray(said) ? said.join('; ') : typeof said === 'string' ? said : '';
  const why = `Statuspage answered ${status}${reason === '' ? '' : `, ${reason}`}`;
  if (status === 401 || status === 403)
    throw fail('statuspage-denied', why, 'none', { hint: 'Check the API key and its page.' });
  if (status >= 300 && status < 500) throw fail('statuspage-refused', why, 'none');
  throw fail('statuspage-unavailable', why, 'unknown');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
