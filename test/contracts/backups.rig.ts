/**
 * A real Postgres whose WAL and backups a real pgBackRest keeps, for the contract of backups. Each state of the repository
 * that a test wants is a copy of it, made on the way.
 */
import { execFile } from 'node:child_process';
import {
  appendFileSync,
  closeSync,
  cpSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '../../lab/lib/free-port.ts';
import { onPath } from '../../lab/lib/on-path.ts';
import { poll } from '../../lab/lib/poll.ts';
import { serverProcess } from '../../lab/lib/server-process.ts';
import { makeServerDirectory, serverUser } from '../../lab/postgres/system-user.ts';

export const STANZA = 'eden';
const run = promisify(execFile);

/** The programs, or the sentence that says which package brings what is missing. */
export function backupPrograms(): { pgbackrest: string; bin: string } | { why: string } {
  const pgbackrest = onPath(['pgbackrest']);
  if (pgbackrest === undefined)
    return { why: 'no pgbackrest on the PATH: install your system\'s package "pgbackrest"' };
  const root = '/usr/lib/postgresql';
  // The newest that the pgBackRest beside it surely knows.
  const bin = (existsSync(root) ? readdirSync(root) : [])
    .toSorted((a, b) => Math.abs(Number(a) - 15) - Math.abs(Number(b) - 15))
    .map((version) => join(root, version, 'bin'))
    .find((folder) => existsSync(join(folder, 'initdb')));
  return bin === undefined
    ? { why: `no Postgres below ${root}: install the package "postgresql-15"` }
    : { pgbackrest, bin };
}

export type BackupRig = {
  /** Copies of the repository: without backups; whole; over a promotion; after a page was damaged. */
  repos: Record<'none' | 'whole' | 'promoted' | 'damaged', string>;
  /** A new copy of one of them, to spoil. */
  copy(of: string): string;
  /** Paths of the archive's files whose names begin so, in order. */
  archived(repo: string, begin: string): string[];
  /** For scripts of a test. */
  dir: string;
  close(): void;
};

export async function startBackupRig({ pgbackrest, bin }: { pgbackrest: string; bin: string }): Promise<BackupRig> {
  const user = serverUser();
  const dir = mkdtempSync(join(tmpdir(), 'regent-backups-'));
  makeServerDirectory(dir, user);
  const port = await freePort();
  const [data, repo] = [join(dir, 'data'), join(dir, 'repo')];
  const as = { cwd: dir, env: { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' }, timeout: 30_000, ...user };
  const config = join(dir, 'pgbackrest.conf');
  writeFileSync(
    config,
    [
      '[global]',
      `repo1-path=${repo}`,
      'repo1-retention-full=2',
      `log-path=${dir}`,
      `lock-path=${join(dir, 'lock')}`,
      `spool-path=${join(dir, 'spool')}`,
      'log-level-file=off',
      'log-level-console=off',
      'start-fast=y',
      'compress-type=none',
      `[${STANZA}]`,
      `pg1-path=${data}`,
      `pg1-socket-path=${dir}`,
      `pg1-port=${port}`,
      'pg1-user=postgres',
      '',
    ].join('\n'),
  );
  const keep = (...args: string[]) => run(pgbackrest, [`--config=${config}`, `--stanza=${STANZA}`, ...args], as);
  const sql = async (...commands: string[]) => {
    const each = commands.flatMap((command) => ['-c', command]);
    const { stdout } = await run(
      join(bin, 'psql'),
      ['-h', dir, '-p', `${port}`, '-U', 'postgres', '-XAtq', ...each],
      as,
    );
    return stdout.trim();
  };
  const server = serverProcess({
    name: 'postgres',
    command: join(bin, 'postgres'),
    args: () => ['-D', data],
    cwd: dir,
    logFile: join(dir, 'postgres.log'),
    user,
    ready: () =>
      run(join(bin, 'pg_isready'), ['-q', '-h', dir, '-p', `${port}`], as).then(
        () => true,
        () => false,
      ),
    startWithinMs: 20_000,
  });
  let copies = 0;
  const copy = (of: string) => {
    copies += 1;
    const to = join(dir, `copy-${copies}`);
    cpSync(of, to, { recursive: true });
    return to;
  };
  const archived = (of: string, begin: string) => {
    const folder = join(of, 'archive', STANZA);
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.startsWith(begin))
      .map((entry) => join(entry.parentPath, entry.name))
      .toSorted();
  };
  const close = () => rmSync(dir, { recursive: true, force: true });
  try {
    await run(join(bin, 'initdb'), ['-D', data, '-U', 'postgres', '-A', 'trust', '-k', '--no-sync'], as);
    appendFileSync(
      join(data, 'postgresql.conf'),
      [
        `port = ${port}`,
        "listen_addresses = ''",
        `unix_socket_directories = '${dir}'`,
        'fsync = off',
        'archive_mode = on',
        `archive_command = '${pgbackrest} --config=${config} --stanza=${STANZA} archive-push %p'`,
        `restore_command = '${pgbackrest} --config=${config} --stanza=${STANZA} archive-get %f "%p"'`,
        '',
      ].join('\n'),
    );
    await server.start();
    await keep('stanza-create');
    const none = copy(repo);
    await keep('--type=full', 'backup');
    for (const table of ['one', 'two', 'three']) await sql(`create table ${table}(id int)`, 'select pg_switch_wal()');
    await keep('--type=incr', 'backup');
    const whole = copy(repo);

    // As after a failover: everything is replayed from the archive, and a new timeline begins.
    await server.stop('SIGINT', 10_000);
    writeFileSync(join(data, 'recovery.signal'), '');
    await server.start();
    const timeline = () => sql('select pg_is_in_recovery()').then((is) => is === 'f');
    await poll('the recovery does not end', timeline, { withinMs: 15_000 });
    for (const table of ['four', 'five']) await sql(`create table ${table}(id int)`, 'select pg_switch_wal()');
    await poll(
      'timeline 2 is not archived',
      () => archived(repo, '00000002.history').length > 0 && archived(repo, '0000000200000000').length > 1,
      { withinMs: 15_000 },
    );
    const promoted = copy(repo);

    await sql('create table spoiled as select generate_series(1, 20000) as id', 'checkpoint');
    const page = openSync(join(data, await sql("select pg_relation_filepath('spoiled')")), 'r+');
    writeSync(page, 'spoiled', 20_000);
    closeSync(page);
    await keep('--type=diff', 'backup');
    return { repos: { none, whole, promoted, damaged: copy(repo) }, copy, archived, dir, close };
  } catch (error) {
    close();
    throw error;
  } finally {
    await server.stop('SIGINT', 10_000);
  }
}
