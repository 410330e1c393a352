/** NovaCron's own systems set into the world: who reaches them follows from the world's trouble. */
import { request } from 'node:http';
import { join } from 'node:path';
import type { PostgresCluster } from '../postgres/types.ts';
import type { RedisLab } from '../redis/types.ts';
import { type Nova, startNova } from '../services/nova.ts';
import type { Trouble } from './disaster.ts';
import type { WorldFile } from './file.ts';
import type { WorldKind } from './kinds.ts';
import type { Leases } from './leases.ts';

type Options = {
  dir: string;
  kind: WorldKind;
  file: WorldFile;
  regions: readonly string[];
  postgres: PostgresCluster;
  redis: RedisLab | null;
  leases: Leases | null;
  addresses: Record<string, string>;
  ingressPort: number;
  trouble: Trouble;
  pace: number;
};

const ASKED_FOR_MS = 2000;

export function startNovaIn(options: Options): Promise<Nova> {
  const { dir, kind, file, regions, postgres, redis, leases, addresses, ingressPort, trouble, pace } = options;
  const names = file.dns[0]!.records.map(({ name }) => name);
  const host = names.find((name) => name.startsWith(`${kind.writer}.`))!;
  return startNova({
    dir: join(dir, 'nova'),
    pace,
    regions: regions.map((name) => ({ name, alias: file.regions[name]!.alias })),
    services: Object.keys(file.services.deployments),
    ask: (region) => health(addresses[region]!, ingressPort, host),
    reachable: (region) => !trouble.down.has(region),
    isolated: () => trouble.isolated,
    // Whatever still ran there, a zombie's Postgres too, has no power any more.
    async onPowerOff(region) {
      await Promise.all([postgres.node(region).crash(), redis?.node(region).crash(), leases?.die(region)]);
    },
  });
}

/** As a client of the region's load balancer is answered. */
function health(address: string, port: number, host: string): Promise<{ status: number; region: string | null }> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(ASKED_FOR_MS);
    const asking = request(
      { host: address, port, path: '/health', headers: { host }, agent: false, signal },
      (answer) => {
        let body = '';
        answer.setEncoding('utf8').on('data', (chunk: string) => {
          body += chunk;
        });
        answer.on('error', reject);
        answer.on('end', () => {
          const { region } = (body.startsWith('{') ? JSON.parse(body) : {}) as { region?: string };
          resolve({ status: answer.statusCode ?? 0, region: region ?? null });
        });
      },
    );
    asking.on('error', reject);
    asking.end();
  });
}
