/**
 * Asks an endpoint as a new client would: the name is resolved afresh, one of its addresses is connected to afresh, the
 * certificate is checked, no redirect is followed. A pooled connection would keep answering from the region just left.
 */
import { isIPv6, type LookupFunction } from 'node:net';
import { Agent, request } from 'undici';
import { sentenceOf } from '../../lib/errors.ts';
import type { Probe, ProbeResult } from '../../ports/probe.ts';
import { addressOf } from './address.ts';

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
  const { timeoutMs, headers = {} } = options;
  return {
    async get(url, signal) {
      const started = performance.now();
      const result = (part: Partial<ProbeResult>): ProbeResult => {
        const ms = Math.round(performance.now() - started);
        return { url, status: null, ms, address: null, error: null, ...part };
      };
      const target = URL.canParse(url) ? new URL(url) : undefined;
      if (target === undefined || !['http:', 'https:'].includes(target.protocol)) {
        return result({ error: `${url} is not an HTTP address.` });
      }
      const limit = AbortSignal.timeout(timeoutMs);
      const either = AbortSignal.any([signal, limit]);
      const { resolvers, allowAddresses = [] } = options;
      let address: string;
      try {
        address = await addressOf(target.hostname, { resolvers, timeoutMs, allowAddresses }, either);
      } catch (error) {
        return result({ error: signal.aborted ? `${target.host} was no longer waited for.` : sentenceOf(error) });
      }
      const agent = agentTo(address, options);
      try {
        const answer = await request(target, { method: 'GET', headers, dispatcher: agent, signal: either });
        await discard(answer.body);
        return result({ status: answer.statusCode, address });
      } catch (error) {
        const where = `${target.host} (${address})`;
        if (signal.aborted) return result({ address, error: `${where} was no longer waited for.` });
        if (limit.aborted) return result({ address, error: `${where} did not answer within ${timeoutMs} ms.` });
        return result({ address, error: `${where} did not answer: ${sentenceOf(error)}.` });
      } finally {
        await agent.destroy();
      }
    },
  };
}

/** One connection, to this address whatever the name would resolve to by now. */
function agentTo(address: string, { timeoutMs, ca }: HttpProbeOptions): Agent {
  const family = isIPv6(address) ? 6 : 4;
  const lookup: LookupFunction = (_host, options, callback) => {
    if (options.all) callback(null, [{ address, family }]);
    else callback(null, address, family);
  };
  return new Agent({
    connect: { lookup, timeout: timeoutMs, ...(ca === undefined ? {} : { ca }) },
    allowH2: false,
    connections: 1,
    pipelining: 0,
  });
}

async function discard(body: AsyncIterable<Buffer>): Promise<void> {
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > MAX_BODY) return;
  }
}
