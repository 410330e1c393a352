/** Who a program acts for: the chat's word while it has one, the token's only when it has none. */
import { expect, it } from 'vitest';
import { callers } from '../../src/commands/caller.ts';
import { IntegrationError } from '../../src/lib/errors.ts';
import type { Call, Person } from '../../src/ports/chat.ts';

const slack = (code: string) =>
  new IntegrationError(`Slack answered ${code}.`, { code: `slack_${code}`, system: 'slack', operation: 'users.info' });
const call: Call = {
  kind: 'call',
  command: 'status',
  values: {},
  person: 'U1',
  delivery: 'd',
  token: { name: 'ci', groups: ['group:S1', 'group:S9'] },
};
type Answers = { person?: Error | Person['kind']; S1?: Error | string[]; S2?: Error | string[] };

function asker({ person = 'member', S1 = [], S2 = [] }: Answers) {
  const groups: Record<string, Error | string[]> = { S1, S2 };
  return callers(
    {
      chat: {
        person: async (id) => {
          if (person instanceof Error) throw person;
          return { id, name: id, kind: person };
        },
        membersOf: async (group) => {
          const members = groups[group]!;
          if (members instanceof Error) throw members;
          return members;
        },
      },
      groups: ['group:S1', 'group:S2'],
      stop: new AbortController().signal,
    },
    () => 0,
  );
}
const actor = (groups: string[], kind: Person['kind'] = 'member') => ({ id: 'U1', kind, groups });

it.each<[Answers, object]>([
  [{ S2: ['U1'] }, { actor: actor(['group:S2']), unasked: null }],
  [{ person: 'deactivated' }, { actor: actor([], 'deactivated'), unasked: null }],
  [{ person: slack('unreachable') }, { actor: actor([]), unasked: 'Slack answered unreachable.' }],
  [
    { S1: slack('http_503'), S2: ['U1'] },
    { actor: actor(['group:S1', 'group:S2']), unasked: 'Slack answered http_503.' },
  ],
  [{ S2: slack('ratelimited') }, { actor: actor([]), unasked: 'Slack answered ratelimited.' }],
  // It was asked, and there is no such group: nobody is in it.
  [{ S1: slack('no_such_subteam') }, { actor: actor([]), unasked: null }],
  [{ S1: new Error('a bug') }, { actor: actor([]), unasked: null }],
])('%j', async (answers, caller) => {
  expect(await asker(answers)(call)).toEqual(caller);
});

it.each(['user_not_found', 'user_not_visible'])('nobody, when the chat says so: %s', async (code) => {
  expect(await asker({ person: slack(code) })(call)).toContain('The chat knows nobody called U1');
});

it('nobody, when something else is broken', async () => {
  await expect(asker({ person: new Error('a bug') })(call)).rejects.toThrow('a bug');
});

it('a chat that was away lately is waited for less, and for as long as ever once it answers', async () => {
  let now = 0;
  let away = true;
  const limits: number[] = [];
  const chat = {
    person: async (id: string): Promise<Person> => {
      if (away) throw slack('unreachable');
      return { id, name: id, kind: 'member' };
    },
    membersOf: async () => [],
  };
  const stop = new AbortController().signal;
  const ask = callers(
    { chat, groups: [], stop },
    () => now,
    (ms) => {
      limits.push(ms);
      return stop;
    },
  );
  for (const isAway of [true, true, false, false, true]) {
    away = isAway;
    await ask(call);
  }
  now = 30_000;
  await ask(call);
  expect(limits).toEqual([3000, 300, 300, 3000, 3000, 3000]);
});
