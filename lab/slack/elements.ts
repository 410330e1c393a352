/**
 * Reading Block Kit the way a client does: which elements of a message or view can be used, what an input holds before
 * and after a person touched it (`state.values`), and what is wrong with what they typed.
 */
import { isObject } from './shape.ts';
import type { LabBlock, SeenElement, SeenInput } from './types.ts';

export type StateValue = { type: string } & Record<string, unknown>;
export type State = Record<string, Record<string, StateValue>>;

export interface Placed {
  block: LabBlock;
  element: LabBlock;
  blockId: string;
  actionId: string;
}

/** Every interactive element, in reading order. */
export function elementsOf(blocks: LabBlock[]): Placed[] {
  return blocks.flatMap((block) => {
    const inside = [block['accessory'], block['element'], ...listOf(block['elements'])];
    return inside.filter(isElement).map((element) => ({
      block,
      element,
      blockId: block.block_id ?? '',
      actionId: typeof element['action_id'] === 'string' ? element['action_id'] : '',
    }));
  });
}

function isElement(value: unknown): value is LabBlock {
  if (!isObject(value) || typeof value['type'] !== 'string') return false;
  return /button|select|overflow|checkboxes|picker|input/.test(value['type']);
}

export function wordsOf(text: unknown): string {
  if (!isObject(text)) return typeof text === 'string' ? text : '';
  return typeof text['text'] === 'string' ? text['text'] : '';
}

export function seenElement({ element, blockId, actionId }: Placed): SeenElement {
  const options = optionsOf(element);
  const confirm = confirmOf(element);
  return {
    type: element.type,
    actionId,
    blockId,
    text: wordsOf(element['text']) || wordsOf(element['placeholder']),
    ...(typeof element['value'] === 'string' ? { value: element['value'] } : {}),
    ...(typeof element['style'] === 'string' ? { style: element['style'] } : {}),
    ...(typeof element['url'] === 'string' ? { url: element['url'] } : {}),
    ...(confirm ? { confirm } : {}),
    ...(options.length > 0 ? { options: options.map(plainOption) } : {}),
  };
}

export function confirmOf(element: LabBlock): SeenElement['confirm'] {
  const confirm = element['confirm'];
  if (!isObject(confirm)) return undefined;
  return {
    title: wordsOf(confirm['title']),
    text: wordsOf(confirm['text']),
    confirm: wordsOf(confirm['confirm']),
    deny: wordsOf(confirm['deny']),
  };
}

export function seenInputs(blocks: LabBlock[], state: State): SeenInput[] {
  return elementsOf(blocks)
    .filter(({ block, element }) => block.type === 'input' || element.type !== 'button')
    .map(({ block, element, blockId, actionId }) => {
      const options = optionsOf(element);
      const hint = wordsOf(block['hint']);
      const placeholder = wordsOf(element['placeholder']);
      return {
        blockId,
        actionId,
        label: wordsOf(block['label']) || wordsOf(block['text']),
        type: element.type,
        optional: block.type !== 'input' || block['optional'] === true,
        initial: pickedOf(state[blockId]?.[actionId]),
        ...(hint ? { hint } : {}),
        ...(placeholder ? { placeholder } : {}),
        ...(element['multiline'] === true ? { multiline: true } : {}),
        ...(options.length > 0 ? { options: options.map(plainOption) } : {}),
      };
    });
}

/** `state.values` before anyone touched anything; values in `kept` survive where block, action and type are the same. */
export function stateOf(blocks: LabBlock[], kept: State = {}): State {
  const state: State = {};
  for (const { element, blockId, actionId } of elementsOf(blocks)) {
    if (element.type === 'button' || element.type === 'overflow') continue;
    const before = kept[blockId]?.[actionId];
    const values = state[blockId] ?? {};
    values[actionId] = before?.type === element.type ? before : initialValue(element);
    state[blockId] = values;
  }
  return state;
}

