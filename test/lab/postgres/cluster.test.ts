/** One primary and two standbys: both follow, and of two one can take over. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startPostgresCluster } from '../../../lab/postgres/cluster.ts';
import { execute } from '../../../lab/postgres/roles.ts';
import type { PostgresCluster } from '../../../lab/postgres/types.ts';

let cluster: PostgresCluster;
beforeAll(async () => {
  cluster = await startPostgresCluster({
    dir: mkdtempSync(join(tmpdir(), 'lab-pg-')),
    superuserPassword: 'secret',
    databases: ['product'],
    application: 'product_app',
    regions: ['a', 'b', 'c'],
  });
});
afterAll(() => cluster?.close());

const asApp = (region: string, ...statements: string[]) =>
  execute(cluster.node(region).url('product_app', 'product'), statements);

test('what the application writes appears in every standby', async () => {
  await asApp('a', 'CREATE TABLE orders (id int)', 'INSERT INTO orders VALUES (1)');
  for (const region of ['b', 'c'])
    await expect
      .poll(() => asApp(region, 'SELECT id FROM orders').catch(() => []), { timeout: 10_000 })
      .toEqual([{ id: 1 }]);
  expect(cluster.standbys.map(({ region }) => region)).toEqual(['b', 'c']);
});

test('one is promoted without the primary; the other one stays as it is, and can follow the new one', async () => {
  await cluster.primary.crash();
  await execute(cluster.node('b').url('regent', 'postgres'), ['SELECT pg_promote(true, 30)']);
  await asApp('b', 'INSERT INTO orders VALUES (2)');
  await expect(asApp('c', 'INSERT INTO orders VALUES (3)')).rejects.toMatchObject({ code: '25006' });
  expect(await cluster.node('c').rejoin(cluster.node('b'))).toBe('followed');
  await expect.poll(() => asApp('c', 'SELECT count(*)::int AS n FROM orders'), { timeout: 20_000 }).toEqual([{ n: 2 }]);
});
