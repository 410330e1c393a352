/** Telling people ahead: what is written down, what is answered, and what stakeholders read. */
import { describe, expect, it } from 'vitest';
import { notice } from '../../src/messages/notice.ts';
import type { Line } from '../../src/ports/chat.ts';
import type { System } from '../../src/steps/system.ts';
import { noRules } from '../support/no-rules.ts';
import { bench, said } from './bench.ts';

const HOUR = 3_600_000;
/** Where the clock in hand begins: 1970-01-01 00:16:40 UTC. */
const START = 1_000_000;
const TTL = { atMostSeconds: 60, forMs: 24 * HOUR, lookEveryMs: HOUR };
const rules = (more: Partial<System['rules']> = {}) => ({
  system: { rules: { ...noRules.rules, noticeMs: 48 * HOUR, ...more } },
});

const told = async (here: Awaited<ReturnType<typeof bench>>) =>
  (await here.journal.unsent())
    .filter(({ run }) => run === 'system')
    .map(({ name, slot, facts }) => ({ name, slot, facts }));
const events = async (here: Awaited<ReturnType<typeof bench>>) =>
  (await here.journal.read('system'))
    .filter(({ type }) => type.startsWith('NOTICE'))
    .map(({ type, actor, data }) => ({ type, actor, data }));
/** A time as the clock in hand counts it, as the answers' text shows it. */
const at = (text: string): number => Date.parse(`${text.replace(' ', 'T')}Z`);

const LINE = 'schedule east at:"1970-01-05 02:00" for:2h reason:"maintenance"';
const WINDOW = {
  source: 'east',
  target: 'west',
  from: at('1970-01-05 02:00'),
  until: at('1970-01-05 04:00'),
  reason: 'maintenance',
};

