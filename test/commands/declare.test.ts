/** Declaring a disaster: what is seen stands in the dialog, a healthy region needs its name typed, only the primary can be lost. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { Form, Reply } from '../../src/ports/chat.ts';
import type { RegionHealth } from '../../src/ports/watch.ts';
import { type Bench, bench, said } from './bench.ts';

type Begun = Parameters<Bench['face']['beginEmergency']>;
let here: Bench;
let begun: Begun[];

const health = (more: Partial<RegionHealth> = {}): RegionHealth => ({
  region: 'east',
  stage: 'confirmed',
  since: here.clock.now() - 40_000,
  at: here.clock.now(),
  score: 0,
  failure: { kind: 'network', seen: ['Postgres: no answer', 'Kubernetes: no answer'] },
  vantages: { names: ['Regent', 'standby west'], agree: 2, needed: 2 },
  answering: [],
  database: { at: here.clock.now() - 41_000, lsn: '0/3000000', bytesPerSecond: 40_000 },
  ...more,
});
const well = (): RegionHealth =>
  health({
    stage: 'quiet',
    since: null,
    score: 1,
    failure: null,
    vantages: { names: ['Regent'], agree: 0, needed: 1 },
    answering: ['api', 'Postgres'],
  });
/** East is gone; west knows itself a standby. */
const down = () => {
  here.state.watch['east'] = health();
  here.state.servers['east']!.down = true;
};
const formOf = (reply: Reply): Form => {
  if (reply.kind !== 'form') throw new Error(`no form: ${said(reply)}`);
  return reply.form;
};
const fieldsOf = (reply: Reply) => formOf(reply).fields.map(({ id }) => id);

beforeEach(async () => {
  here = await bench();
  begun = [];
  const begin = here.face.beginEmergency.bind(here.face);
  here.face.beginEmergency = (...args: Begun) => {
    begun.push(args);
    return begin(...args);
  };
});

describe('typed', () => {
  it('with its reason, of a region that is seen down, begins: the answer shows what is seen', async () => {
    down();
    const reply = said(await here.type('UANA', 'declare east reason:"east is dark"', 'd9'));
    expect(begun).toEqual([['east', 'west', 'east is dark', 'UANA', 'd9', { selection: null, ends: null }]]);
    expect(reply.split('\n')).toEqual([
      '🔴 eden-1: east is declared lost, east → west. Follow it ↗ <https://chat/eden-1>',
      expect.stringContaining('east is confirmed since'),
      'network: Postgres: no answer; Kubernetes: no answer',
      expect.stringContaining('first vote'),
    ]);
  });

  it('without a reason opens the dialog with the evidence and what is given up', async () => {
    down();
    const reply = await here.type('UANA', 'declare east');
    expect(fieldsOf(reply)).toEqual(['to', 'reason']);
    expect(formOf(reply)).toMatchObject({ id: 'declare', meta: '{"region":"east"}' });
    expect(said(reply)).toContain('This is for a region that is lost. east is given up as it is');
    expect(said(reply)).toMatch(/2 of 2 places see trouble \(Regent, standby west\), 2 must\./);
    expect(said(reply)).toContain('writing up to 40 kB each second. How much is measured before the promotion');
    expect(begun).toEqual([]);
  });

  it('bare asks which, and shows each', async () => {
    here.state.watch['west'] = { ...well(), region: 'west' };
    down();
    const reply = await here.type('UANA', 'declare');
    expect(fieldsOf(reply)).toEqual(['from', 'to', 'reason', 'sure']);
    expect(said(reply)).toMatch(/east is confirmed[\s\S]*west looks healthy/);
  });

  it('of a healthy region begins nothing: it shows what answers and asks for the name', async () => {
    here.state.watch['east'] = well();
    const reply = await here.type('UANA', 'declare east reason:"I feel so"');
    expect(said(reply)).toContain('east looks healthy');
    expect(said(reply)).toContain('Health 1.00 of 1. Answering: api, Postgres.');
    expect(formOf(reply).fields.find(({ id }) => id === 'sure')).toMatchObject({ label: 'Type east to go on' });
    expect(formOf(reply).fields.find(({ id }) => id === 'reason')).toMatchObject({ initial: 'I feel so' });
    expect(said(await here.type('UANA', 'declare east reason:"x" sure:west'))).toContain(
      'east looks healthy. Type its name, east, to declare it all the same. “west” was typed. Nothing was started.',
    );
    expect(begun).toEqual([]);
    await here.type('UANA', 'declare east reason:"customers call" sure:east');
    expect(begun).toHaveLength(1);
    // What was seen then goes with the run, and stands among its overrides.
    const byName = 'east looked healthy: health 1.00 of 1; answering: api, Postgres';
    expect(here.context()).toMatchObject({
      byName,
      overrides: [{ rule: 'declare east', by: 'UANA', reason: byName }],
    });
  });

  it('of a region nobody can speak of asks for the name too', async () => {
    here.state.watch['east'] = health({ at: here.clock.now() - 61_000 });
    expect(said(await here.type('UANA', 'declare east reason:x'))).toContain(
      'Nobody can say how east is: last seen at',
    );
    here.state.watch['east'] = health({ at: null });
    expect(said(await here.type('UANA', 'declare east reason:x'))).toContain('Nobody has seen anything of east yet.');
    delete here.state.watch['east'];
    expect(said(await here.type('UANA', 'declare east reason:x'))).toContain('Nobody watches east');
    expect(begun).toEqual([]);
  });

  it('says where the newest look does not show it any more, and where it has not lasted', async () => {
    here.state.watch['east'] = health({ vantages: { names: ['Regent'], agree: 0, needed: 1 } });
    expect(said(await here.type('UANA', 'declare east'))).toContain('In the newest look it is not seen so any more.');
    here.state.watch['east'] = health({ stage: 'quiet' });
    expect(said(await here.type('UANA', 'declare east'))).toContain('in trouble, not yet long enough to count');
  });
});

