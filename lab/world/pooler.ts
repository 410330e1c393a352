/** A PgBouncer before the regions' Postgres, and the house's own hand that leads it to whichever of them is the primary. */
import { join } from 'node:path';
import type { Keep } from '../lib/closers.ts';
import { type PgBouncer, startPgBouncer } from '../pgbouncer/server.ts';
import { execute } from '../postgres/roles.ts';
import type { PostgresCluster } from '../postgres/types.ts';
import type { WorldKind } from './kinds.ts';
import { PASSWORD } from './stores.ts';

/** Where Regent finds the address of its console. */
export const POOLER_VARIABLE = 'LAB_POOLER';
const LOOK_EVERY_MS = 50;

export type WorldPooler = {
  bouncer: PgBouncer;
  /** As the application's role, through it. */
  url: string;
  /** Databases it holds clients back from. */
  paused(): Promise<string[]>;
};

type Options = { dir: string; kind: WorldKind; regions: readonly string[]; postgres: PostgresCluster; keep: Keep };

export async function startPooler({ dir, kind, regions, postgres, keep }: Options): Promise<WorldPooler> {
  const { application, database } = kind;
  const place = (region: string) => ({ host: '127.0.0.1', port: postgres.node(region).port });
  await execute(postgres.primary.url(application, database), ['CREATE TABLE pooled (id bigint PRIMARY KEY)']);
  let serving = regions[0]!;
  const bouncer = await startPgBouncer({
    dir: join(dir, 'pgbouncer'),
    databases: [database],
    leadsTo: place(serving),
    roles: [application],
    password: PASSWORD,
  });
  keep(() => bouncer.kill());
  let looking: Promise<void> | null = null;
  /** As a template would that watches who leads: the pooler is told nothing by Regent of where to go. */
  const look = async () => {
    for (const region of regions) {
      if (region === serving || !postgres.node(region).running()) continue;
      const [row] = await execute(postgres.node(region).url('postgres', 'postgres'), [
        'SELECT pg_is_in_recovery() AS standby',
      ]);
      if (row?.['standby'] !== false) continue;
      await bouncer.lead(place(region));
      serving = region;
    }
  };
  const timer = setInterval(() => {
    looking ??= look()
      .catch(() => undefined)
      .finally(() => {
        looking = null;
      });
  }, LOOK_EVERY_MS);
  keep(async () => {
    clearInterval(timer);
    await looking;
  });
  return {
    bouncer,
    url: bouncer.url(application, database),
    paused: async () =>
      (await bouncer.order('SHOW DATABASES')).filter(({ paused }) => paused === 1).map(({ name }) => String(name)),
  };
}

/** The overlay with the pooler in every region: it leads to whichever serves. */
export function withPooler(overlay: object): object {
  const { regions, ...rest } = overlay as { regions: Record<string, { role?: string; postgres?: object }> };
  return {
    ...rest,
    regions: Object.fromEntries(
      Object.entries(regions).map(([name, region]) => [
        name,
        'kubernetes' in region
          ? { ...region, postgres: { ...region.postgres, poolers: [`env:${POOLER_VARIABLE}`] } }
          : region,
      ]),
    ),
  };
}
