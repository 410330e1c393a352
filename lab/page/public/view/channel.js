/** The middle of the page: the pinned headline, the channel's timeline, and the opened thread. */

/** @import { Scene } from './types.d.ts' */
/** @import { SeenChannel, SeenEphemeral, SeenMessage, SeenView } from '../../../slack/types.ts' */
import { renderBlocks } from './blocks.js';
import { clock } from './dates.js';
import { html } from './html.js';
import { authorName, content, renderEphemeral, renderMessage, timesEdited } from './message.js';

/** The newest pinned message, which is the running headline. @param {SeenChannel} channel */
export function pinnedMessage(channel) {
  return pinned(channel)[0];
}

/** Newest first. @param {SeenChannel} channel @returns {SeenMessage[]} */
function pinned(channel) {
  const all = [...channel.messages, ...Object.values(channel.threads).flat()];
  const ts = [...new Set(channel.pins)].sort().reverse();
  return ts.flatMap((one) => all.find((message) => message.ts === one) ?? []);
}

/** @param {SeenChannel} channel @param {Scene} scene */
export function renderPinned(channel, scene) {
  const [newest, ...older] = pinned(channel);
  if (!newest) return html``;
  const { reader } = scene;
  const notice = scene.notices[newest.ts];
  const edits =
    newest.edits > 0 &&
    ` · ${timesEdited(newest.edits)}, last at ${clock(newest.editedAt ?? newest.at, reader.timeZone)}`;
  return html`<article data-key="pinned-${newest.ts}" data-ts="${newest.ts}" data-edits="${newest.edits}">
    <div class="quiet pin-line">Pinned by ${authorName(newest.user, reader)}${edits}
    ${newest.replyCount > 0 && html` · <button type="button" class="link" data-thread="${newest.ts}">thread (${newest.replyCount}) ›</button>`}
    ${older.length > 0 && html` · ${older.length} older pinned below`}</div>
    ${content(newest, scene)}
    ${notice !== undefined && html`<div class="notice" role="alert">✖ ${notice}</div>`}</article>`;
}

/**
 * What stands in the timeline, oldest first: messages of all and what only this person sees.
 * @param {SeenChannel} channel @param {SeenEphemeral[]} ephemerals
 */
export function timelineOf(channel, ephemerals) {
  const own = ephemerals.filter((one) => one.channel === channel.id && one.threadTs === undefined);
  return [...channel.messages, ...own].sort((a, b) => a.at - b.at || a.ts.localeCompare(b.ts));
}

/** @param {SeenChannel} channel @param {SeenEphemeral[]} ephemerals @param {Scene} scene */
export function renderTimeline(channel, ephemerals, scene) {
  const top = pinnedMessage(channel)?.ts;
  const shown = timelineOf(channel, ephemerals);
  const { reader } = scene;
  if (shown.length === 0)
    return html`<p class="empty">Nothing has been said here yet. What you type below reaches the real bot, and comes from ${reader.people[reader.me]}.</p>`;
  return html`${shown.map((message) => {
    if ('source' in message) return renderEphemeral(message, scene);
    const parent = channel.messages.find((one) => one.ts === message.threadTs);
    return renderMessage(message, scene, { where: 'channel', parent, pinnedAbove: message.ts === top });
  })}`;
}

/** @param {SeenChannel} channel @param {string} ts @param {SeenEphemeral[]} ephemerals @param {Scene} scene */
export function renderThread(channel, ts, ephemerals, scene) {
  const parent = channel.messages.find((one) => one.ts === ts);
  const own = ephemerals.filter((one) => one.channel === channel.id && one.threadTs === ts);
  const replies = [...(channel.threads[ts] ?? []), ...own].sort((a, b) => a.at - b.at || a.ts.localeCompare(b.ts));
  const pinnedAbove = pinnedMessage(channel)?.ts === ts;
  return html`${parent ? renderMessage(parent, scene, { where: 'thread', pinnedAbove }) : html`<p class="quiet">The message was deleted.</p>`}
    <div class="quiet rule" data-key="rule">${replies.length === 1 ? '1 reply' : `${replies.length} replies`}</div>
    ${replies.map((reply) =>
      'source' in reply ? renderEphemeral(reply, scene) : renderMessage(reply, scene, { where: 'thread' }),
    )}`;
}

/** The app's Home tab. @param {SeenView | undefined} home @param {Scene} scene */
export function renderHome(home, { reader, busy }) {
  if (!home) return html`<p class="empty">${reader.app.name} has put nothing on its Home for you.</p>`;
  return html`<div class="home">${renderBlocks(home.blocks, reader, { kind: 'view', channel: '', id: home.id, busy })}</div>`;
}
