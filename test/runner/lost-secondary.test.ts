/** The whole run for a region that does not serve, over the world in memory: out of DNS, nothing promoted, and undone again. */
import { beforeEach, expect, it } from 'vitest';
import { Engine } from '../../src/runner/engine.ts';
import { lostSecondary } from '../../src/steps/runbooks/lost-secondary.ts';
import { stepsOf } from '../../src/steps/step.ts';
import { type Bench, bench, said } from '../commands/bench.ts';

let here: Bench;
/** Lets the engine do all that is due, until it waits for people or is over. */
const goOn = async () => {
  for (let turns = 0; turns < 40; turns += 1) await here.clock.advance(10);
};
const DNS = 'A api.example.com';

beforeEach(async () => {
  here = await bench();
  // Whoever declares a disaster has voted with that.
  here.system.gates.declare.requesterMayVote = true;
  here.system.records[0]!.values = { east: ['192.0.2.1', '192.0.2.2'], west: ['192.0.2.2'] };
  here.state.records[DNS] = { ttl: 60, values: ['192.0.2.1', '192.0.2.2'] };
  const log = { info: () => {}, warn: () => {}, error: () => {} };
  const steps = new Map(stepsOf(lostSecondary).map((step) => [step.id, step]));
  const engine = new Engine({
    ledger: here.ledger,
    clock: here.clock,
    ports: { ...here.ports, clock: here.clock },
    system: here.system,
    steps,
    callMs: 1000,
    stop: here.stop.signal,
    runbooks: { 'lost-secondary': lostSecondary },
    log,
  });
  await engine.start();
});

it('is asked once, takes the region out, and says what protects now', async () => {
  here.state.servers['west']!.down = true;
  await here.type('UANA', 'failover west reason:"it is dark"');
  await goOn();
  expect(here.context().gates['declare']).toMatchObject({ status: 'open', votes: [] });
  expect(here.state.records[DNS]!.values).toHaveLength(2);
  expect(said(await here.press('UBO', 'approve:declare', here.card('declare')))).not.toContain('refused');
  await goOn();
  const c = here.context();
  expect([c.end, here.state.records[DNS]!.values]).toEqual(['completed', ['192.0.2.1']]);
  expect(c.steps['protection-known']!.evidence).toMatchObject({ warning: 'UNPROTECTED: nothing stands by for east' });
  expect(here.state.calls.filter((call) => !call.startsWith('dns'))).toEqual([]);
});

it('declared lost, the declaration is the first vote', async () => {
  here.state.watch['west'] = {
    region: 'west',
    stage: 'failed',
    since: here.clock.now() - 60_000,
    at: here.clock.now(),
    score: 0,
    failure: { kind: 'network', seen: ['Postgres: no answer'] },
    vantages: { names: ['Regent'], agree: 1, needed: 1 },
    database: null,
  };
  here.state.servers['west']!.down = true;
  here.state.now = here.clock.now();
  await here.type('UANA', 'declare west reason:"it is dark"');
  await goOn();
  expect(here.context().gates['declare']).toMatchObject({ status: 'approved', votes: [{ by: 'UANA' }] });
  expect(here.context().end).toBe('completed');
});

it('is undone by an abort', async () => {
  await here.type('UANA', 'failover west reason:"rebuild"');
  await goOn();
  here.state.stale['ns-1'] = { values: ['192.0.2.1', '192.0.2.2'] };
  await here.press('UBO', 'approve:declare', here.card('declare'));
  await goOn();
  expect(here.state.records[DNS]!.values).toEqual(['192.0.2.1']);
  here.state.stale = {};
  await here.append({ type: 'ABORTED', by: 'UANA', reason: 'not now' });
  await goOn();
  expect([here.context().end, here.state.records[DNS]!.values]).toEqual(['rolledBack', ['192.0.2.1', '192.0.2.2']]);
});
