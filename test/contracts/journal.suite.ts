/** What every journal owes its port, whatever database it stands in. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Journal, JournalEntry, OutboxRow } from '../../src/ports/journal.ts';

export type JournalWorld = {
  journal: Journal;
  /** The same journal, opened anew: what was acknowledged is there. */
  reopen(): Promise<Journal>;
  close(): Promise<void>;
};

const entry = (type: string, data: JournalEntry['data'] = {}): JournalEntry => ({
  at: 1_700_000_000_000,
  actor: 'person:U1',
  type,
  deadline: null,
  data,
});
const announcement = (key: string, more: Partial<OutboxRow> = {}): OutboxRow => ({
  key,
  run: 'eden-1',
  slot: 'headline',
  name: 'headline',
  facts: { key },
  broadcast: false,
  at: 5,
  ...more,
});

export function journalContract(name: string, open: () => Promise<JournalWorld>): void {
  describe(`a ${name} keeps the promises of the journal port`, () => {
    let world: JournalWorld;
    let journal: Journal;
    beforeEach(async () => {
      world = await open();
      journal = world.journal;
    });
    afterEach(() => world.close());

    const append = (stream: string, expected: number, entries: JournalEntry[], token = 1) =>
      journal.transact((tx) => tx.append(stream, expected, token, entries));

    test('events come back as they were written, numbered without gaps in their stream and chained over all', async () => {
      const data = { text: 'Zürich “→” 東京 \u0000 \ud83d\ude80', n: 1.5, deep: { b: [null, true], a: '' } };
      await append('eden-1', 0, [entry('A', data), { ...entry('B'), deadline: 99, at: 7 }]);
      await append('system', 0, [entry('NOTE')]);
      await append('eden-1', 2, [entry('C')], 4);
      const rows = await journal.read('eden-1');
      expect(rows.map(({ id, seq, type, token }) => [id, seq, type, token])).toEqual([
        [1, 1, 'A', 1],
        [2, 2, 'B', 1],
        [4, 3, 'C', 4],
      ]);
      expect(rows[0]).toMatchObject({ ...entry('A', data), stream: 'eden-1' });
      expect(rows[1]).toMatchObject({ deadline: 99, at: 7 });
      const all = [...rows, ...(await journal.read('system'))].sort((a, b) => a.id - b.id);
      for (const [index, row] of all.entries()) expect(row.prevHash).toBe(all[index - 1]?.hash ?? '0'.repeat(64));
      expect(await journal.streams()).toEqual([
        { stream: 'eden-1', length: 3 },
        { stream: 'system', length: 1 },
      ]);
    });

    test('what `undefined` leaves out is left out, and the chain still holds', async () => {
      await append('eden-1', 0, [entry('A', { a: undefined, b: [undefined, 1] } as never)]);
      expect((await journal.read('eden-1'))[0]?.data).toEqual({ b: [null, 1] });
      expect((await journal.verify()).firstBad).toBeNull();
    });

    test('it appends at exactly the expected length, and nowhere else', async () => {
      await append('eden-1', 0, [entry('A')]);
      for (const expected of [0, 2, -1])
        await expect(append('eden-1', expected, [entry('B')])).rejects.toMatchObject({ code: 'journal-moved' });
      expect(await journal.streams()).toEqual([{ stream: 'eden-1', length: 1 }]);
    });

    test('of two who append at once one is refused', async () => {
      const both = await Promise.allSettled([append('eden-1', 0, [entry('A')]), append('eden-1', 0, [entry('B')])]);
      expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      expect(await journal.read('eden-1')).toHaveLength(1);
    });

    test('all or nothing: what throws leaves nothing behind, and the next transaction goes on', async () => {
      const broken = journal.transact(async (tx) => {
        await tx.append('eden-1', 0, 1, [entry('A')]);
        await tx.announce([announcement('eden-1:1:0')]);
        await tx.remember('d1', 1);
        throw new Error('no');
      });
      await expect(broken).rejects.toThrow('no');
      expect([await journal.read('eden-1'), await journal.unsent()]).toEqual([[], []]);
      expect(await journal.transact((tx) => tx.remember('d1', 2))).toBe(true);
      await append('eden-1', 0, [entry('A')]);
    });

    test('transactions do not see each other half done, however long one waits inside', async () => {
      let go = () => {};
      const waiting = new Promise<void>((resolve) => {
        go = resolve;
      });
      const slow = journal.transact(async (tx) => {
        await tx.append('eden-1', 0, 1, [entry('A')]);
        await waiting;
        await tx.append('eden-1', 1, 1, [entry('B')]);
      });
      const reads = [journal.read('eden-1'), journal.transact((tx) => tx.length('eden-1'))] as const;
      go();
      await slow;
      expect([(await reads[0]).length, await reads[1]]).toEqual([2, 2]);
    });

    test('is read from an entry on', async () => {
      await append('eden-1', 0, [entry('A'), entry('B'), entry('C')]);
      expect((await journal.read('eden-1', 1)).map(({ type }) => type)).toEqual(['B', 'C']);
      expect(await journal.read('eden-1', 3)).toEqual([]);
    });

    test('inside a transaction its own events are read', async () => {
      await journal.transact(async (tx) => {
        await tx.append('eden-1', 0, 1, [entry('A'), entry('B')]);
        expect(await tx.length('eden-1')).toBe(2);
        expect((await tx.read('eden-1', 1)).map(({ type }) => type)).toEqual(['B']);
      });
    });

    test('a value that is no JSON is refused, not written as something else', async () => {
      await expect(append('eden-1', 0, [entry('A', { n: Number.NaN })])).rejects.toThrow(TypeError);
      expect(await journal.read('eden-1')).toEqual([]);
    });

    test('the token rises with every claim, by whomever, and only by a claim', async () => {
      expect(await journal.transact((tx) => tx.currentToken())).toBe(0);
      expect([await journal.claim('a'), await journal.claim('a'), await journal.claim('b')]).toEqual([1, 2, 3]);
      await append('eden-1', 0, [entry('A')], 7);
      expect(await journal.transact((tx) => tx.currentToken())).toBe(3);
      journal = await world.reopen();
      expect(await journal.claim('c')).toBe(4);
    });

    test('a delivery is new once, after a restart too', async () => {
      const first = () => journal.transact((tx) => tx.remember('Ev123', 1));
      expect([await first(), await first()]).toEqual([true, false]);
      journal = await world.reopen();
      expect(await first()).toBe(false);
    });

    test('announcements are kept oldest first until they are marked sent, and stay readable by slot', async () => {
      const rows = ['eden-1:2:0', 'eden-1:1:0', 'eden-1:10:0'].map((key) => announcement(key));
      await journal.transact((tx) => tx.announce(rows));
      await journal.transact((tx) =>
        tx.announce([announcement('x', { slot: 'gate:go:1', broadcast: true, run: 'r' })]),
      );
      expect((await journal.unsent()).map(({ key }) => key)).toEqual(['eden-1:2:0', 'eden-1:1:0', 'eden-1:10:0', 'x']);
      expect((await journal.unsent())[3]).toEqual(announcement('x', { slot: 'gate:go:1', broadcast: true, run: 'r' }));
      await journal.markSent(['eden-1:2:0', 'x', 'nobody']);
      await journal.markSent([]);
      expect((await journal.unsent()).map(({ key }) => key)).toEqual(['eden-1:1:0', 'eden-1:10:0']);
      expect(await journal.slot('eden-1', 'headline')).toEqual(rows);
      expect(await journal.slot('eden-1', 'gate:go:1')).toEqual([]);
    });

    test('the same announcement is not taken twice', async () => {
      const tell = () => journal.transact((tx) => tx.announce([announcement('eden-1:1:0')]));
      await tell();
      await expect(tell()).rejects.toThrow();
    });

    test('where a message stands is remembered, and the newest place wins', async () => {
      expect(await journal.posted('eden-1', 'headline')).toBeNull();
      await journal.savePosted('eden-1', 'headline', { channel: 'C1', ts: '1.1' });
      await journal.savePosted('eden-1', 'headline', { channel: 'C1', ts: '1.2' });
      await journal.savePosted('eden-2', 'headline', { channel: 'C1', ts: '9.9' });
      journal = await world.reopen();
      expect(await journal.posted('eden-1', 'headline')).toEqual({ channel: 'C1', ts: '1.2' });
    });

    test('the whole chain can be checked, an empty one too', async () => {
      expect(await journal.verify()).toEqual({ events: 0, head: '0'.repeat(64), firstBad: null });
      await append('eden-1', 0, [entry('A', { b: 1, a: 2 }), entry('B')]);
      await append('eden-2', 0, [entry('A')]);
      journal = await world.reopen();
      const { hash } = (await journal.read('eden-2'))[0]!;
      expect(await journal.verify()).toEqual({ events: 3, head: hash, firstBad: null });
    });
  });
}
