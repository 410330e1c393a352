/** Messages as blocks that Slack takes, whatever is in them. The lab's own check of Block Kit judges. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkMessageBlocks } from '../../../lab/slack/checks.ts';
import { actionOf, renderMessage } from '../../../src/integrations/slack/render.ts';
import type { Line, Message, Span } from '../../../src/ports/chat.ts';
import { message } from './support.ts';

const span: fc.Arbitrary<Span> = fc.oneof(
  fc.string().map((untrusted) => ({ untrusted })),
  fc.string({ maxLength: 4000 }).map((untrusted) => ({ untrusted: `<!channel>${untrusted}` })),
  fc.string().map((bold) => ({ bold })),
  fc.string().map((code) => ({ code })),
  fc.constantFrom({ person: 'U0ANA' }, { group: 'S0SRE' }, { person: '<!here>' }),
  fc.integer({ min: 0, max: 4e12 }).map((time) => ({ time })),
  fc.record({ link: fc.webUrl({ withQueryParameters: true }), text: fc.string() }),
);
const line: fc.Arbitrary<Line> = fc.array(span, { maxLength: 4 });
const any: fc.Arbitrary<Message> = fc.record({
  title: line,
  lines: fc.array(line, { maxLength: 60 }),
  tone: fc.constantFrom('plain', 'good', 'waiting', 'bad'),
  actions: fc.array(
    fc.record({
      id: fc.constantFrom('approve:promote', 'deny', 'check'),
      label: fc.string(),
      value: fc.string({ maxLength: 2000 }),
      style: fc.constantFrom('primary', 'danger'),
      confirm: fc.record({
        title: fc.string(),
        text: fc.string({ maxLength: 900 }),
        yes: fc.string(),
        no: fc.string(),
      }),
    }),
    { maxLength: 8 },
  ),
  footnote: line,
});

const TOKEN =
  /<(?:@[UWB][A-Z0-9]+|!subteam\^S[A-Z0-9]+|!date\^\d+\^[^|<>]*\|[^<>]*|(?:https?|mailto):[^|<>]+\|[^<>]*)>/g;

describe('any message', () => {
  test('is taken by Slack, and holds no markup but ours', () => {
    fc.assert(
      fc.property(any, (given) => {
        const { text, blocks } = renderMessage(given);
        const some = text.trim() !== '' || blocks.length > 0;
        if (some) expect(checkMessageBlocks(blocks)).toBeUndefined();
        expect(text.length).toBeLessThanOrEqual(3000);
        for (const shown of [text, ...mrkdwnTexts(blocks)]) expect(shown.replace(TOKEN, '')).not.toMatch(/[<>]/);
      }),
      { numRuns: 150 },
    );
  });
});

describe('a message', () => {
  test('reads: title in bold, lines in one section, buttons, small print', () => {
    const { text, blocks } = renderMessage({
      title: ['Approve promotion · ', { bold: 'us-east-1' }, ' → us-west-2'],
      lines: ['Seen:', ['lag ', { code: '0.2 s' }]],
      tone: 'waiting',
      actions: [
        { id: 'approve', label: 'Approve promotion', style: 'primary', value: 'v' },
        {
          id: 'deny',
          label: 'Deny…',
          style: 'danger',
          value: '',
          confirm: { title: 'Deny?', text: 'It ends.', yes: 'Deny', no: 'Back' },
        },
      ],
      footnote: 'expires 14:11',
    });
    expect(blocks).toEqual([
      { type: 'section', text: mrkdwn('*Approve promotion · us-east-1 → us-west-2*') },
      { type: 'section', text: mrkdwn('Seen:\nlag `0.2 s`') },
      {
        type: 'actions',
        elements: [
          {
            type: 'button',
            action_id: 'approve',
            text: plain('Approve promotion'),
            value: 'v',
            style: 'primary',
            accessibility_label: 'Approve promotion: Approve promotion · us-east-1 → us-west-2',
          },
          {
            type: 'button',
            action_id: 'deny',
            text: plain('Deny…'),
            style: 'danger',
            accessibility_label: 'Deny…: Approve promotion · us-east-1 → us-west-2',
            confirm: {
              title: plain('Deny?'),
              text: plain('It ends.'),
              confirm: plain('Deny'),
              deny: plain('Back'),
              style: 'danger',
            },
          },
        ],
      },
      { type: 'context', elements: [mrkdwn('expires 14:11')] },
    ]);
    expect(text).toBe('Approve promotion · *us-east-1* → us-west-2\nSeen:\nlag `0.2 s`');
  });

  test('a long list says how much more there is', () => {
    const lines = Array.from({ length: 1000 }, (_, n) => `record-${n}.example.com  A  192.0.2.1 → 198.51.100.1`);
    const { blocks } = renderMessage(message('DNS', { lines }));
    const shown = mrkdwnTexts(blocks).join('\n');
    const records = shown.match(/record-/g)?.length ?? 0;
    expect(shown.length).toBeLessThan(12_000);
    expect(shown).toMatch(new RegExp(`… and ${1000 - records} more$`));
  });

  test('its own fallback is text, not markup', () => {
    expect(renderMessage(message('x', { fallback: 'Ana asked: <!channel> *now*' })).text).toBe(
      'Ana asked: &lt;!channel&gt; ∗now∗',
    );
  });

  test('one primary button at most; two of the same action are told apart and read as one', () => {
    const button = { id: 'retry', label: 'Retry', style: 'primary' as const, value: 'a' };
    const { blocks } = renderMessage(message('x', { actions: [button, { ...button, value: 'b' }] }));
    const elements = (blocks[1] as { elements: { action_id: string; style?: string }[] }).elements;
    expect(elements.map(({ style }) => style)).toEqual(['primary', undefined]);
    expect(elements.map(({ action_id }) => action_id)).toEqual(['retry', 'retry~2']);
    expect(elements.map(({ action_id }) => actionOf(action_id))).toEqual(['retry', 'retry']);
  });

  test('a button that carries too much is our bug, said as such', () => {
    const actions = [{ id: 'a', label: 'A', value: 'x'.repeat(2001) }];
    expect(() => renderMessage(message('x', { actions }))).toThrow('carries more than Slack passes on');
  });
});

function mrkdwnTexts(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(mrkdwnTexts);
  if (typeof value !== 'object' || value === null) return [];
  if ('type' in value && value.type === 'mrkdwn' && 'text' in value) return [String(value.text)];
  return Object.values(value).flatMap(mrkdwnTexts);
}

const mrkdwn = (text: string) => ({ type: 'mrkdwn', text, verbatim: true });
const plain = (text: string) => ({ type: 'plain_text', text, emoji: false });
