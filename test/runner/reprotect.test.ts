/** A region becomes a standby again, over the world in memory: by the way that was asked for, and not past what is not listed. */
import { beforeEach, expect, it } from 'vitest';
import type { Json } from '../../src/lib/json.ts';
import { Engine } from '../../src/runner/engine.ts';
import { reprotect } from '../../src/steps/runbooks/reprotect.ts';
import { stepsOf } from '../../src/steps/step.ts';
import { type Bench, bench, said } from '../commands/bench.ts';

let here: Bench;
/** Lets the engine do all that is due, until it waits for people or is over. */
const goOn = async () => {
  for (let turns = 0; turns < 40; turns += 1) await here.clock.advance(500);
};
const ends = (verb: string, step: string, report: { [key: string]: Json }) => {
  here.state.jobs[`eden-1:${step}:1`] = { is: 'ended', status: 0, tookMs: 5, report: { ...report, verb }, output: '' };
};

beforeEach(async () => {
  here = await bench();
  here.system.regions['west']!.reprotect = { exec: ['./standby.sh', '{verb}'], strategy: 'auto', timeoutMs: 1000 };
  here.system.reconcile = ['tasks'];
  Object.assign(here.state.servers['west']!, { down: true, streamingFrom: null });
  here.state.workloads['west']!['postgres'] = { ...here.state.workloads['west']!['postgres']!, wanted: 0, pods: 0 };
  const look = { state: 'stopped', marked: false, follows: false, why: 'it wrote on', rewind: true, bytes: 1e6 };
  here.state.hook = { ok: true, status: 0, report: { ...look, divergedBytes: 4096 }, output: '' };
  const engine = new Engine({
    ledger: here.ledger,
    clock: here.clock,
    ports: { ...here.ports, clock: here.clock },
    system: here.system,
    steps: new Map(stepsOf(reprotect).map((step) => [step.id, step])),
    callMs: 1000,
    stop: here.stop.signal,
    runbooks: { reprotect },
    log: { info: () => {}, warn: () => {}, error: () => {} },
  });
  await engine.start();
});
const way = () => here.context().steps['standby-look']!.evidence?.['way'];
const begun = async (words = '') => {
  expect(said(await here.type('UANA', `reprotect west reason:"it is back"${words}`))).toContain('eden-1 makes west');
  await goOn();
};

it('the way that was asked for stands in the plan that is approved; else the configured one', async () => {
  await begun(' strategy:copy');
  expect([here.context().plan!.values.strategy, way()]).toEqual(['copy', 'copy']);
});

it('without one it goes by the configuration', async () => {
  await begun();
  expect([here.context().plan!.values.strategy, way()]).toEqual(['auto', 'rewind']);
});

it('is held before anything is replaced where a table is not listed; skipped by name it says where the log is', async () => {
  ends('keep', 'keep-diverged', {
    kept: '/data.kept/eden-1',
    bytes: 4096,
    tables: [],
    why: 'tasks has no primary key',
  });
  await begun();
  await here.press('UBO', 'approve:reprotect', here.card('reprotect'));
  await goOn();
  expect(here.context().holds).toMatchObject([{ kind: 'step', ref: 'keep-diverged' }]);
  expect(here.context().steps['keep-diverged']).toMatchObject({
    attempt: 1,
    why: expect.stringContaining('tasks has no primary key'),
  });
  expect(here.context().steps['make-standby']).toBeUndefined();
  await here.type('UBO', 'skip keep-diverged reason:"we read it from the log"');
  await goOn();
  expect(here.context().steps['keep-diverged']).toMatchObject({
    status: 'skipped',
    evidence: { kept: '/data.kept/eden-1', tables: [] },
  });
});
