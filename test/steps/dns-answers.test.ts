/** What clients are told, by every server they may ask. */
import { expect, it } from 'vitest';
import { dnsAnswers } from '../../src/steps/dns-answers.ts';
import { switchDns } from '../../src/steps/switch-dns.ts';
import { stage, wordsOf } from './stage.ts';

const switched = async () => {
  const here = await stage();
  await here.does(switchDns);
  return here;
};

it('is done when every authority and resolver answers the new values', async () => {
  const answer = await (await switched()).check(dnsAnswers);
  expect(wordsOf(answer)).toBe('done: 2 records the same at 2 servers');
  expect(answer.evidence).toEqual({ servers: ['ns-1', '192.0.2.53'], records: 2, old: [], silent: [] });
});

it('is not done while a resolver keeps the old answer, and says which', async () => {
  const here = await switched();
  here.state.stale = { '192.0.2.53': { values: ['192.0.2.1'] } };
  expect(wordsOf(await here.check(dnsAnswers))).toBe(
    'notDone: still old: api.example.com at 192.0.2.53: 192.0.2.1, task.example.com at 192.0.2.53: 192.0.2.1',
  );
});

it('is not done where a name has gone', async () => {
  const here = await switched();
  here.state.stale = { '192.0.2.53': { values: [] } };
  expect(wordsOf(await here.check(dnsAnswers))).toContain('api.example.com at 192.0.2.53: nothing');
});

it('is unknown where a server is silent; an old answer beside it is the surer word', async () => {
  const here = await switched();
  here.state.stale = { '192.0.2.53': { values: [], error: 'timed out' } };
  expect(wordsOf(await here.check(dnsAnswers))).toBe('unknown: no answer: 192.0.2.53: timed out');
  here.state.stale['ns-1'] = { values: ['192.0.2.1'] };
  expect((await here.check(dnsAnswers)).is).toBe('notDone');
});

it('is unknown where nobody was asked', async () => {
  const here = await switched();
  here.state.servers53 = [];
  expect(wordsOf(await here.check(dnsAnswers))).toBe('unknown: no name server was asked');
});

it('names at most twenty that are old', async () => {
  const here = await switched();
  here.state.servers53 = Array.from({ length: 30 }, (_, index) => `r${index}:resolver`);
  here.state.stale = Object.fromEntries(here.state.servers53.map((name) => [name.split(':')[0]!, { values: [] }]));
  expect((await here.check(dnsAnswers)).evidence['old']).toHaveLength(20);
});
