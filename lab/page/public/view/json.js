/** Reading JSON of which nothing is certain. */

/** @typedef {Record<string, unknown>} Json */

/** @param {unknown} value @returns {Json} */
export function record(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? /** @type {Json} */ (value) : {};
}

/** @param {unknown} value @returns {unknown[]} */
export const list = (value) => (Array.isArray(value) ? value : []);

/** @param {unknown} value */
export const text = (value) => (typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '');

/** The words of a text object. @param {unknown} value */
export const words = (value) => (typeof value === 'string' ? value : text(record(value)['text']));
