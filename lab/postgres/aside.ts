/** Asking a stopped server what it holds, without giving it back to anybody. */
import { chownSync, existsSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { freePort } from '../lib/free-port.ts';
import { serverProcess } from '../lib/server-process.ts';
import { serverLives } from './own-files.ts';
import { execute, MAINTENANCE_DATABASE } from './roles.ts';
import { acceptsConnections } from './server.ts';
import type { PostgresNode } from './types.ts';

/**
 * Starts a stopped server alone, on a port nobody knows and read-only, hands a URL like those of `PostgresNode` to
 * `use`, and stops it cleanly. Databases that a fence has closed are open meanwhile: nobody else can come. Where it was
 * marked as a standby it is so again afterwards.
 */
export async function readAside<T>(
  server: Pick<PostgresNode, 'region' | 'dataDirectory' | 'programs' | 'user' | 'url'>,
  use: (url: PostgresNode['url']) => Promise<T>,
): Promise<T> {
  const { region, dataDirectory, programs, user } = server;
  if (serverLives(dataDirectory)) throw new Error(`Postgres of ${region} is running: ask it where it is.`);
  const port = await freePort();
  const signal = join(dataDirectory, 'standby.signal');
  const marked = existsSync(signal);
  const settings = ['default_transaction_read_only=on', 'archive_mode=off', 'synchronous_standby_names='];
  const aside = serverProcess({
    name: `Postgres of ${region}, aside`,
    command: programs.postgres,
    args: () => ['-D', dataDirectory, '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])],
    cwd: dirname(dataDirectory),
    logFile: `${dataDirectory}.aside.log`,
    user,
    ready: (pid) => acceptsConnections(dataDirectory, pid),
    startWithinMs: 30_000,
  });
  // Whoever is ended in the middle must not leave it running: nobody else knows its port.
  const end = () => aside.signal('SIGQUIT');
  process.once('exit', end);
  // As a standby it would ask the new primary for what it has not, and never be ready.
  rmSync(signal, { force: true });
  try {
    await aside.start();
    const url: PostgresNode['url'] = (role, database) => {
      const at = new URL(server.url(role, database));
      at.port = String(port);
      return at.href;
    };
    return await whileOpen(url('postgres', MAINTENANCE_DATABASE), () => use(url));
  } finally {
    await aside.stop('SIGINT', 20_000);
    process.off('exit', end);
    if (marked) {
      writeFileSync(signal, '', { mode: 0o600 });
      if (user) chownSync(signal, user.uid, user.gid);
    }
  }
}

async function whileOpen<T>(administration: string, work: () => Promise<T>): Promise<T> {
  const closed = await execute(administration, [
    'SELECT quote_ident(datname) AS name FROM pg_database WHERE NOT datallowconn AND NOT datistemplate',
  ]);
  const allow = (open: boolean) =>
    closed.length === 0
      ? undefined
      : execute(administration, [
          'BEGIN READ WRITE',
          ...closed.map(({ name }) => `ALTER DATABASE ${String(name)} ALLOW_CONNECTIONS ${open}`),
          'COMMIT',
        ]);
  await allow(true);
  try {
    return await work();
  } finally {
    await allow(false);
  }
}
