/**
 * Slack's mrkdwn as HTML. Everything is escaped first and only then marked up: pieces that are markup already wait
 * under a number in signs no text can contain, because those are taken out of it before.
 */
import { dateText, utc } from './dates.js';
import { escapeHtml, Html, html } from './html.js';
import { withPictures } from './signs.js';

/** @import { Reader } from './types.d.ts' */

const OPEN = '\uE000';
const CLOSE = '\uE001';

/** A code block, code, an entity, a bare address. */
const PIECES =
  /```([\s\S]+?)```|`([^`\n]+)`|<([^<>\n]*)>|(https?:\/\/[^\s<>|`*\uE000\uE001]*[^\s<>|`*.,;:!?)\uE000\uE001])/g;

/**
 * @param {string} text
 * @param {Reader} reader
 * @param {{ verbatim?: boolean }} [how] `verbatim`: bare addresses stay text
 * @returns {Html}
 */
export function mrkdwn(text, reader, { verbatim = false } = {}) {
  /** @type {Html[]} */
  const kept = [];
  /** @param {Html} piece */
  const keep = (piece) => `${OPEN}${kept.push(piece) - 1}${CLOSE}`;

  const bare = text.replace(/[\uE000\uE001]/g, '').replace(PIECES, (whole, block, code, inside, address) => {
    if (block !== undefined) return keep(html`<pre>${unmarked(block.replace(/^\n|\n$/g, ''))}</pre>`);
    if (code !== undefined) return keep(html`<code class="${code.length < 30 && 'short'}">${unmarked(code)}</code>`);
    if (inside !== undefined) return keep(entity(inside, reader));
    return verbatim ? whole : keep(link(decode(address), decode(address)));
  });
  const marked = quotes(emphasised(withPictures(escapeHtml(decode(bare)))));
  return new Html(marked.replace(/\uE000(\d+)\uE001/g, (_whole, at) => kept[Number(at)]?.text ?? ''));
}

/** What a screen reader or a notification says. @param {string} text @param {Reader} reader */
export function plainText(text, reader) {
  const pictured = mrkdwn(text, reader).text.replace(/<img [^>]*alt="([^"]*)">/g, '$1');
  return decodeHtml(pictured.replace(/<[^>]*>/g, ''));
}

/** The three entities Slack's text has. @param {string} text */
function decode(text) {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}

/** @param {string} text */
function decodeHtml(text) {
  return decode(text.replaceAll('&quot;', '"').replaceAll('&#39;', "'"));
}

/** Inside code nothing is marked up, and an address shows its words. @param {string} text */
function unmarked(text) {
  return decode(text.replace(/<(?:[^<>|\n]*\|)?([^<>\n]*)>/g, '$1'));
}

/** `*bold*`, `_italic_`, `~struck~`, at the edges of words only. @param {string} escaped */
function emphasised(escaped) {
  return escaped
    .replace(around('\\*'), '$1<b>$2</b>')
    .replace(around('_'), '$1<i>$2</i>')
    .replace(around('~'), '$1<s>$2</s>');
}

/** @param {string} sign */
function around(sign) {
  return new RegExp(
    `(^|[^\\p{L}\\p{N}${sign}])${sign}(?=[^\\s${sign}])([^${sign}\\n]*[^\\s${sign}])${sign}(?![\\p{L}\\p{N}${sign}])`,
    'gmu',
  );
}

/** Lines beginning with `>` stand together as a quotation. @param {string} escaped */
function quotes(escaped) {
  return escaped.replace(/(?:^&gt; ?.*(?:\n|$))+/gm, (lines) => {
    const inside = lines.replace(/^&gt; ?/gm, '').replace(/\n$/, '');
    return `<blockquote>${inside}</blockquote>`;
  });
}

/** What stands between `<` and `>`. @param {string} inside @param {Reader} reader */
function entity(inside, reader) {
  const bar = inside.indexOf('|');
  const target = bar < 0 ? inside : inside.slice(0, bar);
  const label = bar < 0 ? '' : decode(inside.slice(bar + 1));
  const id = target.slice(1);
  if (target.startsWith('@')) return person(id, reader, label);
  if (target.startsWith('#')) return channel(id, reader, label);
  if (target.startsWith('!date^')) return date(target.slice('!date^'.length), label, reader);
  if (target.startsWith('!subteam^')) return group(id.slice('subteam^'.length), reader, label);
  if (/^!(here|channel|everyone)$/.test(target)) return html`<span class="mention">@${id}</span>`;
  if (target.startsWith('!')) return html`${label || `<${inside}>`}`;
  return link(decode(target), label || decode(target), decode(`<${inside}>`));
}

/** @param {string} id @param {Reader} reader @param {string} [label] */
export function person(id, reader, label) {
  const name = reader.people[id] ?? label?.replace(/^@/, '') ?? '';
  return html`<span class="mention ${id === reader.me && 'me'}">@${name || id}</span>`;
}

/** @param {string} id @param {Reader} reader @param {string} [label] */
export function group(id, reader, label) {
  const known = reader.groups[id];
  const handle = known?.handle ?? label?.replace(/^@/, '') ?? '';
  const who = known ? `${known.members} ${known.members === 1 ? 'person' : 'people'}` : 'a group';
  return html`<span class="mention ${known?.mine && 'me'}" title="${who}">@${handle || id}</span>`;
}

/** @param {string} id @param {Reader} reader @param {string} [label] */
export function channel(id, reader, label) {
  const name = reader.channels[id];
  if (name === undefined) return html`<span class="mention">#${label || 'a channel you are not in'}</span>`;
  return html`<a class="mention" href="#" data-go-channel="${id}">#${name}</a>`;
}

/** `1700000000^{time}^https://…` @param {string} spec @param {string} fallback @param {Reader} reader */
function date(spec, fallback, reader) {
  const [seconds = '', pattern = '', address] = spec.split('^');
  const ms = Number(seconds) * 1000;
  const text = dateText(ms, decode(pattern), reader);
  if (text === undefined) return html`${fallback || 'a time that cannot be shown'}`;
  const shown = html`<time title="${utc(ms)}">${text}</time>`;
  return address ? link(decode(address), shown) : shown;
}

/**
 * A link where the address is one people can follow; else the text as it was.
 * @param {string} address @param {string | Html} words @param {string | Html} [otherwise]
 */
export function link(address, words, otherwise = words) {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (!url || !['https:', 'http:', 'mailto:'].includes(url.protocol)) return html`${otherwise}`;
  return html`<a href="${url.href}" target="_blank" rel="noopener noreferrer">${words}</a>`;
}
