/** Lifting fences because a person said so: written down by name before the first order, and what came of it after. */
import { beforeEach, expect, it } from 'vitest';
import { sqliteJournal } from '../../src/integrations/sqlite-journal/journal.ts';
import { liftingOf } from '../../src/monitor/lifting.ts';
import { Ledger } from '../../src/runner/ledger.ts';
import { silence } from '../steps/securing-world.ts';
import { type Stage, stage } from '../steps/stage.ts';
import { handClock } from '../support/hand-clock.ts';

const ASKED = { region: 'west', serving: 'east', by: 'UANA', reason: 'looked at' };
let here: Stage;
let written: () => Promise<{ type: string; actor: string; data: Record<string, unknown> }[]>;
let lift: ReturnType<typeof liftingOf>;
beforeEach(async () => {
  here = await stage();
  const clock = handClock();
  const journal = sqliteJournal({ path: ':memory:' });
  const ledger = new Ledger(journal, clock);
  await ledger.open('test');
  written = async () => (await journal.read('system')).filter(({ type }) => type.startsWith('FENCE_'));
  const stop = new AbortController().signal;
  lift = liftingOf({
    ports: here.ports,
    system: here.system,
    note: (...args) => ledger.note(...args),
    clock,
    callMs: 1000,
    stop,
  });
});
const leave = () => {
  here.state.servers['west']!.readOnly = true;
  here.state.secured.policies['west regent-fence'] = 'yes';
};
const FOUND = ['default_transaction_read_only on in Postgres', 'NetworkPolicy regent-fence'];

it('is ordered by name first, then done, then told; once', async () => {
  leave();
  const { setReadOnly } = here.ports.database;
  let before: string[] = [];
  here.ports.database.setReadOnly = async (...args) => {
    before = (await written()).map(({ type }) => type);
    await setReadOnly(...args);
  };
  expect(await lift(ASKED, 'd1')).toEqual({ lifted: FOUND, kept: [], failed: [] });
  expect(before).toEqual(['FENCE_LIFT_ORDERED']);
  expect(here.state.servers['west']!.readOnly).toBe(false);
  expect(here.state.secured.policies).toEqual({});
  expect(await written()).toMatchObject([
    { type: 'FENCE_LIFT_ORDERED', actor: 'person:UANA', data: { region: 'west', fences: FOUND, reason: 'looked at' } },
    { type: 'FENCE_LIFTED', actor: 'person:UANA', data: { region: 'west', lifted: FOUND, failed: [] } },
  ]);
  leave();
  expect(await lift(ASKED, 'd1')).toBeNull();
  expect(here.state.servers['west']!.readOnly).toBe(true);
});

it('one that fails does not keep the others', async () => {
  leave();
  here.ports.database.setReadOnly = async () => {
    throw new Error('permission denied.');
  };
  const came = await lift(ASKED, 'd1');
  expect(came?.lifted).toEqual([FOUND[1]]);
  expect(came?.failed).toEqual([`${FOUND[0]}: permission denied.`]);
  expect((await written()).at(-1)).toMatchObject({ type: 'FENCE_LIFTED', data: { lifted: [FOUND[1]] } });
});

it('nothing stands there: nothing is written', async () => {
  expect(await lift(ASKED, 'd1')).toEqual({ lifted: [], kept: [], failed: [] });
  expect(await written()).toEqual([]);
});

it('nobody can say what stands there: nothing is lifted', async () => {
  silence(here.ports, 'cluster', 'west');
  await expect(lift(ASKED, 'd1')).rejects.toThrow('does not answer');
  expect(await written()).toEqual([]);
});
