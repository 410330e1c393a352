/** The left of the page: who one is, the channels, the app. */
import { html } from './html.js';
import { signed } from './signs.js';

/** @import { Snapshot, SeenChannel } from '../../../slack/types.ts' */

/** @typedef {{ id: string, name: string, may: string }} Role */

/** @param {Role[]} people @param {string} me */
export function renderPeople(people, me) {
  return html`${people.map(
    (person) => html`<label class="person ${person.id === me && 'chosen'}" data-key="person-${person.id}">
      <input type="radio" name="person" value="${person.id}" data-live ${person.id === me && html`checked`}>
      <span><b>${person.name}</b>${person.id === me && html` <span class="badge">you</span>`}<br><span class="quiet">${person.may}</span></span></label>`,
  )}`;
}

/** @param {SeenChannel} channel @param {string} app */
export const channelName = (channel, app) => (channel.isDirect ? app : channel.name);

/** @param {SeenChannel} channel */
export const channelSign = (channel) => (channel.isDirect ? '@' : channel.isPrivate ? '🔒' : '#');

/** @param {Snapshot} slack @param {string} current channel id or `home` @param {Record<string, number>} unread by channel id */
export function renderChannels(slack, current, unread) {
  const link = (/** @type {string} */ id, /** @type {unknown} */ words, /** @type {number} */ fresh) =>
    html`<li><button type="button" class="channel" data-key="go-${id}" data-go-channel="${id}"
      ${id === current && html`aria-current="page"`}>${words}${fresh > 0 && html` <span class="count">${fresh} new</span>`}</button></li>`;
  const { name } = slack.app;
  return html`${slack.channels.map((channel) =>
    link(
      channel.id,
      html`${signed(channelSign(channel))} ${channelName(channel, name)}${channel.isArchived && html` <span class="quiet">archived</span>`}`,
      unread[channel.id] ?? 0,
    ),
  )}${link('home', html`⌂ Home of ${name}`, 0)}`;
}

/** Whether the bot listens. @param {Snapshot} slack */
export function renderBot({ app, connections, requestUrl }) {
  if (requestUrl) return html`<span>${app.name} is reached at ${requestUrl}</span>`;
  const open = connections.filter((one) => one.state === 'open').length;
  if (open === 0) return html`<span class="bad">✖ ${app.name} is not connected: it hears nothing.</span>`;
  return html`<span class="good">✔ ${app.name} is connected${open > 1 && ` (${open} connections)`}</span>`;
}
