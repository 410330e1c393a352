/**
 * Real Postgres servers with streaming replication, one a region: initdb once, copy the cold directory, start all.
 * What scenarios claim about the database is asked of these processes and their files, never of Regent.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { freePort } from '../lib/free-port.ts';
import { poll } from '../lib/poll.ts';
import { configure } from './configuration.ts';
import { DEFAULT_POSTGRES, type Programs, postgresPrograms } from './programs.ts';
import { APPLICATION, execute, MAINTENANCE_DATABASE, prepareRoles } from './roles.ts';
import { runProgram } from './run-program.ts';
import { postgresServer } from './server.ts';
import { copyData, followInFuture, makeSlot } from './standby.ts';
import { canEnter, makeServerDirectory, type SystemUser, serverUser } from './system-user.ts';
import type { PostgresCluster, PostgresClusterOptions, PostgresNode } from './types.ts';

/** Resolves when every standby streams from the primary. Everything made is removed again when it fails. */
export async function startPostgresCluster(options: PostgresClusterOptions): Promise<PostgresCluster> {
  const { regions } = options;
  const dir = resolve(options.dir);
  const user = serverUser();
  mkdirSync(dirname(dir), { recursive: true });
  if (!canEnter(dirname(dir), user))
    throw new Error(
      `The servers' user cannot enter ${dirname(dir)}. Choose a directory everybody may pass, under /tmp.`,
    );
  makeServerDirectory(dir, user);
  const nodes: PostgresNode[] = [];
  try {
    const programs = postgresPrograms(options.version ?? DEFAULT_POSTGRES, join(dir, 'programs'), user);
    for (const region of regions)
      nodes.push(
        postgresServer({
          region,
          port: await freePort(),
          dataDirectory: join(dir, region),
          logFile: join(dir, `${region}.log`),
          programs,
          user,
          password: options.superuserPassword,
          now: options.now,
        }),
      );
    const [primary, ...standbys] = nodes as [PostgresNode, ...PostgresNode[]];
    await initialise(primary, programs, user, options);
    for (const standby of standbys) {
      copyData(primary.dataDirectory, standby.dataDirectory, user);
      followInFuture(standby.dataDirectory, standby.region, primary, user);
    }
    await primary.start();
    for (const standby of standbys) {
      await makeSlot(primary, standby.region);
      await standby.start();
    }
    await streaming(primary, standbys.length, options.now);
    return clusterOf(regions, primary, standbys, () => discard(dir, nodes));
  } catch (error) {
    await discard(dir, nodes);
    throw error;
  }
}

/** initdb, configuration, and the roles and databases, made by a server that is stopped again. */
async function initialise(
  primary: PostgresNode,
  { initdb }: Programs,
  user: SystemUser | undefined,
  { superuserPassword, databases, settings, application }: PostgresClusterOptions,
): Promise<void> {
  makeServerDirectory(primary.dataDirectory, user);
  const passwordFile = join(dirname(primary.dataDirectory), 'password');
  writeFileSync(passwordFile, superuserPassword, { mode: 0o644 });
  const args = ['-D', primary.dataDirectory, '-U', 'postgres', `--pwfile=${passwordFile}`, '--auth=scram-sha-256'];
  // pg_rewind wants checksums; 18 has them anyway, 15 when told.
  const fresh = ['-E', 'UTF8', '--locale=C', '--data-checksums', '--no-sync', '--no-instructions'];
  await runProgram(initdb, [...args, ...fresh], { user });
  rmSync(passwordFile);
  configure(primary.dataDirectory, settings ?? {}, user);
  await primary.start();
  await prepareRoles((database) => primary.url('postgres', database), {
    password: superuserPassword,
    databases,
    application: application ?? APPLICATION,
  });
  await primary.stop('fast');
}

/** Waits until all standbys stream from the primary, as the primary sees it. */
async function streaming(primary: PostgresNode, standbys: number, now?: () => number): Promise<void> {
  await poll(
    `Not every standby streams from the Postgres of ${primary.region}`,
    async () => {
      const rows = await execute(primary.url('postgres', MAINTENANCE_DATABASE), [
        "SELECT 1 FROM pg_stat_replication WHERE state = 'streaming'",
      ]);
      return rows.length === standbys;
    },
    { withinMs: 20_000, ...(now && { now }) },
  );
}

function clusterOf(
  regions: PostgresCluster['regions'],
  primary: PostgresNode,
  standbys: PostgresNode[],
  close: () => Promise<void>,
): PostgresCluster {
  return {
    regions,
    primary,
    standbys,
    node(region) {
      const found = [primary, ...standbys].find((node) => node.region === region);
      if (!found) throw new Error(`The lab has no Postgres in ${region}; it has ${regions.join(' and ')}.`);
      return found;
    },
    close,
  };
}

/** Nobody needs this data again: the servers are crashed, which is prompt. */
async function discard(dir: string, nodes: PostgresNode[]): Promise<void> {
  for (const node of nodes) node.thaw();
  await Promise.all(nodes.map((node) => node.stop('immediate')));
  rmSync(dir, { recursive: true, force: true });
}
