/** The same questions on the other side: what counts as the same, and what a difference says. */
import { expect, it } from 'vitest';
import { IntegrationError } from '../../src/lib/errors.ts';
import { QUERY_REFUSED } from '../../src/ports/database.ts';
import { dataAtSource } from '../../src/steps/data-at-source.ts';
import { dataConsistent } from '../../src/steps/data-consistent.ts';
import { stage, wordsOf } from './stage.ts';
import { system } from './system.ts';

const consistency = [
  { name: 'tasks', query: 'SELECT count(*) FROM tasks' },
  { name: 'secrets', query: 'SELECT count(*) FROM secrets' },
];

/** The source has been asked, at 0/5000000; the target stands there too and gives the same answers. */
async function asked() {
  const here = await stage(undefined, { consistency });
  here.state.reads['east'] = { lsn: '0/5000000', answers: ['[{"count":"7"}]', '[{"count":"3"}]'] };
  here.state.reads['west'] = { lsn: '0/5000000', answers: ['[{"count":"7"}]', '[{"count":"3"}]'] };
  here.state.servers['west']!.lsn = '0/5000000';
  here.left.evidence['data-at-source'] = (await here.check(dataAtSource)).evidence;
  here.left.ended['data-at-source'] = 1;
  return here;
}

it('is so when every answer is the same', async () => {
  const here = await asked();
  const answer = await here.check(dataConsistent);
  expect(wordsOf(answer)).toBe('done: 2 of 2 answers the same, west holds 0/5000000');
  expect(answer.evidence).toEqual({
    sourceLsn: '0/5000000',
    targetLsn: '0/5000000',
    compared: 2,
    different: [],
    trouble: [],
  });
});

it('judges no answer before the target has replayed what the answers rest on, and waits for that', async () => {
  const here = await asked();
  here.state.reads['west'] = { lsn: '0/4FFFFFF', answers: ['[{"count":"6"}]', '[{"count":"3"}]'] };
  const answer = await here.check(dataConsistent);
  expect(wordsOf(answer)).toBe('notDone: west has replayed 0/4FFFFFF, not yet 0/5000000');
  expect(answer).not.toHaveProperty('final');
});

it('names every difference with both answers, and no waiting will mend it', async () => {
  const here = await asked();
  here.state.reads['west']!.answers = ['[{"count":"7"}]', '[{"count":"4"}]'];
  const answer = await here.check(dataConsistent);
  expect(answer).toMatchObject({
    is: 'notDone',
    final: true,
    why: 'different answers: secrets: east [{"count":"3"}], west [{"count":"4"}]',
    evidence: {
      compared: 2,
      different: [{ name: 'secrets', inSource: '[{"count":"3"}]', inTarget: '[{"count":"4"}]' }],
      trouble: ['secrets: east [{"count":"3"}], west [{"count":"4"}]'],
    },
  });
});

it('shows long answers and digests short, and compares them whole', async () => {
  const here = await asked();
  const digest = 'a'.repeat(63);
  here.left.evidence['data-at-source'] = {
    lsn: '0/5000000',
    answers: [
      { name: 'tasks', query: 'q', answer: `${'x'.repeat(200)}1` },
      { name: 'secrets', query: 'q', answer: `sha256:${digest}1` },
    ],
  };
  here.state.reads['west']!.answers = [`${'x'.repeat(200)}2`, `sha256:${digest}2`];
  expect(wordsOf(await here.check(dataConsistent))).toBe(
    `notDone: different answers: tasks: east ${'x'.repeat(80)}…, west ${'x'.repeat(80)}…; secrets: east sha256:aaaaaaaaaaaa…, west sha256:aaaaaaaaaaaa…`,
  );
});

it('asks the target what the source was asked, whatever the configuration says by now', async () => {
  const here = await asked();
  here.system.consistency = [{ name: 'other', query: 'SELECT 1' }];
  const calls: unknown[] = [];
  const real = here.ports.database.read;
  here.ports.database.read = (...call) => {
    calls.push(call.slice(0, 2));
    return real(...call);
  };
  expect((await here.check(dataConsistent)).is).toBe('done');
  expect(calls).toEqual([['west', consistency.map(({ query }) => query)]]);
});

it('says that nothing was compared where somebody went on without the answers of the source', async () => {
  const here = await asked();
  here.left.evidence['data-at-source'] = { trouble: ['The query “q” is refused.'] };
  const answer = await here.check(dataConsistent);
  expect(wordsOf(answer)).toBe('done: nothing was compared: no answers of east were kept');
  expect(answer.evidence).toMatchObject({ compared: 0, trouble: [expect.stringContaining('nothing was compared')] });
  delete here.left.evidence['data-at-source'];
  delete here.left.ended['data-at-source'];
  expect(wordsOf(await here.check(dataConsistent))).toBe('notDone: east has not been asked yet');
});

it('is for good not done over a query the target refuses; unknown while it does not answer', async () => {
  const here = await asked();
  here.ports.database.read = () =>
    Promise.reject(
      new IntegrationError('The query “q” in eden of west is refused: unlogged.', {
        code: QUERY_REFUSED,
        system: 'postgres',
        operation: 'read',
      }),
    );
  expect(await here.check(dataConsistent)).toMatchObject({ is: 'notDone', final: true });
  here.ports.database.read = () => Promise.reject(new Error('conflict with recovery'));
  await expect(here.check(dataConsistent)).rejects.toThrow('conflict');
});

it('is left out where no question is configured; skipped with a reason, it stands in nobody’s way', () => {
  expect(dataConsistent.when?.(system())).toBe(false);
  expect(dataConsistent.when?.(system(undefined, { consistency }))).toBe(true);
  expect(dataConsistent.proves).toBe(false);
});
