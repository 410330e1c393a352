/**
 * Questions about data, asked so that two servers which hold the same give the same text: one snapshot, every value as
 * the server's own text under settings we choose, rows in an order that does not depend on how they were found.
 */
import { createHash } from 'node:crypto';
import { IntegrationError } from '../../lib/errors.ts';
import { QUERY_REFUSED } from '../../ports/database.ts';
import { codeOf } from './failure.ts';
import type { Session } from './session.ts';

/** Longer answers are kept as their digest: they go into a journal and onto cards. */
const LONGEST_TEXT_BYTES = 4096;
/** What one query may give before it is told to count or add up instead. */
const MOST_BYTES = 16 * 1024 * 1024;
const ROWS_AT_ONCE = 1000;

/** How values are written depends on settings that may differ between two servers: here they are the same. */
const SETTINGS = {
  TimeZone: 'UTC',
  DateStyle: 'ISO, YMD',
  IntervalStyle: 'iso_8601',
  extra_float_digits: '1',
  bytea_output: 'hex',
  lc_monetary: 'C',
  synchronize_seqscans: 'off',
  // All rows are fetched: a plan that is quick with the first ones would be the wrong one.
  cursor_tuple_fraction: '1',
};

/** @param withinMs for all queries together; the one under way when it is over is named */
export async function read(
  session: Session,
  queries: string[],
  withinMs: number,
  now: () => number,
): Promise<{ lsn: string; answers: string[] }> {
  const until = now() + withinMs;
  // A standby: what was replayed before the snapshot is in it. A primary: what the snapshot sees was written before.
  const [before] = await session.read<{ replayed: string | null }>(
    'SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() END::text AS replayed',
  );
  const timeLeft = () => `${Math.max(1, Math.floor(until - now()))}`;
  const settings = Object.entries({ ...SETTINGS, statement_timeout: timeLeft() }).map(
    ([name, value]) => `set_config('${name}', '${value}', true)`,
  );
  // In one message: each is a journey to the other region. The insert position: with synchronous_commit off, rows are
  // seen before their log is written out.
  const after = await session.begin<{ inserted: string | null }>(
    'ISOLATION LEVEL REPEATABLE READ READ ONLY',
    `SELECT CASE WHEN NOT pg_is_in_recovery() THEN pg_current_wal_insert_lsn() END::text AS inserted,
            ${settings.join(', ')}`,
  );
  const lsn = before?.replayed ?? after?.inserted;
  if (!lsn) throw new Error('it did not say where its log stands');

  const answers: string[] = [];
  for (const [index, query] of queries.entries()) {
    if (index > 0) await session.read("SELECT set_config('statement_timeout', $1, true)", [timeLeft()]);
    answers.push(await answerTo(session, query, `regent_${index}`, withinMs));
  }
  // The session ends with this: what only read has nothing to commit.
  return { lsn, answers };
}

/** A cursor takes one SELECT and nothing else, and brings its rows in portions. */
async function answerTo(session: Session, query: string, cursor: string, withinMs: number): Promise<string> {
  const rows: string[] = [];
  let bytes = 0;
  try {
    // The line end closes a comment the query may end with.
    await session.texts(`DECLARE ${cursor} NO SCROLL CURSOR FOR ${query}\n`);
    for (;;) {
      const portion = await session.texts(`FETCH ${ROWS_AT_ONCE} FROM ${cursor}`);
      const names = distinct(portion.columns);
      for (const row of portion.rows) {
        const text = `{${row.map((value, index) => `${names[index]}:${JSON.stringify(value)}`).join(',')}}`;
        bytes += text.length;
        rows.push(text);
      }
      if (bytes > MOST_BYTES)
        throw refused(session, query, `gives more than ${MOST_BYTES / 1024 / 1024} MB; count or add up there instead`);
      if (portion.rows.length < ROWS_AT_ONCE) break;
    }
  } catch (error) {
    if (error instanceof IntegrationError || !isOfTheQuery(error)) throw error;
    const timedOut = codeOf(error) === '57014';
    const said = (error instanceof Error ? error.message : String(error)).split('\n')[0]!.slice(0, 200);
    throw refused(
      session,
      query,
      timedOut ? `did not end in time: all queries together have ${withinMs / 1000} s` : `is refused: ${said}`,
      error,
    );
  }
  // Without ORDER BY a server may give the same rows in any order.
  const text = `[${rows.sort().join(',')}]`;
  return Buffer.byteLength(text) <= LONGEST_TEXT_BYTES
    ? text
    : `sha256:${createHash('sha256').update(text).digest('hex')}`;
}

/** Names as JSON; two columns of one name (`count`) stay two. */
function distinct(columns: string[]): string[] {
  return columns.map((name, index) => {
    const earlier = columns.slice(0, index).filter((other) => other === name).length;
    return JSON.stringify(earlier === 0 ? name : `${name} ${earlier + 1}`);
  });
}

/** What the server says of the query itself, not of its own state or of the way there. */
function isOfTheQuery(error: unknown): boolean {
  const code = codeOf(error);
  if (code === undefined || !/^[0-9A-Z]{5}$/.test(code)) return false;
  return code === '57014' || !/^(08|40|53|57|58|XX)/.test(code);
}

function refused(session: Session, query: string, what: string, cause?: unknown): IntegrationError {
  const short = query.replaceAll(/\s+/g, ' ').trim();
  const named = short.length > 120 ? `${short.slice(0, 120)}…` : short;
  const { region, database } = session.place;
  const rights = codeOf(cause) === '42501' ? ' docs/postgres-role.md says how to grant it.' : '';
  return new IntegrationError(`The query “${named}” in ${database} of ${region} ${what}.`, {
    code: QUERY_REFUSED,
    system: 'postgres',
    operation: 'read',
    effect: 'none',
    cause,
    hint: `It must be one SELECT that only reads, and quick.${rights}`,
  });
}
