/**
 * Are these blocks, this view, something Slack would take? Counts, sizes, required and unknown fields, which block may
 * stand on which surface, ids used twice. Stricter than needed nowhere on purpose: a thing accepted here that Slack
 * refuses is a lie of the lab's, and the other way round as well.
 */
import { accessory, actionElement, anyText, contextElement, inputElement, plainText } from './check-elements.ts';
import { anything, byType, type Check, every, flag, isObject, list, object, oneOf, problems, string } from './shape.ts';
import type { LabBlock } from './types.ts';

export type Surface = 'message' | 'modal' | 'home';

const MAX_BLOCK_TEXT = 13_200;
const MAX_MARKDOWN = 12_000;
const MAX_VIEW_BYTES = 250_000;

const ANY_BLOCK = { 'type!': anything, block_id: string(255) };

const section = every(
  object({
    ...ANY_BLOCK,
    text: anyText(3000),
    fields: list(anyText(2000), 10, 1),
    accessory,
    expand: flag,
  }),
  (value, at, report) => {
    if (isObject(value) && !value['text'] && !value['fields']) report(at, 'must have text or fields');
  },
);

const KNOWN: Record<string, Check> = {
  section,
  header: object({ ...ANY_BLOCK, 'text!': plainText(150), level: anything }),
  divider: object(ANY_BLOCK),
  context: object({ ...ANY_BLOCK, 'elements!': list(contextElement, 10, 1) }),
  actions: object({ ...ANY_BLOCK, 'elements!': list(actionElement, 25, 1) }),
  input: object({
    ...ANY_BLOCK,
    'label!': plainText(2000),
    'element!': inputElement,
    hint: plainText(2000),
    optional: flag,
    dispatch_action: flag,
  }),
  image: object({
    ...ANY_BLOCK,
    'alt_text!': string(2000),
    title: plainText(2000),
    image_url: string(3000),
    slack_file: anything,
  }),
  markdown: object({ ...ANY_BLOCK, 'text!': string(MAX_MARKDOWN, 1) }),
  rich_text: object({ ...ANY_BLOCK, 'elements!': list(anything, 1000) }),
  table: object({
    ...ANY_BLOCK,
    'rows!': list(list(anything, 20, 1), 100, 1),
    column_settings: list(anything, 20),
  }),
  context_actions: object({ ...ANY_BLOCK, 'elements!': list(anything, 5, 1) }),
  carousel: object({ ...ANY_BLOCK, 'elements!': list(anything, 10, 1) }),
};
// Newer blocks: known by name and by where they may stand, their inside is taken as it is.
for (const type of 'alert card container data_table data_visualization file plan task_card video'.split(' ')) {
  KNOWN[type] = anything;
}

const NOT_ON: Record<Surface, string[]> = {
  message: ['alert'],
  modal: ['container', 'carousel', 'markdown', 'table', 'data_table', 'plan', 'task_card', 'context_actions', 'file'],
  home: ['alert', 'container', 'markdown', 'table', 'data_table', 'plan', 'task_card', 'context_actions', 'file'],
};

const knownBlock = byType(KNOWN, 'a block');

function blockOn(surface: Surface): Check {
  return (value, at, report) => {
    const type = isObject(value) ? String(value['type']) : '';
    if (NOT_ON[surface].includes(type)) report(`${at}/type`, `${type} blocks are not allowed in a ${surface}`);
    else knownBlock(value, at, report);
  };
}

function blocksOn(surface: Surface): Check {
  return every(list(blockOn(surface), surface === 'message' ? 50 : 100), uniqueIds);
}

/** A block id may stand once in a message or view, an action id once in its block. */
const uniqueIds: Check = (value, at, report) => {
  const blocks = new Set<unknown>();
  for (const [i, block] of (Array.isArray(value) ? value : []).entries()) {
    if (!isObject(block)) continue;
    const id = block['block_id'];
    if (id && blocks.has(id)) report(`${at}/${i}/block_id`, `block_id ${String(id)} already exists`);
    blocks.add(id);
    const actions = new Set<unknown>();
    for (const [j, element] of (Array.isArray(block['elements']) ? block['elements'] : []).entries()) {
      const action = isObject(element) ? element['action_id'] : undefined;
      if (action && actions.has(action)) {
        report(`${at}/${i}/elements/${j}/action_id`, `action_id ${String(action)} already exists`);
      }
      actions.add(action);
    }
  }
};

export interface BlockProblem {
  error: string;
  messages: string[];
}

/** Blocks of a message; undefined when Slack would take them. */
export function checkMessageBlocks(blocks: unknown): BlockProblem | undefined {
  if (!Array.isArray(blocks)) {
    return { error: 'invalid_blocks_format', messages: ['[ERROR] must be an array [json-pointer:/blocks]'] };
  }
  const messages = problems(blocksOn('message'), blocks, '/blocks');
  if (blocks.filter((block) => isObject(block) && block['type'] === 'table').length > 1) {
    messages.push('[ERROR] only one table allowed [json-pointer:/blocks]');
  }
  if (messages.length > 0) return { error: 'invalid_blocks', messages };
  if (textLength(blocks) > MAX_BLOCK_TEXT) {
    return { error: 'msg_blocks_too_long', messages: [`[ERROR] more than ${MAX_BLOCK_TEXT} characters of block text`] };
  }
  return undefined;
}

const VIEW = {
  'type!': oneOf('modal', 'home'),
  callback_id: string(255),
  private_metadata: string(3000),
  external_id: string(255),
};
const modal = object({
  ...VIEW,
  'title!': plainText(24),
  'blocks!': blocksOn('modal'),
  submit: plainText(24),
  close: plainText(24),
  clear_on_close: flag,
  notify_on_close: flag,
  submit_disabled: flag,
});
const home = object({ ...VIEW, 'blocks!': blocksOn('home') });

/** A modal or Home view; undefined when Slack would take it. */
export function checkView(view: unknown, type: 'modal' | 'home'): BlockProblem | undefined {
  if (Buffer.byteLength(JSON.stringify(view ?? null)) > MAX_VIEW_BYTES)
    return { error: 'view_too_large', messages: [] };
  const messages = problems(type === 'modal' ? modal : home, view, '/view');
  if (isObject(view) && view['type'] !== undefined && view['type'] !== type) {
    messages.push(`[ERROR] must be of type ${type} [json-pointer:/view/type]`);
  }
  if (isObject(view) && type === 'modal' && !view['submit'] && hasInput(view['blocks'])) {
    messages.push('[ERROR] submit is required when an input block is within blocks [json-pointer:/view]');
  }
  return messages.length > 0 ? { error: 'invalid_arguments', messages } : undefined;
}

function hasInput(blocks: unknown): boolean {
  return Array.isArray(blocks) && blocks.some((block) => isObject(block) && block['type'] === 'input');
}

/** Characters under every `text` key: what people read, nested ones included. */
function textLength(value: unknown): number {
  if (Array.isArray(value)) return value.reduce<number>((sum, item) => sum + textLength(item), 0);
  if (!isObject(value)) return 0;
  return Object.entries(value).reduce(
    (sum, [key, item]) => sum + (key === 'text' && typeof item === 'string' ? item.length : textLength(item)),
    0,
  );
}

/** Blocks whose checks have passed, typed as such. */
export function asBlocks(blocks: unknown): LabBlock[] {
  return Array.isArray(blocks) ? (blocks as LabBlock[]) : [];
}
