/** Both directions are asked, each with the regions in their places. */
import { expect, it } from 'vitest';
import { networkOpen } from '../../src/steps/network-open.ts';
import { stage, wordsOf } from './stage.ts';

const byUrl = { failback: { soakMs: 0, network: { url: 'https://probe.{sourceAlias}.example/reach?to={target}' } } };
const THERE = 'https://probe.primary.example/reach?to=west';
const BACK = 'https://probe.secondary.example/reach?to=east';
const byScript = { failback: { soakMs: 0, network: { exec: ['./reach.sh', '{source}', '{target}'] } } };

it('where nobody says how, what replication shows is said, and what it does not', async () => {
  const here = await stage(undefined, { failback: { soakMs: 0, network: null } });
  expect(wordsOf(await here.check(networkOpen))).toBe(
    'done: west → east: it streams; east → west nobody asks: failback.network is not configured',
  );
  here.state.servers['west']!.streamingFrom = null;
  expect(wordsOf(await here.check(networkOpen))).toBe(
    'notDone: Postgres in west does not stream; east → west nobody asks: failback.network is not configured',
  );
});

it('is open when both directions answer 2xx', async () => {
  const here = await stage(undefined, byUrl);
  here.state.health[THERE] = { status: 200 };
  here.state.health[BACK] = { status: 204 };
  const answer = await here.check(networkOpen);
  expect(wordsOf(answer)).toBe('done: east and west reach each other');
  expect(answer.evidence).toEqual({
    there: { is: 'done', asked: THERE, status: 200 },
    back: { is: 'done', asked: BACK, status: 204 },
  });
});

it('names the direction that is closed; silence is no answer', async () => {
  const here = await stage(undefined, byUrl);
  here.state.health[THERE] = { status: 200 };
  here.state.health[BACK] = { status: 502 };
  expect(wordsOf(await here.check(networkOpen))).toBe(`notDone: west → east: ${BACK} answered 502`);
  here.state.health[BACK] = { status: null, error: 'the name does not resolve' };
  expect(wordsOf(await here.check(networkOpen))).toBe('unknown: west → east: the name does not resolve');
});

it('a script that reports is quoted by its summary', async () => {
  const here = await stage(undefined, byScript);
  here.ports.hook.run = async () => ({
    ok: false,
    status: 1,
    report: { summary: 'Redis of west: timeout' },
    output: '{…}',
  });
  expect(wordsOf(await here.check(networkOpen))).toContain('east → west: ./reach.sh says no: Redis of west: timeout');
});

it.each([
  [0, 'done: east and west reach each other'],
  [1, 'notDone: east → west: ./reach.sh says no: closed; west → east: ./reach.sh says no: closed'],
  [
    7,
    'unknown: east → west: ./reach.sh ended with status 7: closed; west → east: ./reach.sh ended with status 7: closed',
  ],
])('a script that ends with %i', async (status, words) => {
  const here = await stage(undefined, byScript);
  const asked: string[][] = [];
  here.ports.hook.run = async (call) => {
    asked.push('exec' in call ? call.exec : []);
    return { ok: status === 0, status, report: null, output: 'closed\n' };
  };
  expect(wordsOf(await here.check(networkOpen))).toBe(words);
  expect(asked).toEqual([
    ['./reach.sh', 'east', 'west'],
    ['./reach.sh', 'west', 'east'],
  ]);
});
