/** What keeps a region from serving, put there on purpose and looked for from outside. Never asked of Regent. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execute } from '../postgres/roles.ts';
import type { PostgresNode } from '../postgres/types.ts';
import type { World } from './world.ts';

const POLICY = 'regent-fence';
const MARK = /^regent\.dev\/(review|change-freeze)/;

/** As an earlier run would have left them: the courtesy in Postgres' own configuration, and the policy in the cluster. */
export async function leaveFences(world: World, region: string): Promise<void> {
  await execute(world.postgres.node(region).url('postgres', 'postgres'), [
    'ALTER SYSTEM SET default_transaction_read_only = on',
    'SELECT pg_reload_conf()',
  ]);
  world.clusters[region]!.apply({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: POLICY },
    spec: { podSelector: {}, policyTypes: ['Ingress', 'Egress'] },
  });
}

const RULE = '# left against another region\n';

/** As a rule against a region that was cut off once: Postgres of `to` lets nobody in who comes from there. */
export async function closeWay(
  { postgres, addresses }: Pick<World, 'addresses'> & Servers,
  from: string,
  to: string,
): Promise<void> {
  const database = ['all', 'replication'];
  const rules = database.map((name) => `host ${name} all ${addresses[from]}/32 reject\n`).join('');
  await letIn({ postgres }, to, (usual) => `${rules}${RULE}${usual}`);
}

/** Whoever left such a rule takes it away. */
export const openWay = ({ postgres }: Servers, to: string): Promise<void> =>
  letIn({ postgres }, to, (found) => found.slice(found.lastIndexOf(RULE) + RULE.length));

type Servers = { postgres: { node(region: string): Pick<PostgresNode, 'url' | 'dataDirectory'> } };

async function letIn({ postgres }: Servers, region: string, become: (found: string) => string): Promise<void> {
  const { dataDirectory, url } = postgres.node(region);
  const file = join(dataDirectory, 'pg_hba.conf');
  // The file keeps its owner: the server may run as another user.
  writeFileSync(file, become(readFileSync(file, 'utf8')));
  await execute(url('postgres', 'postgres'), ['SELECT pg_reload_conf()']);
}

/** Everything that keeps a region from serving, one line each: `us-east-1: NetworkPolicy regent-fence`. */
export async function fencesLeft(world: World): Promise<string[]> {
  const all = await Promise.all(
    world.regions.map(async (region) => {
      const found = [...(await inPostgres(world, region)), ...inCluster(world, region)];
      return found.map((one) => `${region}: ${one}`);
    }),
  );
  return all.flat();
}

async function inPostgres(world: World, region: string): Promise<string[]> {
  const node = world.postgres.node(region);
  if (!node.running()) return ['Postgres is stopped'];
  const [row] = await execute(node.url('postgres', 'postgres'), [
    `SELECT current_setting('default_transaction_read_only') AS read_only,
            (SELECT string_agg(datname, ' ') FROM pg_database WHERE NOT datallowconn AND NOT datistemplate) AS closed`,
  ]);
  return [
    ...(row?.['read_only'] === 'on' ? ['default_transaction_read_only on'] : []),
    ...(row?.['closed'] ? [`closed to connections: ${row['closed']}`] : []),
  ];
}

function inCluster(world: World, region: string): string[] {
  const cluster = world.clusters[region]!;
  const marked = [...cluster.list('nodes'), ...cluster.list('namespaces')].flatMap(({ kind, metadata }) =>
    Object.keys({ ...metadata.labels, ...metadata.annotations })
      .filter((key) => MARK.test(key))
      .map((key) => `${kind} ${metadata.name} bears ${key}`),
  );
  const cordoned = cluster
    .list('nodes')
    .filter(({ spec }) => (spec as { unschedulable?: boolean } | undefined)?.unschedulable === true);
  const stopped = Object.entries(cluster.statefulSets()).filter(([, { wanted }]) => wanted === 0);
  return [
    ...(cluster.get('networkpolicies', POLICY) === undefined ? [] : [`NetworkPolicy ${POLICY}`]),
    ...cordoned.map(({ metadata }) => `node ${metadata.name} is cordoned`),
    ...stopped.map(([name]) => `StatefulSet ${name} at 0`),
    ...marked,
  ];
}
