/** Scripts run as Regent runs them: the wrapper as a program, a clean environment, output read as it comes. */
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KubernetesLab } from '../../../lab/kubernetes/start.ts';
import { startPostgresPair } from '../../../lab/postgres/pair.ts';
import { DEFAULT_POSTGRES, type PostgresVersion } from '../../../lab/postgres/programs.ts';
import { execute } from '../../../lab/postgres/roles.ts';
import type { PostgresPair } from '../../../lab/postgres/types.ts';
import { startRegion } from '../../../lab/services/region.ts';
import { startCluster } from '../../../lab/world/clusters.ts';
import { readWorldFile, type WorldFile } from '../../../lab/world/file.ts';
import { endScripts, type Scripts, storeOf, writeScripts } from '../../../lab/world/scripts.ts';

export const EAST = 'us-east-1';
export const WEST = 'us-west-2';
export const DATABASE = 'eden_vault';
/** Where each region's connections leave from. */
export const ADDRESSES = { [EAST]: '127.0.1.1', [WEST]: '127.0.1.2' };
const REGIONS = [EAST, WEST] as const;
const TOKEN = 'lab-kubernetes-token';
/** Bars over in 50 ms. */
const PACE = 200;

export type Ended = {
  status: number | null;
  signal: NodeJS.Signals | null;
  /** Lines of progress. */
  progress: { done: number; total: number; unit: string }[];
  /** The last JSON object that is no progress. */
  report: Record<string, unknown> | null;
  stderr: string;
};
export type Running = { child: ChildProcess; ended: Promise<Ended> };

/** Starts a script of this directory; `env` beside PATH is all it is given. */
export function start(scripts: Pick<Scripts, 'directory'>, name: string, args: string[], env = {}): Running {
  const child = spawn(join(scripts.directory, name), args, {
    cwd: scripts.directory,
    env: { PATH: '/usr/bin:/bin', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status, signal) => {
      const lines = stdout
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Record<string, unknown>);
      const progress = lines.filter((line) => 'total' in line) as Ended['progress'];
      resolve({ status, signal, progress, report: lines.findLast((line) => !('total' in line)) ?? null, stderr });
    });
  });
  return { child, ended };
}

export const run = (scripts: Pick<Scripts, 'directory'>, name: string, args: string[], env = {}): Promise<Ended> =>
  start(scripts, name, args, env).ended;

export type Rig = {
  dir: string;
  regions: readonly [string, string];
  file: WorldFile;
  postgres: PostgresPair;
  clusters: Record<string, KubernetesLab>;
  scripts: Scripts;
  /** Statements of the application in a region. */
  app(region: string, ...statements: string[]): Promise<Record<string, unknown>[]>;
  /** Statements of the superuser. */
  root(region: string, ...statements: string[]): Promise<Record<string, unknown>[]>;
  rewrite(starts: Record<string, string>): Scripts;
  close(): Promise<void>;
};

/** Two Postgres servers, each behind a StatefulSet of its cluster, and the scripts that know them. */
export async function startRig(
  redis: { node(region: string): { url: string } } | null = null,
  version: PostgresVersion = DEFAULT_POSTGRES,
): Promise<Rig> {
  const dir = freshDir();
  const closers: (() => unknown)[] = [() => rmSync(dir, { recursive: true, force: true })];
  const close = async () => {
    await endScripts({ dir });
    for (const one of closers.splice(0).reverse()) await one();
  };
  try {
    const postgres = await startPostgresPair({
      dir: join(dir, 'postgres'),
      superuserPassword: 'it\'s "secret"',
      databases: [DATABASE],
      regions: [EAST, WEST],
      version,
    });
    closers.push(() => postgres.close());
    const real = readWorldFile();
    // Postgres is all that runs here: what the services do is tested elsewhere.
    const file = { ...real, services: { ...real.services, deployments: {} } };
    const clusters: Record<string, KubernetesLab> = {};
    for (const region of REGIONS) {
      const node = postgres.node(region);
      const runtime = startRegion({
        name: region,
        address: '127.0.0.1',
        postgresUrl: node.url('eden_app', DATABASE),
        redisUrl: null,
      });
      closers.push(() => runtime.close());
      const serves = region === EAST;
      const cluster = await startCluster({
        file,
        region,
        serves,
        runtime,
        postgres: node,
        pace: 20,
        latencyMs: 0,
        token: TOKEN,
        softFence: false,
      });
      clusters[region] = cluster;
      closers.push(() => cluster.close());
    }
    const rewrite = (starts: Record<string, string>): Scripts =>
      writeScripts({
        dir,
        pace: PACE,
        file: real,
        regions: REGIONS,
        postgres,
        database: DATABASE,
        redis,
        clusters,
        token: TOKEN,
        addresses: ADDRESSES,
        starts,
      });
    const as =
      (user: string) =>
      (region: string, ...statements: string[]) =>
        execute(postgres.node(region).url(user, DATABASE), statements);
    return {
      dir,
      regions: REGIONS,
      file: real,
      postgres,
      clusters,
      scripts: rewrite({}),
      app: as('eden_app'),
      root: as('postgres'),
      rewrite,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** A directory everybody may pass: the servers run as another user where we are root. */
export function freshDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'lab-scripts-'));
  chmodSync(dir, 0o755);
  return dir;
}

/** The scripts without any server: for those that only move files. */
export function withoutServers(dir: string, pace = PACE): Scripts {
  const node = (region: string) => ({
    url: () => 'postgres://nobody@127.0.0.1:1/none',
    dataDirectory: join(dir, 'postgres', region),
    programs: { version: 18 as const, initdb: '', postgres: '', tools: null },
  });
  const cluster = { url: 'http://127.0.0.1:1', namespace: 'eden' };
  return writeScripts({
    dir,
    pace,
    file: readWorldFile(),
    regions: REGIONS,
    postgres: { node },
    database: DATABASE,
    redis: null,
    clusters: { [EAST]: cluster, [WEST]: cluster },
    token: TOKEN,
  });
}

/** What lies in a region's store, by path. */
export const stored = (dir: string, region: string): string[] =>
  readdirSync(storeOf(dir, region), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
