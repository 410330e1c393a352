/**
 * A region that holds no data: a small HTTP endpoint that lives (`GET /health`) and looks (`GET /look?region=…`).
 * What it says of a region it has just asked of that region's load balancer by itself, over its own ways and none of
 * Regent's.
 */
import { createServer, request, type Server } from 'node:http';
import { freePort } from '../lib/free-port.ts';
import type { WorldFile } from './file.ts';

/** Its name where the configuration file has none. */
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

type Looking = {
  /** Of the place that looks. */
  name: string;
  file: WorldFile;
  /** By region: where its load balancer stands. */
  addresses: Record<string, string>;
  ingressPort: number;
  /** How long it waits for one answer, ms. Default 800: shorter than anybody waits for us. */
  timeoutMs?: number;
};

/**
 * Asks a region's load balancer for the services every region runs, from outside and over nobody else's ways; null: not
 * known. What writes runs only where it is served: a region that stands by is not ill for the lack of it.
 */
export async function lookAt(region: string, looking: Looking): Promise<WitnessLook | null> {
  const { name: vantage, file, addresses, ingressPort, timeoutMs = 800 } = looking;
  const host = addresses[region];
  if (host === undefined) return null;
  const probes = await Promise.all(
    Object.entries(file.services.deployments).flatMap(([name, { health, writeHeavy }]) =>
      health === undefined || writeHeavy ? [] : [probed(name, health)],
    ),
  );
  return { vantage, region, at: Date.now(), probes, errorRate: null };

  async function probed(name: string, health: string) {
    const url = new URL(health.replace('{alias}', file.regions[region]!.alias));
    const answer = await statusOf({
      host: host!,
      port: ingressPort,
      name: url.hostname,
      path: url.pathname,
      timeoutMs,
    });
    const seen = typeof answer === 'string' ? 'silent' : answer < 300 ? 'good' : 'bad';
    const why = typeof answer === 'string' ? answer : seen === 'bad' ? `answers ${answer}` : null;
    return { name, seen, weight: 1, critical: false, why } as const;
  }
}

export async function startWitnessRegion(looking: Looking): Promise<WitnessRegion> {
  const { name } = looking;
  const port = await freePort();
  let server: Server | null = null;
  const look = (region: string) => lookAt(region, looking);

  async function answer(url: URL): Promise<[number, object]> {
    if (url.pathname === '/health') return [200, { region: name }];
    if (url.pathname !== '/look') return [404, { error: `no ${url.pathname} here` }];
    const region = url.searchParams.get('region') ?? '';
    const seen = await look(region);
    return seen === null ? [404, { error: `no region ${region} known here` }] : [200, seen];
  }

  const self: WitnessRegion = {
    name,
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
