/**
 * Makes what stands in an element equal to new HTML by changing as little as possible, so that focus, selection,
 * scrolling and half-typed text survive five updates a second. Children are matched by `data-key`, else by position.
 */

/** @import { Html } from './view/html.js' */

/** @param {Element} target @param {Html} html */
export function morph(target, html) {
  const template = document.createElement('template');
  template.innerHTML = html.text;
  children(target, template.content);
}

/** @param {Node} node */
const keyOf = (node) => (node instanceof Element ? node.getAttribute('data-key') : null);

/** @param {Node} old @param {Node} wanted */
function alike(old, wanted) {
  return old.nodeType === wanted.nodeType && old.nodeName === wanted.nodeName && keyOf(old) === keyOf(wanted);
}

/** @param {Node} target @param {Node} source */
function children(target, source) {
  let at = target.firstChild;
  for (const wanted of [...source.childNodes]) {
    const key = keyOf(wanted);
    let found = at && alike(at, wanted) ? at : null;
    if (!found && key !== null) found = [...target.childNodes].find((one) => alike(one, wanted)) ?? null;
    if (!found) {
      target.insertBefore(wanted, at);
      continue;
    }
    if (found === at) at = at.nextSibling;
    else target.insertBefore(found, at);
    patch(found, wanted);
  }
  while (at) {
    const next = at.nextSibling;
    at.remove();
    at = next;
  }
}

/** @param {Node} old @param {Node} wanted */
function patch(old, wanted) {
  if (!(old instanceof Element) || !(wanted instanceof Element)) {
    if (old.nodeValue !== wanted.nodeValue) old.nodeValue = wanted.nodeValue;
    return;
  }
  const edited = old.getAttribute('data-edits') !== wanted.getAttribute('data-edits');
  for (const { name } of [...old.attributes]) if (!wanted.hasAttribute(name)) old.removeAttribute(name);
  for (const { name, value } of wanted.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  // What a person picked overrules the attribute, except where the page alone decides.
  if (old instanceof HTMLInputElement && old.hasAttribute('data-live')) old.checked = wanted.hasAttribute('checked');
  children(old, wanted);
  if (edited) flash(old);
}

/** A short glow: this has just changed. @param {Element} element */
function flash(element) {
  if (matchMedia('(prefers-reduced-motion: reduce)').matches) return;
  const glow = getComputedStyle(element).getPropertyValue('--glow');
  element.animate([{ backgroundColor: glow }, { backgroundColor: 'transparent' }], {
    duration: 1600,
    easing: 'ease-out',
  });
}