it('nothing is waited for in the region that is gone, where watching has seen who is what', async () => {
  down();
  const at = here.clock.now();
  here.state.watch['east']!.database = { at: at - 41_000, lsn: '0/1', bytesPerSecond: 0, role: 'primary' };
  here.state.watch['west'] = {
    ...well(),
    region: 'west',
    database: { at, lsn: '0/1', bytesPerSecond: 0, role: 'standby' },
  };
  here.face.rolesNow = () => new Promise(() => {});
  await here.type('UANA', 'declare east reason:"dark"');
  expect(begun).toHaveLength(1);
});

describe('the dialog and the card', () => {
  it('the card’s button opens it; submitted it begins', async () => {
    down();
    const reply = await here.press('UBO', 'declare:proposal', { region: 'east', proposal: 1, stage: 'confirmed' });
    expect(formOf(reply).meta).toBe('{"region":"east"}');
    await here.submit('UBO', 'declare', { region: 'east' }, { to: 'auto', reason: 'dark' });
    expect(begun).toMatchObject([['east', 'west', 'dark', 'UBO', expect.any(String), {}]]);
  });

  it('what is missing is said beside its field', async () => {
    down();
    expect(said(await here.submit('UANA', 'declare', { region: 'east' }, { to: 'auto', reason: ' ' }))).toContain(
      '(at reason) A declaration needs a reason',
    );
    expect(said(await here.submit('UANA', 'declare', { region: 'east' }, { to: 'east', reason: 'x' }))).toContain(
      '(at to) east cannot take over from itself.',
    );
    // It came back while the dialog was open.
    here.state.watch['east'] = well();
    expect(said(await here.submit('UANA', 'declare', { region: 'east' }, { to: 'auto', reason: 'x' }))).toBe(
      '(at sure) east looks healthy. Type its name, east, to declare it all the same. Nothing was started.',
    );
    expect(begun).toEqual([]);
    await here.submit('UANA', 'declare', {}, { from: 'east', to: 'west', reason: 'x', sure: 'east' });
    expect(begun).toHaveLength(1);
  });
});

