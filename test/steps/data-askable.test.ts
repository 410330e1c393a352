/** The queries about the data are tried in both regions before anybody waits for them. */
import { describe, expect, it } from 'vitest';
import { IntegrationError } from '../../src/lib/errors.ts';
import { QUERY_REFUSED } from '../../src/ports/database.ts';
import { dataAskable } from '../../src/steps/data-askable.ts';
import { stage, wordsOf } from './stage.ts';

const consistency = [{ name: 'tasks', query: 'SELECT count(*) FROM tasks' }];

describe('the queries about the data', () => {
  it('are asked in both regions', async () => {
    const here = await stage(undefined, { consistency });
    const asked: string[] = [];
    const { read } = here.ports.database;
    here.ports.database.read = async (region, queries, signal) => {
      asked.push(`${region} ${queries.join()}`);
      return await read(region, queries, signal);
    };
    expect(wordsOf(await here.check(dataAskable))).toBe('done: 1 query answered in both regions');
    expect(asked).toEqual(['east SELECT count(*) FROM tasks', 'west SELECT count(*) FROM tasks']);
  });

  it('hold at once, with the region named, where one is refused', async () => {
    const here = await stage(undefined, { consistency });
    const { read } = here.ports.database;
    here.ports.database.read = async (region, queries, signal) => {
      if (region === 'east') return await read(region, queries, signal);
      throw new IntegrationError('“tasks” is refused: permission denied for table tasks.', {
        code: QUERY_REFUSED,
        system: 'postgres',
        operation: 'read',
        effect: 'none',
      });
    };
    const answer = await here.check(dataAskable);
    expect(wordsOf(answer)).toBe('notDone: west: “tasks” is refused: permission denied for table tasks.');
    expect(answer).toMatchObject({ final: true });
  });

  it('are left out of the plan where there are none', () => {
    expect(dataAskable.when!({ consistency: [] } as never)).toBe(false);
  });
});
