/** Whatever becomes of a run, whom it holds back is let go: by its limit, by a halt, by its end, by the next Regent. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sqliteJournal } from '../../src/integrations/sqlite-journal/journal.ts';
import { PoolKeeper } from '../../src/monitor/pool-keeper.ts';
import { Halting } from '../../src/runner/halt.ts';
import { SYSTEM } from '../../src/runner/ledger.ts';
import { pausePools } from '../../src/steps/pause-pools.ts';
import { releasePools } from '../../src/steps/release-pools.ts';
import { defineGate, type GateDefinition } from '../../src/steps/step.ts';
import { pooled, poolerPort } from '../steps/pooling-world.ts';
import { type HandClock, handClock, settled } from '../support/hand-clock.ts';
import { type Rig, rig, scripted } from '../support/runner.ts';

const NAME = 'pool-e:6432';
const LIMIT = 30_000;
const world = () => ({ poolers: { [NAME]: pooled(['vault']) }, calls: [] as string[] });

let state: ReturnType<typeof world>;
let clock: HandClock;
let here: Rig;
let keeper: PoolKeeper;
let stop: AbortController;
const isPaused = () => state.poolers[NAME]!.databases[0]!.paused;
const letGo = () => state.calls.filter((call) => call.startsWith('resume')).length;

const keep = () => {
  stop = new AbortController();
  keeper = new PoolKeeper({
    pooler: poolerPort(state),
    system: here.system,
    runs: () => here.ledger.all().map(({ snapshot }) => snapshot.context),
    halted: () => here.ledger.halts.now !== null,
    tell: (run, text) => here.ledger.append(run, 'runner', { type: 'NOTED', by: 'runner', text }),
    note: (entry) => here.ledger.note(entry),
    rows: () => here.journal.read(SYSTEM),
    clock,
    log: { info() {}, warn() {} },
    everyMs: 1000,
    callMs: 5000,
    stop: stop.signal,
  });
  here.ledger.onAppend(() => keeper.considered());
  here.ledger.onNote(() => keeper.considered());
  return keeper.start();
};
/** A run in which something after the pause never comes to an end. */
const play = async (journal = sqliteJournal({ path: ':memory:' }), gates: GateDefinition[] = []) => {
  here = await rig({
    nodes: [
      ...gates,
      pausePools,
      scripted('fence', { phase: 'promoting', after: ['pause-pools'], answers: ['hang'], budgetMs: 600_000 }),
      releasePools,
    ],
    emergency: [defineGate({ id: 'promote', title: 'Approve', phase: 'promoting', after: [] })],
    clock,
    journal,
    ports: { pooler: poolerPort(state) },
  });
  here.system.poolers = { pauseMs: LIMIT, waitMs: 10_000, of: { east: [NAME] } };
};
const begin = async () => {
  await here.begin();
  await here.engine.start();
  await keep();
  await clock.until(isPaused);
  await clock.until(() => here.c.steps['pause-pools']?.status === 'done');
};

beforeEach(async () => {
  state = world();
  clock = handClock();
  await play();
});
afterEach(async () => {
  await here.halt();
  stop.abort();
  await keeper.stopped();
});

