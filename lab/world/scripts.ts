/**
 * A product's own scripts in the lab: wrappers by the names its runbook calls them, the facts they read, each region's
 * file store and its configuration files. Regent runs the wrappers as it would run the real ones.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { poll } from '../lib/poll.ts';
import type { PostgresNode } from '../postgres/types.ts';
import { type Facts, type RegionFacts, readFacts } from '../scripts/lib/facts.ts';
import { readLedger } from '../scripts/lib/ledger.ts';
import type { NovaFacts } from '../scripts/nova/table.ts';
import { EDEN_SCRIPTS } from '../scripts/table.ts';
import { writeConfiguration } from './configuration-files.ts';
import type { WorldFile } from './file.ts';

export type { ScriptName } from '../scripts/table.ts';

export type ScriptsOptions = {
  /** The world's directory. */
  dir: string;
  pace: number;
  file: WorldFile;
  /** First the one that serves. */
  regions: readonly string[];
  postgres: { node(region: string): Pick<PostgresNode, 'url' | 'dataDirectory' | 'programs'> };
  /** Name of the product's database. */
  database: string;
  redis: { node(region: string): { url: string } } | null;
  clusters: Record<string, { url: string; namespace: string }>;
  /** By region: the loopback address it stands at. Default: the same for all. */
  addresses?: Record<string, string>;
  /** Token of the clusters' API. */
  token: string;
  /** Default `postgres`. */
  statefulset?: string;
  /** Default: Eden's. Whatever others call, with its file below `lab/scripts`. */
  scripts?: Record<string, string>;
  /** NovaCron's own systems, where that is the world. */
  nova?: NovaFacts;
  /** By region, where no StatefulSet stops and starts Postgres: the address whose POST starts it. */
  starts?: Record<string, string>;
};

const FACTS = 'facts.json';
const folderOf = (dir: string): string => join(dir, 'scripts');
const factsOf = (dir: string): string => join(folderOf(dir), FACTS);
export const ledgerOf = (dir: string): string => join(dir, 'ledger.jsonl');
export const configurationOf = (dir: string, region: string): string => join(dir, 'configuration', region);
export const storeOf = (dir: string, region: string): string => join(dir, 'stores', region);

/** `directory` and `jobs` are Regent's `hooks.directory` and `hooks.jobs`; `env` is what its `hooks.env` would name. */
export type Scripts = { directory: string; jobs: string; env: Record<string, string> };

/** Writes all of it into the world's directory, which takes it away again. */
export function writeScripts(options: ScriptsOptions): Scripts {
  const { dir, file, regions, database, scripts = EDEN_SCRIPTS, nova } = options;
  const directory = folderOf(dir);
  // Passwords stand in the facts.
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  for (const region of regions) {
    mkdirSync(storeOf(dir, region), { recursive: true, mode: 0o700 });
    // Who has no script that carries them is not given any.
    if ('config_restore.sh' in scripts)
      writeConfiguration(configurationOf(dir, region), file, { database, behind: region !== regions[0] });
  }
  const facts: Facts = {
    pace: options.pace,
    ledger: ledgerOf(dir),
    database,
    regions: Object.fromEntries(regions.map((region) => [region, regionFacts(options, region)])),
    corrupt: [],
    ...(nova && { nova }),
  };
  writeFacts(dir, facts);
  for (const [name, file] of Object.entries(scripts)) {
    const program = fileURLToPath(new URL(`../scripts/${file}`, import.meta.url));
    const words = [process.execPath, program, '--world', factsOf(dir)].map(shellWord).join(' ');
    writeFileSync(join(directory, name), `#!/bin/sh\nexec ${words} "$@"\n`, { mode: 0o755 });
  }
  return { directory, jobs: join(dir, 'regent', 'jobs'), env: {} };
}

/** From now on these scripts' copies are damaged on their way; none: no longer. */
export function corruptCopies(world: { dir: string }, ...scripts: string[]): void {
  writeFacts(world.dir, { ...readFacts(factsOf(world.dir)), corrupt: scripts });
}

/** Ends what still runs of them, as the ledger knows. They outlive who started them, and the world must not leave them. */
export async function endScripts(world: { dir: string }): Promise<void> {
  const lines = readLedger(ledgerOf(world.dir));
  const ended = new Set(lines.flatMap((line) => (line.phase === 'end' ? [line.pid] : [])));
  const open = lines.flatMap((line) => (line.phase === 'start' && !ended.has(line.pid) ? [line.pid] : []));
  for (const pid of open) if (lives(pid)) process.kill(pid, 'SIGTERM');
  await poll('The scripts do not end', () => !open.some(lives), { withinMs: 5_000 });
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

const writeFacts = (dir: string, facts: Facts): void =>
  writeFileSync(factsOf(dir), `${JSON.stringify(facts, null, 2)}\n`, { mode: 0o600 });

function regionFacts(options: ScriptsOptions, region: string): RegionFacts {
  const { dir, file, postgres, redis, clusters, token, database, statefulset = 'postgres', starts = {} } = options;
  const node = postgres.node(region);
  const { url, namespace } = clusters[region]!;
  return {
    alias: file.regions[region]!.alias,
    address: options.addresses?.[region] ?? '127.0.0.1',
    postgres: {
      administration: node.url('postgres', 'postgres'),
      database: node.url('postgres', database),
      replication: node.url('replicator', 'postgres'),
      dataDirectory: node.dataDirectory,
      logFile: `${node.dataDirectory}.log`,
      programs: node.programs,
      statefulset,
      start: starts[region] ?? null,
    },
    redis: redis?.node(region).url ?? null,
    kubernetes: { url, token, namespace },
    store: storeOf(dir, region),
    configuration: configurationOf(dir, region),
  };
}

const shellWord = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;
