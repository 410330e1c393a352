/** The right of the page: the regions as people picture them, DNS, the rogue. */
import { html } from './html.js';
import { signed } from './signs.js';
import { count } from './writer.js';

/** @import { DnsView, RegionView, RogueView, WorldView } from '../../../page/world-view.ts' */

const MANY_PODS = 10;

/** `1.4 kB` @param {number} bytes */
export function size(bytes) {
  const units = ['B', 'kB', 'MB', 'GB'];
  let left = bytes;
  let at = 0;
  while (left >= 999.5 && at < units.length - 1) {
    left /= 1000;
    at += 1;
  }
  return `${at === 0 || left >= 99.95 ? Math.round(left) : left.toFixed(1)} ${units[at]}`;
}

/** @param {WorldView} world */
export function renderRegions(world) {
  return html`${world.regions.map((region) => renderRegion(region, world.dns))}`;
}

/** How many of the records point to a region. @param {DnsView[]} dns @param {string} name */
const pointing = (dns, name) => dns.filter((record) => record.region === name).length;

/** @param {RegionView} region @param {DnsView[]} dns */
function renderRegion(region, dns) {
  const here = pointing(dns, region.name);
  const all = here > 0 && here === dns.length;
  const arrive = all
    ? '➤ clients arrive here'
    : here > 0
      ? `➤ ${here} of ${dns.length} names here`
      : 'no client arrives here';
  return html`<section class="region ${here > 0 && 'serving'}" data-key="region-${region.name}" aria-label="${region.name}">
    <h3>${region.name}</h3><div class="arrive ${here === 0 && 'quiet'}">${arrive}</div>
    ${database(region.database)}${redis(region.redis)}
    <ul class="pods" aria-label="Pods">${region.deployments.map(pods)}</ul></section>`;
}

const ROLES = /** @type {const} */ ({
  primary: ['★', 'primary'],
  standby: ['↻', 'standby'],
  stopped: ['■', 'stopped'],
  unknown: ['❓', 'unknown'],
});

/** @param {RegionView['database']} database */
function database({ role, lagBytes, timeline, readOnly }) {
  const [sign, word] = ROLES[role];
  const facts = [
    role === 'standby' && (lagBytes === null ? 'lag unknown' : `${size(lagBytes)} behind`),
    role === 'primary' &&
      (readOnly === null ? 'not known if it takes writes' : readOnly ? '⛔ read-only' : 'takes writes'),
    role === 'stopped' && 'takes nothing',
    role === 'unknown' && 'does not answer',
  ].filter((fact) => fact !== false);
  return html`<div class="store ${role}"><svg viewBox="0 0 24 26" aria-hidden="true"><path d="M2 5v16c0 2.2 4.5 4 10 4s10-1.8 10-4V5"/><ellipse cx="12" cy="5" rx="10" ry="4"/></svg>
    <div><b>${signed(`${sign} ${word}`)}</b><br><span class="quiet">Postgres${timeline !== null && `, timeline ${timeline}`}<br>${signed(facts.join(' · '))}</span></div></div>`;
}

/** @param {RegionView['redis']} redis */
function redis(redis) {
  if (redis === null) return html`<div class="small quiet">Redis: not in this lab</div>`;
  const words = { master: '★ master', replica: '↻ replica', down: '✖ down', none: 'none' }[redis.role];
  return html`<div class="small"><span class="quiet">Redis</span> ${words}${redis.offset !== null && html` <span class="quiet" title="replication offset">${count(redis.offset)}</span>`}</div>`;
}

/** @param {RegionView['deployments'][number]} deployment */
function pods({ name, wanted, ready }) {
  const missing = Math.max(wanted - ready, 0);
  const leaving = Math.max(ready - wanted, 0);
  const fits = ready + missing <= MANY_PODS;
  const dots = (/** @type {number} */ many, /** @type {string} */ kind) =>
    Array.from({ length: many }, () => html`<i class="${kind}"></i>`);
  const picture = fits && [dots(ready - leaving, 'up'), dots(missing, 'coming'), dots(leaving, 'leaving')];
  const said = leaving > 0 ? `${ready}→${wanted}` : wanted === 0 ? 'off' : `${ready}/${wanted}`;
  return html`<li data-key="pods-${name}" title="${name}: ${ready} of ${wanted} pods ready"><span class="name">${name}</span>
    <span class="dots" aria-hidden="true">${picture}</span><span class="number">${said}</span></li>`;
}

const MANY_NAMES = 8;

/** @param {DnsView[]} dns */
export function renderDns(dns) {
  if (dns.length === 0) return html`<p class="quiet">No names are watched.</p>`;
  const rows = dns.slice(0, MANY_NAMES).map(
    ({ name, values, region }) => html`<tr data-key="dns-${name}"><td title="${name}">${name}</td>
      <td title="${values.join(', ')}">${signed(region ?? (values.length > 0 ? `❓ ${values.join(', ')}` : '❓ no answer'))}</td></tr>`,
  );
  const more = dns.length - rows.length;
  return html`<table class="dns">${rows}</table>${more > 0 && html`<p class="quiet">… and ${more} more</p>`}`;
}

/** @param {RogueView} rogue */
export function renderRogue({ tried, acknowledged, acknowledgedAfterFence }) {
  const verdict =
    acknowledgedAfterFence === 0
      ? html`<span class="good">✔ none taken after the fence</span>`
      : html`<span class="bad">✖ ${count(acknowledgedAfterFence)} taken after the fence: two databases took writes</span>`;
  return html`${verdict}<br><span class="quiet">${count(tried)} tried straight at the old primary, ${count(acknowledged)} taken</span>`;
}
