import { expect, it } from 'vitest';
import { configWith, EYE, env, problemsWith } from '../helpers.ts';

const REDIS = 'regions: { east: { redis: { url: env:R1 } }, west: { redis: { url: env:R2 } } }';
const redisEnv = { R1: 'redis://one', R2: 'rediss://two:6379' };

it.each([
  [
    'regions: { west: { role: primary } }',
    [
      'regions.west.role: a second primary beside east. Exactly one region is primary: write role: secondary for the other.',
    ],
  ],
  ['regions: { east: { role: secondary } }', ['regions: no region is primary. Write role: primary for exactly one.']],
  [
    'regions: { west: null }\ndns: null',
    [
      'dns: is missing. Add it: the zones whose records move with a failover.',
      'regions: no region is secondary, so there is nowhere to go. Add one with role: secondary.',
    ],
  ],
  [
    'regions: { west: { alias: one } }',
    ['regions.west.alias: "one" is the alias of east as well. Give each region its own.'],
  ],
  [
    'regions: { west: { alias: east } }',
    ['regions.west.alias: "east" is the name of another region. Write an alias that is not.'],
  ],
  [
    'regions: { west: { kubernetes: null } }',
    ['regions.west.kubernetes: is missing: every region but a witness has it. Add kubernetes: { context: NAME }.'],
  ],
  [
    'regions: { west: { postgres: null } }',
    [
      'regions.west.postgres: is missing: every region but a witness has it. Add postgres: { url: env:NAME, fence: … }.',
    ],
  ],
  [
    `regions: { ${EYE.slice(0, -2)}, kubernetes: { context: c } } }`,
    ['regions.eye.kubernetes: a witness only looks and has none. Take this out, or write another role.'],
  ],
  [
    'regions: { west: { postgres: { url: env:PG_EAST } } }',
    [
      'regions.west.postgres.url: leads to the same server as regions.east. Each region has its own: correct one of them.',
    ],
  ],
  [
    'regions: { west: { kubernetes: { context: one } } }',
    [
      'regions.west.kubernetes.context: leads to the same cluster as regions.east. Each region has its own: correct one of them.',
    ],
  ],
  [
    'regions: { west: { redis: { url: env:R2 } } }',
    ['regions.east.redis: is missing, and west has one. Give every region but a witness a Redis, or none.'],
  ],
  [
    'redis: { pause: 5s }',
    ['redis: no region has a Redis. Add redis: { url: env:NAME } to each but a witness, or take this out.'],
  ],
  [
    `${REDIS}\nredis: { sentinels: ["s:26379"] }`,
    ['redis.master: is missing, and Sentinels are named. Add the name under which they know the master.'],
  ],
])('%s', (over, lines) => {
  expect(problemsWith(over, { env: redisEnv })).toEqual(lines);
});

it('sees one server behind two addresses', () => {
  const more = { PG_WEST: env.PG_EAST.replace('regent:', 'other:').replace('.com/', '.com:5432/') };
  expect(problemsWith('{}', { env: more })).toEqual([
    'regions.west.postgres.url: leads to the same server as regions.east. Each region has its own: correct one of them.',
  ]);
});

it('accepts a Redis in every region, a witness with nothing but probes, and one context of two kubeconfigs', () => {
  const over = `${REDIS.slice(0, -2)}, ${EYE} }\nredis: { sentinels: ["s:26379"], master: m }`;
  const config = configWith({ over, env: redisEnv });
  expect(config.redis).toEqual({ sentinels: ['s:26379'], master: 'm', pause: 10_000 });
  expect(Object.keys(config.regions['eye']!).sort()).toEqual(['alias', 'probes', 'role']);
  configWith({ over: 'regions: { west: { kubernetes: { context: one, kubeconfig: west } } }' });
});
