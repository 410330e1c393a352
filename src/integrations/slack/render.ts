/**
 * A `Message` as Slack blocks with its fallback text. Pure; sizes are kept under what Slack takes, long lists are
 * shortened with "… and 38 more". The tone is in the words and their sign; nothing is said by colour.
 */
import type { ActionsBlock, Button, KnownBlock, MrkdwnElement, PlainTextElement } from '@slack/types';
import { InvariantError } from '../../lib/errors.ts';
import type { Action, Line, Message } from '../../ports/chat.ts';
import { cutMrkdwn, cutPlain, lineMrkdwn, linePlain, untrusted, visible } from './text.ts';

export type Rendered = { text: string; blocks: KnownBlock[] };

const SECTION_MAX = 3000;
const FOOTNOTE_MAX = 1500;
/** `chat.update` refuses a `text` above 4000. */
const FALLBACK_MAX = 3000;
/** All text of all blocks together: Slack refuses somewhere above 13 000. */
const ALL_MAX = 11_800;
const VALUE_MAX = 2000;
const ACTION_ID_MAX = 250;
const ACTIONS_MAX = 25;

/**
 * Blocks and fallback text of a message.
 * @throws InvariantError when a button carries more than Slack passes on: cut values would press something else
 */
export function renderMessage(message: Message): Rendered {
  const actions = actionsBlock(message);
  const footnote = message.footnote === undefined ? '' : cutMrkdwn(lineMrkdwn(message.footnote), FOOTNOTE_MAX);
  const title = lineMrkdwn(message.title, true).trim();
  const head = title === '' ? '' : `*${cutMrkdwn(title, SECTION_MAX - 100)}*`;
  const room = ALL_MAX - head.length - footnote.length - (actions ? textLength(actions) : 0);
  const blocks: KnownBlock[] = [
    ...(head === '' ? [] : [section(head)]),
    ...sectionsOf(message.lines, room),
    ...(actions ? [actions] : []),
    ...(footnote.trim() === '' ? [] : [{ type: 'context' as const, elements: [mrkdwnText(footnote)] }]),
  ];
  return { text: fallbackOf(message), blocks };
}

/** Lines in as few sections as hold them, at most `room` characters. */
export function sectionsOf(lines: Line[], room = ALL_MAX): KnownBlock[] {
  const chunks: string[] = [];
  for (const line of shortened(
    lines.map((line) => cutMrkdwn(lineMrkdwn(line), SECTION_MAX)),
    room,
  )) {
    const last = chunks.at(-1);
    if (last !== undefined && last.length + 1 + line.length <= SECTION_MAX)
      chunks[chunks.length - 1] = `${last}\n${line}`;
    else chunks.push(line);
  }
  return chunks.filter((chunk) => chunk.trim() !== '').map(section);
}

function shortened(lines: string[], room: number): string[] {
  const total = lines.reduce((sum, line) => sum + line.length + 1, 0);
  if (total <= room) return lines;
  const kept: string[] = [];
  let left = room - '… and 99999 more'.length;
  for (const line of lines) {
    left -= line.length + 1;
    if (left < 0) break;
    kept.push(line);
  }
  return [...kept, `… and ${lines.length - kept.length} more`];
}

function fallbackOf(message: Message): string {
  if (message.fallback !== undefined) return cutMrkdwn(untrusted(message.fallback), FALLBACK_MAX);
  const lines = [message.title, ...message.lines].map((line) => lineMrkdwn(line)).filter((line) => line.trim() !== '');
  return cutMrkdwn(lines.join('\n'), FALLBACK_MAX);
}

function actionsBlock(message: Message): ActionsBlock | undefined {
  if (message.actions.length === 0) return undefined;
  const about = linePlain(message.title);
  let primary = false;
  const used = new Map<string, number>();
  const elements = message.actions.slice(0, ACTIONS_MAX).map((action) => {
    const times = (used.get(action.id) ?? 0) + 1;
    used.set(action.id, times);
    // Two primaries would be none: the first one keeps it.
    const style = action.style === 'primary' && primary ? undefined : action.style;
    primary ||= action.style === 'primary';
    return button(action, times, style, about);
  });
  return { type: 'actions', elements };
}

function button(action: Action, times: number, style: Action['style'], about: string): Button {
  if (action.value.length > VALUE_MAX || action.id.length > ACTION_ID_MAX) {
    throw new InvariantError(`The button ${action.id.slice(0, 60)} carries more than Slack passes on.`, {
      code: 'slack_button_too_long',
      hint: `A value has at most ${VALUE_MAX} characters, an id ${ACTION_ID_MAX}.`,
    });
  }
  const { confirm } = action;
  return {
    type: 'button',
    action_id: times === 1 ? action.id : `${action.id}~${times}`,
    text: plainText(action.label, 75),
    ...(action.value === '' ? {} : { value: action.value }),
    ...(style === undefined ? {} : { style }),
    accessibility_label: cutPlain(about === '' ? visible(action.label) : `${visible(action.label)}: ${about}`, 75),
    ...(confirm === undefined
      ? {}
      : {
          confirm: {
            title: plainText(confirm.title, 100),
            text: plainText(confirm.text, 300),
            confirm: plainText(confirm.yes, 30),
            deny: plainText(confirm.no, 30),
            ...(action.style === 'danger' ? { style: 'danger' as const } : {}),
          },
        }),
  };
}

/** The action of an `action_id` we rendered: a second button of the same action carries a number. */
export function actionOf(actionId: string): string {
  return actionId.replace(/~\d+$/, '');
}

/** Text nothing is parsed in; never empty, which Slack refuses. */
export function plainText(text: string, max: number): PlainTextElement {
  return { type: 'plain_text', text: cutPlain(visible(text).trim() || '–', max), emoji: false };
}

/** `verbatim`: bare addresses and names stay text. */
function mrkdwnText(text: string): MrkdwnElement {
  return { type: 'mrkdwn', text, verbatim: true };
}

function section(text: string): KnownBlock {
  return { type: 'section', text: mrkdwnText(text) };
}

function textLength(value: unknown): number {
  if (Array.isArray(value)) return value.reduce<number>((sum, item) => sum + textLength(item), 0);
  if (typeof value !== 'object' || value === null) return 0;
  return Object.entries(value).reduce(
    (sum, [key, item]) => sum + (key === 'text' && typeof item === 'string' ? item.length : textLength(item)),
    0,
  );
}
