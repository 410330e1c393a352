import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startPostgresPair } from '../../../lab/postgres/pair.ts';
import { postgresAvailability, toolsOf } from '../../../lab/postgres/programs.ts';
import { execute } from '../../../lab/postgres/roles.ts';
import type { ControlState, PostgresNode, PostgresPair } from '../../../lab/postgres/types.ts';
import { onEachPostgres, onPostgres } from './versions.ts';

test('where Postgres 15 is not installed a sentence names the program and the package', () => {
  expect(postgresAvailability(15, '/nowhere')).toEqual({
    why: 'There is no /nowhere/initdb: install the package "postgresql-15", or take Postgres 18.',
  });
  expect(postgresAvailability(18, '/nowhere')).toEqual({ ok: true });
});

test('a version without pg_rewind says which one has it', () => {
  expect(() => toolsOf({ version: 18, initdb: '', postgres: '', tools: null })).toThrow(
    'Postgres 18 of the lab has neither pg_rewind nor pg_basebackup. Start the lab with --postgres 15.',
  );
});

onEachPostgres('a pair of the lab', (version) => {
  let pair: PostgresPair;
  beforeAll(async () => {
    pair = await startPostgresPair({
      dir: mkdtempSync(join(tmpdir(), 'lab-pg-')),
      superuserPassword: 'x',
      databases: [],
      version,
    });
  });
  afterAll(() => pair?.close());

  test('is of that version, with checksums of its pages', async () => {
    const [row] = await execute(pair.standby.url('postgres', 'postgres'), [
      "SELECT split_part(current_setting('server_version'), '.', 1)::int AS major, current_setting('data_checksums') AS checksums",
    ]);
    expect(row).toEqual({ major: version, checksums: 'on' });
  });

  test('the control file says what the server itself says', async () => {
    const [row] = await execute(pair.primary.url('postgres', 'postgres'), [
      `SELECT system_identifier::text AS "systemIdentifier", checkpoint_lsn::text AS checkpoint, timeline_id AS timeline
         FROM pg_control_system(), pg_control_checkpoint()`,
    ]);
    expect(pair.primary.controlState()).toEqual({ ...row, state: 'in production' });
  });
});

onPostgres(15, 'the control file', (version) => {
  test('is read as pg_controldata reads it, in every state a server passes through', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'lab-pg-'));
    const pair = await startPostgresPair({ dir, superuserPassword: 'x', databases: [], version });
    const both = (node: PostgresNode) => expect(node.controlState()).toEqual(controlData(node));
    try {
      both(pair.primary);
      both(pair.standby);
      await execute(pair.standby.url('regent', 'postgres'), ['SELECT pg_promote(true, 30)']);
      await execute(pair.standby.url('postgres', 'postgres'), ['CHECKPOINT']);
      both(pair.standby);
      expect(pair.standby.controlState()).toMatchObject({ state: 'in production', timeline: 2 });
      await pair.standby.stop('fast');
      both(pair.standby);
      await pair.primary.crash();
      both(pair.primary);
      await pair.standby.start();
      await pair.primary.rejoin(pair.standby);
      await pair.primary.stop('fast');
      both(pair.primary);
      expect(pair.primary.controlState().state).toBe('shut down in recovery');
    } finally {
      await pair.close();
    }
  });
});

function controlData({ programs, dataDirectory }: PostgresNode): ControlState {
  const text = execFileSync(toolsOf(programs).controlData, [dataDirectory], {
    encoding: 'utf8',
    env: { LC_ALL: 'C' },
  });
  const value = (label: string) => new RegExp(`^${label}:\\s+(.*)$`, 'm').exec(text)?.[1] ?? '';
  return {
    state: value('Database cluster state'),
    checkpoint: value('Latest checkpoint location'),
    timeline: Number(value("Latest checkpoint's TimeLineID")),
    systemIdentifier: value('Database system identifier'),
  };
}
