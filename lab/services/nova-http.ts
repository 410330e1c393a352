/** The ground of NovaCron's small servers in the lab: JSON in and out, and silence where nobody can be reached. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** `path` in parts: `/state/crdt` is `['state', 'crdt']`. */
export type Asked = { method: string; path: string[]; query: URLSearchParams; request: IncomingMessage };
export type Said = { status?: number; body: unknown } | { stream: Buffer };

export type Served = { readonly url: string; close(): Promise<void> };

/** Why it cannot be done now, as an answer. */
export class Refused extends Error {
  readonly status: number;
  constructor(sentence: string, status = 409) {
    super(sentence);
    this.status = status;
  }
}

/** `heard` false: whoever asks gets no answer at all, as of a region that is gone. */
export async function serve(answer: (asked: Asked) => Promise<Said> | Said, heard: () => boolean): Promise<Served> {
  const server = createServer((request, response) => {
    // Never answered, and never closed by us: only the caller's patience ends it.
    if (!heard()) return void request.resume();
    const url = new URL(request.url ?? '/', 'http://lab');
    const path = url.pathname.split('/').filter((part) => part !== '');
    Promise.resolve()
      .then(() => answer({ method: request.method ?? 'GET', path, query: url.searchParams, request }))
      .then((said) => say(response, said))
      .catch((error: Error) =>
        say(response, { status: error instanceof Refused ? error.status : 500, body: { error: error.message } }),
      );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function say(response: ServerResponse, said: Said): void {
  if ('stream' in said) {
    response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': said.stream.length });
    return void response.end(said.stream);
  }
  response.writeHead(said.status ?? 200, { 'content-type': 'application/json' });
  response.end(`${JSON.stringify(said.body)}\n`);
}

export async function bytesOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

export async function jsonOf(request: IncomingMessage): Promise<Record<string, unknown>> {
  const text = (await bytesOf(request)).toString('utf8');
  try {
    return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
  } catch {
    throw new Refused('this is not JSON', 400);
  }
}
