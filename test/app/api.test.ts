/** The API out of a configuration: ids for names, and readiness asked of the journal itself. */
import { expect, it } from 'vitest';
import { apiOf, timed } from '../../src/app/api.ts';
import { api as apiSchema } from '../../src/config/api.ts';
import { tokensApart } from '../../src/config/checks/api.ts';
import { sqliteJournal } from '../../src/integrations/sqlite-journal/journal.ts';
import { Ledger } from '../../src/runner/ledger.ts';
import { handClock } from '../support/hand-clock.ts';

const SHA = 'ab'.repeat(32);
const written = { tokens: [{ name: 'ci', person: 'user:U01', sha256: SHA, groups: ['group:sre'] }] };
const tools = { read: () => ({ value: '' }), absolute: (_: unknown, name: string) => name };
const log = { info: () => {}, warn: () => {} };

async function world() {
  const clock = handClock();
  const raw = sqliteJournal({ path: ':memory:' });
  const { journal, lastWriteAt } = timed(raw, clock.now);
  const ledger = new Ledger(journal, clock);
  const options = apiOf(
    { groups: { sre: 'S01' }, api: apiSchema.parse(written) },
    {
      dispatch: async () => ({ kind: 'none' }),
      journal: raw,
      ledger,
      lastWriteAt,
      chatAnswers: () => false,
      now: clock.now,
      log,
    },
  );
  return { clock, raw, journal, ledger, options };
}

it('has ids where the file has names', async () => {
  const { options } = await world();
  expect(options).toMatchObject({
    listen: { host: '127.0.0.1', port: 8080 },
    tokens: [{ name: 'ci', person: 'U01', sha256: SHA, groups: ['group:S01'] }],
    names: { S01: 'group:sre' },
  });
});

it('is ready while it leads, and asking is no writing', async () => {
  const { clock, raw, ledger, options } = await world();
  expect(await options.ready()).toEqual({ leads: false, chat: 'not connected', lastWriteAt: null });
  await ledger.open('one');
  const at = clock.now();
  await clock.advance(5000);
  expect(await options.ready()).toEqual({ leads: true, chat: 'not connected', lastWriteAt: at });
  await raw.claim('another');
  expect((await options.ready()).leads).toBe(false);
  await raw.close();
  await expect(options.ready()).rejects.toThrow();
});

it('what is refused in the file says why', () => {
  const file = {
    groups: { sre: 'S01' },
    api: {
      tokens: [
        { name: 'ci', sha256: SHA, groups: ['group:sre'] },
        { name: 'ci', sha256: 'cd', groups: ['group:ser'] },
        { name: 'b', sha256: SHA },
      ],
    },
  };
  expect(tokensApart(file, tools).map(({ path, sentence }) => `${path.join('.')}: ${sentence}`)).toEqual([
    'api.tokens.1.name: tokens[0] has this name already. Name each differently: the journal tells them apart by it.',
    'api.tokens.2.sha256: this is the token of tokens[0] too. Make one for each person: dr token user:ID.',
    'api.tokens.1.groups.0: "group:ser" names no group of this file. Did you mean group:sre? Add it under groups with its Slack id, or name another.',
  ]);
  expect(tokensApart({}, tools)).toEqual([]);
  for (const wrong of [{ person: 'group:sre' }, { sha256: 'dr_secret' }, { name: 'C I' }, { groups: ['user:U01'] }])
    expect(apiSchema.safeParse({ tokens: [{ ...written.tokens[0], ...wrong }] }).success, JSON.stringify(wrong)).toBe(
      false,
    );
});
