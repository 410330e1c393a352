import { expect, it } from 'vitest';
import { flat, refusal, say, toActor } from '../../src/commands/command.ts';

it('flat keeps the words of every kind of span', () => {
  expect(flat('plain')).toBe('plain');
  expect(
    flat([
      'a ',
      { untrusted: 'b ' },
      { bold: 'c ' },
      { person: 'U1' },
      ' ',
      { time: 5 },
      ' ',
      { link: 'https://x', text: 'd' },
    ]),
  ).toBe('a b c U1 5 d');
});

it('a refusal in one sentence mostly repeats what was typed: untrusted as a whole', () => {
  expect(refusal('“<!here>” is not a region')).toEqual({ untrusted: '“<!here>” is not a region' });
  expect(refusal(['Who can: ', { person: 'U1' }])).toEqual(['Who can: ', { person: 'U1' }]);
});

it('say and toActor make what they are named after', () => {
  expect(say('done')).toEqual({ kind: 'message', message: { title: 'done', lines: [], tone: 'plain', actions: [] } });
  expect(toActor({ id: 'U1', name: 'Ana', kind: 'member' }, ['group:S1'])).toEqual({
    id: 'U1',
    kind: 'member',
    groups: ['group:S1'],
  });
});
