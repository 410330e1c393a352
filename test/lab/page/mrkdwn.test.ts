import { describe, expect, it } from 'vitest';
import { dateText, mrkdwn, plainText } from '../../../lab/page/public/view.js';
import { AT, reader } from './reader.ts';

const shown = (text: string, how?: { verbatim?: boolean }) => mrkdwn(text, reader, how).text;

describe('mrkdwn', () => {
  it.each([
    ['*bold*', '<b>bold</b>'],
    ['_italic_ and ~struck~', '<i>italic</i> and <s>struck</s>'],
    ['*a _b_ c*', '<b>a <i>b</i> c</b>'],
    ['2 * 3 * 4', '2 * 3 * 4'],
    ['us_east_1 and snake_case_', 'us_east_1 and snake_case_'],
    ['a*b*c', 'a*b*c'],
    ['`*not* <b>`', '<code class="short">*not* b</code>'],
    ['```\na\n  *b*\n```', '<pre>a\n  *b*</pre>'],
    ['&gt; quoted\n&gt; twice\nnot', '<blockquote>quoted\ntwice</blockquote>not'],
    ['&lt;b&gt; &amp;amp;', '&lt;b&gt; &amp;amp;'],
  ])('marks up %j', (text, expected) => {
    expect(shown(text)).toBe(expected);
  });

  it('shows people, groups and channels by their names, and says when the reader is meant', () => {
    expect(shown('<@U1>')).toBe('<span class="mention me">@Ana</span>');
    expect(shown('<@U2>')).toBe('<span class="mention ">@Bo &lt;b&gt;</span>');
    expect(shown('<@U9>')).toContain('@U9');
    expect(shown('<!subteam^S1>')).toBe('<span class="mention me" title="2 people">@sre</span>');
    expect(shown('<!here>')).toContain('@here');
    expect(shown('<#C1>')).toContain('data-go-channel="C1">#incidents<');
    expect(shown('<#C9|>')).toContain('#a channel you are not in');
  });

  it('marks up around what is markup already', () => {
    expect(shown('*for <@U1>: `x`*')).toBe(
      '<b>for <span class="mention me">@Ana</span>: <code class="short">x</code></b>',
    );
  });

  it('links what people can follow, bare addresses too unless told verbatim', () => {
    const link = '<a href="https://a.example/?x=1&amp;y" target="_blank" rel="noopener noreferrer">';
    expect(shown('<https://a.example/?x=1&amp;y|words>')).toBe(`${link}words</a>`);
    expect(shown('see https://a.example/?x=1&amp;y.')).toBe(`see ${link}https://a.example/?x=1&amp;y</a>.`);
    expect(shown('https://a.example', { verbatim: true })).toBe('https://a.example');
  });

  it('shows signs without a font for them, and keeps them when copied or read aloud', () => {
    expect(shown('⛔ refused')).toBe('<img class="sign" src="signs/refused.svg" alt="⛔"> refused');
    expect(plainText('*⛔* <@U1> &lt;3', reader)).toBe('⛔ @Ana <3');
  });
});

describe('dates', () => {
  it('are in the reader’s own time, with UTC beside it', () => {
    expect(shown(`<!date^${AT}^{time}|08:00 UTC>`)).toBe('<time title="2027-01-15 08:00:00 UTC">09:00</time>');
    const tokyo = mrkdwn(`<!date^${AT}^at {time_secs}|x>`, { ...reader, timeZone: 'Asia/Tokyo' });
    expect(tokyo.text).toContain('at 17:00:00');
  });

  it('fall back to the words given', () => {
    expect(shown('<!date^soon^{time}|later &amp; then>')).toBe('later &amp; then');
    expect(shown(`<!date^${AT}^{century}|08:00>`)).toBe('08:00');
  });

  it.each([
    ['{date_num}', '2027-01-15'],
    ['{date_short}', '15 Jan 2027'],
    ['{date_pretty} {time}', 'today 09:00'],
    ['{ago}', 'now'],
  ])('%s', (pattern, expected) => {
    expect(dateText(AT * 1000, pattern, reader)).toBe(expected);
  });
});

describe('text that wants to be code', () => {
  const hostile = [
    '<script>alert(1)</script>',
    '<img src=x onerror=alert(1)>',
    '&lt;img src=x onerror=alert(1)&gt;',
    '<javascript:alert(1)|click>',
    '<data:text/html,<script>alert(1)</script>|click>',
    '<https://a.example/"onmouseover="alert(1)|x>',
    '<https://a.example|<img src=x onerror=alert(1)>>',
    '<@U1|"><script>alert(1)</script>>',
    '<@"><script>>',
    '<!date^1800000000^{time}^javascript:alert(1)|x>',
    '<!date^1800000000^<script>{time}|<script>>',
    '<#C1"onclick=alert(1)|x>',
    '<!subteam^S9|@"><svg onload=alert(1)>>',
    '`<script>alert(1)</script>`',
    '```<script>alert(1)</script>```',
    '*<script>*alert(1)_</script>_',
    '\uE0000\uE001<b>\uE001',
    '&amp;lt;script&amp;gt;',
    'https://a.example/`<script>`',
  ];
  it.each(hostile)('%s stays text', (text) => {
    const out = shown(text);
    // Every tag that is left is one of ours, with no attribute of theirs.
    const tags = out.match(/<[^>]*>/g) ?? [];
    for (const tag of tags) {
      expect(tag).toMatch(/^<\/?(b|i|s|a|code|pre|blockquote|span|time|img)( [^<]*)?>$/);
      expect(tag.replace(/"[^"]*"/g, '')).not.toMatch(/\son\w+\s*=/i);
    }
    expect(out).not.toMatch(/href="(?!https?:|mailto:|#)/);
    expect(out).not.toMatch(/<img(?! class="sign")/);
    expect(out).not.toMatch(/[\uE000\uE001]/);
  });
});
