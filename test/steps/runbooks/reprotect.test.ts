/** A region that was left becomes a standby again: what it holds decides the way, and nothing is thrown away unseen. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { Json } from '../../../src/lib/json.ts';
import { REPROTECT, type Strategy } from '../../../src/machine/types.ts';
import { keepDiverged } from '../../../src/steps/keep-diverged.ts';
import { makeStandby } from '../../../src/steps/make-standby.ts';
import { openForStandby } from '../../../src/steps/open-for-standby.ts';
import { makePlan } from '../../../src/steps/planning.ts';
import { redisFollows } from '../../../src/steps/redis-follows.ts';
import { reprotect } from '../../../src/steps/runbooks/reprotect.ts';
import { standbyFollows } from '../../../src/steps/standby-follows.ts';
import { standbyLook } from '../../../src/steps/standby-look.ts';
import { startStandby } from '../../../src/steps/start-standby.ts';
import { nodesFor, type StepFacts } from '../../../src/steps/step.ts';
import { stopForStandby } from '../../../src/steps/stop-for-standby.ts';
import { type Stage, stage, wordsOf } from '../stage.ts';

let here: Stage;
let facts: Partial<StepFacts>;
let hash: string;
/** East was left and is down; west serves on timeline 2. */
async function left(strategy: Strategy = 'auto', wished: Strategy | null = null) {
  here = await stage();
  here.system.regions['east']!.reprotect = {
    exec: ['./standby.sh', '{verb}', '--region={source}', '--primary={targetAlias}', '--tables={tables}'],
    strategy,
    timeoutMs: 1000,
  };
  // As the providers do.
  const { plan: planned } = here.ports.dns;
  here.ports.dns.plan = async (wanted, signal) => {
    if (wanted.length === 0) throw new Error('an empty change is refused');
    return await planned(wanted, signal);
  };
  const { east, west } = here.state.servers;
  east!.down = true;
  Object.assign(west!, { role: 'primary', timeline: 2, streamingFrom: null, standbys: [] });
  here.state.workloads['east']!['postgres'] = { ...here.state.workloads['east']!['postgres']!, wanted: 0, pods: 0 };
  const nodes = nodesFor(reprotect, here.system, 'east', 'west');
  const asked = {
    runbook: REPROTECT,
    mode: 'planned' as const,
    source: 'east',
    target: 'west',
    nodes,
    strategy: wished,
  };
  const plan = await makePlan(asked, here.system, here.ports, new AbortController().signal);
  facts = { values: plan.values };
  hash = plan.hash;
}
const says = (report: object) => {
  here.state.hook = {
    ok: true,
    status: 0,
    report: {
      state: 'stopped',
      marked: false,
      follows: false,
      why: 'it wrote on',
      rewind: false,
      divergedBytes: 4096,
      bytes: 1e6,
      ...report,
    },
    output: '',
  };
};
const keeps = (report: { [key: string]: Json }) => {
  here.state.jobs['eden-1:keep-diverged:1'] = { is: 'ended', status: 0, tookMs: 5, report, output: '' };
};
async function looked(report: object) {
  says(report);
  const answer = await here.check(standbyLook, facts);
  here.left.evidence['standby-look'] = answer.evidence;
  return wordsOf(answer);
}
beforeEach(() => left());

it('is planned without a record, without asking the region that is down, and with one call a verb', async () => {
  expect(facts.values!.dns).toEqual([]);
  expect(facts.values!.scripts['reprotect:copy']).toEqual({
    does: { exec: ['./standby.sh', 'copy', '--region=east', '--primary=secondary', '--tables='] },
    check: null,
    undo: null,
  });
});

