/** A message as plain text: nothing lost, nothing a terminal would obey. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { fromReply } from '../../src/api/answer.ts';
import { lineText, plain } from '../../src/api/plain.ts';

const names = { SSRE: 'group:sre' };
const at = Date.UTC(2026, 10, 23, 2, 5);

it.each([
  [['Approve ', { bold: 'eden-7' }, ' by ', { code: '/dr approve' }], 'Approve eden-7 by /dr approve'],
  [['asked: ', { group: 'SSRE' }, ', ', { group: 'SX' }, ', ', { person: 'U1' }], 'asked: group:sre, SX, U1'],
  [['at ', { time: at }, ', from ', { time: at, as: 'date' as const }], 'at 02:05 UTC, from 2026-11-23 02:05 UTC'],
  [[{ time: Number.NaN }], '(unknown time)'],
  [{ link: 'https://chat/1', text: 'Follow it ↗' }, 'Follow it ↗ (https://chat/1)'],
  [{ untrusted: 'a\u001b[31mred\u202e\nb <!channel>' }, 'a [31mred b <!channel>'],
  [{ group: 'constructor' }, 'constructor'],
])('%j', (line, text) => {
  expect(lineText(line, names)).toBe(text);
});

it('small print last, and actions only where there are some', () => {
  const message = { title: 'T', lines: ['a'], tone: 'plain' as const, actions: [], footnote: 'small' };
  expect(plain(message)).toEqual({ title: 'T', lines: ['a', 'small'] });
  const action = { id: 'ask:dns', label: 'Ask again', value: '{"run":"eden-7"}', style: 'primary' as const };
  expect(plain({ ...message, actions: [action] }).actions).toEqual([
    { id: 'ask:dns', label: 'Ask again', value: '{"run":"eden-7"}' },
  ]);
});

it('a question back is a no, with what is missing', () => {
  const field = { id: 'reason', label: 'Why', kind: 'text' as const };
  const form = {
    id: 'halt',
    title: 'Halt',
    submit: 'Halt',
    lines: ['Nothing new is sent.'],
    fields: [field],
    meta: '{}',
  };
  expect(fromReply({ kind: 'form', form })).toEqual({
    status: 400,
    body: {
      ok: false,
      refused: 'input',
      title: 'More is needed (reason). Nothing was done.',
      lines: ['Nothing new is sent.'],
    },
  });
  expect(fromReply({ kind: 'fieldErrors', errors: { reason: 'It needs one.' } }).body).toMatchObject({
    title: 'It needs one.',
  });
});

it('no text steers a terminal', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(lineText({ untrusted: text })).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    }),
  );
});
