/** What only a file can do wrong: damage, a second process, a death in the middle. */
import { type ChildProcess, spawn } from 'node:child_process';
import { on, once } from 'node:events';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { sqliteJournal } from '../../../src/integrations/sqlite-journal/journal.ts';

let folder: string;
let path: string;
const children: ChildProcess[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'journal-'));
  path = join(folder, 'journal.sqlite');
});
afterEach(async () => {
  for (const child of children.splice(0)) await ended(child, 'SIGKILL');
  rmSync(folder, { recursive: true });
});

async function ended(child: ChildProcess, signal?: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  if (signal) child.kill(signal);
  await exit;
}

/** Starts the writer; `said` is what it has said so far, `until` waits until that is so. */
function writer(task: 'append' | 'hold') {
  const script = join(import.meta.dirname, 'writer.ts');
  const child = spawn(process.execPath, [script, path, task], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  const out = { said: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out.said += text;
  });
  const until = async (isSo: (said: string) => boolean) => {
    for await (const _ of on(child.stdout, 'data', { close: ['end'] })) if (isSo(out.said)) return;
    throw new Error(`it ended, and said: ${out.said}`);
  };
  return { child, out, until };
}

describe('damage', () => {
  /** Three runs' worth of events, then `damage` done to the file by somebody else, then what the check says. */
  async function verdictAfter(damage: (db: DatabaseSync) => void) {
    const journal = sqliteJournal({ path });
    for (const [stream, expected] of [
      ['eden-1', 0],
      ['system', 0],
      ['eden-1', 2],
      ['eden-2', 0],
    ] as const)
      await journal.transact((tx) =>
        tx.append(
          stream,
          expected,
          1,
          ['A', 'B'].map((type) => ({ at: 5, actor: 'person:U1', type, deadline: null, data: { stream, type } })),
        ),
      );
    await journal.close();
    const db = new DatabaseSync(path);
    damage(db);
    db.close();
    const again = sqliteJournal({ path });
    const verdict = await again.verify();
    await again.close();
    return verdict;
  }

  test('none: eight events, and nothing to name', async () => {
    expect(await verdictAfter(() => {})).toMatchObject({ events: 8, firstBad: null });
  });

  test.each([
    ['data', `'{"stream":"eden-1","type":"Z"}'`],
    ['actor', `'person:U2'`],
    ['at', '6'],
    ['token', '2'],
    ['type', `'Z'`],
    ['deadline', '1'],
  ])('a changed %s is named', async (column, value) => {
    const { firstBad } = await verdictAfter((db) => db.exec(`UPDATE events SET ${column} = ${value} WHERE id = 5`));
    expect(firstBad).toEqual({ id: 5, why: 'its content is not what was written' });
  });

  test('white space in the data is no change of the data', async () => {
    const { firstBad } = await verdictAfter((db) =>
      db.exec(`UPDATE events SET data = replace(data, ':', ' : ') WHERE id = 5`),
    );
    expect(firstBad).toBeNull();
  });

  test('a changed event with a hash made to fit is found at the next one', async () => {
    const { firstBad } = await verdictAfter((db) =>
      db.exec(`UPDATE events SET hash = '${'a'.repeat(64)}' WHERE id = 8`),
    );
    expect(firstBad?.id).toBe(8);
    rmSync(path);
    const moved = await verdictAfter((db) => db.exec(`UPDATE events SET prev_hash = '${'a'.repeat(64)}' WHERE id = 6`));
    expect(moved.firstBad).toEqual({ id: 6, why: 'it does not follow the row before it' });
  });

  test('a deleted event is named, the first one too', async () => {
    const { firstBad } = await verdictAfter((db) => db.exec('DELETE FROM events WHERE id = 4'));
    expect(firstBad).toEqual({ id: 5, why: 'row 4 is missing' });
    rmSync(path);
    const first = await verdictAfter((db) => db.exec('DELETE FROM events WHERE id = 1'));
    expect(first.firstBad).toEqual({ id: 2, why: 'row 1 is missing' });
  });

  test('a whole run that was deleted is missed, its numbers closed up or not', async () => {
    const { firstBad } = await verdictAfter((db) => {
      db.exec(`DELETE FROM events WHERE run_id = 'system'`);
      db.exec('UPDATE events SET id = id - 2 WHERE id > 4');
    });
    expect(firstBad).toEqual({ id: 3, why: 'it does not follow the row before it' });
  });

  test('reordered events are named', async () => {
    const { firstBad } = await verdictAfter((db) => {
      db.exec('UPDATE events SET id = 99 WHERE id = 5');
      db.exec('UPDATE events SET id = 5 WHERE id = 6');
      db.exec('UPDATE events SET id = 6 WHERE id = 99');
    });
    expect(firstBad).toEqual({ id: 5, why: 'it does not follow the row before it' });
  });

  test('an event put in between, or behind, is named', async () => {
    const copy = (id: number, seq: number) => `INSERT INTO events
      SELECT ${id}, run_id, ${seq}, at, actor, token, deadline, type, data, prev_hash, hash FROM events WHERE id IN (8, 108)`;
    const behind = await verdictAfter((db) => db.exec(copy(9, 3)));
    expect(behind.firstBad).toEqual({ id: 9, why: 'it does not follow the row before it' });
    rmSync(path);
    const between = await verdictAfter((db) => {
      db.exec('UPDATE events SET id = id + 100 WHERE id > 4');
      db.exec(copy(5, 3));
      db.exec('UPDATE events SET id = id - 99 WHERE id > 100');
    });
    expect(between.firstBad).toMatchObject({ id: 5 });
  });

  test('data that is no JSON any more is named, and does not end the check', async () => {
    const { firstBad, events } = await verdictAfter((db) => db.exec(`UPDATE events SET data = '{' WHERE id = 3`));
    expect([firstBad, events]).toEqual([{ id: 3, why: 'its content is not what was written' }, 8]);
    // Reading it to act upon it is another matter.
    const journal = sqliteJournal({ path });
    await expect(journal.read('system')).rejects.toMatchObject({
      code: 'journal-damaged',
      message: 'Event 3 of the journal (system, 1) is damaged: no JSON.',
    });
    await journal.close();
  });
});

