/** Buttons and menus of messages and views. What a click needs stands in `data-` attributes; app code reads it there. */
import { html } from './html.js';

/** @import { Host } from './types.d.ts' */
/** @import { Json } from './json.js' */
import { list, record, text, words } from './json.js';
import { signed } from './signs.js';

/**
 * What tells an element from every other, also while its click is under way.
 * @param {{ id: string }} host @param {string} actionId @param {string} blockId
 */
export const elementKey = (host, actionId, blockId) => `${host.id} ${blockId} ${actionId}`;

/** @param {Json} element @param {string} blockId @param {Host} host @param {string | null} [picked] */
export function renderElement(element, blockId, host, picked = null) {
  if (element['type'] === 'button') return button(element, blockId, host);
  if (/select|overflow|radio_buttons/.test(text(element['type']))) return menu(element, blockId, host, picked);
  return html`<span class="unknown">(${text(element['type'])}: not shown by the lab's page)</span>`;
}

/** @param {Json} element @param {string} blockId @param {Host} host */
function marks(element, blockId, host) {
  const key = elementKey(host, text(element['action_id']), blockId);
  const confirm = element['confirm'] ? JSON.stringify(question(record(element['confirm']))) : undefined;
  return html`data-key="${key}" data-action="${text(element['action_id'])}" data-host="${host.kind}"
    data-channel="${host.channel}" data-id="${host.id}" ${confirm !== undefined && html`data-confirm="${confirm}"`}
    ${host.busy.has(key) && html`disabled aria-busy="true"`}`;
}

/** @param {Json} confirm */
function question(confirm) {
  return {
    title: words(confirm['title']),
    text: words(confirm['text']),
    yes: words(confirm['confirm']) || 'Yes',
    no: words(confirm['deny']) || 'Cancel',
    danger: confirm['style'] === 'danger',
  };
}

/** @param {Json} element @param {string} blockId @param {Host} host */
function button(element, blockId, host) {
  const style = text(element['style']).replace(/[^a-z]/g, '');
  const value = element['value'] === undefined ? false : html`data-value="${text(element['value'])}"`;
  const url = element['url'] === undefined ? false : html`data-url="${text(element['url'])}"`;
  const said = text(element['accessibility_label']);
  return html`<button type="button" class="${style || 'plain'}" ${marks(element, blockId, host)} ${value} ${url}
    data-text="${words(element['text'])}" ${said && html`aria-label="${said}"`}>${signed(words(element['text']))}</button>`;
}

/** @param {Json} element @param {string} blockId @param {Host} host @param {string | null} picked */
function menu(element, blockId, host, picked) {
  const overflow = element['type'] === 'overflow';
  const label = words(element['placeholder']) || (overflow ? 'More…' : 'Choose…');
  const chosen = picked ?? text(record(element['initial_option'])['value']);
  return html`<select ${marks(element, blockId, host)} data-pick aria-label="${label}">
    <option value="" ${!chosen && html`selected`}>${label}</option>
    ${optionsOf(element).map(
      (option) =>
        html`<option value="${option.value}" ${option.value === chosen && html`selected`}>${option.text}</option>`,
    )}</select>`;
}

/** @param {Json} element @returns {{ text: string, value: string }[]} */
function optionsOf(element) {
  const groups = list(element['option_groups']).flatMap((one) => list(record(one)['options']));
  return [...list(element['options']), ...groups].map((one) => {
    const option = record(one);
    return { text: words(option['text']), value: text(option['value']) };
  });
}