describe('giving notice', () => {
  it('writes it down, announces it, and says when it counts', async () => {
    const here = await bench(rules({ ttl: TTL }));
    expect(said(await here.type('UANA', LINE))).toBe(
      [
        `Notice 1: east → west, ${WINDOW.from} to ${WINDOW.until}. It is announced now.`,
        'In time: given 4.1 days ahead, 48 h asked.',
        `DNS TTLs must have been 60 s or less for 24 h by then: since ${at('1970-01-04 02:00')}.`,
        'It starts nothing by itself. Take it back with /dr schedule withdraw 1.',
      ].join('\n'),
    );
    expect(await events(here)).toEqual([{ type: 'NOTICE_GIVEN', actor: 'person:UANA', data: WINDOW }]);
    const [one, ...more] = await told(here);
    expect(one).toMatchObject({ name: 'notice', facts: { ...WINDOW, by: 'UANA', withdrawn: false } });
    expect(one?.slot).toMatch(/^notice:\w+$/);
    expect(more).toEqual([]);
    expect(here.ledger.all()).toEqual([]);
  });

  it('too late for some of its window: from when on it counts', async () => {
    const here = await bench(rules());
    const reply = said(await here.type('UANA', 'schedule east at:"1970-01-02 22:00" reason:"x"'));
    expect(reply).toContain(
      `Given 45.7 h ahead, 48 h asked: it counts from ${START + 48 * HOUR} on. A run before that is held until somebody waives “notice-given” by name.`,
    );
    // Four hours unless told otherwise.
    expect(reply).toContain(`to ${at('1970-01-03 02:00')}.`);
  });
  it('too late for all of it', async () => {
    const here = await bench(rules());
    expect(said(await here.type('UANA', 'schedule east at:"1970-01-01 12:00" reason:"x"'))).toContain(
      'Too late for all of its window: given 11.7 h ahead, 48 h asked.',
    );
  });
  it('where nothing is asked for it says so', async () => {
    const here = await bench();
    expect(said(await here.type('UANA', LINE))).toContain('No notice is asked for by the configuration');
  });
  it('a TTL rule whose time has begun is said to be past', async () => {
    const here = await bench(rules({ ttl: TTL }));
    expect(said(await here.type('UANA', 'schedule east at:"1970-01-01 12:00" reason:"x"'))).toContain(
      ', which is past.',
    );
  });

  it.each([
    'schedule east at:1970-01-05T02:00Z for:2h reason:maintenance',
    'schedule east at:1970-01-05 02:00 for:120m to:west reason:"maintenance"',
    'Schedule east at=“1970-01-05 03:00+01:00” for: 2h reason: maintenance',
    'schedule east reason: maintenance at:"1970-01-05 02:00" for:2h',
  ])('%s means the same', async (line) => {
    const here = await bench(rules());
    await here.type('UANA', line);
    expect((await events(here)).map(({ data }) => data)).toEqual([WINDOW]);
  });

  const LIKE = 'Like /dr schedule east at:"1970-01-03 01:00" for:4h reason:"maintenance".';
  it.each([
    [
      'schedule esat at:"1970-01-05 02:00" reason:"x"',
      '“esat” is not a region of eden. Did you mean east? Regions: east, west.',
    ],
    ['schedule east to:wset at:"1970-01-05 02:00" reason:"x"', '“wset” is not a region of eden. Did you mean west?'],
    ['schedule east to:east at:"1970-01-05 02:00" reason:"x"', 'east cannot move to itself'],
    ['schedule at:"1970-01-05 02:00" reason:"x"', 'Name the region that is left: /dr schedule east at:'],
    ['schedule east reason:"x"', 'Say when: /dr schedule east at:"1970-01-03 01:00" for:4h reason:"maintenance".'],
    [
      'schedule east at:tomorrow reason:"x"',
      '“tomorrow” is not a time I can read. Write date and hour, in UTC: /dr schedule',
    ],
    ['schedule east at:"5.1.1970 02:00" reason:"x"', '“5.1.1970 02:00” is not a time I can read.'],
    ['schedule east at:1970-01-05 reason:"x"', '“1970-01-05” is not a time I can read.'],
    [
      'schedule east at:"1970-01-01 00:16" reason:"x"',
      `1970-01-01 00:16 UTC is past: it is 1970-01-01 00:16 UTC. ${LIKE}`,
    ],
    ['schedule east at:"1999-01-01 00:00" reason:"x"', 'is more than a year away'],
    [
      'schedule east at:"1970-01-05 02:00" for:long reason:"x"',
      '“long” is not a length I can use. Write for:4h, for:90m or for:2d, at most 7d.',
    ],
    ['schedule east at:"1970-01-05 02:00" for:0s reason:"x"', '“0s” is not a length I can use.'],
    ['schedule east at:"1970-01-05 02:00" for:8d reason:"x"', '“8d” is not a length I can use.'],
    ['schedule east at:"1970-01-05 02:00"', 'A notice needs a reason, everybody will read it: /dr schedule east'],
    [
      'schedule east soon at:"1970-01-05 02:00" reason:"x"',
      `I read “soon” after the region and do not know what it means. ${LIKE}`,
    ],
  ])('%s', async (line, sentence) => {
    const here = await bench(rules());
    const reply = said(await here.type('UANA', line));
    expect(reply).toContain(sentence);
    expect(reply).toMatch(/Nothing was scheduled\.$/);
    expect(await events(here)).toEqual([]);
    expect(await told(here)).toEqual([]);
    expect((await here.refused()).at(-1)).toMatchObject({ asked: line });
  });

  it('acts once for one delivery', async () => {
    const here = await bench(rules());
    await here.type('UANA', LINE, 'same');
    expect(said(await here.type('UANA', LINE, 'same'))).toBe('This was already taken: it acts once.');
    expect(await events(here)).toHaveLength(1);
    expect(await told(here)).toHaveLength(1);
  });

  it('is for operators; everybody may read what stands', async () => {
    const here = await bench(rules());
    expect(said(await here.type('UDEE', LINE))).toBe('You cannot do this. Who can: SOPS');
    expect(await events(here)).toEqual([]);
    await here.type('UANA', LINE);
    expect(said(await here.type('UDEE', 'schedule withdraw 1'))).toBe('You cannot do this. Who can: SOPS');
    expect(said(await here.type('UDEE', 'schedule'))).toContain('Notices that stand:');
  });
});

