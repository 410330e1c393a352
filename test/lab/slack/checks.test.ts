/** Block Kit as Slack would take it, and as it would not. */
import { describe, expect, test } from 'vitest';
import { checkMessageBlocks, checkView } from '../../../lab/slack/checks.ts';
import { button, plain } from './support.ts';

const mrkdwn = (text: string) => ({ type: 'mrkdwn', text });
const long = (n: number) => 'x'.repeat(n);
const actions = (...elements: object[]) => ({ type: 'actions', elements });

const GOOD: [string, object][] = [
  ['section', { type: 'section', text: mrkdwn(long(3000)), accessory: button('a') }],
  ['fields', { type: 'section', fields: Array(10).fill(mrkdwn('x')) }],
  ['header', { type: 'header', text: plain(long(150)) }],
  ['context', { type: 'context', elements: [mrkdwn('x'), plain('y')] }],
  ['actions', actions(...Array.from({ length: 25 }, (_, i) => button(`a${i}`)))],
  ['divider', { type: 'divider', block_id: long(255) }],
  ['rich text', { type: 'rich_text', elements: [{ type: 'rich_text_section', elements: [] }] }],
  ['select', actions({ type: 'static_select', action_id: 's', options: [{ text: plain('A'), value: 'a' }] })],
];

const BAD: [string, object, string][] = [
  ['an unknown block', { type: 'button_bar' }, 'unsupported type: button_bar'],
  ['an empty section', { type: 'section' }, 'must have text or fields'],
  ['an empty text', { type: 'section', text: mrkdwn('') }, 'must be more than 0 characters'],
  ['too long a section', { type: 'section', text: mrkdwn(long(3001)) }, 'must be less than 3001 characters'],
  ['too long a field', { type: 'section', fields: [mrkdwn(long(2001))] }, 'must be less than 2001 characters'],
  ['eleven fields', { type: 'section', fields: Array(11).fill(mrkdwn('x')) }, 'no more than 10 items'],
  ['a header in mrkdwn', { type: 'header', text: mrkdwn('x') }, 'unsupported type: mrkdwn'],
  ['too long a header', { type: 'header', text: plain(long(151)) }, 'must be less than 151 characters'],
  ['26 buttons', actions(...Array.from({ length: 26 }, (_, i) => button(`a${i}`))), 'no more than 25 items'],
  ['no buttons', actions(), 'must have at least 1 item'],
  ['an action id twice', actions(button('a'), button('a')), 'action_id a already exists'],
  ['too long a label', actions(button('a', long(76))), 'must be less than 76 characters'],
  ['too long a value', actions(button('a', 'A', { value: long(2001) })), 'must be less than 2001 characters'],
  ['too long an action id', actions(button(long(256), 'A')), 'must be less than 256 characters'],
  ['a made-up style', actions(button('a', 'A', { style: 'warning' })), 'must be one of: primary, danger'],
  ['a stray key', { type: 'divider', colour: 'red' }, 'invalid additional property: colour'],
  ['a modal block', { type: 'alert', text: plain('x') }, 'alert blocks are not allowed in a message'],
  ['select without options', actions({ type: 'static_select', action_id: 's' }), 'either options or option_groups'],
];

describe('blocks of a message', () => {
  test.each(GOOD)('%s is taken', (_, block) => {
    expect(checkMessageBlocks([block])).toBeUndefined();
  });

  test.each(BAD)('%s is refused', (_, block, message) => {
    const problem = checkMessageBlocks([{ type: 'divider' }, block]);
    expect(problem?.error).toBe('invalid_blocks');
    expect(problem?.messages.join()).toContain(message);
    expect(problem?.messages.join()).toContain('[json-pointer:/blocks/1');
  });

  test('a block id twice, two tables', () => {
    const divider = { type: 'divider', block_id: 'd' };
    expect(checkMessageBlocks([divider, divider])?.messages.join()).toContain('block_id d already exists');
    const table = { type: 'table', rows: [[{ type: 'raw_text', text: 'x' }]] };
    expect(checkMessageBlocks([table])).toBeUndefined();
    expect(checkMessageBlocks([table, table])?.messages.join()).toContain('only one table');
  });
});

describe('views', () => {
  const input = { type: 'input', label: plain('L'), element: { type: 'plain_text_input', action_id: 'a' } };
  const modal = { type: 'modal', title: plain('T'), submit: plain('Go'), blocks: [input] };

  test('a modal with an input needs a submit button', () => {
    expect(checkView(modal, 'modal')).toBeUndefined();
    const { submit: _, ...without } = modal;
    expect(checkView(without, 'modal')?.messages.join()).toContain('submit is required');
  });

  test.each<[string, object, string]>([
    ['a long title', { title: plain(long(25)) }, 'must be less than 25 characters'],
    ['long private metadata', { private_metadata: long(3001) }, 'must be less than 3001 characters'],
    ['101 blocks', { blocks: Array(101).fill({ type: 'divider' }) }, 'no more than 100 items'],
    ['a message block', { blocks: [{ type: 'markdown', text: 'x' }] }, 'markdown blocks are not allowed in a modal'],
    ['no title', { title: undefined }, 'missing required field: title'],
    ['a Home view', { type: 'home' }, 'must be of type modal'],
  ])('%s', (_, change, message) => {
    const problem = checkView({ ...modal, ...change }, 'modal');
    expect(problem?.error).toBe('invalid_arguments');
    expect(problem?.messages.join('\n')).toContain(message);
  });

  test('a quarter of a megabyte is too much', () => {
    const blocks = Array(90).fill({ type: 'section', text: mrkdwn(long(2900)) });
    expect(checkView({ ...modal, blocks }, 'modal')?.error).toBe('view_too_large');
    expect(checkView({ type: 'home', blocks: [{ type: 'divider' }] }, 'home')).toBeUndefined();
  });
});
