/** What people say to the watch, from the button and the line, over the real alarm. */
import { expect, it } from 'vitest';
import { dispatcher } from '../../src/commands/dispatch.ts';
import { Alarm } from '../../src/monitor/alarm.ts';
import type { RunSeen } from '../../src/monitor/proposal-card.ts';
import type { RegionHealth } from '../../src/ports/watch.ts';
import { bench, said } from './bench.ts';

async function watched() {
  const here = await bench();
  const { clock, journal, ledger } = here;
  const runs: RunSeen[] = [];
  const health: RegionHealth = {
    region: 'east',
    stage: 'suspected',
    since: clock.now(),
    at: clock.now(),
    score: 0,
    failure: null,
    vantages: { names: ['Regent'], agree: 1, needed: 1 },
    database: null,
  };
  const alarm = new Alarm({
    watch: {
      health: (region) => (region === 'east' ? health : null),
      sights: () => [],
      primary: () => 'east',
      isolated: false,
      restore: () => {},
    },
    regions: [{ name: 'east', role: 'data' }],
    mode: 'propose',
    coolDownMs: 60_000,
    confirmMs: 30_000,
    healthyAbove: 0.5,
    freshMs: 15_000,
    note: (entry, delivery, announcements) => ledger.note(entry, delivery, announcements),
    rows: () => journal.read('system'),
    runs: () => runs,
    redraw: () => {},
    declare: async () => ({ ok: false, why: 'not here' }),
    clock,
    log: { info: () => {}, warn: () => {} },
  });
  await alarm.start();
  await alarm.consider();
  const dispatch = dispatcher({
    runner: here.face,
    operators: ['group:SOPS'],
    contacts: {},
    channel: 'C1',
    linkTo: async () => null,
    alarms: alarm,
    chat: {
      person: async (id) => ({ id, name: id, kind: 'member' }),
      membersOf: async (group) => (group === 'SOPS' ? ['UANA', 'UBO'] : []),
    },
    groups: ['group:SOPS'],
    onError: (error) => here.broken.push(error),
    stop: here.stop.signal,
  });
  let n = 0;
  const delivery = () => `w${++n}`;
  const type = async (person: string, text: string) =>
    said(await dispatch({ kind: 'command', text, person, channel: 'C1', delivery: delivery() }));
  const press = async (person: string, value: object) =>
    said(
      await dispatch({
        kind: 'action',
        action: 'later:proposal',
        value: JSON.stringify(value),
        person,
        channel: 'C1',
        delivery: delivery(),
        posted: { channel: 'C1', ts: '1' },
      }),
    );
  const last = async () => (await journal.read('system')).at(-1)!;
  return { ...here, alarm, health, runs, type, press, last };
}

it('not now is written down with who said it, once, and the card says so', async () => {
  const here = await watched();
  expect(await here.press('UANA', { region: 'east', proposal: 1, stage: 'suspected' })).toBe('(none)');
  expect(await here.last()).toMatchObject({
    type: 'PROPOSAL_DISMISSED',
    actor: 'person:UANA',
    data: { n: 1, region: 'east', stage: 'suspected', by: 'UANA' },
  });
  const card = (await here.journal.unsent()).findLast(({ name }) => name === 'proposal');
  expect(card).toMatchObject({ slot: 'proposal:1', facts: { dismissed: { by: 'UANA' } } });
  expect(await here.press('UBO', { proposal: 1 })).toBe('Not now, said UANA already.');
});

it('of a proposal that no longer stands, or by one who may not, is refused with the reason', async () => {
  const here = await watched();
  expect(await here.press('UDEE', { proposal: 1 })).toContain('You cannot do this.');
  expect(await here.press('UANA', { proposal: 2 })).toBe('This proposal no longer stands: the region answers again.');
  expect(await here.press('UANA', {})).toContain('Say which proposal');
});

it('acknowledging says what it was about, and from when on the trigger may act', async () => {
  const here = await watched();
  expect(await here.type('UANA', 'acknowledge')).toBe('No run waits to be acknowledged. Nothing was changed.');
  here.runs.push({ run: 'eden-1', source: 'east', requestedAt: 0, endedAt: here.clock.now() });
  expect(await here.type('UDEE', 'acknowledge')).toContain('You cannot do this.');
  expect(await here.type('UANA', 'acknowledge reason:"looked at it with Bo"')).toContain(
    `eden-1 is acknowledged. The trigger may act again from ${here.clock.now() + 60_000} on.`,
  );
  expect(await here.last()).toMatchObject({
    type: 'TRIGGER_ACKNOWLEDGED',
    actor: 'person:UANA',
    data: { by: 'UANA', run: 'eden-1', reason: 'looked at it with Bo' },
  });
  expect(await here.type('UBO', 'acknowledge')).toContain('No run waits');
  await here.clock.advance(1);
  here.runs.push({ run: 'eden-2', source: 'east', requestedAt: 0, endedAt: here.clock.now() });
  await here.clock.advance(60_000);
  expect(await here.type('UBO', 'acknowledge')).toContain('eden-2 is acknowledged. The trigger may act again now.');
});

it('where nobody watches, both say so', async () => {
  const here = await bench();
  expect(said(await here.type('UANA', 'acknowledge'))).toContain('Nobody watches the regions here');
  expect(said(await here.press('UANA', 'later:proposal', { proposal: 1 }))).toContain(
    'Nobody watches the regions here',
  );
});
