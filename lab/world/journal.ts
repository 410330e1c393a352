/**
 * Reads Regent's journal after Regent has exited, by its documented format and nothing of its code: an outside witness
 * that the chain holds, and what the run's own record says.
 */
import { createHash } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';

export type JournalEvent = {
  stream: string;
  seq: number;
  at: number;
  actor: string;
  type: string;
  data: Record<string, unknown>;
};
export type JournalRead = { events: JournalEvent[]; verified: boolean };

/** Canonical JSON as docs/journal.md defines it: keys sorted, no white space. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value !== null && typeof value === 'object')
    return `{${Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, member]) => `${JSON.stringify(key)}:${canonical(member)}`)
      .join(',')}}`;
  return JSON.stringify(value);
}

export function readJournal(path: string): JournalRead {
  const db = new DatabaseSync(path);
  try {
    let prevHash = '0'.repeat(64);
    let verified = true;
    const rows = db.prepare('SELECT * FROM events ORDER BY id').all();
    const events = rows.map((row, index): JournalEvent => {
      const data = JSON.parse(String(row['data'])) as Record<string, unknown>;
      const signed = {
        id: row['id'],
        stream: row['run_id'],
        seq: row['seq'],
        at: row['at'],
        actor: row['actor'],
        token: row['token'],
        deadline: row['deadline'],
        type: row['type'],
        data,
        prevHash: row['prev_hash'],
      };
      const hash = createHash('sha256').update(canonical(signed)).digest('hex');
      if (row['id'] !== index + 1 || row['prev_hash'] !== prevHash || row['hash'] !== hash) verified = false;
      prevHash = String(row['hash']);
      return {
        stream: String(row['run_id']),
        seq: Number(row['seq']),
        at: Number(row['at']),
        actor: String(row['actor']),
        type: String(row['type']),
        data,
      };
    });
    return { events, verified: verified && rows.length > 0 };
  } finally {
    db.close();
  }
}
