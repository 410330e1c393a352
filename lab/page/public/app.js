/** Puts the page together: takes in what the server sends, draws it, and passes on what the person does. */
import { listenToClicks } from './clicks.js';
import { createComposer } from './composer.js';
import { showModal } from './dialogs.js';
import { follow } from './live.js';
import { morph } from './morph.js';
import { announce, keepingEnd, part } from './page.js';
import { chooseChannel, createState, currentChannel, remember, sceneOf, unreadOf } from './state.js';
import { pinnedMessage, renderHome, renderPinned, renderThread, renderTimeline, timelineOf } from './view/channel.js';
import { html } from './view/html.js';
import { authorName } from './view/message.js';
import { plainText } from './view/mrkdwn.js';
import { channelName, channelSign, renderBot, renderChannels, renderPeople } from './view/people.js';
import { signed } from './view/signs.js';
import { createWorldPanel } from './world-panel.js';

/** @import { Snapshot } from '../../slack/types.ts' */

const state = createState(await (await fetch('setup')).json());
const worldPanel = createWorldPanel();
let stopFollowing = () => {};
let pending = false;
/** Where the page is: when it changes, lists begin at their end again and nothing old is read aloud. */
let place = '';
let announcedUntil = 0;

/** Draws once per frame, however often it is asked to. */
function draw() {
  if (pending) return;
  pending = true;
  // A hidden tab draws no frames, but must not show an old state when it comes back.
  setTimeout(() => {
    pending = false;
    if (state.slack) drawNow(state.slack);
  }, 16);
}

/** @param {Snapshot} slack */
function drawNow(slack) {
  chooseChannel(state, slack);
  openHeadline();
  remember(state);
  const scene = sceneOf(state, slack);
  const channel = currentChannel(state);
  const only = slack.ephemerals[state.as] ?? [];
  const moved = place !== `${state.as} ${state.channel}`;
  place = `${state.as} ${state.channel}`;
  if (channel) state.seenAt[`${state.as} ${channel.id}`] = slack.at;

  part('team').textContent = state.setup.team;
  morph(part('person-list'), renderPeople(state.setup.people, state.as));
  morph(part('channels'), renderChannels(slack, state.channel, unreadOf(state, slack)));
  morph(part('bot'), renderBot(slack));
  const title = channel
    ? `${channelSign(channel)} ${channelName(channel, slack.app.name)}`
    : `⌂ Home of ${slack.app.name}`;
  morph(part('channel-name'), signed(title));
  part('members').textContent = channel
    ? channel.members.map((id) => authorName(id, scene.reader)).join(', ') +
      (channel.botIsMember ? `, ${slack.app.name}` : '')
    : '';

  morph(part('pinned'), channel ? renderPinned(channel, scene) : html``);
  part('pinned').hidden = !channel || !pinnedMessage(channel);
  const timeline = part('timeline');
  keepingEnd(timeline, () =>
    morph(timeline, channel ? renderTimeline(channel, only, scene) : renderHome(slack.homes[state.as], scene)),
  );
  if (moved) timeline.scrollTop = timeline.scrollHeight;
  const threadOpen = channel !== undefined && state.thread !== '';
  part('thread').hidden = !threadOpen;
  if (threadOpen) {
    const replies = part('replies');
    keepingEnd(replies, () => morph(replies, renderThread(channel, state.thread, only, scene)));
  }
  composer.show(channel);
  showModal(slack.views[state.as] ?? [], scene, state.sending);
  readAloud(slack, moved);
}

/** The thread of a headline holds its steps: the first one opens by itself, unless somebody has chosen otherwise. */
function openHeadline() {
  const channel = currentChannel(state);
  const headline = channel && pinnedMessage(channel);
  if (headline && headline.replyCount > 0 && !state.threadChosen) state.thread = headline.ts;
}

/** New messages of this channel and its open thread; edits are left out, a headline changes every second. @param {Snapshot} slack @param {boolean} moved */
function readAloud(slack, moved) {
  const channel = currentChannel(state);
  if (!channel) return;
  const { reader } = sceneOf(state, slack);
  const shown = [...timelineOf(channel, slack.ephemerals[state.as] ?? []), ...(channel.threads[state.thread] ?? [])];
  const fresh = moved ? [] : shown.filter((one) => one.at > announcedUntil && one.user !== state.as);
  for (const one of new Set(fresh)) {
    const who = 'source' in one ? 'Only to you' : authorName(one.user, reader);
    announce(`${who}: ${plainText(one.text, reader) || 'a message'}`);
  }
  announcedUntil = Math.max(announcedUntil, ...shown.map((one) => one.at));
}

/** @param {Snapshot} slack */
function take(slack) {
  if (state.slack && slack.version < state.slack.version) return;
  // A notice has done its duty when what it stands at has changed.
  for (const ts of Object.keys(state.notices)) {
    const before = JSON.stringify(messageOf(state.slack, ts));
    if (before !== JSON.stringify(messageOf(slack, ts))) delete state.notices[ts];
  }
  state.slack = slack;
  draw();
}

/** @param {Snapshot | undefined} slack @param {string} ts */
function messageOf(slack, ts) {
  const all = slack?.channels.flatMap((one) => [...one.messages, ...Object.values(one.threads).flat()]);
  return all?.find((one) => one.ts === ts);
}

/** @param {string} id */
function become(id) {
  stopFollowing();
  state.as = id;
  state.slack = undefined;
  state.notices = {};
  // Nothing that only the last person could see may stand there while the next one's view is on its way.
  for (const id of ['pinned', 'timeline', 'replies', 'modal']) part(id).replaceChildren();
  stopFollowing = follow(id, {
    slack: take,
    world: worldPanel.show,
    opened() {
      // A lab that was started anew counts its versions from the beginning.
      state.slack = undefined;
    },
    trouble(sentence) {
      part('trouble').textContent = sentence;
      part('trouble').hidden = sentence === '';
      if (sentence !== '') worldPanel.freeze();
    },
  });
}

const composer = createComposer(state, { take });
listenToClicks(state, { take, draw, become, focusComposer: composer.focus });
become(state.as);
composer.focus();
