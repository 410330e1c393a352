/** What people type is shown and never obeyed. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cutMrkdwn, cutPlain, linePlain, mrkdwn, untrusted, visible } from '../../../src/integrations/slack/text.ts';
import type { Span } from '../../../src/ports/chat.ts';

/** Text made of what could do harm: marks, entities, invisible characters, and ordinary words between. */
const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom('<!channel>', '<@U1>', '<https://evil.example|safe>', '&lt;!here&gt;', '*', '_', '~', '`', '```'),
      fc.constantFrom('\u202e', '\u200b', '\u2066', '\ufeff', '\u00ad', '\n> ', '\r', '\u2028', ':skull:', '|', '^'),
      fc.string({ unit: 'binary' }),
      fc.string(),
    ),
  )
  .map((parts) => parts.join(''));

describe('untrusted text', () => {
  test('cannot mention, link, format or hide anything', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const shown = untrusted(text);
        expect(shown).not.toMatch(/[<>*~`\n\r\u2028\u2029]/);
        expect(shown.replace(/&(amp|lt|gt);/g, '')).not.toContain('&');
        expect(shown).not.toMatch(/[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\u00ad]/);
        expect(shown.isWellFormed()).toBe(true);
      }),
    );
  });

  test.each([
    ['<!channel> look', '&lt;!channel&gt; look'],
    ['a & b &lt; c', 'a &amp; b &amp;lt; c'],
    ['us_east_1 stays, _slanted_ does not', 'us_east_1 stays, ˍslantedˍ does not'],
    ['> quoted\n> again', '› quoted &gt; again'],
    ['*b* ~s~ `c` :skull:', '∗b∗ ∼s∼ ˋcˋ ∶skull:'],
    ['abc\u202edcba', 'abcdcba'],
    ['at 14:02, see db1:5432', 'at 14:02, see db1:5432'],
  ])('%j', (typed, shown) => {
    expect(untrusted(typed)).toBe(shown);
  });

  test('a pile of accents is cut to what a script needs', () => {
    expect([...visible(`e${'\u0301'.repeat(50)}`)]).toHaveLength(5);
  });
});

describe('spans', () => {
  test.each<[Span, string]>([
    ['lag < 5 s & falling', 'lag &lt; 5 s &amp; falling'],
    [{ bold: 'us-east-1' }, '*us-east-1*'],
    [{ bold: ' ' }, ''],
    [{ code: 'x`y\nz' }, '`xˋy z`'],
    [{ person: 'U0ANA' }, '<@U0ANA>'],
    [{ person: 'U1> <!channel' }, 'U1&gt; &lt;!channel'],
    [{ group: 'S0SRE' }, '<!subteam^S0SRE>'],
    [{ group: 'here' }, 'here'],
    [{ time: Date.UTC(2026, 10, 20, 14, 5, 11) }, '<!date^1795183511^{time}|14:05 UTC>'],
    [
      { time: Date.UTC(2026, 10, 20, 14, 5, 11), as: 'date' },
      '<!date^1795183511^{date_short}, {time}|2026-11-20 14:05 UTC>',
    ],
    [{ time: Number.NaN }, '(unknown time)'],
    [{ link: 'https://a.example/x?a=1&b=<2>|3', text: 'run|7' }, '<https://a.example/x?a=1&amp;b=%3C2%3E%7C3|run¦7>'],
    [{ link: 'javascript:alert(1)', text: 'run' }, 'run'],
    [{ link: 'https://a.example', text: '' }, '<https://a.example/|link>'],
  ])('%j', (span, shown) => {
    expect(mrkdwn(span)).toBe(shown);
  });

  test('read as plain words', () => {
    const at = Date.UTC(2026, 10, 20, 14, 5);
    expect(
      linePlain([{ bold: 'Gate' }, ' of ', { untrusted: 'a\nb' }, ', ', { time: at }, ' ', { person: 'U1' }]),
    ).toBe('Gate of a b, 14:05');
  });
});

describe('cutting', () => {
  test('ends with a mark and never inside an entity or a link', () => {
    fc.assert(
      fc.property(fc.array(hostile.map(untrusted)), fc.integer({ min: 10, max: 200 }), (parts, max) => {
        const text = parts.join('<@U0ANA>');
        const cut = cutMrkdwn(text, max);
        expect(cut.length).toBeLessThanOrEqual(max);
        expect(cut.replaceAll('<@U0ANA>', '')).not.toMatch(/[<>]/);
        expect(cut.replace(/&(amp|lt|gt);/g, '')).not.toContain('&');
      }),
    );
  });

  test('short text stays as it is', () => {
    expect(cutMrkdwn('abc', 3)).toBe('abc');
    expect(cutPlain('abcd', 3)).toBe('ab…');
    expect(cutPlain('😀😀', 3)).toBe('😀…');
  });
});
