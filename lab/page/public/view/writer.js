/** The writer's line: where each write stands on it, which region took it, and what an outage cost. */
import { html } from './html.js';
import { signed } from './signs.js';

/** @import { WriterView, WriteView } from '../../../page/world-view.ts' */

const WINDOW_MS = 20_000;

/** `12 345`, with a narrow space that does not break. @param {number} value */
export const count = (value) => String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, '\u202f');

/**
 * How much time the line shows: 20 s, or less when the writes known do not reach back so far.
 * @param {WriteView[]} recent
 */
export function windowOf(recent) {
  const first = recent[0];
  const last = recent.at(-1);
  if (!first || !last || recent.length < 150) return WINDOW_MS;
  return Math.min(WINDOW_MS, Math.max(4000, Math.floor((last.at - first.at) / 1000) * 1000));
}

/**
 * Ticks with `x` from 0 to 1 and `size` from 0 to 1: taken writes by how long they took, refused ones always full.
 * @param {WriteView[]} recent @param {number} now @param {number} span ms
 */
export function ticksOf(recent, now, span) {
  return recent.flatMap(({ at, ok, region, ms }) => {
    const x = 1 - (now - at) / span;
    if (x < 0 || x > 1) return [];
    // Latency spans four decades; its logarithm keeps 1 ms and 1 s both visible.
    const size = ok ? Math.min(1, 0.25 + Math.log10(Math.max(ms, 1)) / 4) : 1;
    return [{ x, ok, region, size }];
  });
}

/**
 * Who took the writes, or that they were refused, from where to where on the line; like neighbours are one band.
 * @param {ReturnType<typeof ticksOf>} ticks
 */
export function bandsOf(ticks) {
  /** @type {{ ok: boolean, label: string, from: number, to: number }[]} */
  const bands = [];
  for (const { x, ok, region } of ticks) {
    const label = ok ? (region ?? '?') : 'refused';
    const last = bands.at(-1);
    if (last?.label === label && last.ok === ok) last.to = x;
    else bands.push({ ok, label, from: x, to: x });
  }
  return bands;
}

/** @param {WriterView['outage']} outage @param {number} now */
export function renderOutage({ since, lastMs }, now) {
  if (since !== null)
    return html`<b class="bad">${signed('⛔')} writes refused for ${count(Math.max(0, now - since))} ms</b>`;
  if (lastMs !== null) return html`<b class="good">✔ writes are taken again · downtime ${count(lastMs)} ms</b>`;
  return html`<span class="good">✔ writes are taken, no downtime so far</span>`;
}

/** @param {WriterView} writer */
export function renderCounts({ acknowledged, refused }) {
  return html`<span class="good">✔ ${count(acknowledged)} acknowledged</span> <span class="${refused > 0 ? 'bad' : 'quiet'}">✖ ${count(refused)} refused</span>`;
}
