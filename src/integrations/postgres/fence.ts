/** What SQL can do to keep writers out, and its undoing. None of it stops a server: that is the cluster's work. */
import { setTimeout as delay } from 'node:timers/promises';
import { escapeIdentifier } from 'pg';
import { IntegrationError } from '../../lib/errors.ts';
import type { Session } from './session.ts';

/**
 * `ALTER SYSTEM` and reload. The reload is a signal to the server: it has happened when sessions opened later carry a
 * later load time, which `loadedSince` asks in a session of its own.
 */
export async function setReadOnly(
  session: Session,
  on: boolean,
  loadedSince: (time: string) => Promise<{ loaded: boolean; readOnly: boolean }>,
  withinMs: number,
  signal: AbortSignal,
): Promise<void> {
  // Off is first the setting's removal; where the configuration file itself says on, off must be said.
  const statements = on
    ? ['ALTER SYSTEM SET default_transaction_read_only = on']
    : ['ALTER SYSTEM RESET default_transaction_read_only', 'ALTER SYSTEM SET default_transaction_read_only = off'];
  for (const statement of statements) {
    await session.change(statement);
    const [row] = await session.read<{ now: string }>('SELECT clock_timestamp()::text AS now');
    await session.change('SELECT pg_reload_conf()');
    if ((await settledAfter(row!.now)) === on) return;
  }
  throw new IntegrationError(
    `Postgres of ${session.place.region} took default_transaction_read_only = ${on ? 'on' : 'off'}, yet a new session gets ${on ? 'off' : 'on'}.`,
    {
      code: 'postgres-setting-overridden',
      system: 'postgres',
      operation: 'setReadOnly',
      hint: 'Look for a setting of the role or of the database that overrides it: \\drds in psql.',
    },
  );

  async function settledAfter(time: string): Promise<boolean> {
    const until = performance.now() + withinMs;
    for (;;) {
      const { loaded, readOnly } = await loadedSince(time);
      if (loaded) return readOnly;
      if (performance.now() > until) throw new Error('the reloaded configuration did not take effect: timeout');
      await delay(20, undefined, { signal });
    }
  }
}

const BACKENDS = `
SELECT pid, usename AS role FROM pg_stat_activity
WHERE datname = ANY($1) AND pid <> pg_backend_pid() AND backend_type <> 'autovacuum worker'`;

/** Closes databases first and ends sessions then, until twice in a row none is left: one may just be arriving. */
export async function closeConnections(
  session: Session,
  databases: string[],
  withinMs: number,
  signal: AbortSignal,
): Promise<{ ended: number; prepared: number }> {
  for (const name of databases)
    await session.change(`ALTER DATABASE ${escapeIdentifier(name)} WITH ALLOW_CONNECTIONS false`);
  const until = performance.now() + withinMs;
  const seen = new Set<number>();
  let refused = '';
  for (let empty = 0; empty < 2; ) {
    const backends = await session.read<{ pid: number; role: string | null }>(BACKENDS, [databases]);
    empty = backends.length === 0 ? empty + 1 : 0;
    if (empty === 0 && performance.now() > until) throw stillThere(session, backends, refused);
    for (const { pid } of backends) {
      seen.add(pid);
      try {
        await session.change('SELECT pg_terminate_backend($1)', [pid]);
      } catch (error) {
        // Ending a superuser's session takes a superuser; the others are ended all the same.
        refused = error instanceof Error ? error.message : String(error);
      }
    }
    await delay(25, undefined, { signal });
  }
  const [row] = await session.read<{ prepared: number }>(
    'SELECT count(*)::int AS prepared FROM pg_prepared_xacts WHERE database = ANY($1)',
    [databases],
  );
  return { ended: seen.size, prepared: row?.prepared ?? 0 };
}

function stillThere(session: Session, backends: { pid: number; role: string | null }[], refused: string) {
  const who = backends.slice(0, 5).map(({ pid, role }) => `${role ?? 'unknown'} (pid ${pid})`);
  return new IntegrationError(
    `${backends.length} sessions of Postgres of ${session.place.region} do not end: ${who.join(', ')}${refused === '' ? '' : `; ${refused}`}.`,
    {
      code: 'postgres-sessions-remain',
      system: 'postgres',
      operation: 'closeConnections',
      hint: 'Its databases are closed to new sessions. End these as a superuser, then retry.',
    },
  );
}

/** Opens what is closed; says nothing to a database that is open. */
export async function reopen(session: Session, databases: string[]): Promise<void> {
  const closed = await session.read<{ name: string }>(
    'SELECT datname::text AS name FROM pg_database WHERE datname = ANY($1) AND NOT datallowconn',
    [databases],
  );
  for (const { name } of closed)
    await session.change(`ALTER DATABASE ${escapeIdentifier(name)} WITH ALLOW_CONNECTIONS true`);
}
