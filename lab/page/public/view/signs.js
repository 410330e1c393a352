/**
 * The few signs messages use, as small pictures of our own: many machines have no font with them and would show an
 * empty box. The sign itself is the picture's words, so copying a message keeps it.
 */
import { escapeHtml, Html } from './html.js';

const PICTURES = /** @type {Record<string, string>} */ ({
  '🔶': 'planned',
  '🔴': 'emergency',
  '🧪': 'drill',
  '⛔': 'refused',
  '❓': 'unknown',
  '⏸': 'held',
  '⏰': 'clock',
  '📝': 'note',
  '🔒': 'private',
});

const SIGNS = new RegExp(`(${Object.keys(PICTURES).join('|')})\uFE0F?`, 'gu');

/** @param {string} escaped HTML that is text only */
export function withPictures(escaped) {
  return escaped.replace(SIGNS, (_whole, sign) => `<img class="sign" src="signs/${PICTURES[sign]}.svg" alt="${sign}">`);
}

/** Text with its signs as pictures. @param {string} text */
export const signed = (text) => new Html(withPictures(escapeHtml(text)));
