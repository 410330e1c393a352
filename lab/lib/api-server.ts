/** The ground of the lab's JSON APIs: bodies read, calls kept, and faults on demand, the same for each of them. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

export type ApiFault = {
  /**
   * `unavailable` answers 500 as the API does, `html` 502 as a proxy before it does, `busy` as the API does to whoever
   * asks too often. `hang` never answers, `stall` begins an answer and never ends it. `cut` breaks the connection before
   * anything is done, `cut-after` when it was done.
   */
  kind: 'unavailable' | 'html' | 'busy' | 'hang' | 'stall' | 'cut' | 'cut-after';
  /** How many calls it spoils; default all until `clearFaults()`. */
  times?: number;
  /** Only calls of this kind; default all. */
  operation?: string;
};

export type ApiRequest = {
  operation: string;
  method: string;
  url: URL;
  headers: IncomingMessage['headers'];
  /** The body as JSON; undefined when there is none or it is no JSON. */
  body: unknown;
  bytes: number;
};

export type ApiAnswer = { status: number; body: unknown; headers?: Record<string, string> };

export type ApiCall = {
  at: number;
  operation: string;
  /** HTTP status sent; null when the connection was cut or left hanging. */
  status: number | null;
  fault: ApiFault['kind'] | null;
};

export type ApiServerOptions = {
  tls?: { key: string; cert: string };
  port?: number;
  operationOf(method: string, path: string): string;
  perform(request: ApiRequest): ApiAnswer;
  /** What is answered to whoever asks too often, and when the API itself is broken. */
  busy(operation: string): ApiAnswer;
  unavailable: ApiAnswer;
  maxBytes: number;
};

export interface ApiServer {
  readonly port: number;
  calls(): ApiCall[];
  fault(fault: ApiFault): void;
  clearFaults(): void;
  /** Added before each answer, ms. */
  latency(ms: number): void;
  close(): Promise<void>;
}

/** Listens on 127.0.0.1, over HTTPS when `tls` is given. */
export async function startApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const calls: ApiCall[] = [];
  const closing = new AbortController();
  let faults: (ApiFault & { left: number })[] = [];
  let latencyMs = 0;

  const takeFault = (operation: string): ApiFault['kind'] | null => {
    const fault = faults.find((other) => other.operation === undefined || other.operation === operation);
    if (fault === undefined) return null;
    fault.left -= 1;
    if (fault.left <= 0) faults = faults.filter((other) => other !== fault);
    return fault.kind;
  };

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', 'http://lab');
    const method = request.method ?? 'GET';
    const operation = options.operationOf(method, url.pathname);
    const read = await bodyOf(request, options.maxBytes);
    const fault = takeFault(operation);
    const call: ApiCall = { at: Date.now(), operation, status: null, fault };
    calls.push(call);
    if (latencyMs > 0) await pause(latencyMs, undefined, { signal: closing.signal }).catch(() => undefined);
    if (fault === 'hang') return;
    if (fault === 'cut') return void request.socket.destroy();
    if (fault === 'html') {
      call.status = 502;
      response.writeHead(502, { 'content-type': 'text/html' }).end('<html><h1>Bad Gateway</h1></html>');
      return;
    }
    const answer =
      fault === 'unavailable'
        ? options.unavailable
        : fault === 'busy'
          ? options.busy(operation)
          : options.perform({ operation, method, url, headers: request.headers, ...read });
    if (fault === 'cut-after') return void request.socket.destroy();
    const text = JSON.stringify(answer.body);
    response.writeHead(answer.status, { 'content-type': 'application/json; charset=utf-8', ...answer.headers });
    call.status = answer.status;
    if (fault === 'stall') return void response.write(text.slice(0, text.length / 2));
    response.end(text);
  };

  // A caller that hung up in the middle of its request is nobody to answer.
  const listener: RequestListener = (request, response) =>
    void handle(request, response).catch(() => response.destroy());
  const server = options.tls === undefined ? createServer(listener) : createTlsServer(options.tls, listener);
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    calls: () => structuredClone(calls),
    fault: (fault) => void faults.push({ ...fault, left: fault.times ?? Number.POSITIVE_INFINITY }),
    clearFaults() {
      faults = [];
    },
    latency(ms) {
      latencyMs = ms;
    },
    async close() {
      closing.abort();
      if (!server.listening) return;
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

async function bodyOf(request: IncomingMessage, maxBytes: number): Promise<{ body: unknown; bytes: number }> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    // Read to its end all the same, so that the answer arrives.
    if (bytes <= maxBytes) chunks.push(chunk);
  }
  try {
    return { body: JSON.parse(Buffer.concat(chunks).toString('utf8')), bytes };
  } catch {
    return { body: undefined, bytes };
  }
}

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const filled = (value: unknown): value is string => typeof value === 'string' && value.trim() !== '';

/** At most `limit` calls in `windowMs` for each key: true when this one is too many; it is not counted then. */
export function tooOften(limit: number, windowMs: number, now: () => number = Date.now): (key: string) => boolean {
  const seen = new Map<string, number[]>();
  return (key) => {
    const recent = (seen.get(key) ?? []).filter((at) => at > now() - windowMs);
    const over = recent.length >= limit;
    seen.set(key, over ? recent : [...recent, now()]);
    return over;
  };
}
