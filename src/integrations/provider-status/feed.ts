/**
 * The posts of an RSS or Atom feed. A reader for just that: it looks for a few tags by their names, knows no entity
 * but the usual ones, follows nothing, and each character is looked at a bounded number of times.
 */

export type Post = {
  title: string;
  /** Text of its body, without markup. */
  body: string;
  /** When it was posted or last changed, ms since the epoch; null where it does not say. */
  at: number | null;
};

/** As many as are read, from the top. */
const MOST_POSTS = 500;
/** As much of a post's body as is read; the state stands at its beginning. */
const MOST_BODY = 2000;

/** The posts in the order they stand; null where the text is no feed, or breaks off. */
export function readFeed(text: string): Post[] | null {
  const kind = /<(rss|rdf:RDF|feed)[\s>]/.exec(text.slice(0, 4000))?.[1];
  if (kind === undefined) return null;
  // A feed that broke off may have lost the very post that matters.
  if (!text.trimEnd().endsWith(`</${kind}>`)) return null;
  return elements(text, kind === 'feed' ? 'entry' : 'item').map((xml) => ({
    title: plain(first(xml, ['title'])),
    body: plain(first(xml, ['description', 'content:encoded', 'content', 'summary']).slice(0, MOST_BODY)),
    at: moment(first(xml, kind === 'feed' ? ['updated', 'published'] : ['pubDate', 'dc:date'])),
  }));
}

/** The insides of all elements of that name, which do not stand in one another. */
function elements(text: string, name: string): string[] {
  const found: string[] = [];
  let at = 0;
  while (found.length < MOST_POSTS) {
    const inside = elementAt(text, name, at);
    if (inside === null) break;
    found.push(text.slice(inside.from, inside.to));
    at = inside.to;
  }
  return found;
}

/** Where the inside of the next element of that name begins and ends, or null. */
function elementAt(text: string, name: string, from: number): { from: number; to: number } | null {
  for (let at = text.indexOf(`<${name}`, from); at >= 0; at = text.indexOf(`<${name}`, at + 1)) {
    // `<item` also begins `<itemized>`.
    if (!/[\s/>]/.test(text.charAt(at + name.length + 1))) continue;
    const end = text.indexOf('>', at);
    if (end < 0) return null;
    if (text.charAt(end - 1) === '/') return { from: end + 1, to: end + 1 };
    const to = text.indexOf(`</${name}>`, end);
    return to < 0 ? null : { from: end + 1, to };
  }
  return null;
}

function first(xml: string, names: string[]): string {
  for (const name of names) {
    const inside = elementAt(xml, name, 0);
    if (inside !== null) return xml.slice(inside.from, inside.to);
  }
  return '';
}

/** PDT and the like are understood too, in which one large provider writes. */
function moment(text: string): number | null {
  const at = Date.parse(plain(text));
  return Number.isNaN(at) ? null : at;
}

const ENTITIES: Record<string, string> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'", nbsp: ' ' };

/** Character data as text: CDATA opened, entities replaced, then the markup that stood in it taken out. */
function plain(xml: string): string {
  return unescaped(xml.replaceAll(/<!\[CDATA\[|\]\]>/g, ''))
    .replaceAll(/<[^<>]*>/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim();
}

function unescaped(text: string): string {
  return text.replaceAll(/&(#x[0-9a-f]{1,6}|#\d{1,7}|[a-z]{2,4});/gi, (whole, name: string) => {
    if (!name.startsWith('#')) return ENTITIES[name.toLowerCase()] ?? whole;
    const code = /^#x/i.test(name) ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1));
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}
