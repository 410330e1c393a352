/** The table beside the table: every command has its arguments, and a call comes out as a typed line would. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ARGUMENTS, fromValues, onlyReads, takesOf } from '../../src/commands/arguments.ts';
import { commandNamed } from '../../src/commands/dispatch.ts';
import { COMMANDS } from '../../src/commands/table.ts';

const from = (name: string, values: Record<string, unknown>) => fromValues(commandNamed(name)!, values);

describe('the table', () => {
  it('has exactly the commands', () => {
    expect(Object.keys(ARGUMENTS).sort()).toEqual(COMMANDS.map(({ name }) => name).sort());
  });
  it('names what the usage names: named values, and no more words than are taken', () => {
    for (const command of COMMANDS) {
      const { takes } = takesOf(command);
      const inUsage = [...command.usage.replace(/"[^"]*"/g, '').matchAll(/([a-z-]+):/g)].map(([, key]) => key!);
      const named = takes.filter(({ as }) => as === 'named').map(({ key }) => key);
      expect([...new Set(inUsage)].sort(), command.name).toEqual(named.sort());
      expect(takes.map(({ key }) => key)).toEqual([...new Set(takes.map(({ key }) => key))]);
    }
  });
  it('lets GET at what only reads', () => {
    const gets = COMMANDS.filter((command) => takesOf(command).get !== undefined);
    expect(gets.filter(({ access }) => access !== 'read').map(({ name }) => name)).toEqual([]);
    expect(onlyReads(commandNamed('schedule')!, {})).toBe(true);
    expect(onlyReads(commandNamed('schedule')!, { withdraw: 1 })).toBe(false);
    expect(onlyReads(commandNamed('approve')!, {})).toBe(false);
  });
});

it.each([
  [
    'failover',
    { region: 'a', to: 'b', reason: 'x  y' },
    { words: ['a'], named: { to: 'b', reason: 'x y' }, carried: {} },
  ],
  ['switchover', { region: 'a', reason: 'x' }, { words: ['a'], named: { reason: 'x' }, carried: {} }],
  [
    'mark',
    { as: 'not-done', reason: 'x', step: 's' },
    { words: ['s', 'not-done'], named: { reason: 'x' }, carried: {} },
  ],
  ['status', { detail: true, run: 'eden-1' }, { words: ['detail'], named: {}, carried: { run: 'eden-1' } }],
  ['status', { detail: 'false', run: null }, { words: [], named: {}, carried: {} }],
  ['halt', { lift: '', reason: 'x' }, { words: ['lift'], named: { reason: 'x' }, carried: {} }],
  ['schedule', { withdraw: 3 }, { words: ['withdraw', '3'], named: {}, carried: {} }],
  [
    'recovery',
    { done: 3, reason: 'x', run: 'eden-1' },
    { words: ['done', '3'], named: { reason: 'x', run: 'eden-1' }, carried: {} },
  ],
  ['recovery', { return: true, at: 'none' }, { words: ['return'], named: { at: 'none' }, carried: {} }],
  [
    'recovery',
    { add: 'x', done: '3' },
    { why: 'recovery takes only one of add, set, done, reopen, return. Nothing was done.' },
  ],
  ['note', { text: 'to: x' }, { words: [], named: {}, carried: { text: 'to: x' } }],
  [
    'mark',
    { as: 'maybe', reason: 'x', step: 's' },
    { why: '“maybe” is not what as may be: done or not-done. Nothing was done.' },
  ],
  ['status', { detail: 'yes' }, { why: 'detail is true or false, and it was "yes". Nothing was done.' }],
  ['history', { all: true }, { why: '“all” is nothing history takes. It takes nothing. Nothing was done.' }],
  ['schedule', { region: 'a', withdraw: 3 }, { why: 'schedule takes only one of region, withdraw. Nothing was done.' }],
  ['note', {}, { why: 'note needs text: the line that is written down. Nothing was done.' }],
])('%s %j', (name, values, result) => {
  expect(from(name, values)).toEqual(result);
});

it('whatever is given, it is taken or a sentence says why not', () => {
  fc.assert(
    fc.property(fc.constantFrom(...COMMANDS), fc.dictionary(fc.string(), fc.jsonValue()), (command, values) => {
      const read = fromValues(command, values);
      if ('why' in read) expect(read.why).toMatch(/Nothing was done\.$/);
      else expect(read.words.length).toBeLessThanOrEqual(command.words ?? 2);
    }),
  );
});
