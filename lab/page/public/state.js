/** What this window knows and shows. Person, channel and thread stand in the address, so a reload keeps them and a
 * second window can be somebody else. */
import { readerOf } from './view/reader.js';

/** @import { Snapshot, SeenChannel } from '../../slack/types.ts' */
/** @import { Scene } from './view/types.d.ts' */
/** @typedef {{ suggested: string, app: string, team: string, people: { id: string, name: string, may: string }[] }} Setup */

/** @param {Setup} setup */
export function createState(setup) {
  const given = new URLSearchParams(location.hash.slice(1));
  const asked = given.get('as');
  return {
    setup,
    as: setup.people.find((person) => person.id === asked)?.id ?? setup.people[0]?.id ?? '',
    /** A channel's id or `home`. */
    channel: given.get('channel') ?? '',
    thread: given.get('thread') ?? '',
    /** Whether the person has opened or closed a thread by hand: then none opens by itself any more. */
    threadChosen: given.has('thread'),
    /** @type {Snapshot | undefined} */
    slack: undefined,
    /** @type {Set<string>} */
    busy: new Set(),
    /** @type {Record<string, string>} */
    notices: {},
    /** The view being sent. @type {string | undefined} */
    sending: undefined,
    /** Newest moment seen, by person and channel. @type {Record<string, number>} */
    seenAt: {},
  };
}

/** @typedef {ReturnType<typeof createState>} State */

/** @param {State} state */
export function remember({ as, channel, thread }) {
  const hash = new URLSearchParams({ as, channel, ...(thread ? { thread } : {}) });
  history.replaceState(null, '', `#${hash}`);
}

/** @param {State} state @returns {SeenChannel | undefined} */
export function currentChannel({ slack, channel }) {
  return slack?.channels.find((one) => one.id === channel);
}

/** @param {State} state @param {Snapshot} slack @returns {Scene} */
export function sceneOf({ as, busy, notices }, slack) {
  return { reader: readerOf(slack, as, Intl.DateTimeFormat().resolvedOptions().timeZone), busy, notices };
}

/** The channel to begin with: the one chosen if it is there, else where the bot is. @param {State} state @param {Snapshot} slack */
export function chooseChannel(state, slack) {
  if (state.channel === 'home' || slack.channels.some((one) => one.id === state.channel)) return;
  const fit = slack.channels.filter((one) => !one.isArchived && !one.isDirect);
  const first = fit.find((one) => one.name === 'incidents') ?? fit.find((one) => one.botIsMember) ?? slack.channels[0];
  state.channel = first?.id ?? 'home';
  state.thread = '';
}

/** Messages of others since this window last showed the channel. @param {State} state @param {Snapshot} slack */
export function unreadOf({ seenAt, as, channel }, slack) {
  return Object.fromEntries(
    slack.channels.map(({ id, messages }) => {
      const seen = seenAt[`${as} ${id}`] ?? 0;
      return [id, id === channel ? 0 : messages.filter((one) => one.at > seen && one.user !== as).length];
    }),
  );
}
