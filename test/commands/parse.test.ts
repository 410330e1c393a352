/** Command text as keyboards and Slack really send it. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { KEYS, parse, plainText } from '../../src/commands/parse.ts';

const WANTED = { ok: true, words: ['failover', 'us-east-1'], named: { reason: 'planned maintenance' } };

describe('one line, however it was typed', () => {
  const QUOTES = [
    ['"', '"'],
    ['“', '”'],
    ['”', '“'],
    ['„', '“'],
    ['«', '»'],
    ['″', '″'],
    ['“', '"'],
    ["'", "'"],
    ['‘', '’'],
    ['’', '’'],
    ['‚', '‘'],
  ] as const;
  test.each(QUOTES)('%splanned maintenance%s', (open, close) => {
    expect(parse(`failover us-east-1 reason:${open}planned maintenance${close}`)).toEqual(WANTED);
  });

  test.each([
    ['failover us-east-1 reason: planned maintenance'],
    ['failover us-east-1 reason=planned maintenance'],
    ['failover us-east-1 reason = "planned maintenance"'],
    ['failover us-east-1 Reason:"planned maintenance"'],
    ['failover us-east-1 --reason="planned maintenance"'],
    ['failover us-east-1 —reason="planned maintenance"'],
    ['failover us-east-1 –reason: "planned maintenance"'],
    ['failover\u00A0us-east-1\u00A0reason:\u00A0"planned\u00A0maintenance"'],
    ['  failover   us-east-1\n reason:"planned maintenance"  '],
    ['failover us-\u200Beast-1 reason:\u202A"planned maintenance"\u202C'],
    ['reason:"planned maintenance" failover us-east-1'],
    ['failover us-east-1 reason:" planned maintenance "'],
  ])('%s', (line) => expect(parse(line)).toEqual(WANTED));

  test('every way of typing it means the same', () => {
    const spaces = fc.constantFrom(' ', '\u00A0', '  ', '\u2009', '\u3000', '\t', '\u200B ', '\u2028', '\u1680');
    const key = fc.constantFrom('reason', 'Reason', 'REASON', '--reason', '—reason', '–reason');
    const sign = fc.constantFrom(':', '=', ': ', '= ', ' :', ' = ');
    const words = fc.array(
      fc.constantFrom('disk', 'is', 'full', "it's", 'a&amp;b', 'db:5432', '100%', 'naïve', '(2)'),
      {
        minLength: 1,
      },
    );
    fc.assert(
      fc.property(spaces, key, sign, fc.constantFrom(...QUOTES), words, (space, name, is, [open, close], list) => {
        const text = list.join(' ').replaceAll('&amp;', '&');
        const typed = `failover${space}us-east-1${space}${name}${is}${open}${list.join(' ')}${close}`;
        expect(parse(typed)).toEqual({ ok: true, words: ['failover', 'us-east-1'], named: { reason: text } });
      }),
    );
  });
});

describe('values', () => {
  test('an unquoted reason goes on to the end, quoted words in it and all', () => {
    expect(parse('abort reason: disk "sda" is full')).toMatchObject({
      words: ['abort'],
      named: { reason: 'disk sda is full' },
    });
    expect(parse("abort reason: it's the nodes' disks")).toMatchObject({ named: { reason: "it's the nodes' disks" } });
  });

  test('or to the next name; a quoted one ends with its quote', () => {
    const named = { reason: 'disk is full', to: 'us-west-2' };
    expect(parse('failover a reason: disk is full to: us-west-2')).toEqual({
      ok: true,
      words: ['failover', 'a'],
      named,
    });
    expect(parse('failover to:us-west-2 a reason:"disk is full"')).toEqual({
      ok: true,
      words: ['failover', 'a'],
      named,
    });
    expect(parse('failover reason:"disk is full" a to=us-west-2')).toEqual({
      ok: true,
      words: ['failover', 'a'],
      named,
    });
  });

  test('only names are names', () => {
    expect(parse('note db:5432 is https://x/?to=1 key=value')).toEqual({
      ok: true,
      words: ['note', 'db:5432', 'is', 'https://x/?to=1', 'key=value'],
      named: {},
    });
    expect(parse('x step:scale reason:"a"', ['step'])).toEqual({
      ok: true,
      words: ['x', 'reason:"a"'],
      named: { step: 'scale' },
    });
    expect(parse('x dry-run:yes', ['dry-run'])).toEqual({ ok: true, words: ['x'], named: { 'dry-run': 'yes' } });
  });

  test('a command’s own names are names only where they are asked for', () => {
    const line = 'schedule east at:“2026-11-23 02:00” for:4h reason: swap at last';
    expect(parse(line, [...KEYS, 'at', 'for'])).toEqual({
      ok: true,
      words: ['schedule', 'east'],
      named: { at: '2026-11-23 02:00', for: '4h', reason: 'swap at last' },
    });
    expect(parse('pause reason: back at:noon for:good')).toMatchObject({
      named: { reason: 'back at:noon for:good' },
    });
  });

  test('a quoted word is one word', () => {
    expect(parse('note "two words" three')).toMatchObject({ words: ['note', 'two words', 'three'] });
  });

  test('an apostrophe inside is no quote', () => {
    expect(parse("abort reason:'it's full'")).toMatchObject({ named: { reason: "it's full" } });
    expect(parse('abort reason:“it’s full”')).toMatchObject({ named: { reason: 'it’s full' } });
  });

  test('nothing is nothing', () => {
    for (const line of ['', '   ', '\u200B', '\u00A0']) expect(parse(line)).toEqual({ ok: true, words: [], named: {} });
    expect(parse('abort reason:')).toEqual({ ok: true, words: ['abort'], named: { reason: '' } });
    expect(parse('abort reason:""')).toEqual({ ok: true, words: ['abort'], named: { reason: '' } });
  });
});

describe('what is not clear is refused', () => {
  test.each([
    ['abort reason:"disk is full', 'reason', 'reason:"disk is full'],
    ['abort reason:“disk is full', 'reason', 'reason:“disk is full'],
    ["abort reason:'disk is full", 'reason', "reason:'disk is full"],
    ['abort reason:"disk is full”x', 'reason', 'reason:"disk is full”x'],
    ['abort "disk', 'text', '"disk'],
    ['abort reason:"', 'reason', 'reason:"'],
  ])('%s', (line, name, shown) => {
    expect(parse(line)).toEqual({
      ok: false,
      sentence: `The ${name} has an opening quote and no closing one: ${shown}. Nothing was started.`,
    });
  });

  test('a name given twice', () => {
    const twice = { ok: false, sentence: 'reason is given twice. Nothing was started.' };
    expect(parse('abort reason:a reason:b')).toEqual(twice);
    expect(parse('abort reason:"a" --Reason="b"')).toEqual(twice);
  });

  test('a single and a double quote do not close each other', () => {
    expect(parse(`abort reason:"disk'`)).toMatchObject({ ok: false });
  });
});

describe('as Slack escapes it', () => {
  test.each([
    ['<@U123|ana>', '@U123'],
    ['<@U123>', '@U123'],
    ['<#C123|general>', '#C123'],
    ['<!here>', ''],
    ['<http://db.eden|db.eden>', 'db.eden'],
    ['<https://db.eden/x?a=1&amp;b=2>', 'https://db.eden/x?a=1&b=2'],
    ['<mailto:a@b.c|a@b.c>', 'a@b.c'],
    ['<mailto:a@b.c>', 'a@b.c'],
    ['a &lt; b &amp;&amp; c &gt; d', 'a < b && c > d'],
    ['&amp;lt;', '&lt;'],
    ['&lt;@U1&gt;', '<@U1>'],
  ])('%s → %s', (text, plain) => expect(plainText(text)).toBe(plain));

  test('in the middle of a command', () => {
    expect(parse('failover us-east-1 reason:"<http://x.y|x.y> is &lt; 3"')).toMatchObject({
      named: { reason: 'x.y is < 3' },
    });
  });
});

test('it never throws, and never makes up a name', () => {
  const odd = fc.string({ unit: 'binary', maxLength: 60 });
  const pieces = fc.constantFrom(
    ' ',
    '"',
    '“',
    '”',
    "'",
    '’',
    'reason',
    'to',
    ':',
    '=',
    '—',
    '<',
    '>',
    '|',
    '@',
    '&lt;',
    'x',
    '\u00A0',
  );
  const line = fc.oneof(
    odd,
    fc.array(pieces, { maxLength: 25 }).map((list) => list.join('')),
  );
  fc.assert(
    fc.property(line, (text) => {
      const parsed = parse(text);
      if (!parsed.ok) {
        expect(parsed.sentence).toMatch(/Nothing was started\.$/);
        return;
      }
      for (const name of Object.keys(parsed.named)) expect(['reason', 'to']).toContain(name);
      for (const word of parsed.words) expect(word.trim()).not.toBe('');
    }),
    { numRuns: 3000 },
  );
});
