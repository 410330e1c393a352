import { existsSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startPostgresPair } from '../../../lab/postgres/pair.ts';
import { execute } from '../../../lab/postgres/roles.ts';
import type { PostgresPair } from '../../../lab/postgres/types.ts';

const fresh = () => mkdtempSync(join(tmpdir(), 'lab-pg-'));
let dir: string;
let pair: PostgresPair;

beforeAll(async () => {
  dir = fresh();
  pair = await startPostgresPair({ dir, superuserPassword: 'it\'s "secret"', databases: ['eden_vault'] });
});
afterAll(() => pair?.close());

const asApp = (region: string, ...statements: string[]) =>
  execute(pair.node(region).url('eden_app', 'eden_vault'), statements);

test('what the application writes in the primary appears in the standby, which takes no writes', async () => {
  await asApp('us-east-1', 'CREATE TABLE vault (id int)', 'INSERT INTO vault VALUES (1)');
  await expect
    .poll(() => asApp('us-west-2', 'SELECT id FROM vault').catch(() => []), { timeout: 10_000 })
    .toEqual([{ id: 1 }]);
  await expect(asApp('us-west-2', 'INSERT INTO vault VALUES (2)')).rejects.toMatchObject({ code: '25006' });
});

test('nobody enters without the password, locally neither', async () => {
  const url = new URL(pair.primary.url('postgres', 'postgres'));
  url.password = 'guess';
  await expect(execute(url.href, ['SELECT 1'])).rejects.toMatchObject({ code: '28P01' });
});

test('the control file tells state, checkpoint, timeline and identity without a server being asked', () => {
  expect(pair.primary.controlState()).toMatchObject({ state: 'in production', timeline: 1 });
  expect(pair.standby.controlState().state).toBe('in archive recovery');
  expect(pair.primary.controlState().checkpoint).toMatch(/^[0-9A-F]+\/[0-9A-F]+$/);
  expect(pair.standby.controlState().systemIdentifier).toBe(pair.primary.controlState().systemIdentifier);
});

test('stopping and starting keeps the port; both do nothing the second time', async () => {
  const { port, pid } = pair.primary;
  await pair.primary.stop('fast');
  await pair.primary.stop('fast');
  expect([pair.primary.running(), pair.primary.pid, pair.primary.controlState().state]).toEqual([
    false,
    null,
    'shut down',
  ]);
  await expect(listens(port)).resolves.toBe(false);
  await pair.primary.start();
  await pair.primary.start();
  expect([pair.primary.port, pair.primary.running()]).toEqual([port, true]);
  expect(pair.primary.pid).not.toBe(pid);
});

test('a crash is not a clean stop, and is recovered from', async () => {
  await asApp('us-east-1', 'INSERT INTO vault VALUES (3)');
  await pair.primary.stop('immediate');
  expect(pair.primary.controlState().state).toBe('in production');
  await pair.primary.start();
  expect(await asApp('us-east-1', 'SELECT id FROM vault WHERE id = 3')).toHaveLength(1);
});

test('after a clean stop and a promotion the old primary follows; after more writes it has to be copied anew', async () => {
  const rejoined = async (from: string, to: string) => {
    await execute(pair.node(to).url('regent', 'postgres'), ['SELECT pg_promote(true, 30)']);
    const how = await pair.node(from).rejoin(pair.node(to));
    await asApp(to, `INSERT INTO vault VALUES (${Math.floor(performance.now())})`);
    const all = await asApp(to, 'SELECT count(*)::int AS n FROM vault');
    await expect.poll(() => asApp(from, 'SELECT count(*)::int AS n FROM vault'), { timeout: 10_000 }).toEqual(all);
    return how;
  };
  await expect
    .poll(
      () =>
        execute(pair.primary.url('regent', 'postgres'), [
          "SELECT 1 FROM pg_stat_replication WHERE state = 'streaming'",
        ]),
      { timeout: 10_000 },
    )
    .toHaveLength(1);
  await pair.primary.stop('fast');
  expect(await rejoined('us-east-1', 'us-west-2')).toBe('followed');
  // Back again, this time without stopping first: what it wrote after the fork is not the others' history.
  expect(await rejoined('us-west-2', 'us-east-1')).toBe('cloned');
});

test('a server that cannot start says why', async () => {
  await pair.standby.stop('fast');
  const broken = join(pair.standby.dataDirectory, 'lab.conf');
  writeFileSync(broken, 'no_such_setting = 1\n');
  await expect(pair.standby.start()).rejects.toThrow(/us-west-2.*no_such_setting/s);
});

test('a region it does not have is named with those it has', () => {
  expect(() => pair.node('mars')).toThrow('The lab has no Postgres in mars; it has us-east-1 and us-west-2.');
});

test('close leaves no process, no port and no file, and may be called twice', async () => {
  const shared = sharedMemory();
  const own = await startPostgresPair({ dir: fresh(), superuserPassword: 'x', databases: [], regions: ['a', 'b'] });
  const { pid, port, dataDirectory } = own.primary;
  own.standby.freeze();
  await own.close();
  await own.close();
  expect(() => process.kill(pid!, 0)).toThrow('ESRCH');
  await expect(listens(port)).resolves.toBe(false);
  expect(existsSync(join(dataDirectory, '..'))).toBe(false);
  expect(sharedMemory().filter((name) => !shared.includes(name) && name.includes(String(pid)))).toEqual([]);
});

test('a pair that cannot be made leaves nothing either', async () => {
  const at = fresh();
  const settings = { wal_level: 'nonsense' };
  await expect(startPostgresPair({ dir: at, superuserPassword: 'x', databases: [], settings })).rejects.toThrow(
    /wal_level/,
  );
  expect(existsSync(at)).toBe(false);
});

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

function sharedMemory(): string[] {
  return existsSync('/dev/shm') ? readdirSync('/dev/shm') : [];
}
