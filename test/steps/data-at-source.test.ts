/** What is kept of the source's answers, and questions that cannot be asked. */
import { expect, it } from 'vitest';
import { IntegrationError } from '../../src/lib/errors.ts';
import { QUERY_REFUSED } from '../../src/ports/database.ts';
import { dataAtSource } from '../../src/steps/data-at-source.ts';
import { dataConsistent } from '../../src/steps/data-consistent.ts';
import { nodesFor, type Runbook } from '../../src/steps/step.ts';
import { stage, wordsOf } from './stage.ts';
import { system } from './system.ts';

const consistency = [
  { name: 'tasks', query: 'SELECT count(*) FROM tasks' },
  { name: 'secrets', query: 'SELECT count(*) FROM secrets' },
];

it('keeps each question with its answer, and the position the answers reach', async () => {
  const here = await stage(undefined, { consistency });
  here.state.reads['east'] = { lsn: '0/5000000', answers: ['[{"count":"7"}]', '[{"count":"3"}]'] };
  const answer = await here.check(dataAtSource);
  expect(wordsOf(answer)).toBe('done: 2 answers kept, the log at 0/5000000');
  expect(answer.evidence).toEqual({
    lsn: '0/5000000',
    asked: 2,
    answers: [
      { name: 'tasks', query: 'SELECT count(*) FROM tasks', answer: '[{"count":"7"}]' },
      { name: 'secrets', query: 'SELECT count(*) FROM secrets', answer: '[{"count":"3"}]' },
    ],
  });
});

it('asks all in one call, so in one snapshot', async () => {
  const here = await stage(undefined, { consistency });
  const asked: unknown[] = [];
  const real = here.ports.database.read;
  here.ports.database.read = (...call) => {
    asked.push(call.slice(0, 2));
    return real(...call);
  };
  await here.check(dataAtSource);
  expect(asked).toEqual([['east', consistency.map(({ query }) => query)]]);
});

it('is at once and for good not done over a query that is refused, in the words that name it', async () => {
  const here = await stage(undefined, { consistency });
  here.ports.database.read = () =>
    Promise.reject(
      new IntegrationError('The query “SELECT count(*) FROM secrets” in eden of east is refused: no right.', {
        code: QUERY_REFUSED,
        system: 'postgres',
        operation: 'read',
        hint: 'It must be one SELECT.',
      }),
    );
  const why = 'The query “SELECT count(*) FROM secrets” in eden of east is refused: no right. It must be one SELECT.';
  expect(await here.check(dataAtSource)).toEqual({ is: 'notDone', why, evidence: { trouble: [why] }, final: true });
});

it('is only unknown while the source does not answer', async () => {
  const here = await stage(undefined, { consistency });
  here.state.servers['east']!.down = true;
  await expect(here.check(dataAtSource)).rejects.toThrow('does not answer');
  here.ports.database.read = () =>
    Promise.reject(
      new IntegrationError('It is shutting down.', { code: 'other', system: 'postgres', operation: 'read' }),
    );
  await expect(here.check(dataAtSource)).rejects.toThrow('shutting down');
});

it('is left out where no question is configured, and may be skipped where one is', () => {
  expect(dataAtSource.when?.(system())).toBe(false);
  expect(dataAtSource.when?.(system(undefined, { consistency }))).toBe(true);
  expect(dataAtSource.proves).toBe(false);
});

it('waits for the source to be read-only even where nothing is drained and no writer is stopped', () => {
  const readOnly = { ...dataAtSource, id: 'read-only-source', after: [] };
  const runbook: Runbook = { name: 'planned', nodes: [readOnly, dataAtSource] };
  const nodes = nodesFor(runbook, system(undefined, { consistency }), 'east', 'west');
  expect(nodes[1]).toMatchObject({ id: 'data-at-source', after: ['read-only-source'] });
});

it('asks the other side at once where SQL alone is the fence: it closes the databases there too', async () => {
  const here = await stage(
    { strategy: 'sql' },
    { consistency: [{ name: 'tasks', query: 'SELECT count(*) FROM tasks' }] },
  );
  here.state.reads['east'] = { lsn: '0/5000000', answers: ['[{"count":"7"}]'] };
  here.state.reads['west'] = { lsn: '0/5000000', answers: ['[{"count":"6"}]'] };
  here.state.servers['west']!.lsn = '0/4FFFFFF';
  expect(wordsOf(await here.check(dataAtSource))).toBe('notDone: west has replayed 0/4FFFFFF, not yet 0/5000000');
  here.state.servers['west']!.lsn = '0/5000000';
  const kept = await here.check(dataAtSource);
  expect(wordsOf(kept)).toBe('done: 1 answer kept of both regions, the log at 0/5000000');
  here.left.evidence['data-at-source'] = kept.evidence;
  here.left.ended['data-at-source'] = 1;
  here.ports.database.read = async () => {
    throw new Error('the database does not accept connections');
  };
  expect(wordsOf(await here.check(dataConsistent))).toBe(
    'notDone: different answers: tasks: east [{"count":"7"}], west [{"count":"6"}]',
  );
});
