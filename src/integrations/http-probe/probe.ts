/**
 * Asks an endpoint as a new client would: the name is resolved afresh, one of its addresses is connected to afresh, the
 * certificate is checked, no redirect is followed. A pooled connection would keep answering from the region just left.
 */
import { Agent, request } from 'undici';
import { addressOf, lookupOf } from '../../lib/address.ts';
import { bodyText } from '../../lib/body.ts';
import { sentenceOf } from '../../lib/errors.ts';
import type { Probe, ProbeRequest, ProbeResult } from '../../ports/probe.ts';

export type HttpProbeOptions = {
  /** Resolvers to ask, `address:port`; default the system's. */
  resolvers?: string[];
  /** For the whole probe: name, connection, answer and body. */
  timeoutMs: number;
  headers?: Record<string, string>;
  /** Link-local or metadata addresses that may be asked; default none. */
  allowAddresses?: string[];
  /** Certificates (PEM) to trust besides the system's. */
  ca?: string[];
};

/** More than a health endpoint needs; the rest is not read. */
const MAX_BODY = 64 * 1024;

/** A `Probe` over HTTP and HTTPS. An answer whose body stalls counts as none: a client would not be served by it. */
export function httpProbe(options: HttpProbeOptions): Probe {
  return {
    async get(url, signal) {
      const { body: _, ...result } = await ask({ method: 'GET', url }, options, signal);
      return result;
    },
    send: (sent, signal) => ask(sent, options, signal),
  };
}

async function ask(
  { method, url, body, headers }: ProbeRequest,
  options: HttpProbeOptions,
  signal: AbortSignal,
): Promise<ProbeResult & { body: string }> {
  const { timeoutMs, resolvers, allowAddresses = [] } = options;
  const started = performance.now();
  const result = (part: Partial<ProbeResult & { body: string }>) => {
    const ms = Math.round(performance.now() - started);
    return { url, status: null, ms, address: null, error: null, body: '', ...part };
  };
  const target = URL.canParse(url) ? new URL(url) : undefined;
  if (target === undefined || !['http:', 'https:'].includes(target.protocol)) {
    return result({ error: `${url} is not an HTTP address.` });
  }
  let json: string | null;
  try {
    json = body === undefined ? null : JSON.stringify(body);
  } catch (error) {
    return result({ error: `What was to be sent to ${target.host} is no JSON: ${sentenceOf(error)}.` });
  }
  const limit = AbortSignal.timeout(timeoutMs);
  const either = AbortSignal.any([signal, limit]);
  let address: string;
  try {
    address = await addressOf(target.hostname, { resolvers, timeoutMs, allowAddresses }, either);
  } catch (error) {
    return result({ error: signal.aborted ? `${target.host} was no longer waited for.` : sentenceOf(error) });
  }
  const agent = agentTo(address, options);
  try {
    const answer = await request(target, {
      method,
      headers: {
        ...lowerCased(options.headers),
        ...(json === null ? {} : { 'content-type': 'application/json' }),
        ...lowerCased(headers),
      },
      body: json,
      dispatcher: agent,
      signal: either,
    });
    return result({ address, body: (await bodyText(answer.body, MAX_BODY)).text, status: answer.statusCode });
  } catch (error) {
    const where = `${target.host} (${address})`;
    if (signal.aborted) return result({ address, error: `${where} was no longer waited for.` });
    if (limit.aborted) return result({ address, error: `${where} did not answer within ${timeoutMs} ms.` });
    return result({ address, error: `${where} did not answer: ${sentenceOf(error)}.` });
  } finally {
    await agent.destroy();
  }
}

/** Header names are one name however they are written: the later one stands. */
const lowerCased = (headers: Record<string, string> = {}): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));

/** One connection, to this address whatever the name would resolve to by now. */
const agentTo = (address: string, { timeoutMs, ca }: HttpProbeOptions): Agent =>
  new Agent({
    connect: { lookup: lookupOf(address), timeout: timeoutMs, ...(ca === undefined ? {} : { ca }) },
    allowH2: false,
    connections: 1,
    pipelining: 0,
  });
