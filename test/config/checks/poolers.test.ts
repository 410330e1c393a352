/** Poolers: long and short form, and times that leave something of each other. */
import { expect, it } from 'vitest';
import { systemOf } from '../../../src/app/system.ts';
import { configWith, env, problemsWith } from '../helpers.ts';

const east = (poolers: string) => `regions: { east: { postgres: { poolers: ${poolers} } } }`;
const POOLER = 'postgres://regent:hunter2@pool.example.com/pgbouncer';
const given = (over: string) => configWith({ over, env: { ...env, POOLER } });

it('each is written by its address alone, or with its databases; steps know it by host and port, and no secret', () => {
  const config = given(east('[env:POOLER]'));
  expect(config.regions['east']!.postgres!.poolers).toEqual([{ url: POOLER }]);
  expect(systemOf(config).poolers).toEqual({
    pauseMs: 30_000,
    waitMs: 10_000,
    of: { east: ['pool.example.com:6432'], west: [] },
  });
  const named = given(east('[{ url: env:POOLER, databases: [eden] }]'));
  expect(named.regions['east']!.postgres!.poolers).toEqual([{ url: POOLER, databases: ['eden'] }]);
  expect(systemOf(given('poolers: { pause: 20s }')).poolers).toBeUndefined();
});

it('one that stands in two regions is one pooler, and is written alike', () => {
  const both = (one: string, other: string) =>
    `regions: { east: { postgres: { poolers: [${one}] } }, west: { postgres: { poolers: [${other}] } } }`;
  const more = { env: { POOLER } };
  expect(problemsWith(both('env:POOLER', '{ url: env:POOLER }'), more)).toEqual([]);
  expect(problemsWith(both('env:POOLER', '{ url: env:POOLER, databases: [eden] }'), more)).toEqual([
    'regions.west.postgres.poolers[0]: stands in regions.east with all its databases. It is one pooler: name the same databases in both.',
  ]);
});

it.each([
  ['poolers: { wait: 25s }', ['poolers.wait: is too long: at most 20s.']],
  [
    'poolers: { pause: 10s }',
    ['poolers.wait: "10s" leaves nothing of poolers.pause, "10s". Make wait shorter, or pause longer.'],
  ],
  [east('[]'), 1],
  [east('["postgres://regent:hunter2@pool/pgbouncer"]'), 1],
])('%s', (over, lines) => {
  const problems = problemsWith(over);
  if (typeof lines === 'number') expect(problems).toHaveLength(lines);
  else expect(problems).toEqual(lines);
  expect(problems.join()).not.toContain('hunter2');
});
