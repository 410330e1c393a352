/**
 * Reads one address once: one connection, one time limit for all of it, no redirect, a bounded answer, and never a
 * link-local place. Nothing stays open afterwards. For adapters that only ask; each says in its own words what failed.
 */
import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { getCACertificates } from 'node:tls';
import { addressOf, lookupOf } from './address.ts';
import { bodyBytes } from './body.ts';
import { sentenceOf } from './errors.ts';

export type HttpGetOptions = {
  /** Sent as a bearer token. */
  token?: string | undefined;
  accept?: string;
  /** Name servers that are asked for its address, `ip:port`; without it the system's. */
  resolvers?: string[] | undefined;
  /** For the whole question: name, connection, answer. */
  timeoutMs: number;
  /** More than this is not read. */
  maxBytes: number;
  /** Link-local or metadata addresses that may be asked; default none. */
  allowAddresses?: string[] | undefined;
  /** Certificates (PEM) to trust besides the system's. */
  ca?: string[] | undefined;
};

export type Got =
  | {
      is: 'answer';
      status: number;
      /** null where it was more than `maxBytes`. */
      text: string | null;
      /** Where a redirect would lead. */
      location: string | null;
    }
  /** `why`: words for the end of a sentence, without a full stop. */
  | { is: 'cancelled' | 'timeout' | 'unreachable'; why: string; cause: unknown };

/** Never throws. */
export async function httpGet(url: URL, options: HttpGetOptions, signal: AbortSignal): Promise<Got> {
  const { timeoutMs, resolvers, allowAddresses = [], maxBytes } = options;
  const limit = AbortSignal.timeout(timeoutMs);
  const either = AbortSignal.any([signal, limit]);
  try {
    const address = await addressOf(url.hostname, { resolvers, timeoutMs, allowAddresses }, either);
    const answer = await answered(url, address, options, either);
    const { bytes, cut } = await bodyBytes(answer, maxBytes);
    const text = cut ? null : decoded(bytes);
    return { is: 'answer', status: answer.statusCode ?? 0, text, location: answer.headers.location ?? null };
  } catch (cause) {
    if (signal.aborted) return { is: 'cancelled', why: 'it was no longer waited for', cause };
    if (limit.aborted) return { is: 'timeout', why: `no answer within ${timeoutMs} ms`, cause };
    return { is: 'unreachable', why: sentenceOf(cause).replace(/\.$/, ''), cause };
  }
}

function answered(url: URL, address: string, options: HttpGetOptions, signal: AbortSignal): Promise<IncomingMessage> {
  const { token, accept = '*/*', ca } = options;
  const request = url.protocol === 'https:' ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    request(url, {
      // No agent: a connection of its own, closed with the answer.
      agent: false,
      lookup: lookupOf(address),
      signal,
      headers: { accept, 'user-agent': 'regent', ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
      ...(ca === undefined ? {} : { ca: [...getCACertificates('default'), ...ca] }),
    })
      .once('response', resolve)
      .on('error', reject)
      .end();
  });
}

/** UTF-8 unless its first bytes say otherwise: one big provider writes UTF-16. */
function decoded(bytes: Buffer): string {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return new TextDecoder('utf-16le').decode(bytes);
  if (first === 0xfe && second === 0xff) return new TextDecoder('utf-16be').decode(bytes);
  return new TextDecoder('utf-8').decode(bytes);
}