describe('the way', () => {
  it('is the cheapest that what was found allows', async () => {
    expect(await looked({ follows: true, divergedBytes: 0 })).toBe(
      'done: it can follow as it is: nothing is thrown away',
    );
    expect(await looked({ rewind: true })).toBe(
      'done: it wrote on: rewound to where the histories part, 4.1 kB of log that only it has is kept first',
    );
    expect(await looked({})).toBe(
      'done: it wrote on: a new copy in place of 1.0 MB, 4.1 kB of log that only it has is kept first',
    );
    expect(await looked({ state: 'starting' })).toMatch(/^notDone: Postgres in east is starting/);
    expect(await looked({ follows: 'perhaps' })).toBe('unknown: its program did not say in what state it is');
    here.state.hook = { ok: false, status: 2, report: null, output: 'no primary' };
    expect(wordsOf(await here.check(standbyLook, facts))).toMatch(/^unknown: .*ended with 2: no primary/);
  });
  it('is the configured one, and where that does not fit it says so at once', async () => {
    await left('rejoin');
    expect(await looked({})).toMatch(/^notDone: it cannot follow as it is: it wrote on\. Strategy rejoin/);
    await left('rewind');
    expect(await looked({})).toMatch(/^notDone: it cannot be rewound here/);
    await left('copy');
    expect(await looked({ follows: true })).toMatch(/^done: .*a new copy/);
  });
  it('is the one that was asked for, which is part of what is approved', async () => {
    await left('copy', 'rewind');
    expect(facts.values!.strategy).toBe('rewind');
    expect(await looked({ rewind: true })).toMatch(/rewound/);
    const asRewind = hash;
    await left('copy');
    expect(facts.values!.strategy).toBe('copy');
    expect(hash).not.toBe(asRewind);
    // Plans of earlier versions do not say it.
    const { strategy: _, ...values } = facts.values!;
    facts = { values };
    expect(await looked({ rewind: true })).toMatch(/a new copy/);
  });
  it('is none where it streams, on the timeline of the one that serves', async () => {
    Object.assign(here.state.servers['east']!, {
      down: false,
      role: 'standby',
      streamingFrom: 'west:5432',
      timeline: 1,
    });
    expect(await looked({})).toMatch(/a new copy/);
    here.state.servers['east']!.timeline = 2;
    expect(await looked({})).toBe('done: it streams already');
    for (const step of [stopForStandby, keepDiverged, makeStandby, startStandby])
      expect(wordsOf(await here.check(step, facts))).toBe('done: it streams already');
  });
});

describe('on the way', () => {
  it('the server is stopped by its fence, and an abort leaves it so', async () => {
    await looked({});
    here.state.workloads['east']!['postgres']!.wanted = 1;
    expect(wordsOf(await here.check(stopForStandby, facts))).toBe('notDone: StatefulSet postgres 1 → 0');
    await here.run(stopForStandby);
    expect(wordsOf(await here.check(stopForStandby, facts))).toMatch(/^done: StatefulSet postgres at 0/);
    expect(await here.undo(stopForStandby)).toEqual({ kept: true });
  });
  it('what only it holds is kept where something is thrown away, and only there', async () => {
    await looked({ follows: true });
    expect(wordsOf(await here.check(keepDiverged, facts))).toMatch(/^done: it wrote nothing of its own/);
    await looked({});
    expect(wordsOf(await here.check(keepDiverged, facts))).toMatch(/^notDone: run \.\/standby\.sh keep/);
    keeps({ kept: '/data.kept/eden-1', bytes: 4096, summary: 'it is kept' });
    expect(await here.check(keepDiverged, facts)).toEqual({
      is: 'done',
      summary: 'what only east has is not counted; kept in /data.kept/eden-1',
      evidence: {
        kept: '/data.kept/eden-1',
        files: 0,
        bytes: 4096,
        forkLsn: null,
        transactions: null,
        tables: null,
        why: null,
      },
    });
    keeps({ bytes: 4096 });
    expect(await here.check(keepDiverged, facts)).toMatchObject({ is: 'notDone', final: true });
    here.state.jobs['eden-1:keep-diverged:1'] = { is: 'ended', status: 1, tookMs: 5, report: null, output: 'no room' };
    expect(await here.check(keepDiverged, facts)).toMatchObject({ is: 'notDone', final: true });
  });
  it('what is to be listed is asked for by name, counted, and held over where it is not', async () => {
    here.system.reconcile = ['tasks', 'jobs'];
    await looked({});
    const kept = { kept: '/data.kept/eden-1', bytes: 4096, transactions: { count: 3, firstAt: 1000, lastAt: 2000 } };
    const tasks = { table: 'tasks', key: ['id'], rows: 12, file: '/data.kept/eden-1/rows/tasks.csv' };
    keeps({ ...kept, tables: [tasks], why: 'rows are not listed: jobs: it has no primary key' });
    const held = await here.check(keepDiverged, facts);
    expect(wordsOf(held)).toBe(
      'notDone: the rows of jobs that only east has are not listed: rows are not listed: jobs: it has no primary key; kept in /data.kept/eden-1',
    );
    expect(held).toMatchObject({ final: true, evidence: { kept: '/data.kept/eden-1', tables: [tasks] } });
    keeps(kept);
    expect(wordsOf(await here.check(keepDiverged, facts))).toContain('its program did not say why');
    keeps({ ...kept, tables: [tasks, { ...tasks, table: 'jobs', rows: 0 }] });
    expect(wordsOf(await here.check(keepDiverged, facts))).toBe(
      'done: 12 rows of tasks and 3 transactions (00:00:01–00:00:02 UTC) only east has; kept in /data.kept/eden-1',
    );
  });
  it('it is made a standby by the verb of the way, and not before anybody has looked', async () => {
    expect(await here.check(makeStandby, facts)).toMatchObject({ is: 'unknown', final: true });
    await looked({});
    expect(wordsOf(await here.check(makeStandby, facts))).toMatch(/run \.\/standby\.sh copy/);
  });
  it('it is started only where it is marked as a standby', async () => {
    await looked({});
    expect(await here.check(startStandby, facts)).toMatchObject({ is: 'notDone', final: true });
    await expect(startStandby.run!({ ...here.handed, ...facts })).rejects.toThrow('not seen to be marked');
    expect(here.state.workloads['east']!['postgres']!.wanted).toBe(0);
    says({ marked: true });
    expect(wordsOf(await here.check(startStandby, facts))).toBe('notDone: StatefulSet postgres 0 → 1');
    await startStandby.run!({ ...here.handed, ...facts });
    expect((await here.check(startStandby, facts)).is).toBe('done');
  });
  it('what a standby cannot run behind is lifted, and nothing else', async () => {
    await here.ports.cluster.denyTraffic('east', 'regent-fence', true, new AbortController().signal);
    expect(wordsOf(await here.check(openForStandby, facts))).toBe('notDone: lift: NetworkPolicy regent-fence');
    expect(await here.run(openForStandby)).toEqual({ lifted: ['NetworkPolicy regent-fence'] });
    expect((await here.check(openForStandby, facts)).is).toBe('done');
  });
});

