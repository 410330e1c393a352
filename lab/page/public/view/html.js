/**
 * Text that is HTML already, and the one way to make it: the `html` tag, which escapes whatever is not.
 * A class and not a marked object: nothing that comes as JSON can pass for it.
 */
export class Html {
  /** @param {string} text */
  constructor(text) {
    this.text = text;
  }
}

const ENTITIES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** @param {string} text */
export function escapeHtml(text) {
  return text.replace(/[&<>"']/g, (sign) => ENTITIES[/** @type {keyof typeof ENTITIES} */ (sign)]);
}

/**
 * @param {TemplateStringsArray} strings
 * @param {...unknown} values text and numbers are escaped, lists joined; `false`, `null` and `undefined` are nothing
 */
export function html(strings, ...values) {
  return new Html(strings.reduce((out, string, at) => out + written(values[at - 1]) + string));
}

/** @param {unknown} value @returns {string} */
function written(value) {
  if (value instanceof Html) return value.text;
  if (Array.isArray(value)) return value.map(written).join('');
  if (value === null || value === undefined || value === false || value === true) return '';
  return escapeHtml(String(value));
}
