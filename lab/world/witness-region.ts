/**
 * A third region that holds no data: a small HTTP endpoint that lives (`GET /health`) and looks (`GET /look?region=…`).
 * What it says of a region it has just asked of that region's load balancer by itself, over its own ways and none of
 * Regent's.
 */
import { createServer, request, type Server } from 'node:http';
import { freePort } from '../lib/free-port.ts';
import type { EdenFile } from './eden.ts';

export const WITNESS = 'eu-north-1';

/** As docs/configuration.md describes the answer of a vantage point. */
export type WitnessLook = {
  vantage: string;
  region: string;
  /** ms since the epoch. */
  at: number;
  probes: { name: string; seen: 'good' | 'bad' | 'silent'; weight: number; critical: boolean; why: string | null }[];
  errorRate: null;
};

export type WitnessRegion = {
  readonly name: string;
  /** Of 127.0.0.1; the same over stops and starts. */
  readonly port: number;
  running(): boolean;
  /** Resolves when it answers again; does nothing when it does. */
  start(): Promise<void>;
  /** At once, connections too; does nothing when it is down. */
  stop(): Promise<void>;
  /** What it answers to `GET /look`; null for a region it does not know. */
  look(region: string): Promise<WitnessLook | null>;
};

type Options = {
  eden: EdenFile;
  /** By region: where its load balancer stands. */
  addresses: Record<string, string>;
  ingressPort: number;
  /** How long it waits for one answer, ms. Default 800: shorter than anybody waits for us. */
  timeoutMs?: number;
};

export async function startWitnessRegion(options: Options): Promise<WitnessRegion> {
  const { eden, addresses, ingressPort, timeoutMs = 800 } = options;
  const port = await freePort();
  let server: Server | null = null;

  async function look(region: string): Promise<WitnessLook | null> {
    const host = addresses[region];
    if (host === undefined) return null;
    const probes = await Promise.all(
      Object.entries(eden.services.deployments).map(async ([name, { health }]) => {
        const url = new URL(health.replace('{alias}', eden.regions[region]!.alias));
        const answer = await statusOf({ host, port: ingressPort, name: url.hostname, path: url.pathname, timeoutMs });
        const seen = typeof answer === 'string' ? 'silent' : answer < 300 ? 'good' : 'bad';
        const why = typeof answer === 'string' ? answer : seen === 'bad' ? `answers ${answer}` : null;
        return { name, seen, weight: 1, critical: false, why } as const;
      }),
    );
    return { vantage: WITNESS, region, at: Date.now(), probes, errorRate: null };
  }

  async function answer(url: URL): Promise<[number, object]> {
    if (url.pathname === '/health') return [200, { region: WITNESS }];
    if (url.pathname !== '/look') return [404, { error: `no ${url.pathname} here` }];
    const region = url.searchParams.get('region') ?? '';
    const seen = await look(region);
    return seen === null ? [404, { error: `no region ${region} known here` }] : [200, seen];
  }

  const self: WitnessRegion = {
    name: WITNESS,
    port,
    running: () => server !== null,
    async start() {
      if (server !== null) return;
      const started = createServer((incoming, response) => {
        const say = (status: number, body: object) =>
          response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`);
        answer(new URL(incoming.url ?? '/', 'http://witness')).then(
          ([status, body]) => say(status, body),
          (error: Error) => say(500, { error: error.message }),
        );
      });
      await new Promise<void>((resolve, reject) => {
        started.once('error', reject);
        started.listen(port, '127.0.0.1', resolve);
      });
      server = started;
    },
    async stop() {
      const stopping = server;
      server = null;
      if (stopping === null) return;
      const ended = new Promise<void>((resolve) => stopping.close(() => resolve()));
      stopping.closeAllConnections();
      await ended;
    },
    look,
  };
  await self.start();
  return self;
}

/** The status of a GET by that name at that address, or why none came. */
function statusOf(where: {
  host: string;
  port: number;
  name: string;
  path: string;
  timeoutMs: number;
}): Promise<number | string> {
  const { host, port, name, path, timeoutMs } = where;
  return new Promise((resolve) => {
    const asking = request(
      { host, port, path, headers: { host: name }, agent: false, signal: AbortSignal.timeout(timeoutMs) },
      (response) => {
        response.on('error', () => {});
        response.resume();
        resolve(response.statusCode ?? 0);
      },
    );
    asking.on('error', (error) =>
      resolve(error.name === 'AbortError' ? `no answer within ${timeoutMs} ms` : error.message),
    );
    asking.end();
  });
}
