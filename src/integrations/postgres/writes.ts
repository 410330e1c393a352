/** Writes that prove something: one that a fence must stop, and one that a new primary must take. */
import { randomUUID } from 'node:crypto';
import { escapeIdentifier } from 'pg';
import { IntegrationError, sentenceOf } from '../../lib/errors.ts';
import type { WriteAttempt } from '../../ports/database.ts';
import { codeOf, kindOf } from './failure.ts';
import type { Session } from './session.ts';

/** Opens a session on one database for `use`. */
export type Open = <T>(database: string, use: (session: Session) => Promise<T>) => Promise<T>;

/**
 * Every application database is tried: one that takes the write is enough to be unfenced, and all must refuse to be
 * fenced. Refused means refused *to everybody*: recovery, a transaction that cannot be made writable, a closed
 * database. What may concern only us (rights, passwords, too many sessions) proves nothing.
 */
export async function attemptWrite(databases: string[], open: Open): Promise<WriteAttempt> {
  const outcomes: WriteAttempt[] = [];
  for (const database of databases) {
    const outcome = await attemptOne(database, open);
    if (outcome.outcome === 'accepted') return outcome;
    outcomes.push(outcome);
  }
  return (
    outcomes.find((one) => one.outcome === 'unreachable' && !one.connectionRefused) ??
    outcomes.find((one) => one.outcome === 'unreachable') ??
    outcomes[0] ?? { outcome: 'unreachable', connectionRefused: false, how: 'No application database is configured.' }
  );
}

async function attemptOne(database: string, open: Open): Promise<WriteAttempt> {
  let within = 'the connection';
  try {
    return await open(database, async (session) => {
      within = 'BEGIN READ WRITE';
      await session.change('BEGIN READ WRITE');
      const schema = escapeIdentifier(`regent_attempt_${randomUUID().replaceAll('-', '')}`);
      within = 'a new table and a row';
      try {
        await session.change(`CREATE SCHEMA ${schema}`);
        await session.change(`CREATE TABLE ${schema}.attempt (id int)`);
        await session.change(`INSERT INTO ${schema}.attempt VALUES (1)`);
      } catch (error) {
        if (codeOf(error) !== '42501') throw error;
        // No right to make a schema says nothing about the fence: a temporary table is a write to the catalogs too.
        within = 'a temporary table and a row';
        await session.change('ROLLBACK');
        await session.change('BEGIN READ WRITE');
        await session.change('CREATE TEMPORARY TABLE regent_attempt (id int) ON COMMIT DROP');
        await session.change('INSERT INTO regent_attempt VALUES (1)');
      }
      await session.change('ROLLBACK');
      return { outcome: 'accepted', how: `BEGIN READ WRITE and ${within} in ${database} were taken (rolled back).` };
    });
  } catch (error) {
    return judged(error, within, database);
  }
}

function judged(error: unknown, within: string, database: string): WriteAttempt {
  const cause = error instanceof IntegrationError ? error.cause : error;
  const how = error instanceof IntegrationError ? error.message : sentenceOf(error);
  const kind = kindOf(cause);
  // On a standby it is BEGIN READ WRITE itself that fails, as a feature it does not have.
  const inRecovery = within === 'BEGIN READ WRITE' && codeOf(cause) === '0A000';
  if (kind === 'database-closed') return { outcome: 'refused', how };
  if (kind === 'read-only' || inRecovery) return { outcome: 'refused', how: `${within} in ${database}: ${how}` };
  return {
    outcome: 'unreachable',
    how,
    connectionRefused: within === 'the connection' && kind === 'connection-refused',
  };
}

/**
 * A row written by an ordinary session (no override: clients have none either), read back by another, and removed.
 * Named after the run, so that a proof that was interrupted is taken up again instead of leaving a second table.
 */
export async function proveWritable(
  run: string,
  databases: string[],
  open: Open,
): Promise<{ wrote: string; readBack: string }> {
  const schema = escapeIdentifier(`regent_proof_${run.toLowerCase().replaceAll(/[^a-z0-9_]/g, '_')}`.slice(0, 63));
  const wrote: string[] = [];
  const readBack: string[] = [];
  for (const database of databases) {
    const token = randomUUID();
    const write = open(database, async (session) => {
      await session.change(`CREATE SCHEMA IF NOT EXISTS ${schema}`);
      await session.change(`CREATE TABLE IF NOT EXISTS ${schema}.proof (token text, at timestamptz DEFAULT now())`);
      await session.change(`INSERT INTO ${schema}.proof (token) VALUES ($1)`, [token]);
    });
    await write.catch((error) => explained(error, database, open));
    const found = await open(database, async (session) => {
      const rows = await session.read<{ token: string }>(`SELECT token FROM ${schema}.proof WHERE token = $1`, [token]);
      await session.change(`DROP SCHEMA ${schema} CASCADE`);
      return rows[0]?.token;
    });
    if (found !== token)
      throw new IntegrationError(`The row written to ${database} was not there for a second session.`, {
        code: 'postgres-row-not-read-back',
        system: 'postgres',
        operation: 'proveWritable',
        hint: 'Look whether the url leads to more than one server.',
      });
    wrote.push(`${database}: ${token}`);
    readBack.push(`${database}: ${found}`);
  }
  return { wrote: wrote.join(', '), readBack: readBack.join(', ') };
}

/** The first commit of a new primary that still waits for a standby in the region that was left hangs for ever. */
async function explained(error: unknown, database: string, open: Open): Promise<never> {
  if (!(error instanceof IntegrationError) || error.code !== 'postgres-no-answer') throw error;
  const names = await open(database, async (session) => {
    const [row] = await session.read<{ names: string }>("SELECT current_setting('synchronous_standby_names') AS names");
    return row?.names ?? '';
  }).catch(() => '');
  if (names === '') throw error;
  throw new IntegrationError(`A commit in ${database} does not end; it waits for the standbys "${names}".`, {
    code: 'postgres-waits-for-standby',
    system: 'postgres',
    operation: 'proveWritable',
    cause: error,
    hint: 'If none of them is left: ALTER SYSTEM RESET synchronous_standby_names; SELECT pg_reload_conf();',
  });
}
