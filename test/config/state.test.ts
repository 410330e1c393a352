/** State that is carried, as it is written, and what is said of what is wrong with it. */
import { describe, expect, it } from 'vitest';
import { configWith, DIR, problemsWith } from './helpers.ts';

const STAGES = ['snapshot', 'transfer', 'validate', 'apply'];
const stages = (without?: string) =>
  STAGES.filter((stage) => stage !== without)
    .map((stage) => `      ${stage}: { exec: [./state.sh, ${stage}, '{run}', '{others}'] }`)
    .join('\n');
const HOOKS = 'hooks: { allow: [state.sh] }\n';
/** One source; `more` are lines of it, `of` lines beside the sources. */
const written = ({ more = stages(), of = '', hooks = HOOKS, id = 'crdt' } = {}) =>
  `${hooks}state:\n${of}  sources:\n    - id: ${id}\n      title: CRDT state\n${more}\n`;
const at = (path: string) => `state.sources[0].${path}`;

it('nothing is configured: nothing is carried', () => {
  expect(configWith().state).toBe(undefined);
});

it('what is not said is as everybody has it', () => {
  expect(configWith({ over: written() }).state).toEqual({
    timeBox: { emergency: 300_000 },
    sources: [
      {
        id: 'crdt',
        title: 'CRDT state',
        runbooks: ['planned', 'emergency', 'failback'],
        ...Object.fromEntries(
          STAGES.map((stage) => [stage, { exec: [`${DIR}/state.sh`, stage, '{run}', '{others}'] }]),
        ),
        repeat: 'once',
        timeout: 1_800_000,
      },
    ],
  });
});

it.each([
  ['100MB/s', 100e6],
  ['1.5GB/s', 1.5e9],
  ['250kB/s', 250e3],
  ['9B/s', 9],
])('a rate of %s', (rate, bytes) => {
  expect(configWith({ over: written({ of: `  rateBelow: ${rate}\n` }) }).state!.rateBelow).toBe(bytes);
});

it('an endpoint is one too', () => {
  const http = `      apply: { http: { start: 'https://x.example.com/{run}', status: 'https://x.example.com/is' } }`;
  const { sources } = configWith({ over: written({ more: `${stages('apply')}\n${http}` }) }).state!;
  expect(sources[0]!.apply).toEqual({ start: 'https://x.example.com/{run}', status: 'https://x.example.com/is' });
});

describe('one clear sentence each', () => {
  it.each([
    [
      'an unknown stage',
      written({ more: `${stages()}\n      validation: { exec: [./state.sh] }` }),
      `${at('validation')}: is not a key Regent knows. Did you mean validate? Correct it, or take it out.`,
    ],
    [
      'a stage too few',
      written({ more: stages('validate') }),
      `${at('validate')}: is missing. Add it: counts a checksum at both ends and says {"checksum": {"from": "…", "to": "…"}}. Regent compares the two: where they differ, or one is missing, it is not applied.`,
    ],
    [
      'two ways at once',
      written({
        more: `${stages('apply')}\n      apply: { exec: [./state.sh], http: { start: 'https://x.example.com', status: 'https://x.example.com' } }`,
      }),
      `${at('apply')}: exec and http both stand here. A stage is one of them.`,
    ],
    [
      'no way at all',
      written({ more: `${stages('apply')}\n      apply: {}` }),
      `${at('apply')}: neither exec nor http stands here. Say what does it.`,
    ],
    [
      'nobody can ask how it stands',
      written({ more: `${stages('apply')}\n      apply: { http: { start: 'https://x.example.com' } }` }),
      `${at('apply.http.status')}: is missing. Add it: address that is asked with ?key=…: answers {"state": "never" | "running" | "done" | "failed"}, with done, total and unit where it can.`,
    ],
    [
      'a program that may not be run',
      written({ hooks: '' }),
      ...STAGES.map(
        (stage) => `${at(stage)}.exec[0]: "./state.sh" is not in hooks.allow. Add it there if it may be run.`,
      ),
    ],
    [
      'a place nobody knows',
      written({ more: `${stages('apply')}\n      apply: { exec: [./state.sh, '{region}'] }` }),
      `${at('apply.exec[1]')}: {region} is not known here. Known are {source}, {target}, {sourceAlias}, {targetAlias}, {alias}, {others}, {run}.`,
    ],
    [
      'an id twice',
      `${written()}    - id: crdt\n      title: Other\n${stages()}\n`,
      'state.sources[1].id: "crdt" is a source already. Give it another id.',
    ],
    [
      'the id of an own step',
      `${written()}steps:\n  - { id: sync-crdt, title: Copy, phase: preparing, exec: [./state.sh] }\n`,
      `${at('id')}: it would be the step sync-crdt, and a step of yours has that id. Give one of them another.`,
    ],
    ['a bad id', written({ id: 'CRDT' }), `${at('id')}: "CRDT" is not the id of a source. Write one like crdt.`],
    [
      'a rate without a time',
      written({ of: '  rateBelow: 100MB\n' }),
      'state.rateBelow: "100MB" is not a rate. Write one like 100MB/s, with B, kB, MB or GB.',
    ],
    [
      'no rate',
      written({ of: '  rateBelow: 0MB/s\n' }),
      'state.rateBelow: 0MB/s is no rate at all. Write one like 100MB/s.',
    ],
    [
      'no time',
      written({ of: '  timeBox: { emergency: 0s }\n' }),
      'state.timeBox.emergency: 0s is no time at all. Write one like 30s or 5m.',
    ],
    [
      'nothing to carry',
      'state: { sources: [] }\n',
      'state.sources: the list is empty. Name at least one, or take the line out.',
    ],
    [
      'a run there is not',
      written({ more: `${stages()}\n      runbooks: [drill]` }),
      `${at('runbooks[0]')}: "drill" is not known here. Write planned, emergency or failback.`,
    ],
  ])('%s', (_, over, ...sentences) => {
    expect(problemsWith(over)).toEqual(sentences);
  });
});
