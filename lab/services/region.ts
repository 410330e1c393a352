/**
 * What runs in one region: pods that are real HTTP endpoints over that region's own Postgres and Redis, and an ingress
 * at the region's own address that passes each request to a ready pod of the service its name asks for.
 */

import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { Redis } from 'ioredis';
import { Pool } from 'pg';
import type { PodHandle } from '../kubernetes/types.ts';
import { startMonitoring } from './monitoring.ts';
import { replyOfTasks } from './tasks.ts';

export type RegionRuntime = {
  readonly name: string;
  /** The region's public address, on the loopback network. */
  readonly address: string;
  /** Starts a pod of a service: ready once its endpoint answers. */
  startPod(service: string): Promise<PodHandle>;
  /** `http://…` requests by name end here: for `prometheus.…` at the region's monitoring, all others at its services. */
  ingress(request: IncomingMessage, response: ServerResponse): void;
  close(): Promise<void>;
};

type Pod = { service: string; port: number; server: Server };
type Options = {
  name: string;
  address: string;
  /** As the application's role. */
  postgresUrl: string;
  redisUrl: string | null;
  /** The service that keeps tasks. Default task-service. */
  writer?: string;
  /** First labels of names that are not a service's own: the service behind each. */
  hosts?: Record<string, string>;
  /** What waits are divided by; the minute that monitoring looks back is one. Default 1. */
  pace?: number;
};

const TIMEOUT_MS = 2000;
/** `[1m]` in the monitoring's query. */
const MINUTE_MS = 60_000;

export function startRegion(options: Options): RegionRuntime {
  const { name, address, postgresUrl, redisUrl, writer = 'task-service', hosts = {}, pace = 1 } = options;
  const pods = new Set<Pod>();
  const turn = new Map<string, number>();
  const monitoring = startMonitoring(MINUTE_MS / pace);
  const pool = new Pool({
    connectionString: postgresUrl,
    max: 8,
    connectionTimeoutMillis: TIMEOUT_MS,
    statement_timeout: TIMEOUT_MS,
    idleTimeoutMillis: 1000,
    application_name: `product ${name}`,
  });
  // A killed server must not take the lab with it: the next request says that it is gone.
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  const redis =
    redisUrl === null
      ? null
      : new Redis(redisUrl, {
          enableOfflineQueue: false,
          maxRetriesPerRequest: 0,
          commandTimeout: TIMEOUT_MS,
          retryStrategy: () => 100,
          autoResendUnfulfilledCommands: false,
        });
  redis?.on('error', () => {});

  async function handle(service: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://pod');
    if (request.method === 'GET' && url.pathname === '/ready') return answer(response, 200, { service, region: name });
    if (request.method === 'GET' && url.pathname === '/health') {
      const { rows } = await pool.query('SELECT pg_is_in_recovery() AS standby');
      return answer(response, 200, { service, region: name, database: rows[0]?.standby ? 'standby' : 'primary' });
    }
    if (service === writer) {
      const reply = await replyOfTasks(request, url, { pool, redis, region: name });
      if (reply) return answer(response, reply.status, reply.body);
    }
    answer(response, 404, { error: `no ${request.method} ${url.pathname} here` });
  }

  return {
    name,
    address,
    async startPod(service) {
      const server = createServer((request, response) => {
        handle(service, request, response).catch((error: Error) => answer(response, 503, { error: error.message }));
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const pod: Pod = { service, port: (server.address() as AddressInfo).port, server };
      pods.add(pod);
      return {
        ready: () => answersAt(pod.port),
        async stop() {
          // Out of the load balancer first, then what is under way may end.
          pods.delete(pod);
          server.closeIdleConnections();
          const ended = new Promise<void>((resolve) => server.close(() => resolve()));
          setTimeout(() => server.closeAllConnections(), TIMEOUT_MS).unref();
          await ended;
        },
      };
    },
    ingress(request, response) {
      const service = (request.headers.host ?? '').split('.')[0] ?? '';
      if (service === 'prometheus') {
        // It does not count what it is asked itself.
        monitoring.handle(request, response).catch((error: Error) => answer(response, 500, { error: error.message }));
        return;
      }
      const arrived = performance.now();
      const handler = (request.url ?? '/').split('?')[0]!;
      response.on('finish', () => monitoring.served(response.statusCode, performance.now() - arrived, handler));
      const known = hosts[service] ?? service;
      const ready = [...pods].filter((pod) => pod.service === known);
      const count = (turn.get(known) ?? 0) + 1;
      turn.set(known, count);
      const pod = ready[count % Math.max(1, ready.length)];
      if (!pod) return answer(response, 503, { error: `no pod of ${known} in ${name}` });
      const onward = httpRequest(
        {
          host: '127.0.0.1',
          port: pod.port,
          method: request.method,
          path: request.url,
          headers: request.headers,
          agent: false,
        },
        (reply) => {
          response.writeHead(reply.statusCode ?? 502, reply.headers);
          reply.pipe(response);
        },
      );
      onward.on('error', () => answer(response, 502, { error: `the pod of ${known} in ${name} went away` }));
      request.pipe(onward);
    },
    async close() {
      for (const pod of pods) {
        pod.server.close();
        pod.server.closeAllConnections();
      }
      redis?.disconnect();
      await pool.end().catch(() => undefined);
    },
  };
}

function answer(response: ServerResponse, status: number, body: object): void {
  if (response.headersSent) return void response.end();
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(`${JSON.stringify(body)}\n`);
}

/** Whether somebody listens there: what a readiness probe by TCP asks. */
const answersAt = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    const settle = (value: boolean) => {
      socket.destroy();
      resolve(value);
    };
    socket.once('connect', () => settle(true));
    socket.once('error', () => settle(false));
  });
