/** `rich_text` blocks, the form in which Slack's own composer writes. */
import { dateText } from './dates.js';
import { html } from './html.js';
import { list, record, text } from './json.js';
import { channel, group, link, person } from './mrkdwn.js';
import { signed } from './signs.js';

/** @import { Html } from './html.js' */
/** @import { Json } from './json.js' */
/** @import { Reader } from './types.d.ts' */

/** @param {Json} block @param {Reader} reader */
export function richText(block, reader) {
  return html`<div class="text">${list(block['elements']).map((part) => section(record(part), reader))}</div>`;
}

/** @param {Json} part @param {Reader} reader @returns {Html} */
function section(part, reader) {
  const inside = list(part['elements']);
  const leaves = () => inside.map((one) => leaf(record(one), reader));
  switch (part['type']) {
    case 'rich_text_preformatted':
      return html`<pre>${leaves()}</pre>`;
    case 'rich_text_quote':
      return html`<blockquote>${leaves()}</blockquote>`;
    case 'rich_text_list': {
      const items = inside.map((one) => html`<li>${section(record(one), reader)}</li>`);
      return part['style'] === 'ordered' ? html`<ol>${items}</ol>` : html`<ul>${items}</ul>`;
    }
    default:
      return html`<span>${leaves()}</span>`;
  }
}

/** @param {Json} one @param {Reader} reader @returns {Html} */
function leaf(one, reader) {
  switch (one['type']) {
    case 'text':
      return styled(signed(text(one['text'])), record(one['style']));
    case 'link':
      return styled(link(text(one['url']), text(one['text']) || text(one['url'])), record(one['style']));
    case 'user':
      return person(text(one['user_id']), reader);
    case 'usergroup':
      return group(text(one['usergroup_id']), reader);
    case 'channel':
      return channel(text(one['channel_id']), reader);
    case 'broadcast':
      return html`<span class="mention">@${text(one['range'])}</span>`;
    case 'emoji':
      return html`${emoji(text(one['unicode'])) || `:${text(one['name'])}:`}`;
    case 'date':
      return html`${dateText(Number(one['timestamp']) * 1000, text(one['format']), reader) ?? text(one['fallback'])}`;
    default:
      return html`${text(one['text'])}`;
  }
}

/** `1f44d-1f3fd` @param {string} points */
function emoji(points) {
  return /^[0-9a-f]{2,6}(-[0-9a-f]{2,6})*$/i.test(points)
    ? String.fromCodePoint(...points.split('-').map((point) => Math.min(Number.parseInt(point, 16), 0x10ffff)))
    : '';
}

/** @param {Html} inner @param {Json} style */
function styled(inner, style) {
  let out = inner;
  if (style['code']) out = html`<code>${out}</code>`;
  if (style['strike']) out = html`<s>${out}</s>`;
  if (style['italic']) out = html`<i>${out}</i>`;
  if (style['bold']) out = html`<b>${out}</b>`;
  return out;
}
