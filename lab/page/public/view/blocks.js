/** Block Kit as HTML: what the blocks say, in their order. Inputs of modals are added by modal.js. */
import { renderElement } from './elements.js';
import { html } from './html.js';
import { list, record, text, words } from './json.js';
import { mrkdwn } from './mrkdwn.js';
import { richText } from './rich-text.js';
import { signed } from './signs.js';

/** @import { Html } from './html.js' */
/** @import { Json } from './json.js' */
/** @import { Host, Reader } from './types.d.ts' */
/** @import { LabBlock } from '../../../slack/types.ts' */

/** @param {LabBlock[]} blocks @param {Reader} reader @param {Host} host */
export function renderBlocks(blocks, reader, host) {
  return html`${blocks.map((block) => renderBlock(block, reader, host))}`;
}

/** A text object: mrkdwn marked up, plain text as it is. @param {unknown} object @param {Reader} reader */
export function textObject(object, reader) {
  const given = record(object);
  if (given['type'] !== 'mrkdwn') return signed(words(object));
  return mrkdwn(text(given['text']), reader, { verbatim: given['verbatim'] === true });
}

/** @param {LabBlock} block @param {Reader} reader @param {Host} host @returns {Html} */
export function renderBlock(block, reader, host) {
  const id = block.block_id ?? '';
  switch (block.type) {
    case 'section':
      return section(block, reader, host);
    case 'header':
      return html`<h4>${signed(words(block['text']))}</h4>`;
    case 'divider':
      return html`<hr>`;
    case 'context':
      return html`<div class="context">${list(block['elements']).map((one) => contextItem(record(one), reader))}</div>`;
    case 'actions':
      return html`<div class="actions">${list(block['elements']).map((one) => renderElement(record(one), id, host))}</div>`;
    case 'rich_text':
      return richText(block, reader);
    case 'markdown':
      return html`<div class="text">${text(block['text'])}</div>`;
    case 'image':
      return image(block);
    case 'table':
      return table(block, reader);
    default:
      return html`<div class="unknown">(a block of the type ${block.type}: not shown by the lab's page)</div>`;
  }
}

/** @param {LabBlock} block @param {Reader} reader @param {Host} host */
function section(block, reader, host) {
  const accessory = record(block['accessory']);
  const beside =
    accessory['type'] === 'image'
      ? image(accessory)
      : accessory['type'] !== undefined && renderElement(accessory, block.block_id ?? '', host);
  const fields = list(block['fields']).map((field) => html`<div class="text">${textObject(field, reader)}</div>`);
  return html`<div class="section"><div class="body">
    ${block['text'] !== undefined && html`<div class="text">${textObject(block['text'], reader)}</div>`}
    ${fields.length > 0 && html`<div class="fields">${fields}</div>`}</div>${beside}</div>`;
}

/** @param {Json} one @param {Reader} reader */
function contextItem(one, reader) {
  return one['type'] === 'image' ? image(one) : html`<span class="text">${textObject(one, reader)}</span>`;
}

/** Pictures would be fetched from elsewhere: their words stand for them. @param {Json} one */
function image(one) {
  return html`<span class="picture">[picture: ${text(one['alt_text']) || words(one['title']) || 'without words'}]</span>`;
}

/** @param {LabBlock} block @param {Reader} reader */
function table(block, reader) {
  const rows = list(block['rows']).map((row) =>
    list(row).map((one) => {
      const cell = record(one);
      return cell['type'] === 'rich_text' ? richText(cell, reader) : html`${text(cell['text'])}`;
    }),
  );
  return html`<table>${rows.map((row) => html`<tr>${row.map((cell) => html`<td>${cell}</td>`)}</tr>`)}</table>`;
}
