import fc from 'fast-check';
import { XMLBuilder } from 'fast-xml-parser';
import { describe, expect, it } from 'vitest';
import { type Post, readFeed } from '../../../src/integrations/provider-status/feed.ts';
import { judgeFeed } from '../../../src/integrations/provider-status/feed-state.ts';

const HOUR = 3_600_000;
const NOW = Date.parse('2026-11-23T02:00:00Z');
const rss = (...items: string[]) =>
  `<?xml version="1.0"?><rss version="2.0"><channel><title>Status</title>${items.join('')}</channel></rss>`;

describe('a feed', () => {
  it('is read as RSS, with CDATA, entities and a time zone by its letters', () => {
    const item = `
      <item>
        <title type="text"><![CDATA[Service disruption: Increased <b>API</b> errors & delays]]></title>
        <link>https://example.com</link>
        <pubDate>Sun, 22 Nov 2026 17:30:00 PST</pubDate>
        <guid isPermaLink="false">x</guid>
        <description>We &lt;em&gt;see&lt;/em&gt; errors&#46; &#x41;t 5&nbsp;%.</description>
      </item>`;
    expect(readFeed(rss(item, '<item/>'))).toEqual([
      {
        title: 'Service disruption: Increased API errors & delays',
        body: 'We see errors. At 5 %.',
        at: Date.parse('2026-11-23T01:30:00Z'),
      },
      { title: '', body: '', at: null },
    ]);
  });

  it('is read as Atom, its entries by when they last changed', () => {
    const feed = `<feed xmlns="http://www.w3.org/2005/Atom"><title>x</title><updated>2026-11-23T01:00:00Z</updated>
      <entry><title>Checkout is slow</title><published>2026-11-22T20:00:00Z</published><updated>2026-11-23T01:00:00Z</updated>
      <content type="html">&lt;p&gt;&lt;strong&gt;Resolved&lt;/strong&gt; - All well.&lt;/p&gt;</content></entry></feed>`;
    expect(readFeed(feed)).toEqual([{ title: 'Checkout is slow', body: 'Resolved - All well.', at: NOW - HOUR }]);
  });

  it('is read in the oldest form, too, where a list of its items comes before them', () => {
    const list = '<items><rdf:Seq><rdf:li resource="x"/></rdf:Seq></items>';
    const item = '<item rdf:about="x"><title>a</title><dc:date>2026-11-23T01:00:00Z</dc:date></item>';
    expect(
      readFeed(`<rdf:RDF xmlns="x"><channel><title>x</title><itemized/>${list}</channel>${item}</rdf:RDF>`),
    ).toEqual([{ title: 'a', body: '', at: NOW - HOUR }]);
  });

  it('that breaks off is none: the post that matters may be lost', () => {
    const whole = rss('<item><title>a</title></item>', '<item><title>b</title></item>');
    expect(readFeed(`${whole}\n`)).toHaveLength(2);
    for (const part of [whole.slice(0, -8), whole.slice(0, -1), '<rss>', '<html><feed', 'hello', ''])
      expect(readFeed(part)).toBeNull();
    expect(readFeed('<rss></rss>')).toEqual([]);
  });

  it('gives back what another program wrote', () => {
    const builder = new XMLBuilder();
    const word = fc.stringMatching(/^[a-z<>&"' ]{0,20}$/);
    fc.assert(
      fc.property(fc.array(word, { maxLength: 5 }), (words) => {
        const item = words.map((title) => ({ title, other: 'x' }));
        const titles = readFeed(builder.build({ rss: { channel: { item } } }))?.map(({ title }) => title);
        const stripped = words.map((each) =>
          each
            .replaceAll(/<[^<>]*>/g, ' ')
            .replaceAll(/\s+/g, ' ')
            .trim(),
        );
        expect(titles).toEqual(stripped);
      }),
    );
  });

  it('never takes long, whatever it is', () => {
    const much = 200_000;
    for (const text of ['<item>', '<item', '<itemx>', '<item><title>', '&#65', '<![CDATA[', '<'])
      expect(readFeed(rss(text.repeat(much)))).not.toBeUndefined();
  });
});

describe('what a feed says of now', () => {
  const post = (title: string, hoursAgo: number, body = ''): Post => ({ title, body, at: NOW - hoursAgo * HOUR });
  const judge = (...posts: Post[]) => {
    const { state, sentence } = judgeFeed(posts, NOW, 24 * HOUR);
    return `${state}: ${sentence}`;
  };

  it('is ok where nothing is posted, or nothing lately', () => {
    expect(judge()).toBe('ok: its feed has nothing posted');
    expect(judge(post('Service disruption: All is down', 25))).toBe('ok: nothing posted within 24 h');
    expect(judge(post('Maintenance next week', -100))).toBe('ok: its feed has nothing posted but what is ahead');
  });

  it('is trouble while a post is not said to be over', () => {
    expect(judge(post('Service disruption: API errors', 1.5))).toBe(
      'trouble: “Service disruption: API errors”, posted 90 min ago',
    );
    expect(judge(post('Informational message: API errors', 23.5))).toMatch(/^trouble: /);
  });

  it.each(['Service is operating normally: [RESOLVED] API errors', 'RESOLVED: API errors', '[Resolved] API errors'])(
    'is ok once “%s” follows',
    (title) => {
      const before = [post('Service disruption: API errors', 5), post('Performance issues: API errors', 4)];
      expect(judge(...before, post(title, 3))).toBe(`ok: “${title}”, posted 3 h ago`);
      // It began anew.
      expect(judge(...before, post(title, 3), post('Service disruption: API errors', 2))).toMatch(
        /^trouble: .* 2 h ago$/,
      );
    },
  );

  it('is trouble while one of two incidents goes on', () => {
    expect(judge(post('Investigating: DNS is slow', 5), post('Resolved: API errors', 1))).toBe(
      'trouble: “Investigating: DNS is slow”, posted 5 h ago',
    );
    expect(judge(post('DNS is slow', 5), post('API errors', 2), post('DNS is slow', 3))).toBe(
      'trouble: “API errors”, posted 2 h ago and 1 more',
    );
  });

  it('looks at the beginning of the body, where the last turn of an incident stands', () => {
    const turns = 'Nov 23, 01:00 UTC Monitoring - A fix is in place. Nov 22, 23:00 UTC Investigating - We look.';
    expect(judge(post('Checkout is slow', 1, turns))).toMatch(/^trouble/);
    expect(judge(post('Checkout is slow', 1, `Nov 23, 01:30 UTC Resolved - It is over. ${turns}`))).toMatch(/^ok/);
    expect(judge(post('Database upgrade', 1, 'Nov 23, 01:00 UTC Completed - The maintenance is done.'))).toMatch(/^ok/);
    expect(judge(post('Checkout is slow', 1, 'Nov 23, 01:00 UTC Partially resolved - Half of it.'))).toMatch(
      /^trouble/,
    );
  });

  it.each(['API errors partially resolved', 'Not yet resolved: API errors', 'API errors: being resolved'])(
    'does not take “%s” for the end',
    (title) => {
      expect(judge(post(title, 1))).toMatch(/^trouble/);
    },
  );

  it('is unknown where posts have no date', () => {
    expect(judge({ title: 'API errors', body: '', at: null })).toBe(
      'unknown: its feed has posts without a date, such as “API errors”',
    );
  });
});
