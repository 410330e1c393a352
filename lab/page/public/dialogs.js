/** Modals with their fields, and the question some buttons ask first. */
import { morph } from './morph.js';
import { part } from './page.js';
import { renderModal } from './view/modal.js';

/** @import { SeenView } from '../../slack/types.ts' */
/** @import { Scene } from './view/types.d.ts' */

/** Shows the topmost modal, or none. @param {SeenView[]} views @param {Scene} scene @param {string | undefined} sending */
export function showModal(views, scene, sending) {
  /** @type {HTMLDialogElement} */
  const dialog = part('modal');
  const top = views.at(-1);
  if (!top) {
    if (dialog.open) dialog.close();
    dialog.replaceChildren();
    return;
  }
  const faults = dialog.querySelectorAll('[aria-invalid]').length;
  morph(dialog, renderModal(top, scene, { below: views.length - 1, sending: sending === top.id }));
  if (!dialog.open) {
    dialog.showModal();
    /** @type {HTMLElement | null} */ (dialog.querySelector('[data-block]'))?.focus();
  }
  const invalid = dialog.querySelectorAll('[aria-invalid]');
  if (faults === 0 && invalid[0] instanceof HTMLElement) invalid[0].focus();
}

/** What was typed or picked, by block id. @param {HTMLFormElement} form */
export function valuesOf(form) {
  /** @type {Record<string, string | string[] | null>} */
  const values = {};
  for (const element of form.querySelectorAll('[data-block]')) {
    values[element.getAttribute('data-block') ?? ''] = pickedIn(element);
  }
  return values;
}

/** @param {Element} element @returns {string | string[] | null} */
function pickedIn(element) {
  if (element instanceof HTMLFieldSetElement) {
    const picked = [...element.querySelectorAll('input')].filter((box) => box.checked).map((box) => box.value);
    return element.dataset['type'] === 'checkboxes' ? picked : (picked[0] ?? null);
  }
  if (element instanceof HTMLSelectElement && element.multiple)
    return [...element.selectedOptions].map((one) => one.value);
  const { value } = /** @type {HTMLInputElement} */ (element);
  if (value === '') return null;
  return element.getAttribute('data-type') === 'datetimepicker'
    ? String(Math.floor(new Date(value).getTime() / 1000))
    : value;
}

/**
 * Asks the button's own question; resolves with whether it was answered with yes.
 * @param {{ title: string, text: string, yes: string, no: string, danger: boolean }} question
 * @returns {Promise<boolean>}
 */
export function ask({ title, text, yes, no, danger }) {
  /** @type {HTMLDialogElement} */
  const dialog = part('question');
  part('question-title').textContent = title;
  part('question-text').textContent = text;
  part('question-no').textContent = no;
  part('question-yes').textContent = yes;
  part('question-yes').className = danger ? 'danger' : 'primary';
  dialog.returnValue = 'no';
  dialog.showModal();
  part('question-no').focus();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => resolve(dialog.returnValue === 'yes'), { once: true });
  });
}