it('the dialog of a region that was seen to be a standby says that nothing is moved', async () => {
  const database = { at: 0, lsn: '0/1', bytesPerSecond: 0, role: 'standby' } as const;
  here.state.watch['west'] = health({ region: 'west', database });
  const reply = said(await here.type('UANA', 'declare west'));
  expect(reply).toContain('west does not serve: nothing is moved.');
  expect(reply).not.toMatch(/given up|Given up/);
});

it('of a region that does not serve takes it out of service, and moves nothing', async () => {
  here.state.watch['west'] = health({ region: 'west' });
  // Gone, while the other one serves.
  here.state.servers['west']!.down = true;
  expect(said(await here.type('UANA', 'declare west reason:"west is dark"')).split('\n')).toEqual([
    'eden-1: west is not the primary, east is. west is taken out of service, and nothing is moved. Follow it ↗ <https://chat/eden-1>',
    'It leaves what points to it once that is approved. Regent says so when it streams again.',
  ]);
  expect(begun).toEqual([]);
  const c = here.context();
  expect(c).toMatchObject({ runbook: 'lost-secondary', mode: 'planned', source: 'west', target: 'east', byName: null });
  expect(c.nodes.map(({ id }) => id)).toContain('failure-confirmed');
  expect(said(await here.type('UBO', 'failover east reason:x'))).toContain(
    'eden-1 is already taking west out of service',
  );
  expect(said(await here.type('UANA', 'mode emergency reason:x'))).toContain('eden-1 moves nothing: east serves.');
});

describe('refused', () => {
  it('of a region that is not the primary, where nobody is, or another target is named', async () => {
    here.state.watch['west'] = health({ region: 'west' });
    here.state.servers['east']!.role = 'standby';
    expect(said(await here.type('UANA', 'declare west reason:x'))).toBe(
      'west is not the primary, and no region answers as the primary: look at that first. Nothing was started.',
    );
    here.system.regions['north'] = here.system.regions['west']!;
    Object.assign(here.state.servers, {
      east: { ...here.state.servers['east']!, role: 'primary' },
      north: { ...here.state.servers['west']!, region: 'north' },
    });
    expect(said(await here.type('UANA', 'declare west to:north reason:x'))).toBe(
      'west is not the primary: east is, and serves on. Leave out to:north; nothing is moved. Nothing was started.',
    );
    expect(here.ledger.all()).toEqual([]);
  });

  it('of a region nobody knows, of one to itself, by one who may not', async () => {
    down();
    expect(said(await here.type('UANA', 'declare esat reason:x'))).toContain('Did you mean east?');
    expect(said(await here.type('UANA', 'declare east to:mars reason:x'))).toContain('“mars” is not a region');
    expect(said(await here.type('UDEE', 'declare east reason:x'))).toContain('You cannot do this.');
    expect(said(await here.type('UANA', 'declare east west reason:x'))).toContain('does not take “west”');
    expect(begun).toEqual([]);
    expect((await here.refused()).length).toBe(4);
  });

  it('while a run is under way, and while it is halted', async () => {
    down();
    await here.type('UANA', 'halt reason:"stop"');
    expect(said(await here.type('UANA', 'declare east reason:x'))).toMatch(
      /No run is started while this stands[\s\S]*HALTED/,
    );
    await here.type('UBO', 'halt lift reason:"go"');
    await here.type('UCY', 'halt lift reason:"go"');
    await here.type('UANA', 'declare east reason:x');
    expect(said(await here.type('UBO', 'declare east reason:x'))).toContain('eden-1 is already moving east → west');
    expect(begun).toHaveLength(1);
  });

  it('one delivery acts once', async () => {
    down();
    await here.type('UANA', 'declare east reason:x', 'same');
    expect(said(await here.type('UANA', 'declare east reason:x', 'same'))).toContain('already moving');
    expect(begun).toHaveLength(1);
  });
});
