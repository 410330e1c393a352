/** What the product's scripts did, asked of their ledger, of the disks and of the servers. Never of Regent. */
import { existsSync } from 'node:fs';
import { execute } from '../postgres/roles.ts';
import type { PostgresCluster } from '../postgres/types.ts';
import { readLedger } from '../scripts/lib/ledger.ts';
import { differences, treeOf } from '../scripts/lib/tree.ts';
import { configurationOf, ledgerOf } from './scripts.ts';

type Seen = { dir: string; regions: readonly [string, string, ...string[]]; postgres: Pick<PostgresCluster, 'node'> };

export type ScriptRun = {
  script: string;
  args: string[];
  run: string | null;
  step: string | null;
  attempt: string | null;
  startedAt: string;
  /** Null: it was killed and could not say so, or it still runs. */
  ended: { at: string; status: number; signal: string | null } | null;
};

/** Every start that was to change something, oldest first. Starts that only ask (--check) are left out. */
export function scriptStarts(world: Pick<Seen, 'dir'>): ScriptRun[] {
  const lines = readLedger(ledgerOf(world.dir));
  return lines.flatMap((line, index) => {
    if (line.phase !== 'start' || line.check) return [];
    const { script, args, run, step, attempt, at } = line;
    const end = lines.slice(index).find((one) => one.phase === 'end' && one.pid === line.pid && one.script === script);
    const ended = end?.phase === 'end' ? { at: end.at, status: end.status, signal: end.signal } : null;
    return [{ script, args, run, step, attempt, startedAt: at, ended }];
  });
}

/** Starts by step and script: `{ "save-configuration: config_backup.sh": 1 }`. */
export function scriptsRun(world: Pick<Seen, 'dir'>): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { step, script } of scriptStarts(world)) {
    const key = `${step ?? 'by hand'}: ${script}`;
    counts[key] = (counts[key] ?? 0) + 1;
  }
  return counts;
}

/** Whether the configuration files of the first two regions are the same, content and mode; null where there are none. */
export function configurationEqual({ dir, regions }: Pick<Seen, 'dir' | 'regions'>): boolean | null {
  const [one, other] = regions.map((region) => configurationOf(dir, region)) as [string, string];
  if (!existsSync(one) && !existsSync(other)) return null;
  if (!existsSync(one) || !existsSync(other)) return false;
  const files = treeOf(one);
  return files.length > 0 && differences(files, treeOf(other)).length === 0;
}

/**
 * Whether the region that served at first is a standby now, and streams from the other one as both servers say.
 * Other regions can be named where a world has gone there and back.
 */
export async function reverseReplication(
  { regions, postgres }: Pick<Seen, 'regions' | 'postgres'>,
  { from = regions[1], to = regions[0] }: { from?: string; to?: string } = {},
): Promise<{ standby: boolean; streaming: boolean }> {
  const ask = async (region: string, statement: string): Promise<Record<string, unknown> | undefined> => {
    const node = postgres.node(region);
    if (!node.running()) return undefined;
    return (await execute(node.url('postgres', 'postgres'), [statement]).catch(() => []))[0];
  };
  const receiver = await ask(
    to,
    'SELECT pg_is_in_recovery() AS standby, (SELECT status FROM pg_stat_wal_receiver) AS status',
  );
  const sender = await ask(
    from,
    `SELECT count(*)::int AS streams FROM pg_stat_replication WHERE state = 'streaming' AND application_name = '${to}'`,
  );
  return {
    standby: receiver?.['standby'] === true,
    streaming: receiver?.['status'] === 'streaming' && Number(sender?.['streams'] ?? 0) === 1,
  };
}
