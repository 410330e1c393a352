import { expect, test } from 'vitest';
import { summary } from '../../../src/integrations/redis/sentinels.ts';

const says = (master: string | null, quorum = true) => ({
  endpoint: { title: 'Sentinel', url: 'redis://10.0.0.9:26379' },
  master,
  quorum,
});

test('the master is whom more than half of the answering Sentinels name', () => {
  expect(summary([says('a:1'), says('a:1'), says('b:1')])).toEqual({
    master: 'a:1',
    answered: 3,
    asked: 3,
    quorum: true,
  });
  expect(summary([says('a:1'), says('b:1'), null])).toMatchObject({ master: null, answered: 2, asked: 3 });
  expect(summary([null, null, says('a:1')])).toMatchObject({ master: 'a:1', answered: 1, asked: 3 });
});

test('no answer is no master and no quorum', () => {
  expect(summary([null, null, null])).toEqual({ master: null, answered: 0, asked: 3, quorum: false });
  expect(summary([says(null), says(null)])).toMatchObject({ master: null, quorum: false });
});

test('quorum is not believed of a Sentinel that names another master', () => {
  expect(summary([says('a:1', false), says('a:1', false), says('b:1', true)])).toMatchObject({
    master: 'a:1',
    quorum: false,
  });
});
