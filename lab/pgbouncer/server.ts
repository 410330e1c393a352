/** A real PgBouncer before a Postgres server: where it leads to stands in its own file, as a house would rewrite it. */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { freePort } from '../lib/free-port.ts';
import { serverProcess } from '../lib/server-process.ts';
import { makeServerDirectory, serverUser } from '../postgres/system-user.ts';

const PROGRAMS = ['/usr/sbin/pgbouncer', '/usr/local/bin/pgbouncer', '/opt/homebrew/bin/pgbouncer'];
/** Who may speak to its console: to order, and only to look. */
const ADMIN = 'regent';
const LOOKER = 'looker';

export function pgbouncerProgram(): { program: string } | { why: string } {
  const program = PROGRAMS.find((path) => existsSync(path));
  return program === undefined ? { why: 'PgBouncer is missing: install Debian’s package pgbouncer.' } : { program };
}

export type PgBouncerOptions = {
  /** Made here; must be one that the servers' user can enter. */
  dir: string;
  databases: string[];
  /** Where the databases are at first. */
  leadsTo: Place;
  /** Roles of the database that may come through, all with this password; it is the console's too. */
  roles: string[];
  password: string;
  mode?: 'transaction' | 'session';
};
type Place = { host: string; port: number };

export type PgBouncer = {
  readonly port: number;
  pid(): number | null;
  url(role: string, database: string): string;
  /** Its console as who may order, or only look. */
  console(as?: 'admin' | 'looker'): string;
  /** Rewrites where the databases are and has it read that. Connections that exist stay where they are. */
  lead(to: Place): Promise<void>;
  /** Commands to the console, one after the other; the rows of the last. */
  order(...commands: string[]): Promise<Record<string, unknown>[]>;
  start(): Promise<void>;
  /** At once, as a machine that goes down. */
  kill(): Promise<void>;
};

export async function startPgBouncer(options: PgBouncerOptions): Promise<PgBouncer> {
  const found = pgbouncerProgram();
  if ('why' in found) throw new Error(found.why);
  const { dir, databases, roles, password, mode = 'transaction' } = options;
  const port = await freePort();
  const user = serverUser();
  makeServerDirectory(dir, user);
  const ini = join(dir, 'pgbouncer.ini');
  const users = join(dir, 'userlist.txt');
  const write = ({ host, port: at }: Place) =>
    writeFileSync(
      ini,
      [
        '[databases]',
        ...databases.map((name) => `${name} = host=${host} port=${at} dbname=${name}`),
        '[pgbouncer]',
        'listen_addr = 127.0.0.1',
        `listen_port = ${port}`,
        'unix_socket_dir =',
        'auth_type = scram-sha-256',
        `auth_file = ${users}`,
        `admin_users = ${ADMIN}`,
        `stats_users = ${LOOKER}`,
        `pool_mode = ${mode}`,
        // The default waits 15 s after a server that refused: what a test asks is not that.
        'server_login_retry = 1',
        '',
      ].join('\n'),
    );
  writeFileSync(users, [...new Set([ADMIN, LOOKER, ...roles])].map((name) => `"${name}" "${password}"\n`).join(''));
  write(options.leadsTo);

  const url = (role: string, database: string) =>
    `postgres://${encodeURIComponent(role)}:${encodeURIComponent(password)}@127.0.0.1:${port}/${encodeURIComponent(database)}`;
  const consoleOf = (as: 'admin' | 'looker' = 'admin') => url(as === 'admin' ? ADMIN : LOOKER, 'pgbouncer');
  async function order(...commands: string[]): Promise<Record<string, unknown>[]> {
    const client = new Client({ connectionString: consoleOf() });
    client.on('error', () => {});
    await client.connect();
    try {
      let rows: Record<string, unknown>[] = [];
      for (const command of commands) rows = (await client.query(command)).rows;
      return rows;
    } finally {
      await client.end();
    }
  }

  const server = serverProcess({
    name: 'PgBouncer',
    command: found.program,
    args: () => [ini],
    cwd: dir,
    logFile: join(dir, 'pgbouncer.log'),
    user,
    ready: async () => {
      try {
        await order('SHOW VERSION');
        return true;
      } catch {
        return false;
      }
    },
    startWithinMs: 10_000,
  });
  await server.start();
  return {
    port,
    pid: server.pid,
    url,
    console: consoleOf,
    async lead(to) {
      write(to);
      await order('RELOAD');
    },
    order,
    start: server.start,
    kill: () => server.stop('SIGKILL', 1_000),
  };
}