describe('while the run goes on', () => {
  it('they wait until the limit, and the run’s record says that they were let go', async () => {
    await begin();
    await clock.advance(LIMIT - 2000);
    expect(isPaused()).toBe(true);
    await clock.advance(3000);
    expect([isPaused(), letGo()]).toEqual([false, 1]);
    expect(await here.story()).toContain('NOTED');
    await clock.advance(60_000);
    expect(letGo()).toBe(1);
  });

  it('one that does not answer then is asked again and again, until it says so', async () => {
    await begin();
    state.poolers[NAME]!.down = true;
    await clock.advance(LIMIT + 10_000);
    expect(isPaused()).toBe(true);
    state.poolers[NAME]!.down = false;
    await clock.advance(2000);
    expect(isPaused()).toBe(false);
  });

  it('a halt lets them go at once', async () => {
    await begin();
    await new Halting(here.ledger, clock.now).halt('UANA', 'stop', 'd1');
    await clock.advance(10);
    expect(isPaused()).toBe(false);
  });

  it('people who are asked about the promotion again keep nobody waiting', async () => {
    await here.halt();
    await play(undefined, [defineGate({ id: 'promote', title: 'Approve', phase: 'promoting', after: [] })]);
    await here.begin();
    await here.engine.start();
    await keep();
    await clock.until(() => here.c.gates['promote']?.status === 'open');
    const { hash } = here.c.plan!;
    const decided = {
      type: 'GATE_DECIDED',
      gate: 'promote',
      hash,
      decision: 'approved',
      how: 'votes',
      reason: null,
    } as const;
    await here.append({ type: 'VOTED', gate: 'promote', hash, by: 'UANA', vote: 'approve', reason: null });
    await here.append(decided);
    await clock.until(() => here.c.steps['pause-pools']?.status === 'done');
    await clock.advance(1000);
    expect(isPaused()).toBe(true);
    await here.append({ type: 'GATE_REOPENED', gate: 'promote', why: 'the lag has grown' });
    await clock.advance(10);
    expect(isPaused()).toBe(false);
  });

  it('a run that goes on as an emergency lets them go: people are asked first', async () => {
    await begin();
    await here.switches();
    await clock.until(() => !isPaused(), LIMIT - 1000);
    expect(here.c.nodes.map(({ id }) => id)).toEqual(['promote', 'release-pools']);
  });

  it('an abort in the middle of the pause lets them go', async () => {
    await begin();
    await here.append({ type: 'ABORTED', by: 'UOPS', reason: 'no' });
    await clock.until(() => here.c.endedAt !== null);
    expect([here.c.end, isPaused()]).toEqual(['rolledBack', false]);
    expect(here.c.steps['pause-pools']?.evidence).toEqual({
      resumed: [{ pooler: NAME, databases: ['vault'] }],
      silent: [],
    });
  });
});

describe('whoever comes after a Regent that was killed', () => {
  const killed = async () => {
    // As a SIGKILL leaves it: nothing more is written or sent.
    await here.halt();
    stop.abort();
    await settled();
  };

  it('lets them go when their time is over', async () => {
    await begin();
    await killed();
    const { journal } = here;
    await play(journal);
    await keep();
    await clock.advance(LIMIT - 5000);
    expect(isPaused()).toBe(true);
    await clock.advance(10_000);
    expect(isPaused()).toBe(false);
  });

  it('lets them go at once where the run is over, notes it, and never touches what is paused later', async () => {
    await begin();
    state.poolers[NAME]!.down = true;
    await here.append({ type: 'TAKEN_OVER', by: 'UOPS', reason: 'ours now' });
    // The end waits for the pooler; somebody goes on without it.
    await clock.until(() => here.c.holds.length > 0);
    await here.append({ type: 'STEP_SKIPPED', step: 'release-pools', by: 'UOPS', reason: 'it is gone' });
    await clock.until(() => here.c.endedAt !== null);
    await killed();
    state.poolers[NAME]!.down = false;
    const { journal } = here;
    await play(journal);
    await keep();
    await clock.advance(1000);
    expect(isPaused()).toBe(false);
    expect((await journal.read(SYSTEM)).filter(({ type }) => type === 'POOLERS_RELEASED')).toHaveLength(1);
    state.poolers[NAME]!.databases[0]!.paused = true;
    await killed();
    await play(journal);
    await keep();
    await clock.advance(60_000);
    expect(isPaused()).toBe(true);
  });

  it('one that is told to stop lets them go itself', async () => {
    await begin();
    await here.halt();
    stop.abort();
    await keeper.stopped();
    expect(isPaused()).toBe(false);
  });
});
