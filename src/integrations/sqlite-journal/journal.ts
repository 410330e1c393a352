/**
 * The embedded journal: SQLite through node:sqlite, WAL, synchronous=FULL (an acknowledged event survives power loss),
 * locking_mode=EXCLUSIVE (a second process, a reader too, is refused rather than let in: two writers lose events).
 * The API is synchronous; a queue keeps asynchronous transactions apart.
 */
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type SQLOutputValue, type StatementSync } from 'node:sqlite';
import { ConfigError, InvariantError } from '../../lib/errors.ts';
import { hashOf } from '../../lib/hash.ts';
import { canonicalJson } from '../../lib/json.ts';
import type { Journal, JournalEntry, JournalRow, JournalTransaction, OutboxRow, Verdict } from '../../ports/journal.ts';
import { SCHEMA } from './schema.ts';

type Sql = Record<string, SQLOutputValue>;
/** What the first event's hash is chained to. */
const GENESIS = '0'.repeat(64);

function dataOf(sql: Sql): JournalRow['data'] {
  try {
    return JSON.parse(String(sql['data']));
  } catch (cause) {
    throw new ConfigError(`Event ${sql['id']} of the journal (${sql['run_id']}, ${sql['seq']}) is damaged: no JSON.`, {
      code: 'journal-damaged',
      hint: 'Nothing was changed. Restore the file from a backup.',
      cause,
    });
  }
}
const rowOf = (sql: Sql): JournalRow => ({
  id: Number(sql['id']),
  stream: String(sql['run_id']),
  seq: Number(sql['seq']),
  at: Number(sql['at']),
  actor: String(sql['actor']),
  token: Number(sql['token']),
  deadline: sql['deadline'] === null ? null : Number(sql['deadline']),
  type: String(sql['type']),
  data: dataOf(sql),
  prevHash: String(sql['prev_hash']),
  hash: String(sql['hash']),
});
const outboxOf = (sql: Sql): OutboxRow => ({
  key: String(sql['key']),
  run: String(sql['run_id']),
  slot: String(sql['slot']),
  name: String(sql['name']),
  facts: JSON.parse(String(sql['facts'])),
  broadcast: sql['broadcast'] === 1,
  at: Number(sql['at']),
});
/** For the check of the chain: what cannot be read is no content that was ever written. */
function damagedToo(sql: Sql): JournalRow {
  try {
    return rowOf(sql);
  } catch {
    return rowOf({ ...sql, data: '{"damaged":true}' });
  }
}
const hashRow = (row: Omit<JournalRow, 'hash'>): string => hashOf(row);

/**
 * Opens (and where needed makes) the journal.
 * @param options.path file, or `:memory:` in tests
 * @throws ConfigError when another process has it open, or the file is not a journal
 */
