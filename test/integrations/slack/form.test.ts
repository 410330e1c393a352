/** Forms as modals that Slack takes, and what was filled in read back. */
import { describe, expect, test } from 'vitest';
import { checkView } from '../../../lab/slack/checks.ts';
import { errorsAt, fieldsOf, messageModal, modalOf } from '../../../src/integrations/slack/form.ts';
import type { Form } from '../../../src/ports/chat.ts';
import { message } from './support.ts';

const form: Form = {
  id: 'failover',
  title: 'A title far longer than Slack shows',
  submit: 'Start the failover of eden now',
  lines: ['From where?', { untrusted: '<!channel>' }],
  meta: '{}',
  fields: [
    { id: 'region', label: 'Region', kind: 'choice', options: [{ value: 'a', label: 'A' }], initial: 'a' },
    { id: 'reason', label: 'Reason', kind: 'longtext', initial: 'x'.repeat(4000), hint: 'Why?' },
    { id: 'to', label: 'To', kind: 'text', optional: true, initial: '' },
  ],
};

describe('a form', () => {
  test('is a modal that Slack takes', () => {
    const view = modalOf(form);
    expect(checkView(view, 'modal')).toBeUndefined();
    expect(view).toMatchObject({
      title: { text: 'A title far longer than…' },
      submit: { text: 'Start the failover of e…' },
    });
    expect(view.blocks[0]).toMatchObject({ type: 'section', text: { text: 'From where?\n&lt;!channel&gt;' } });
    expect(view.blocks[1]).toMatchObject({ block_id: 'region', element: { initial_option: { value: 'a' } } });
  });

  test('that carries too much is our bug, said as such', () => {
    expect(() => modalOf({ ...form, meta: 'x'.repeat(3001) })).toThrow('carries more than Slack passes on');
    const options = [{ value: 'x'.repeat(76), label: 'X' }];
    expect(() => modalOf({ ...form, fields: [{ id: 'r', label: 'R', kind: 'choice', options }] })).toThrow(
      'longer than',
    );
  });

  test('reads back what was typed and chosen, an empty field as empty', () => {
    const state = {
      region: { value: { selected_option: { value: 'a' } } },
      reason: { value: { value: 'because' } },
      to: { value: { value: null } },
    };
    expect(fieldsOf(state)).toEqual({ region: 'a', reason: 'because', to: '' });
  });

  test('errors of fields it does not have go to the first; without inputs there is no place', () => {
    const { blocks } = modalOf(form);
    expect(errorsAt(blocks, { reason: 'Say why.', run: 'Gone.', x: 'Also.' })).toEqual({
      reason: 'Say why.',
      region: 'Gone. Also.',
    });
    expect(errorsAt([{ type: 'section' }], { reason: 'x' })).toBeNull();
  });

  test('a message in its place has nothing to submit', () => {
    const view = messageModal(message('✖ Refused, and a long title it is', { lines: ['eden-7 runs.'] }));
    expect(checkView(view, 'modal')).toBeUndefined();
    expect(view).toMatchObject({ title: { text: '✖ Refused, and a long t…' } });
    expect(view.submit).toBeUndefined();
  });
});
