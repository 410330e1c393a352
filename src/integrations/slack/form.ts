/** A `Form` as a Slack modal, what a person filled in read back from it, and views that only say something. Pure. */
import type { HomeView, InputBlock, KnownBlock, ModalView } from '@slack/types';
import { InvariantError } from '../../lib/errors.ts';
import type { Form, FormField, Message } from '../../ports/chat.ts';
import { plainText, renderMessage, sectionsOf } from './render.ts';
import { linePlain } from './text.ts';

const TITLE_MAX = 24;
const META_MAX = 3000;
const OPTIONS_MAX = 100;
const OPTION_VALUE_MAX = 75;
const INPUT_MAX = 3000;
/** Every input's action: the field is known by its block. */
const VALUE = 'value';

/**
 * The modal of a form.
 * @throws InvariantError when ids or what travels with the form are longer than Slack passes on
 */
export function modalOf(form: Form): ModalView {
  if (form.meta.length > META_MAX || form.id.length > 255) {
    throw new InvariantError(`The form ${form.id.slice(0, 60)} carries more than Slack passes on.`, {
      code: 'slack_form_too_long',
      hint: `Its meta has at most ${META_MAX} characters, its id 255.`,
    });
  }
  return {
    type: 'modal',
    callback_id: form.id,
    private_metadata: form.meta,
    title: plainText(form.title, TITLE_MAX),
    submit: plainText(form.submit, TITLE_MAX),
    close: plainText('Cancel', TITLE_MAX),
    blocks: [...sectionsOf(form.lines), ...form.fields.map(inputOf)],
  };
}

function inputOf(field: FormField): InputBlock {
  return {
    type: 'input',
    block_id: field.id,
    label: plainText(field.label, 150),
    optional: field.optional ?? false,
    element: field.kind === 'choice' ? selectOf(field) : textOf(field),
    ...(field.hint === undefined ? {} : { hint: plainText(field.hint, 500) }),
  };
}

function textOf(field: FormField): InputBlock['element'] {
  return {
    type: 'plain_text_input',
    action_id: VALUE,
    multiline: field.kind === 'longtext',
    max_length: INPUT_MAX,
    ...(field.initial === undefined || field.initial === ''
      ? {}
      : { initial_value: field.initial.slice(0, INPUT_MAX) }),
  };
}

function selectOf(field: FormField): InputBlock['element'] {
  const options = (field.options ?? []).slice(0, OPTIONS_MAX).map(({ value, label }) => {
    if (value.length > OPTION_VALUE_MAX) {
      throw new InvariantError(`The choice ${value.slice(0, 60)} of ${field.id} is longer than Slack passes on.`, {
        code: 'slack_form_too_long',
        hint: `A choice's value has at most ${OPTION_VALUE_MAX} characters.`,
      });
    }
    return { value, text: plainText(label, 75) };
  });
  const initial = options.find((option) => option.value === field.initial);
  return { type: 'static_select', action_id: VALUE, options, ...(initial ? { initial_option: initial } : {}) };
}

type State = Record<string, Record<string, { value?: string | null; selected_option?: { value: string } | null }>>;

/** Field ids with what was typed or chosen; an empty field is `''`. */
export function fieldsOf(state: State): Record<string, string> {
  const read = Object.entries(state).map(([field, actions]): [string, string] => {
    const held = Object.values(actions)[0];
    return [field, held?.selected_option?.value ?? held?.value ?? ''];
  });
  return Object.fromEntries(read);
}

/**
 * Errors at the inputs they belong to. Slack drops the whole answer over one id it does not know, so those go to the
 * first input; `null` when there is no input to show them at.
 */
export function errorsAt(blocks: { type: string; block_id?: string }[], errors: Record<string, string>) {
  const inputs = blocks.flatMap((block) => (block.type === 'input' && block.block_id ? [block.block_id] : []));
  const first = inputs[0];
  if (first === undefined || Object.keys(errors).length === 0) return null;
  const placed: Record<string, string> = {};
  for (const [id, words] of Object.entries(errors)) {
    const at = inputs.includes(id) ? id : first;
    placed[at] = plainText(placed[at] === undefined ? words : `${placed[at]} ${words}`, 500).text;
  }
  return placed;
}

/** A modal that shows a message and has nothing to submit. */
export function messageModal(message: Message): ModalView {
  const blocks: KnownBlock[] = renderMessage(message).blocks;
  return {
    type: 'modal',
    title: plainText(linePlain(message.title) === '' ? 'Regent' : linePlain(message.title), TITLE_MAX),
    close: plainText('Close', TITLE_MAX),
    blocks,
  };
}

const HOME_BLOCKS_MAX = 100;

/** The App Home: cards with a line between them. */
export function homeOf(cards: Message[]): HomeView {
  const blocks = cards.flatMap((card, index): KnownBlock[] => [
    ...(index > 0 ? [{ type: 'divider' as const }] : []),
    ...renderMessage(card).blocks,
  ]);
  return { type: 'home', blocks: blocks.slice(0, HOME_BLOCKS_MAX) };
}