describe('what stands', () => {
  it.each([
    [null, 'asked. The status page has not been told yet.'],
    [{ is: 'announced' as const }, 'asked. The status page announces it.'],
    [{ is: 'failed' as const, why: 'Statuspage answered 500.' }, 'asked. Statuspage answered 500.'],
  ])('says whether customers can read it: %j', async (seen, words) => {
    const here = await bench({ ...rules(), onPage: () => seen });
    expect(said(await here.type('UBO', LINE))).toContain('The status page announces it too, as maintenance.');
    expect(said(await here.type('UDEE', 'schedule'))).toContain(words);
  });
  it('none: how to give one', async () => {
    const here = await bench(rules());
    expect(said(await here.type('UANA', 'schedule'))).toBe(
      'No notice stands.\nGive one: /dr schedule east at:"1970-01-03 01:00" for:4h reason:"maintenance"',
    );
  });
  it('each with its number, its window and whether it counts; what is over is left out', async () => {
    const here = await bench(rules());
    await here.type('UANA', 'schedule west at:"1970-01-01 01:00" for:1h reason:"short"');
    await here.type('UBO', LINE);
    await here.clock.advance(3 * HOUR);
    expect(said(await here.type('UDEE', 'schedule'))).toBe(
      `Notices that stand:\n2 · east → west · ${WINDOW.from} to ${WINDOW.until} · “maintenance”, by UBO. In time: given 4.1 days ahead, 48 h asked.`,
    );
  });
});

describe('taking one back', () => {
  it('announces that too, and leaves the others their numbers', async () => {
    const here = await bench(rules());
    await here.type('UANA', LINE);
    await here.type('UANA', LINE.replace('05', '06'));
    expect(said(await here.type('UBO', 'schedule withdraw 1 reason:"the vendor moved it"'))).toBe(
      `Notice 1 of east → west, ${WINDOW.from} to ${WINDOW.until}, is withdrawn. It is announced now.`,
    );
    expect((await events(here)).at(-1)).toEqual({
      type: 'NOTICE_WITHDRAWN',
      actor: 'person:UBO',
      data: { n: 1, reason: 'the vendor moved it' },
    });
    const all = await told(here);
    expect(all.at(-1)).toMatchObject({ name: 'notice', facts: { withdrawn: true, by: 'UBO', from: WINDOW.from } });
    expect(new Set(all.map(({ slot }) => slot)).size).toBe(3);
    expect(said(await here.type('UANA', 'schedule'))).toMatch(/\n2 · /);
    expect(said(await here.type('UANA', 'schedule'))).not.toMatch(/\n1 · /);
  });
  it.each([
    ['schedule withdraw', 'Say which notice. None stands. Nothing was withdrawn.'],
    ['schedule withdraw 7', '“7” is not the number of a notice that stands. None stands.'],
  ])('%s', async (line, sentence) => {
    expect(said(await (await bench(rules())).type('UANA', line))).toContain(sentence);
  });
  it('twice is told', async () => {
    const here = await bench(rules());
    await here.type('UANA', LINE);
    await here.type('UANA', LINE);
    await here.type('UANA', 'schedule withdraw #1');
    expect(said(await here.type('UANA', 'schedule withdraw 1'))).toContain('Standing: 2;');
  });
});

it('for other commands "at:" and "for:" are only words', async () => {
  const here = await bench();
  await here.type('UANA', 'failover east reason: swap disks at:noon for:good');
  expect(here.context().reason).toBe('swap disks at:noon for:good');
});

describe('what stakeholders read', () => {
  const text = (line: Line): string =>
    [line]
      .flat()
      .map((one) => (typeof one === 'string' ? one : String(Object.values(one)[0])))
      .join('');
  const read = (facts: object, contacts = { coordinator: 'Cy, +1 555 0100' }) => {
    const { title, lines } = notice({
      facts: { ...WINDOW, by: 'UANA', withdrawn: false, ...facts },
      now: START,
      organization: 'eden',
      contacts,
    });
    return [title, ...lines].map(text);
  };
  it('when, from where to where, what they will notice', () => {
    expect(read({})).toEqual([
      `🔶 Planned: Eden will move from east to west between ${WINDOW.from} and ${WINDOW.until}.`,
      '“maintenance”',
      'Expected for customers: reading works; saving pauses for some seconds once.',
      'Announced by UANA. Questions: coordinator, Cy, +1 555 0100.',
    ]);
  });
  it('no target said, no contact known', () => {
    const lines = read({ target: null }, {} as never);
    expect(lines[0]).toContain('Eden will leave east between');
    expect(lines.at(-1)).toBe('Announced by UANA.');
  });
  it('that it is off', () => {
    expect(read({ withdrawn: true, reason: '', by: 'UBO' })).toEqual([
      `✖ Withdrawn: Eden does not leave east between ${WINDOW.from} and ${WINDOW.until}.`,
      'Taken back by UBO. Nothing will be noticed then.',
    ]);
  });
});