const SINGLE: Record<string, string> = {
  users_select: 'selected_user',
  conversations_select: 'selected_conversation',
  channels_select: 'selected_channel',
  datepicker: 'selected_date',
  timepicker: 'selected_time',
  datetimepicker: 'selected_date_time',
};
const SEVERAL: Record<string, string> = {
  multi_users_select: 'selected_users',
  multi_conversations_select: 'selected_conversations',
  multi_channels_select: 'selected_channels',
};

function initialValue(element: LabBlock): StateValue {
  const { type } = element;
  const key = SINGLE[type];
  if (key) return { type, [key]: element[key.replace('selected', 'initial')] ?? null };
  const several = SEVERAL[type];
  if (several) return { type, [several]: element[several.replace('selected', 'initial')] ?? [] };
  if (/_input$/.test(type)) return { type, value: element['initial_value'] ?? null };
  if (type === 'checkboxes' || type === 'multi_static_select') {
    return { type, selected_options: element['initial_options'] ?? [] };
  }
  return { type, selected_option: element['initial_option'] ?? null };
}

/** What a person picked or typed, as state; throws when an option does not exist. */
export function pickedState(element: LabBlock, picked: string | string[] | null): StateValue {
  const { type } = element;
  const one = Array.isArray(picked) ? (picked[0] ?? null) : picked;
  const all = Array.isArray(picked) ? picked : picked === null ? [] : [picked];
  const key = SINGLE[type];
  if (key) return { type, [key]: type === 'datetimepicker' && one !== null ? Number(one) : one };
  const several = SEVERAL[type];
  if (several) return { type, [several]: all };
  if (/_input$/.test(type)) return { type, value: one === '' ? null : one };
  if (type === 'checkboxes' || type === 'multi_static_select') {
    return { type, selected_options: all.map((wanted) => optionNamed(element, wanted)) };
  }
  return { type, selected_option: one === null ? null : optionNamed(element, one) };
}

export function optionNamed(element: LabBlock, wanted: string): unknown {
  const options = optionsOf(element);
  const option =
    options.find((one) => one['value'] === wanted) ?? options.find((one) => wordsOf(one['text']) === wanted);
  if (option) return option;
  const known = options.map((one) => String(one['value'])).join(', ');
  throw new Error(`${String(element['action_id'])} has no option "${wanted}": it offers ${known || 'none'}.`);
}

function pickedOf(value: StateValue | undefined): string | string[] | null {
  if (!value) return null;
  const { type: _type, ...rest } = value;
  const held = Object.values(rest)[0];
  if (Array.isArray(held)) return held.map(pickedText);
  return held === null || held === undefined ? null : pickedText(held);
}

function pickedText(held: unknown): string {
  return isObject(held) ? String(held['value']) : String(held);
}

/** What Slack's client itself refuses to send: empty required inputs, too short, too long. By block id. */
export function inputErrors(blocks: LabBlock[], state: State): Record<string, string> {
  const errors: Record<string, string> = {};
  for (const { block, element, blockId, actionId } of elementsOf(blocks)) {
    if (block.type !== 'input') continue;
    const picked = pickedOf(state[blockId]?.[actionId]);
    if (picked === null || picked.length === 0) {
      if (block['optional'] !== true) errors[blockId] = 'Please complete this required field.';
    } else if (typeof picked === 'string') {
      const { min_length: min, max_length: max } = element;
      if (typeof min === 'number' && picked.length < min) errors[blockId] = `Enter at least ${min} characters.`;
      if (typeof max === 'number' && picked.length > max) errors[blockId] = `Enter at most ${max} characters.`;
    }
  }
  return errors;
}

function optionsOf(element: LabBlock): Record<string, unknown>[] {
  const grouped = listOf(element['option_groups']).flatMap((group) =>
    isObject(group) ? listOf(group['options']) : [],
  );
  return [...listOf(element['options']), ...grouped].filter(isObject);
}

function plainOption(option: Record<string, unknown>): { text: string; value: string } {
  return { text: wordsOf(option['text']), value: String(option['value']) };
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