describe('one process at a time', () => {
  test('a second one is refused with a sentence, and let in when the first has ended', async () => {
    const first = writer('hold');
    await first.until((said) => said.includes('open 1'));
    expect(() => sqliteJournal({ path })).toThrow(
      expect.objectContaining({
        code: 'journal-locked',
        message: `The journal ${path} is open in another process.`,
        hint: expect.stringContaining('One Regent at a time'),
      }),
    );
    const second = writer('append');
    await ended(second.child);
    expect(second.child.exitCode).toBe(1);
    expect(second.out.said).toBe(
      `journal-locked: The journal ${path} is open in another process. One Regent at a time: stop the other one, or give this one a journal of its own (journal.sqlite).\n`,
    );
    await ended(first.child, 'SIGTERM');
    const journal = sqliteJournal({ path });
    expect(await journal.claim('me')).toBe(2);
    await journal.close();
  });

  test('a reader is refused too', async () => {
    const journal = sqliteJournal({ path });
    const db = new DatabaseSync(path, { readOnly: true });
    expect(() => db.prepare('SELECT * FROM events').all()).toThrow(/locked/);
    db.close();
    await journal.close();
  });

  test('what is no journal is refused with a sentence, and left as it is', () => {
    writeFileSync(path, 'dear diary, '.repeat(100));
    const before = statSync(path).size;
    expect(() => sqliteJournal({ path })).toThrow(
      expect.objectContaining({ code: 'journal-unreadable', hint: expect.stringContaining('Nothing was changed') }),
    );
    expect(statSync(path).size).toBe(before);
  });
});

test('killed in the middle of appending, again and again, it loses nothing it has acknowledged', async () => {
  let acknowledged = 0;
  for (let round = 1; round <= 3; round += 1) {
    const { child, out, until } = writer('append');
    const target = acknowledged + 30 * round;
    await until((said) => Number(said.trim().split('\n').at(-1)) >= target);
    await ended(child, 'SIGKILL');
    acknowledged = Number(out.said.slice(0, out.said.lastIndexOf('\n')).split('\n').at(-1));
    const journal = sqliteJournal({ path });
    const rows = await journal.read('eden-1');
    expect(rows.length).toBeGreaterThanOrEqual(acknowledged);
    expect(rows.map((row) => row.data['length'])).toEqual(rows.map((_, index) => index));
    expect((await journal.verify()).firstBad).toBeNull();
    await journal.close();
    acknowledged = rows.length;
  }
});
