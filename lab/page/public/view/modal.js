/** A modal: its blocks in order, fields with their labels, hints and errors. */
import { renderBlock } from './blocks.js';
import { html } from './html.js';

/** @import { Html } from './html.js' */
/** @import { Reader, Scene } from './types.d.ts' */
/** @import { SeenInput, SeenView } from '../../../slack/types.ts' */

/**
 * The inside of the dialog. @param {SeenView} view @param {Scene} scene
 * @param {{ below: number, sending: boolean }} state `below`: how many modals lie under this one
 */
export function renderModal(view, { reader, busy, notices }, { below, sending }) {
  /** @type {import('./types.d.ts').Host} */
  const host = { kind: 'view', channel: '', id: view.id, busy };
  const notice = notices[view.id];
  return html`<form data-key="${view.id}" data-view="${view.id}" method="dialog" novalidate>
    <header><h3 id="modal-title">${view.title}</h3>
    <button type="button" class="link" data-close-view="all" aria-label="Close">✕</button></header>
    <div class="fields-area">${view.blocks.map((block) => {
      if (block.type !== 'input')
        return html`<div data-key="b-${block.block_id}">${renderBlock(block, reader, host)}</div>`;
      const input = view.inputs.find((one) => one.blockId === block.block_id);
      return input ? field(input, view, reader) : false;
    })}</div>
    ${notice !== undefined && html`<div class="notice" role="alert">✖ ${notice}</div>`}
    <footer><button type="button" class="plain" data-close-view="${below > 0 ? 'one' : 'all'}">${view.close ?? 'Close'}</button>
    ${view.submit !== undefined && html`<button type="submit" class="primary" ${sending && html`disabled aria-busy="true"`}>${view.submit}</button>`}
    </footer></form>`;
}

/** @param {SeenInput} input @param {SeenView} view @param {Reader} reader */
function field(input, view, reader) {
  const id = `field-${view.id}-${input.blockId}`;
  const error = view.errors[input.blockId];
  const described = [input.hint !== undefined && `${id}-hint`, error !== undefined && `${id}-error`]
    .filter(Boolean)
    .join(' ');
  const attributes = html`id="${id}" data-block="${input.blockId}" data-type="${input.type}"
    ${described !== '' && html`aria-describedby="${described}"`} ${error !== undefined && html`aria-invalid="true"`}
    ${!input.optional && html`aria-required="true"`}`;
  const many = /^(radio_buttons|checkboxes)$/.test(input.type);
  const label = html`${input.label}${input.optional && html` <span class="quiet">(optional)</span>`}`;
  const after = html`${input.hint !== undefined && html`<p class="quiet" id="${id}-hint">${input.hint}</p>`}
    ${error !== undefined && html`<p class="error" id="${id}-error" role="alert">✖ ${error}</p>`}`;
  if (many) {
    return html`<fieldset class="field" data-key="f-${input.blockId}" ${attributes}><legend>${label}</legend>${boxes(input, id)}${after}</fieldset>`;
  }
  return html`<div class="field" data-key="f-${input.blockId}"><label for="${id}">${label}</label>
    ${control(input, attributes, reader)}${after}</div>`;
}

/** @param {SeenInput} input @param {string} id */
function boxes({ type, options = [], initial }, id) {
  const picked = new Set([initial].flat());
  return options.map(
    (option) => html`<label class="choice"><input type="${type === 'checkboxes' ? 'checkbox' : 'radio'}" name="${id}"
      value="${option.value}" ${picked.has(option.value) && html`checked`}> ${option.text}</label>`,
  );
}

const KINDS = /** @type {Record<string, string>} */ ({
  number_input: 'number',
  email_text_input: 'email',
  url_text_input: 'url',
  datepicker: 'date',
  timepicker: 'time',
  datetimepicker: 'datetime-local',
});

/** @param {SeenInput} input @param {Html} attributes @param {Reader} reader */
function control(input, attributes, reader) {
  const { type, multiline, placeholder = '', initial } = input;
  if (/select/.test(type)) return select(input, attributes, reader);
  const value = typeof initial === 'string' ? initial : '';
  if (multiline) return html`<textarea ${attributes} rows="3" placeholder="${placeholder}">${value}</textarea>`;
  const shown = type === 'datetimepicker' && value ? localMinute(Number(value)) : value;
  return html`<input ${attributes} type="${KINDS[type] ?? 'text'}" value="${shown}" placeholder="${placeholder}" autocomplete="off">`;
}

/** What `datetime-local` holds, in the browser's zone. @param {number} seconds */
function localMinute(seconds) {
  const at = new Date(seconds * 1000);
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

/** @param {SeenInput} input @param {Html} attributes @param {Reader} reader */
function select({ type, options, placeholder, initial }, attributes, reader) {
  const several = type.startsWith('multi_');
  const picked = new Set([initial].flat());
  const named = /users/.test(type) ? reader.people : reader.channels;
  const offered = options ?? Object.entries(named).map(([value, name]) => ({ value, text: name }));
  return html`<select ${attributes} ${several && html`multiple`}>
    ${!several && html`<option value="">${placeholder ?? 'Choose…'}</option>`}
    ${offered.map((one) => html`<option value="${one.value}" ${picked.has(one.value) && html`selected`}>${one.text}</option>`)}</select>`;
}
