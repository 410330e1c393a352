/** A real PgBouncer before two real servers: clients wait while the database moves, and are never forgotten. */
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type PgBouncer, pgbouncerProgram, startPgBouncer } from '../../lab/pgbouncer/server.ts';
import { startPostgresPair } from '../../lab/postgres/pair.ts';
import { postgresAvailability } from '../../lab/postgres/programs.ts';
import type { PostgresPair } from '../../lab/postgres/types.ts';
import { poolerName } from '../../src/integrations/postgres/console.ts';
import { pgbouncerPooler } from '../../src/integrations/postgres/pgbouncer.ts';
import { IntegrationError, sentenceOf } from '../../src/lib/errors.ts';
import type { Pooler } from '../../src/ports/pooler.ts';
import { within } from './database.suite.ts';

const VERSION = 15;
const [EAST, WEST] = ['us-east-1', 'us-west-2'];
const PASSWORD = 'a secret';
const found = pgbouncerProgram();
const server = postgresAvailability(VERSION);
const missing = 'why' in found ? found.why : 'why' in server ? server.why : null;

if (missing !== null && process.env['CI'] === 'true')
  test('the contract of poolers needs PgBouncer and Postgres', () => expect.unreachable(missing));

describe.skipIf(missing !== null)(`a real PgBouncer${missing === null ? '' : `: ${missing}`}`, () => {
  let pair: PostgresPair;
  let bouncer: PgBouncer;
  let pooler: Pooler;
  let name: string;
  const dirs: string[] = [];
  const sessions: Client[] = [];
  const directory = (): string => {
    const made = mkdtempSync(join(tmpdir(), 'regent-pool-'));
    dirs.push(made);
    return made;
  };
  const place = (region: string) => ({ host: '127.0.0.1', port: pair.node(region).port });
  const client = async (database = 'eden_vault') => {
    const made = new Client({ connectionString: bouncer.url('eden_app', database) });
    made.on('error', () => {});
    await made.connect();
    sessions.push(made);
    return made;
  };
  /** The server that answered, by its port. */
  const served = async (who: Client) =>
    (await who.query<{ port: number }>('SELECT inet_server_port() AS port')).rows[0]!.port;
  const paused = async () => (await pooler.observe(name, within())).databases.map((one) => [one.name, one.paused]);
  const waiting = (count: number) =>
    expect
      .poll(
        async () => (await pooler.observe(name, within())).databases.find((one) => one.name === 'eden_vault')!.waiting,
        { timeout: 10_000 },
      )
      .toBe(count);
  const isPaused = (database = 'eden_vault') =>
    expect
      .poll(async () => (await pooler.observe(name, within())).databases.find((one) => one.name === database)!.paused, {
        timeout: 10_000,
      })
      .toBe(true);

  const start = async (mode: 'transaction' | 'session' = 'transaction') => {
    bouncer = await startPgBouncer({
      dir: directory(),
      databases: ['eden_jobs', 'eden_vault'],
      leadsTo: place(EAST!),
      roles: ['eden_app'],
      password: PASSWORD,
      mode,
    });
    name = poolerName(bouncer.console());
    pooler = pgbouncerPooler({ poolers: [{ url: bouncer.console() }], timeoutMs: 5000 });
  };

  beforeAll(async () => {
    pair = await startPostgresPair({
      version: VERSION,
      dir: directory(),
      superuserPassword: PASSWORD,
      databases: ['eden_vault', 'eden_jobs'],
    });
  }, 60_000);
  beforeEach(() => start());
  afterEach(async () => {
    await Promise.all(sessions.splice(0).map((one) => one.end().catch(() => {})));
    await bouncer?.kill();
  });
  afterAll(async () => {
    await pair?.close();
    for (const dir of dirs) rmSync(dir, { recursive: true, force: true });
  });

  test('a transaction that takes too long is let end: clients are let go again, and it is said', async () => {
    const [busy, other] = [await client(), await client()];
    await busy.query('BEGIN');
    await busy.query('SELECT 1');
    const pausing = pooler.pause(name, ['eden_jobs', 'eden_vault'], 700, within());
    const failed = expect(pausing).rejects.toMatchObject({
      code: 'pooler-busy',
      message: `Transactions at the pooler ${name} did not end within 0.7 s.`,
    });
    await isPaused();
    const answer = served(other);
    await failed;
    expect(await answer).toBe(place(EAST!).port);
    expect(await paused()).toEqual([
      ['eden_jobs', false],
      ['eden_vault', false],
    ]);
    await busy.query('COMMIT');
  });

  test('so it is where transactions last as long as their clients', async () => {
    await bouncer.kill();
    await start('session');
    await served(await client());
    await expect(pooler.pause(name, ['eden_vault'], 500, within())).rejects.toMatchObject({ code: 'pooler-busy' });
    expect((await paused())[1]).toEqual(['eden_vault', false]);
  });

  test('a pause that is given up half-way lets clients go', async () => {
    const busy = await client();
    await busy.query('BEGIN');
    await busy.query('SELECT 1');
    const stop = new AbortController();
    const pausing = pooler.pause(name, ['eden_vault'], 20_000, stop.signal);
    const failed = expect(pausing).rejects.toThrow('given up');
    await isPaused();
    stop.abort();
    await failed;
    expect((await paused())[1]).toEqual(['eden_vault', false]);
  });

  test('what a Regent that was killed has paused stays so, and another one lets it go', async () => {
    await served(await client());
    // As the pooler sees it: the session that paused is gone, and nobody said resume.
    await bouncer.order('PAUSE eden_vault');
    const other = await client();
    const answer = served(other);
    await waiting(1);
    const next = pgbouncerPooler({ poolers: [{ url: bouncer.console() }], timeoutMs: 5000 });
    await next.resume(name, ['eden_vault'], within());
    expect(await answer).toBe(place(EAST!).port);
    await next.resume(name, ['eden_vault'], within());
  });

  test('only what it was told of is looked at, and only what is named is touched', async () => {
    const one = pgbouncerPooler({
      poolers: [{ url: bouncer.console(), databases: ['eden_vault'] }],
      timeoutMs: 5000,
    });
    expect((await one.observe(name, within())).databases.map((each) => each.name)).toEqual(['eden_vault']);
    await one.pause(name, ['eden_vault'], 5000, within());
    expect(await paused()).toEqual([
      ['eden_jobs', false],
      ['eden_vault', true],
    ]);
    expect(await served(await client('eden_jobs'))).toBe(place(EAST!).port);
    const wrong = pgbouncerPooler({ poolers: [{ url: bouncer.console(), databases: ['eden'] }], timeoutMs: 5000 });
    await expect(wrong.observe(name, within())).rejects.toThrow(`The pooler ${name} has no database eden.`);
  });

  test('who may only look, a pooler that is gone, one that is held already: each is one sentence, no password in it', async () => {
    const looker = pgbouncerPooler({ poolers: [{ url: bouncer.console('looker') }], timeoutMs: 2000 });
    await looker.observe(name, within());
    const refused = await looker.pause(name, ['eden_vault'], 1000, within()).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(IntegrationError);
    expect(refused).toMatchObject({ code: 'pooler-refused', effect: 'none' });
    expect(sentenceOf(refused)).toBe(
      `The pooler ${name} said: admin access needed. Add the user of its url to admin_users in pgbouncer.ini, as docs/pooler.md says.`,
    );
    // Somebody else holds back the whole of it: SHOW DATABASES does not say so, and it stays theirs.
    await bouncer.order('PAUSE');
    await expect(pooler.pause(name, ['eden_vault'], 1000, within())).rejects.toThrow('already suspended/paused');
    await bouncer.order('RESUME');
    await bouncer.kill();
    const gone = await pooler.observe(name, within()).catch((error: unknown) => error);
    expect(gone).toMatchObject({ code: 'pooler-connection-refused', effect: 'none' });
    expect([refused, gone].map(sentenceOf).join()).not.toContain(PASSWORD);
  });

  test('one that never answers is given up when it is told to', async () => {
    const mute = createServer();
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    const url = `postgres://regent:${PASSWORD.replace(' ', '%20')}@127.0.0.1:${(mute.address() as AddressInfo).port}/pgbouncer`;
    const silent = pgbouncerPooler({ poolers: [{ url }], timeoutMs: 60_000 });
    await expect(silent.observe(poolerName(url), AbortSignal.timeout(100))).rejects.toMatchObject({
      code: 'pooler-aborted',
      effect: 'none',
    });
    mute.close();
  });

  test('connections are closed once they are free, and one in a transaction says that it ends', async () => {
    const [busy, idle] = [await client(), await client('eden_jobs')];
    await served(idle);
    await busy.query('BEGIN');
    await busy.query('SELECT 1');
    const before = await pooler.observe(name, within());
    expect(before.connections.map(({ database, ending }) => [database, ending]).sort()).toEqual([
      ['eden_jobs', false],
      ['eden_vault', false],
    ]);
    await pooler.reconnect(name, ['eden_jobs', 'eden_vault'], within());
    const inUse = before.connections.filter(({ database }) => database === 'eden_vault');
    await expect
      .poll(async () => (await pooler.observe(name, within())).connections, { timeout: 10_000 })
      .toEqual(inUse.map((one) => ({ ...one, ending: true })));
    await busy.query('COMMIT');
    await expect.poll(async () => (await pooler.observe(name, within())).connections, { timeout: 10_000 }).toEqual([]);
  });

  // The last: afterwards the other server is the primary.
  test('a client in a transaction ends it, one that comes waits, and is answered by the server that took over', async () => {
    const [busy, other] = [await client(), await client()];
    await busy.query('CREATE TABLE vault (id int)');
    await busy.query('BEGIN');
    await busy.query('INSERT INTO vault VALUES (1)');
    let isHeld = false;
    const pausing = pooler.pause(name, ['eden_vault'], 20_000, within()).then(() => {
      isHeld = true;
    });
    await isPaused();
    const answer = other.query<{ port: number }>('INSERT INTO vault VALUES (2) RETURNING inet_server_port() AS port');
    await waiting(1);
    expect(isHeld).toBe(false);
    await busy.query('COMMIT');
    await pausing;
    expect((await pooler.observe(name, within())).databases[1]).toMatchObject({
      paused: true,
      connections: 0,
      waiting: 1,
    });

    await pair.node(EAST!).stop('fast');
    const west = new Client({ connectionString: pair.node(WEST!).url('postgres', 'eden_vault') });
    await west.connect();
    await west.query('SELECT pg_promote()');
    await bouncer.lead(place(WEST!));
    await pooler.reconnect(name, ['eden_vault'], within());
    await pooler.resume(name, ['eden_vault'], within());
    expect((await answer).rows).toEqual([{ port: place(WEST!).port }]);
    expect((await west.query('SELECT count(*)::int AS rows FROM vault')).rows).toEqual([{ rows: 2 }]);
    await west.end();
  });
});
