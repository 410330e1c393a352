/** What is picked from menus is a command like any other, under the same policy. */
import { describe, expect, it } from 'vitest';
import type { Said } from '../../src/ports/chat.ts';
import { bench, said } from './bench.ts';

const SAID: Said = {
  text: 'disk of &lt;db&gt; is full,\nETA 20 min to:west',
  author: 'UCY',
  at: Date.UTC(2026, 10, 21, 14, 2, 11),
};
const pick = (person: string, shortcut: string, on: Said | null = null, delivery = `${person} ${shortcut}`) => ({
  kind: 'shortcut' as const,
  shortcut,
  person,
  delivery,
  on,
});

describe('Failover…', () => {
  it('opens the form of a bare /dr, and never acts', async () => {
    const here = await bench();
    expect(said(await here.send(pick('UANA', 'failover')))).toBe(said(await here.type('UANA', '')));
    expect(here.ledger.all()).toEqual([]);
  });
  it('tells who may not start anything, and refuses strangers', async () => {
    const here = await bench();
    expect(said(await here.send(pick('UDEE', 'failover')))).toContain('Nothing is being moved.');
    expect(said(await here.send(pick('USTR', 'failover')))).toContain('cannot use this');
  });
});

describe('Note on the run', () => {
  it('keeps the message as it was written, with its author and time, once', async () => {
    const here = await bench();
    await here.asked();
    expect(said(await here.send(pick('UANA', 'note', SAID, 'n1')))).toBe('Noted on eden-1.');
    expect(said(await here.send(pick('UANA', 'note', SAID, 'n1')))).toBe('(none)');
    const rows = (await here.journal.read('eden-1')).filter((row) => row.type === 'NOTED');
    expect(rows.map(({ data }) => data)).toEqual([
      { by: 'UANA', text: '“disk of <db> is full, ETA 20 min to:west” (UCY, 2026-11-21 14:02 UTC)' },
    ]);
  });
  it('names whoever wrote it by what is known, and cuts what is very long', async () => {
    const here = await bench();
    await here.asked();
    await here.send(pick('UANA', 'note', { ...SAID, author: 'UNOBODY', text: 'x'.repeat(5000) }));
    const [row] = (await here.journal.read('eden-1')).filter((one) => one.type === 'NOTED');
    const text = String((row!.data as { text: string }).text);
    expect(text).toContain('… ”'.replace(' ', ''));
    expect(text).toContain('(UNOBODY, ');
    expect(text.length).toBeLessThan(1600);
  });
  it('only operators may, there must be a run and a text', async () => {
    const here = await bench();
    expect(said(await here.send(pick('UANA', 'note', SAID)))).toBe('There is no run to note this on.');
    await here.asked();
    expect(said(await here.send(pick('UDEE', 'note', SAID)))).toContain('You cannot do this.');
    expect(said(await here.send(pick('UBO', 'note', { ...SAID, text: '' })))).toContain('needs its text');
  });
});

it('an entry nobody knows any more is told so', async () => {
  const here = await bench();
  expect(said(await here.send(pick('UANA', 'explode')))).toContain('of another version of Regent');
});
