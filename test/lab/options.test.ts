/** What the lab is told to play, and what it says where that cannot be played. */
import { describe, expect, it } from 'vitest';
import { options, SCENARIOS, USAGE, Usage } from '../../lab/options.ts';

const given = (line: string) => options(line.split(' ').filter((word) => word !== ''));

describe('the lab’s command line', () => {
  it.each([
    ['', { pace: 10, world: 'eden', postgres: 18 }],
    ['run planned --json --pooler --redis direct', { json: true, pooler: true, redis: 'direct' }],
    ['run emergency --fault blip43', { pace: 1, blipMs: 43_000 }],
    ['run emergency --blip 90', { fault: 'blip43', blipMs: 90_000 }],
    ['run round-trip --times 3 --postgres 15', { times: 3, postgres: 15 }],
    ['run emergency-and-home --postgres 15 --strategy copy', { postgres: 15, strategy: 'copy' }],
    ['run emergency-and-home', { postgres: 15, strategy: 'rewind' }],
    ['run planned --kill 8 --seed 3', { kill: { positions: 6, seed: 3 } }],
  ])('%s', (line, expected) => {
    expect(given(line)).toMatchObject(expected);
  });

  it.each([
    ['run round-trip --pooler', '--pooler: run round-trip does not take it.'],
    ['run planned --strategy copy', '--strategy: run planned does not take it.'],
    ['--json', '--json: the lab does not take it.'],
    ['run emergency-and-home --postgres 18', '--postgres 18: run emergency-and-home needs pg_rewind'],
    ['run planned --fault nonsense', '--fault nonsense: known faults are '],
    ['run round-trip --times 21', '--times 21: give a whole number from 1 to 20.'],
    ['run planned --pace 0', '--pace 0: give a number from 1 to 60'],
    ['run planned --kill 1', '--kill 1: give 2 to 20'],
    ['run emergency --sentinel-slow --redis direct', '--sentinel-slow: with --redis direct there are no Sentinels.'],
  ])('%s: one sentence', (line, sentence) => {
    expect(() => given(line)).toThrow(Usage);
    expect(() => given(line)).toThrow(sentence);
  });

  it('says of every scenario what it takes', () => {
    for (const scenario of SCENARIOS) expect(USAGE).toContain(`npm run -s lab -- run ${scenario} [`);
  });
});