describe('it follows', () => {
  const ready = () =>
    Object.assign(here.state.servers['east']!, {
      down: false,
      role: 'standby',
      streamingFrom: 'west:5432',
      timeline: 2,
      lsn: here.state.servers['west']!.lsn,
    });
  const sees = (slot: string | null) => {
    here.state.servers['west']!.standbys = [{ address: 'east', state: 'streaming', replayLsn: null, slot }];
  };
  it('once both sides say so, on one timeline, with a slot and nothing behind', async () => {
    ready();
    expect(wordsOf(await here.check(standbyFollows, facts))).toBe('notDone: west sees no standby that streams');
    sees(null);
    expect(wordsOf(await here.check(standbyFollows, facts))).toBe('notDone: west keeps no slot for it');
    sees('of_east');
    expect(wordsOf(await here.check(standbyFollows, facts))).toBe(
      'done: east streams from west on timeline 2, nothing behind',
    );
    here.state.servers['west']!.lsn = '0/9000000';
    expect(wordsOf(await here.check(standbyFollows, facts))).toMatch(/bytes behind$/);
    here.state.servers['east']!.timeline = 1;
    expect(wordsOf(await here.check(standbyFollows, facts))).toBe('notDone: east is on timeline 1, west on 2');
  });
  it('Redis too: a second master is made a replica, and the Sentinels must agree', async () => {
    const { east, west } = here.state.cache;
    Object.assign(west!, { role: 'master', follows: null, linkUp: null });
    expect(wordsOf(await here.check(redisFollows, facts))).toBe('notDone: east: master → replica of west');
    Object.assign(east!, { role: 'replica', follows: 'west:6379', linkUp: true });
    expect(wordsOf(await here.check(redisFollows, facts))).toMatch(/^unknown: .*the Sentinels name east:6379/);
    here.state.sentinels!.master = 'west:6379';
    expect(wordsOf(await here.check(redisFollows, facts))).toBe('done: east follows west, the Sentinels agree');
  });
});
