/** What is not let pass about Redis: more than one that takes writes, or a demotion that was somebody else's. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { type RedisReport, redisProblems } from '../../../lab/scenarios/redis-report.ts';
import { demotedBy, oneMaster, type RedisNodeSeen, redisPromotions } from '../../../lab/world/redis-witness.ts';
import type { World } from '../../../lab/world/world.ts';

const node = (region: string, role: RedisNodeSeen['role'], writable = role === 'master'): RedisNodeSeen => ({
  region,
  role,
  writable,
});
const report = (nodes: RedisNodeSeen[], by: string | null = 'regent'): RedisReport => ({
  by: 'sentinel',
  master: oneMaster(nodes),
  nodes,
  demotedBy: by,
});

describe('one master', () => {
  test.each([
    ['one that says so and takes a write', [node('east', 'replica'), node('west', 'master')], 'west'],
    ['with the other one down', [node('east', 'down'), node('west', 'master')], 'west'],
    ['two', [node('east', 'master'), node('west', 'master')], null],
    ['a replica that takes writes', [node('east', 'replica', true), node('west', 'master')], null],
    ['a second one that takes none', [node('east', 'master', false), node('west', 'master')], null],
    ['one that takes none', [node('east', 'replica'), node('west', 'master', false)], null],
    ['none', [node('east', 'down'), node('west', 'replica')], null],
    ['no Redis', null, null],
  ])('%s', (_, nodes, master) => {
    expect(oneMaster(nodes)).toBe(master);
  });
});

describe('problems', () => {
  const good = [node('east', 'replica'), node('west', 'master')];
  test('none where it is as it must be, or there is no Redis', () => {
    expect(redisProblems(report(good), 'east', 'west')).toEqual([]);
    expect(redisProblems(report([node('east', 'down'), node('west', 'master')], null), 'east', 'west')).toEqual([]);
    expect(redisProblems(null, 'east', 'west')).toEqual([]);
  });
  test('a second one that takes writes is named', () => {
    expect(redisProblems(report([node('east', 'master'), node('west', 'master')]), 'east', 'west')).toEqual([
      'Redis in west is not the one that takes writes: east says master and takes a write, west says master and takes a write',
    ]);
  });
  test('a demotion that was left to the Sentinels counts as none of ours', () => {
    expect(redisProblems(report(good, 'sentinel'), 'east', 'west')).toEqual([
      'Redis in east was made a replica by sentinel, not by Regent',
    ]);
  });
});

describe('who demoted a node, by its log', () => {
  const dir = mkdtempSync(join(tmpdir(), 'lab-log-'));
  afterAll(() => rmSync(dir, { recursive: true }));
  const world = (...lines: string[]) => {
    mkdirSync(join(dir, 'redis', 'east'), { recursive: true });
    writeFileSync(join(dir, 'redis', 'east', 'redis.log'), `${lines.join('\n')}\n`);
    return { dir, redis: {}, regions: ['east'] } as unknown as World;
  };
  const said = (name: string) =>
    `5:S 21 Nov 2026 12:55:18.226 * REPLICAOF 127.0.0.1:1 enabled (user request from 'id=14 addr=127.0.0.1:5 laddr=127.0.0.1:2 fd=7 name=${name} age=0 cmd=replicaof')`;
  const promoted = "5:M 21 Nov 2026 12:55:18.220 * MASTER MODE enabled (user request from 'id=8 name=regent')";

  test.each([
    ['Regent', [said('regent')], 'regent'],
    ['Regent, by FAILOVER TO', ['5:M 21 Nov 2026 12:55:45.978 * FAILOVER requested to 127.0.0.1:1.'], 'regent'],
    ['a Sentinel', [said('sentinel-b6139970-cmd')], 'sentinel'],
    ['the last one counts', [said('regent'), said('sentinel-b6139970-cmd')], 'sentinel'],
    ['somebody without a name', [said('')], 'somebody'],
    ['a master again', [said('regent'), promoted], null],
    ['nobody', ['5:M 21 Nov 2026 12:55:18.220 * Ready to accept connections'], null],
  ])('%s', (_, lines, by) => {
    expect(demotedBy(world(...lines), 'east')).toBe(by);
  });
  test('promotions are counted over all nodes', () => {
    expect(redisPromotions(world(promoted, said('regent'), promoted))).toBe(2);
  });
});
