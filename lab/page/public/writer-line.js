/** Draws the writer's line: taken writes upwards, refused ones downwards with a cross, below it who took them. */
import { bandsOf, ticksOf, windowOf } from './view/writer.js';

/** @import { WriterView } from '../world-view.ts' */

const HEIGHT = 75;
const MIDDLE = 34;
const BAND = 58;
/** px */
const CROSS_ROOM = 10;

/** @param {HTMLCanvasElement} canvas @param {WriterView} writer @param {number} now ms, by the lab's clock */
export function drawWrites(canvas, writer, now) {
  const width = canvas.clientWidth;
  const density = devicePixelRatio || 1;
  if (canvas.width !== Math.round(width * density) || canvas.height !== Math.round(HEIGHT * density)) {
    canvas.width = Math.round(width * density);
    canvas.height = Math.round(HEIGHT * density);
  }
  const pen = canvas.getContext('2d');
  if (!pen) return;
  const style = getComputedStyle(canvas);
  const colour = (/** @type {string} */ name) => style.getPropertyValue(name);
  pen.setTransform(density, 0, 0, density, 0, 0);
  pen.clearRect(0, 0, width, HEIGHT);

  const span = windowOf(writer.recent);
  const ticks = ticksOf(writer.recent, now, span);
  pen.fillStyle = colour('--line');
  pen.fillRect(0, MIDDLE, width, 1);
  // Dense writes stay countable: thin ticks, and crosses only where there is room for them.
  const thick = ticks.length * 3 < width ? 2 : 1;
  let cross = -CROSS_ROOM;
  for (const { x, ok, size } of ticks) {
    const at = Math.round(x * (width - 3));
    pen.fillStyle = colour(ok ? '--good' : '--bad');
    if (ok) {
      pen.fillRect(at, MIDDLE - size * (MIDDLE - 4), thick, size * (MIDDLE - 4));
      continue;
    }
    pen.fillRect(at, MIDDLE, thick, 11);
    if (at - cross < CROSS_ROOM) continue;
    cross = at;
    drawCross(pen, at, colour('--bad'));
  }
  pen.font = '11px system-ui, sans-serif';
  for (const { ok, label, from, to } of bandsOf(ticks)) {
    const left = from * (width - 3);
    const length = Math.max(2, (to - from) * (width - 3));
    pen.fillStyle = colour(ok ? '--accent' : '--bad');
    pen.fillRect(left, BAND, length, 2);
    const room = pen.measureText(label).width;
    if (room < length) pen.fillText(label, left + (length - room) / 2, BAND + 13);
  }
  pen.fillStyle = colour('--muted');
  pen.fillText(`${Math.round(span / 1000)} s ago`, 0, 10);
  canvas.setAttribute(
    'aria-label',
    `Writes of the last ${Math.round(span / 1000)} seconds: ${ticks.filter((one) => one.ok).length} taken, ${ticks.filter((one) => !one.ok).length} refused`,
  );
}

/** @param {CanvasRenderingContext2D} pen @param {number} x @param {string} colour */
function drawCross(pen, x, colour) {
  pen.strokeStyle = colour;
  pen.lineWidth = 1.5;
  pen.beginPath();
  pen.moveTo(x - 2, MIDDLE + 13);
  pen.lineTo(x + 4, MIDDLE + 19);
  pen.moveTo(x + 4, MIDDLE + 13);
  pen.lineTo(x - 2, MIDDLE + 19);
  pen.stroke();
}
