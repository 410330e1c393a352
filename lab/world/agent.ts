/**
 * What a site without Kubernetes would have beside its Postgres: an endpoint that stops the server and reports its
 * control file, and one that starts it. For fences made by a hook.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { PostgresNode } from '../postgres/types.ts';
import type { FenceKind } from './world.ts';

export type Agent = { readonly url: string; close(): Promise<void> };

export async function startAgent(node: PostgresNode): Promise<Agent> {
  const server = createServer((request, response) => {
    const act = async (): Promise<object> => {
      if (request.method !== 'POST') throw new Error('POST only');
      if (request.url === '/stop') await node.stop('fast');
      else if (request.url === '/start') await node.start();
      else throw new Error(`no ${request.url} here`);
      const { state, checkpoint } = node.controlState();
      return { state, checkpoint };
    };
    act().then(
      (report) => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(report)),
      (error: Error) =>
        response.writeHead(500, { 'content-type': 'application/json' }).end(JSON.stringify({ error: error.message })),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** The overlay's fence of a region; undefined leaves the file's own. `agent`: its address, for a fence by HTTP. */
export function fenceOf(kind: FenceKind, agent: string | undefined): unknown {
  if (kind === 'sql') return 'sql';
  if (kind === 'http') return { statefulset: null, http: { stop: `${agent}/stop`, start: `${agent}/start` } };
  return undefined;
}
