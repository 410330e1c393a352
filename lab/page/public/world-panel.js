/** The right of the page, kept in step with the world; between two messages only the clockwork parts move on. */
import { morph } from './morph.js';
import { part } from './page.js';
import { renderDns, renderRegions, renderRogue } from './view/world.js';
import { renderCounts, renderOutage } from './view/writer.js';
import { drawWrites } from './writer-line.js';

/** @import { WorldView } from '../world-view.ts' */

const FRAME_MS = 50;

/** Returns what takes in a new state of the world with the lab's clock at that moment, and what stops all movement. */
export function createWorldPanel() {
  /** @type {WorldView | undefined} */
  let world;
  let ahead = 0;
  let drawn = 0;
  let frozen = false;
  const still = matchMedia('(prefers-reduced-motion: reduce)');

  const moving = () => {
    if (!world) return;
    const now = Date.now() + ahead;
    drawWrites(part('writes'), world.writer, now);
    morph(part('outage'), renderOutage(world.writer.outage, now));
  };
  const frame = (/** @type {number} */ time) => {
    if (!frozen && time - drawn >= (still.matches ? 1000 : FRAME_MS)) {
      drawn = time;
      moving();
    }
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);

  /** @param {WorldView} next @param {number} at */
  function show(next, at) {
    world = next;
    frozen = false;
    ahead = at - Date.now();
    part('pace').textContent = next.pace === 1 ? 'real time' : `waits ÷ ${next.pace}`;
    morph(part('regions'), renderRegions(next));
    morph(part('dns'), renderDns(next.dns));
    morph(part('rogue'), renderRogue(next.rogue));
    morph(part('counts'), renderCounts(next.writer));
    moving();
  }
  // A clock that goes on counting over old news would lie.
  const freeze = () => {
    frozen = true;
  };
  return { show, freeze };
}