export function sqliteJournal({ path }: { path: string }): Journal {
  if (path !== ':memory:') mkdirSync(dirname(path), { recursive: true });
  const db = open(path);
  const statements = new Map<string, StatementSync>();
  const sql = (text: string): StatementSync => {
    const known = statements.get(text) ?? db.prepare(text);
    statements.set(text, known);
    return known;
  };
  let queue: Promise<unknown> = Promise.resolve();

  const tx: JournalTransaction = {
    async currentToken() {
      return Number(sql('SELECT token FROM lease WHERE name = ?').get('runner')?.['token'] ?? 0);
    },
    async length(stream) {
      return Number(sql('SELECT count(*) AS n FROM events WHERE run_id = ?').get(stream)?.['n'] ?? 0);
    },
    async read(stream, afterSeq = 0) {
      return sql('SELECT * FROM events WHERE run_id = ? AND seq > ? ORDER BY seq').all(stream, afterSeq).map(rowOf);
    },
    async append(stream, expected, token, entries) {
      if ((await tx.length(stream)) !== expected)
        throw new InvariantError(`${stream} has grown since it was read.`, { code: 'journal-moved' });
      const last = sql('SELECT id, hash FROM events ORDER BY id DESC LIMIT 1').get();
      let id = Number(last?.['id'] ?? 0);
      let prevHash = String(last?.['hash'] ?? GENESIS);
      return entries.map((entry: JournalEntry, index) => {
        id += 1;
        const unsigned = { ...entry, id, stream, seq: expected + index + 1, token, prevHash };
        const row = { ...unsigned, hash: hashRow(unsigned) };
        sql(
          'INSERT INTO events (id, run_id, seq, at, actor, token, deadline, type, data, prev_hash, hash) VALUES (?,?,?,?,?,?,?,?,?,?,?)',
        ).run(
          row.id,
          stream,
          row.seq,
          row.at,
          row.actor,
          token,
          row.deadline,
          row.type,
          canonicalJson(row.data),
          prevHash,
          row.hash,
        );
        prevHash = row.hash;
        return row;
      });
    },
    async announce(rows) {
      const insert = sql('INSERT INTO outbox (key, run_id, slot, name, facts, broadcast, at) VALUES (?,?,?,?,?,?,?)');
      for (const row of rows)
        insert.run(row.key, row.run, row.slot, row.name, canonicalJson(row.facts), row.broadcast ? 1 : 0, row.at);
    },
    async remember(delivery, at) {
      return sql('INSERT INTO inbox (key, at) VALUES (?, ?) ON CONFLICT DO NOTHING').run(delivery, at).changes === 1;
    },
  };

  /** One connection: a read between BEGIN and COMMIT of somebody else's transaction would see what may yet roll back. */
  const inTurn = <T>(work: () => Promise<T> | T): Promise<T> => {
    const turn = queue.then(work);
    queue = turn.catch(() => undefined);
    return turn;
  };
  const transact = <T>(work: (tx: JournalTransaction) => Promise<T>): Promise<T> =>
    inTurn(async () => {
      db.exec('BEGIN IMMEDIATE');
      try {
        const result = await work(tx);
        db.exec('COMMIT');
        return result;
      } catch (error) {
        if (db.isTransaction) db.exec('ROLLBACK');
        throw error;
      }
    });

  return {
    transact,
    claim: (holder) =>
      transact(async () => {
        const row = sql(
          `INSERT INTO lease (name, holder, token) VALUES ('runner', ?, 1)
           ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, token = lease.token + 1 RETURNING token`,
        ).get(holder);
        return Number(row?.['token']);
      }),
    read: (stream, afterSeq) => inTurn(() => tx.read(stream, afterSeq)),
    streams: () =>
      inTurn(() =>
        sql('SELECT run_id, count(*) AS n FROM events GROUP BY run_id ORDER BY min(id)')
          .all()
          .map((row) => ({ stream: String(row['run_id']), length: Number(row['n']) })),
      ),
    verify: () => inTurn(() => verifyChain(sql('SELECT * FROM events ORDER BY id').all().map(damagedToo))),
    unsent: () => inTurn(() => sql('SELECT * FROM outbox WHERE sent = 0 ORDER BY n').all().map(outboxOf)),
    slot: (run, slot) =>
      inTurn(() => sql('SELECT * FROM outbox WHERE run_id = ? AND slot = ? ORDER BY n').all(run, slot).map(outboxOf)),
    markSent: (keys) =>
      transact(async () => {
        for (const key of keys) sql('UPDATE outbox SET sent = 1 WHERE key = ?').run(key);
      }),
    posted: (run, slot) =>
      inTurn(() => {
        const row = sql('SELECT channel, ts FROM posts WHERE run_id = ? AND slot = ?').get(run, slot);
        return row ? { channel: String(row['channel']), ts: String(row['ts']) } : null;
      }),
    savePosted: (run, slot, { channel, ts }) =>
      transact(async () => {
        sql(
          `INSERT INTO posts (run_id, slot, channel, ts) VALUES (?,?,?,?)
           ON CONFLICT (run_id, slot) DO UPDATE SET channel = excluded.channel, ts = excluded.ts`,
        ).run(run, slot, channel, ts);
      }),
    async close() {
      await queue;
      db.close();
    },
  };
}

function open(path: string): DatabaseSync {
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(path);
    // EXCLUSIVE before WAL: the lock is then taken once and kept, and the shared-memory file is never made.
    db.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
    db.exec(SCHEMA);
    db.exec('BEGIN IMMEDIATE; COMMIT');
    return db;
  } catch (error) {
    db?.close();
    const locked = error instanceof Error && /locked|busy/i.test(error.message);
    throw new ConfigError(
      locked
        ? `The journal ${path} is open in another process.`
        : `The journal ${path} cannot be opened: ${(error as Error).message}.`,
      {
        code: locked ? 'journal-locked' : 'journal-unreadable',
        hint: locked
          ? 'One Regent at a time: stop the other one, or give this one a journal of its own (journal.sqlite).'
          : 'Nothing was changed. Restore the file from a backup, or name another one (journal.sqlite).',
        cause: error,
      },
    );
  }
}

/** Walks the chain and names the first row that is not what it was: changed, moved, missing or put in between. */
export function verifyChain(rows: JournalRow[]): Verdict {
  let prevHash = GENESIS;
  const seqs = new Map<string, number>();
  for (const [index, row] of rows.entries()) {
    const { hash, ...unsigned } = row;
    const bad = (why: string): Verdict => ({ events: rows.length, head: prevHash, firstBad: { id: row.id, why } });
    if (row.id !== index + 1) return bad(`row ${index + 1} is missing`);
    if (row.prevHash !== prevHash) return bad('it does not follow the row before it');
    if (hashRow(unsigned) !== hash) return bad('its content is not what was written');
    if (row.seq !== (seqs.get(row.stream) ?? 0) + 1) return bad(`${row.stream} skips a number`);
    seqs.set(row.stream, row.seq);
    prevHash = hash;
  }
  return { events: rows.length, head: prevHash, firstBad: null };
}
