/** Calls a user's HTTP endpoint: JSON out and in, no redirect, a bounded answer, an address that is not link-local. */
import { lookup as systemLookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { Agent, request } from 'undici';
import { bodyText } from '../../lib/body.ts';
import { IntegrationError, sentenceOf } from '../../lib/errors.ts';
import { isLinkLocal } from '../../lib/link-local.ts';
import type { HookCall, HookResult } from '../../ports/hook.ts';
import { jsonObject, lastLines, readable } from './output.ts';

export type HttpHookOptions = {
  /** Link-local or metadata addresses that may be called; default none. */
  allowAddresses?: string[];
};

type Http = Extract<HookCall, { http: unknown }>['http'];

const MAX_BODY = 256 * 1024;
const NOT_STARTED = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'ELINKLOCAL']);

/** @throws IntegrationError (effect none) when no connection was made; otherwise the result says what came of it. */
export async function callEndpoint(
  { url, method, body, headers = {} }: Http,
  { allowAddresses = [] }: HttpHookOptions,
  timeoutMs: number,
  signal: AbortSignal,
  onLine?: (line: string) => void,
): Promise<HookResult> {
  const cutOff = (why: string): HookResult => ({ ok: false, status: null, report: null, output: why });
  const target = URL.canParse(url) ? new URL(url) : undefined;
  if (target === undefined || !['http:', 'https:'].includes(target.protocol)) {
    throw notStarted(url, 'it is not an HTTP address', undefined);
  }
  if (signal.aborted) return cutOff('It was stopped before it started.');
  const literal = target.hostname.replace(/^\[|\]$/g, '');
  if (isIP(literal) > 0 && isLinkLocal(literal) && !allowAddresses.includes(literal)) {
    throw notStarted(url, 'its address is link-local', undefined);
  }
  const limit = AbortSignal.timeout(timeoutMs);
  const agent = new Agent({
    connect: { lookup: guarded(allowAddresses), timeout: timeoutMs },
    headersTimeout: 0,
    bodyTimeout: 0,
    allowH2: false,
    connections: 1,
    pipelining: 0,
  });
  try {
    const answer = await request(target, {
      method: method ?? (body === undefined ? 'GET' : 'POST'),
      headers: {
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      body: body === undefined ? null : JSON.stringify(body),
      dispatcher: agent,
      signal: AbortSignal.any([signal, limit]),
    });
    const { text } = await bodyText(answer.body, MAX_BODY);
    const output = lastLines(readable(text));
    for (const line of output === '' ? [] : output.split('\n')) onLine?.(line);
    const status = answer.statusCode;
    return { ok: status >= 200 && status < 300, status, report: jsonObject(text) ?? null, output };
  } catch (error) {
    if (signal.aborted) return cutOff(`${target.host} was no longer waited for: the run was stopped.`);
    if (limit.aborted) return cutOff(`${target.host} did not answer within ${timeoutMs} ms.`);
    if (NOT_STARTED.has((error as NodeJS.ErrnoException).code ?? '')) throw notStarted(url, sentenceOf(error), error);
    return cutOff(`${target.host} broke off: ${sentenceOf(error)}.`);
  } finally {
    await agent.destroy();
  }
}

/** The system's lookup, but never to a link-local address, even when a name leads there only now and then. */
function guarded(allowAddresses: string[]): LookupFunction {
  return (hostname, options, callback) => {
    systemLookup(hostname, { ...options, all: true }, (error, found) => {
      const fit = (found ?? []).filter(({ address }) => !isLinkLocal(address) || allowAddresses.includes(address));
      const first = fit[0];
      if (error !== null) callback(error, '', 4);
      else if (first === undefined) {
        const refusal = new Error(`${hostname} leads to a link-local address`);
        callback(Object.assign(refusal, { code: 'ELINKLOCAL' }), '', 4);
      } else if (options.all) callback(null, fit);
      else callback(null, first.address, first.family);
    });
  };
}

const notStarted = (url: string, why: string, cause: unknown): IntegrationError =>
  new IntegrationError(`The endpoint ${url} could not be called: ${why}.`, {
    code: 'hook-not-started',
    hint: 'Nothing was sent; check the address in the configuration.',
    cause,
    system: 'hook',
    operation: 'http',
    effect: 'none',
  });
