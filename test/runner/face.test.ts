/** The runner as commands see it: it looks without changing, and what does not answer is unknown. */
import { describe, expect, it } from 'vitest';
import { dryRun } from '../../src/messages/dry-run.ts';
import { bench } from '../commands/bench.ts';
import { text } from '../messages/scenes.ts';
import { handClock } from '../support/hand-clock.ts';

const never = (): Promise<never> => new Promise(() => {});

describe('who is primary now', () => {
  it('is what the servers say', async () => {
    const here = await bench();
    expect(await here.face.rolesNow()).toEqual({ east: 'primary', west: 'standby' });
  });
  it('is unknown where one throws', async () => {
    const here = await bench();
    here.state.servers['west']!.down = true;
    expect(await here.face.rolesNow()).toEqual({ east: 'primary', west: 'unknown' });
  });
  it('is unknown where one hangs, even if it does not heed its signal', async () => {
    const here = await bench();
    const observe = here.ports.database.observe;
    here.ports.database.observe = (region, signal) => (region === 'west' ? never() : observe(region, signal));
    const roles = here.face.rolesNow();
    await here.clock.advance(1000);
    expect(await roles).toEqual({ east: 'primary', west: 'unknown' });
    expect(here.clock.sleepers()).toBe(0);
  });
});

describe('a dry run', () => {
  it('asks every check that can be asked beforehand, and changes nothing', async () => {
    const here = await bench();
    const { plan, steps } = await here.face.dryRun('east', 'west');
    expect(plan.hash).toBe(here.plan.hash);
    expect(steps.map(({ id, effect, answer }) => `${id} ${effect ? 'would' : 'is'} ${answer.is}`)).toEqual([
      'source-is-primary is done',
      'no-stale-fence is done',
      'approvers-at-hand is done',
      'replication-lag is done',
      'redis-in-sync is done',
      'target-healthy is done',
      'config-parity is done',
      'target-capacity is done',
      'freeze-changes would notDone',
      'scale-up-target would notDone',
      'read-only-source would notDone',
      'stop-writers would notDone',
      'fence-source would notDone',
      'promote-postgres would notDone',
      'switch-redis would notDone',
      'switch-dns would notDone',
    ]);
    expect(here.state.calls).toEqual([]);
    expect(here.ledger.all()).toEqual([]);
    expect((await here.journal.streams()).map(({ stream }) => stream)).toEqual(['system']);
    expect(here.clock.sleepers()).toBe(0);
  });

  it('has the titles of this direction', async () => {
    const here = await bench();
    const { steps } = await here.face.dryRun('east', 'west');
    expect(steps[0]!.title).toBe('See that east is the primary');
  });

  it('leaves out what this system has not', async () => {
    const here = await bench({ system: { cache: null } });
    const { steps } = await here.face.dryRun('east', 'west');
    expect(steps.map(({ id }) => id)).not.toContain('switch-redis');
  });

  it('does not ask what is to be done to the region once it is left, nor calls that a reason not to go', async () => {
    const here = await bench();
    const before = (await here.face.dryRun('east', 'west')).steps;
    here.system.regions['east']!.reprotect = { exec: ['s'], strategy: 'auto', timeoutMs: 1000, inRun: true };
    const { plan, steps } = await here.face.dryRun('east', 'west');
    expect(steps).toEqual(before);
    expect(here.state.calls).toEqual([]);
    expect(plan.nodes.map(({ id }) => id)).toContain('make-standby');
    expect(text(dryRun({ plan, steps })).join('\n')).toContain(
      'Then east becomes a standby of west, where it can follow as it is: nothing there is replaced',
    );
  });

  it('says of a check that throws or hangs that it is unknown, in a sentence', async () => {
    const here = await bench();
    here.ports.database.lag = () => Promise.reject(new Error('no route\nto host'));
    here.ports.cluster.capacity = never;
    const made = here.face.dryRun('east', 'west');
    await here.clock.advance(3000);
    const answers = Object.fromEntries((await made).steps.map(({ id, answer }) => [id, answer]));
    expect(answers['replication-lag']).toEqual({ is: 'unknown', why: 'no route', evidence: {} });
    expect(answers['target-capacity']).toEqual({ is: 'unknown', why: 'no answer in time', evidence: {} });
  });

  it('is refused where the plan itself cannot be made', async () => {
    const here = await bench();
    here.state.servers['west']!.systemIdentifier = '42';
    await expect(here.face.dryRun('east', 'west')).rejects.toMatchObject({ code: 'wrong-database' });
  });
});

describe('runs', () => {
  it('are begun with the nodes of this system, one at a time, once a delivery', async () => {
    const { face, ledger, plan } = await bench();
    const begun = await face.begin('east', 'west', 'maintenance', 'UANA', 'd1');
    expect(begun).toMatchObject({ ok: true, view: { run: 'eden-1' } });
    expect(ledger.active()!.snapshot.context).toMatchObject({ requestedBy: 'UANA', nodes: plan.nodes });
    expect(await face.begin('east', 'west', 'again', 'UBO', 'd2')).toMatchObject({ ok: false, because: 'busy' });
    expect([face.active(), face.last(), face.view('eden-1')].map((view) => view?.run)).toEqual(Array(3).fill('eden-1'));
    expect([face.view('eden-2'), await face.headlineOf('eden-1')]).toEqual([undefined, null]);
  });

  it('are written to under the person’s name', async () => {
    const here = await bench();
    await here.asked();
    await here.face.append('eden-1', 'UBO', { type: 'NOTED', by: 'UBO', text: 'x' }, null);
    expect((await here.journal.read('eden-1')).at(-1)!.actor).toBe('person:UBO');
  });
});

describe('a refusal', () => {
  it('is written to the system stream once a delivery', async () => {
    const here = await bench();
    await here.face.refused('UEVE', 'failover east', 'Guests cannot act here.', 'r1');
    await here.face.refused('UEVE', 'failover east', 'Guests cannot act here.', 'r1');
    expect(await here.refused()).toEqual([
      { actor: 'person:UEVE', asked: 'failover east', why: 'Guests cannot act here.' },
    ]);
  });
  it('that cannot be written is not in the way of the answer', async () => {
    const here = await bench();
    await here.journal.close();
    await expect(here.face.refused('UEVE', 'x', 'no', 'r1')).resolves.toBeUndefined();
  });
});

it('the face’s clock is the one it was handed', async () => {
  const { face, clock } = await bench();
  expect(face.now()).toBe(clock.now());
  expect(handClock(5).now()).toBe(5);
});
