/** One message as it stands in the channel, in a thread, or pinned at the top. */
import { renderBlocks } from './blocks.js';
import { clock, utc } from './dates.js';
import { html } from './html.js';
import { list, record, text } from './json.js';
import { mrkdwn, plainText } from './mrkdwn.js';
import { signed } from './signs.js';

/** @import { Host, Reader, Scene } from './types.d.ts' */
/** @import { SeenEphemeral, SeenMessage } from '../../../slack/types.ts' */
/** @import { Html } from './html.js' */

const EMOJI = /** @type {Record<string, string>} */ ({
  white_check_mark: '✔',
  heavy_check_mark: '✔',
  x: '✖',
  eyes: '👀',
  hourglass: '⌛',
  hourglass_flowing_sand: '⏳',
  warning: '⚠',
  '+1': '👍',
});

/** @param {number} times */
export const timesEdited = (times) =>
  times === 1 ? 'edited once' : times === 2 ? 'edited twice' : `edited ${times} times`;

/** @param {string} id @param {Reader} reader */
export const authorName = (id, reader) => (id === reader.app.id ? reader.app.name : (reader.people[id] ?? id));

/** First line of a message in plain words, for places with little room. @param {SeenMessage} message @param {Reader} reader */
export function firstLine(message, reader) {
  const line =
    plainText(message.text, reader)
      .split('\n')
      .find((one) => one.trim() !== '') ?? 'a message';
  return line.length > 80 ? `${line.slice(0, 79)}…` : line;
}

/** What a message says, without who and when. @param {SeenMessage | SeenEphemeral} message @param {Scene} scene */
export function content(message, { reader, busy }) {
  /** @type {Host} */
  const host = { kind: 'message', channel: message.channel, id: message.ts, busy };
  if ('tombstone' in message && message.tombstone) return html`<div class="quiet">This message was deleted.</div>`;
  const attachments = 'attachments' in message ? list(message.attachments) : [];
  return html`${
    message.blocks.length > 0
      ? renderBlocks(message.blocks, reader, host)
      : html`<div class="text">${mrkdwn(message.text, reader)}</div>`
  }${attachments.map((one) => attachment(one, reader, host))}`;
}

/** @param {unknown} given @param {Reader} reader @param {Host} host */
function attachment(given, reader, host) {
  const one = record(given);
  const blocks = /** @type {SeenMessage['blocks']} */ (list(one['blocks']));
  const inside =
    blocks.length > 0
      ? renderBlocks(blocks, reader, host)
      : html`<div class="text">${mrkdwn(text(one['text']) || text(one['fallback']), reader)}</div>`;
  return html`<div class="attachment">${inside}</div>`;
}

/** Name and time. @param {{ user: string, at: number, isBot: boolean }} message @param {Reader} reader @param {Html | false} [more] */
function byline({ user, at, isBot }, reader, more) {
  return html`<div class="byline"><b>${authorName(user, reader)}</b>${isBot && html` <span class="badge">app</span>`}
    <time title="${utc(at)}">${clock(at, reader.timeZone)}</time>${more}</div>`;
}

/** A round with the first letter. @param {string} user @param {Reader} reader */
export function avatar(user, reader) {
  const name = authorName(user, reader);
  const hue = [...name].reduce((sum, sign) => sum + (sign.codePointAt(0) ?? 0), 0) % 6;
  return html`<span class="avatar hue-${hue}" aria-hidden="true">${name.slice(0, 1).toUpperCase()}</span>`;
}

/**
 * @param {SeenMessage} message @param {Scene} scene
 * @param {{ where: 'channel' | 'thread', parent?: SeenMessage | undefined, pinnedAbove?: boolean }} place
 * `parent` of a reply; `pinnedAbove`: it stands in full at the top already, so one line will do here
 */
export function renderMessage(message, scene, { where, parent, pinnedAbove = false }) {
  const { reader } = scene;
  const notice = scene.notices[message.ts];
  const mentionsMe = message.text.includes(`<@${reader.me}>`);
  const edited = message.edits > 0 && timesEdited(message.edits);
  const body = pinnedAbove
    ? html`<div class="quiet">${signed(firstLine(message, reader))}<br>Pinned: shown in full at the top.</div>`
    : content(message, scene);
  return html`<article class="message ${mentionsMe && 'for-me'}" data-key="${where}-${message.ts}" data-ts="${message.ts}"
    data-edits="${message.edits}" tabindex="-1">
    ${avatar(message.user, reader)}<div class="said">
    ${byline(message, reader, message.pinned && html` <span class="badge">pinned</span>`)}
    ${message.broadcast && where === 'channel' && repliedTo(message, parent, reader)}
    ${body}
    ${message.broadcast && where === 'thread' && html`<div class="quiet">↑ also sent to the channel</div>`}
    ${edited && html`<span class="quiet edits">(${edited})</span>`}
    ${reactions(message, reader)}
    ${notice !== undefined && html`<div class="notice" role="alert">✖ ${notice}</div>`}
    ${where === 'channel' && !message.threadTs && message.replyCount > 0 && replies(message)}
    </div></article>`;
}

/** @param {SeenMessage} message @param {SeenMessage | undefined} parent @param {Reader} reader */
function repliedTo(message, parent, reader) {
  return html`<button type="button" class="link quiet" data-thread="${message.threadTs}">↳ from the thread of:
    ${parent ? signed(firstLine(parent, reader)) : 'another message'}</button>`;
}

/** @param {SeenMessage} message */
function replies(message) {
  const many = message.replyCount === 1 ? '1 reply' : `${message.replyCount} replies`;
  return html`<button type="button" class="link replies" data-thread="${message.ts}">${many} ›</button>`;
}

/** @param {SeenMessage} message @param {Reader} reader */
function reactions(message, reader) {
  if (message.reactions.length === 0) return false;
  return html`<div class="reactions">${message.reactions.map(({ name, users }) => {
    const who = users.map((id) => authorName(id, reader)).join(', ');
    return html`<span title="${who}">${EMOJI[name] ?? `:${name}:`} ${users.length}</span>`;
  })}</div>`;
}

/** @param {SeenEphemeral} message @param {Scene} scene */
export function renderEphemeral(message, scene) {
  const { reader } = scene;
  const author = message.source === 'slack' ? 'Slack' : reader.app.name;
  const notice = scene.notices[message.ts];
  return html`<article class="message ephemeral" data-key="only-${message.ts}" data-ts="${message.ts}"
    data-edits="${message.edits}" tabindex="-1">
    <span class="avatar only" aria-hidden="true">◐</span><div class="said">
    <div class="quiet">Only visible to you</div>
    <div class="byline"><b>${author}</b> ${message.source !== 'slack' && html`<span class="badge">app</span>`}
    <time title="${utc(message.at)}">${clock(message.at, reader.timeZone)}</time></div>
    ${content(message, scene)}
    ${message.edits > 0 && html`<span class="quiet edits">(${timesEdited(message.edits)})</span>`}
    ${notice !== undefined && html`<div class="notice" role="alert">✖ ${notice}</div>`}
    </div></article>`;
}
