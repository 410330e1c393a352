/**
 * The guard around PagerDuty's SDK, whose own time-outs and errors do not work by themselves: every call ends within its
 * limit, an answer that is not a 2xx is an error, and every error says whether anything may have arrived.
 *
 * The SDK insists on HTTPS. Addresses other than PagerDuty's own (its European ones, or a server of one's own) are
 * therefore given as `https://host[:port]`, with the authority that signed their certificate where it is not a public one.
 */
import { Agent } from 'node:https';
import { getCACertificates } from 'node:tls';
import { ConfigError, IntegrationError, sentenceOf } from '../../lib/errors.ts';
import { foreignText } from '../../lib/foreign-text.ts';

export type CallOptions = {
  /** For the whole call: name, connection, answer, and waiting where PagerDuty says that it is too much. */
  timeoutMs: number;
  /** Between two tries after a 429, default 1 s. The SDK tries four times. */
  retryMs: number;
  agent: Agent;
  /** Never shown, whatever PagerDuty answers. */
  secrets: string[];
};

/** What every call of the SDK is given. `agent`, `size` and `timeout` go to the fetch below it and are not in its types. */
export type Guards = {
  agent: Agent;
  signal: AbortSignal;
  redirect: 'error';
  requestTimeout: number;
  retryTimeout: number;
  size: number;
};

/** A 2xx, its body as it is: yet to be looked at. */
type Answered = { status: number; data?: unknown; headers: { get(name: string): string | null } };

/** Far more than any answer that is asked for. */
const MAX_BODY = 4 * 1024 * 1024;
/** No connection was made, or no server we trust was at its end: not a byte of the request has left. */
const NEVER_ARRIVED =
  /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|CERT_.*|.*_CERT.*|.*SELF_SIGNED.*|ERR_TLS_CERT_.*|UNABLE_TO_.*)$/;

/** Connections are not kept; `ca` is trusted besides the system's authorities. */
export const agentFor = (ca: string[] = []): Agent =>
  new Agent({ keepAlive: false, ...(ca.length === 0 ? {} : { ca: [...getCACertificates('default'), ...ca] }) });

/** `host[:port]` of an address, as the SDK wants it. @throws ConfigError where it cannot be spoken to. */
export function serverOf(address: string): string {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || url.protocol !== 'https:' || url.pathname !== '/' || url.search !== '') {
    throw new ConfigError(`The address ${address} of PagerDuty is not one like https://events.pagerduty.com.`, {
      code: 'pager-address',
      hint: 'Write https:// and the host, and nothing behind it: PagerDuty is spoken to over HTTPS only.',
    });
  }
  return url.host;
}

/**
 * One call through the SDK. @returns the body of a 2xx
 * @throws IntegrationError in one sentence that begins with `what` could not be done: `The page of eden-7 was not taken`
 */
export async function guarded(
  { operation, what, changing }: { operation: string; what: string; changing: boolean },
  { timeoutMs, retryMs, agent, secrets }: CallOptions,
  signal: AbortSignal,
  send: (guards: Guards) => Promise<unknown>,
): Promise<unknown> {
  const fail = (code: string, why: string, effect: 'none' | 'unknown', hint?: string, cause?: unknown) =>
    new IntegrationError(`${what}: ${foreignText(why, secrets)}.`, {
      code,
      ...(hint === undefined ? {} : { hint }),
      cause,
      system: 'pagerduty',
      operation,
      effect: changing ? effect : 'none',
    });
  if (signal.aborted) throw fail('cancelled', 'it was stopped before it began', 'none');
  const limit = AbortSignal.timeout(timeoutMs);
  const either = AbortSignal.any([signal, limit]);
  let answer: Answered;
  try {
    // A requestTimeout of 0 keeps the SDK from leaving a timer behind that aborts nothing and holds the process.
    const guards: Guards = {
      agent,
      signal: either,
      redirect: 'error',
      requestTimeout: 0,
      retryTimeout: retryMs,
      size: MAX_BODY,
    };
    answer = (await Promise.race([send(guards), aborted(either)])) as Answered;
  } catch (thrown) {
    if (signal.aborted) throw fail('cancelled', 'it was no longer waited for', 'unknown');
    if (limit.aborted) throw fail('pager-timeout', `PagerDuty did not answer within ${timeoutMs} ms`, 'unknown');
    // Where the body is no JSON the SDK throws the answer itself, or an error without its status.
    if (typeof (thrown as Partial<Answered>).status === 'number') answer = thrown as Answered;
    else {
      const { code = '', type = '' } = thrown as { code?: string; type?: string };
      if (type === 'invalid-json') throw fail('pager-surprising', 'PagerDuty’s answer is not JSON', 'unknown');
      if (type === 'no-redirect') throw fail('pager-redirect', 'it was sent on to another address', 'none');
      const effect = NEVER_ARRIVED.test(code) ? 'none' : 'unknown';
      const why = `PagerDuty cannot be reached: ${code || sentenceOf(thrown)}`;
      throw fail('pager-unreachable', why, effect, undefined, thrown);
    }
  }
  const { status, data } = answer;
  if (status >= 200 && status < 300) return data;
  const said = reasonIn(data);
  const why = `PagerDuty answered ${status}${said === '' ? '' : `, ${said}`}`;
  if (status === 429) {
    const seconds = Number(answer.headers.get('ratelimit-reset') ?? Number.NaN);
    throw fail('pager-busy', why, 'none', `Try again in ${seconds > 0 ? seconds : 30} s.`);
  }
  if (status === 401 || status === 403) throw fail('pager-denied', why, 'none', 'Check the key and the token.');
  if (status >= 400 && status < 500) throw fail('pager-refused', why, 'none');
  throw fail('pager-unavailable', why, 'unknown');
}

/** Rejects once the signal fires: between its tries the SDK does not look at it. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

/** What either API says of a refusal: `{message, errors}`, or the same below `error`. */
function reasonIn(data: unknown): string {
  if (typeof data !== 'object' || data === null) return '';
  const top = data as { error?: unknown; message?: unknown; errors?: unknown };
  const { message, errors } = (typeof top.error === 'object' && top.error !== null ? top.error : top) as typeof top;
  const all = [message, ...(Array.isArray(errors) ? errors : [])].filter((part) => typeof part === 'string');
  return all.join(': ');
}
