/** Finding the fixed parts of index.html. */

/** @template {Element} [T=HTMLElement] @param {string} id @returns {T} */
export function part(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`index.html has no element #${id}.`);
  return /** @type {T} */ (/** @type {unknown} */ (found));
}

/** Speaks to who cannot see the page. @param {string} words */
export function announce(words) {
  const log = part('announcer');
  const line = document.createElement('p');
  line.textContent = words;
  log.append(line);
  while (log.childElementCount > 20) log.firstElementChild?.remove();
}

/** Runs `change` and stays at the end of a scrolled list if one was there. @param {Element} list @param {() => void} change */
export function keepingEnd(list, change) {
  const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 60;
  change();
  if (atEnd) list.scrollTop = list.scrollHeight;
}
