/** A planned run that goes on as an emergency: who may, what is shown and typed, whose vote it is, and the way back there is not. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { GateNode } from '../../src/machine/types.ts';
import type { Form, Reply } from '../../src/ports/chat.ts';
import { type Bench, bench, said } from './bench.ts';
import { upTo } from './up-to.ts';

let here: Bench;
beforeEach(async () => {
  here = await bench();
  await here.asked();
});
/** East answers nobody. */
const dark = () => {
  here.state.watch['east'] = {
    region: 'east',
    stage: 'confirmed',
    since: here.clock.now() - 40_000,
    at: here.clock.now(),
    score: 0,
    failure: { kind: 'network', seen: ['Postgres: no answer'] },
    vantages: { names: ['Regent', 'witness'], agree: 2, needed: 2 },
    answering: [],
    database: null,
  };
};
const formOf = (reply: Reply): Form => {
  if (reply.kind !== 'form') throw new Error(`no form: ${said(reply)}`);
  return reply.form;
};
const switchedBy = async () => (await here.journal.read('eden-1')).find(({ type }) => type === 'MODE_SWITCHED')?.data;
const TYPED = 'mode emergency reason:"east is dark"';

describe('of a region that is seen down', () => {
  beforeEach(dark);

  it('typed with its reason it switches: the answer says what is seen and whose decision it is', async () => {
    expect(said(await here.type('UANA', TYPED)).split('\n')).toEqual([
      '🔴 eden-1 goes on as an emergency, east → west.',
      expect.stringContaining('east is confirmed since'),
      'network: Postgres: no answer',
      'It takes 1 approval of “Declare the disaster”; yours counts if you are one of those who may. Before anything is promoted, people are asked once more.',
    ]);
    const { mode, runbook, switched, byName, plan } = here.context();
    expect([mode, runbook, byName, plan?.mode]).toEqual(['emergency', 'emergency', null, 'planned']);
    expect(switched).toMatchObject({ by: 'UANA', reason: 'east is dark' });
    expect(switched?.gaveUp).toBe(
      'The clean stop of east and the proof that west has every write of it: what west lacks when it is promoted is lost.',
    );
  });

  it('takes along what tidies up, and has the gates of an emergency', async () => {
    await here.type('UANA', TYPED);
    const { nodes } = here.context();
    expect(nodes.filter(({ phase }) => phase === 'atEnd').map(({ id }) => id)).toEqual(['lift-freeze']);
    expect(nodes.filter((node): node is GateNode => node.kind === 'gate').map(({ id }) => id)).toEqual([
      'declare',
      'data-loss',
      'promote',
      'dns',
      'unverified-fence',
    ]);
  });

  it('is the vote of whoever may approve a declaration, and of nobody else', async () => {
    const { gates } = here.system;
    for (const [person, vote] of [
      ['UBO', true],
      ['UANA', false],
    ] as const) {
      here = await bench({ system: { gates: { ...gates, declare: { ...gates.declare, requesterMayVote: true } } } });
      await here.asked();
      dark();
      await here.type(person, TYPED);
      expect(await switchedBy()).toMatchObject({ by: person, vote });
    }
  });

  it('from then on it is whoever switched it that may not approve the promotion, and who asked for it may', async () => {
    await here.type('UBO', TYPED);
    await here.append({ type: 'PLANNED', plan: { ...here.plan, mode: 'emergency', nodes: here.context().nodes } });
    const gate: GateNode = { ...here.context().nodes.find((node): node is GateNode => node.id === 'promote')! };
    expect(gate.requesterMayVote).toBe(false);
    await here.append({ type: 'STEP_ALREADY_DONE', step: 'failure-confirmed', evidence: {}, summary: null });
    const opened = here.open('declare');
    await here.append(opened);
    expect(said(await here.type('UCY', 'approve declare'))).toBe('“Declare the disaster” is approved.');
    for (const node of gate.after)
      await here.append({ type: 'STEP_ALREADY_DONE', step: node, evidence: {}, summary: null });
    await here.append(here.open('promote'));
    expect(said(await here.type('UBO', 'approve'))).toContain('You cannot approve this: you asked for it.');
    expect(said(await here.type('UCY', 'approve'))).toBe('“Approve promotion” is approved.');
  });

  it('its button and the command without a reason open the dialog, which says what is given up', async () => {
    for (const reply of [
      await here.press('UANA', 'mode:emergency', { run: 'eden-1', to: 'emergency' }),
      await here.type('UANA', 'mode emergency'),
    ]) {
      expect(formOf(reply)).toMatchObject({ id: 'mode', title: 'Go on as an emergency' });
      expect(formOf(reply).fields.map(({ id }) => id)).toEqual(['reason']);
      expect(said(reply)).toContain('Given up with that: The clean stop of east');
    }
    const meta = { run: 'eden-1', to: 'emergency' };
    expect(said(await here.submit('UANA', 'mode', meta, { reason: ' ' }))).toContain(
      '(at reason) Going on as an emergency needs',
    );
    expect(said(await here.submit('UANA', 'mode', meta, { reason: 'dark' }))).toContain('goes on as an emergency');
  });

  it('acts once, however often it is delivered', async () => {
    await here.type('UANA', TYPED, 'one');
    expect(said(await here.type('UANA', TYPED, 'one'))).toBe('eden-1 is an emergency already.');
    expect((await here.events()).filter((type) => type === 'MODE_SWITCHED')).toHaveLength(1);
  });

  it('declaring the region a planned run leaves is the same', async () => {
    expect(formOf(await here.type('UANA', 'declare east')).id).toBe('mode');
    expect(said(await here.type('UANA', 'declare east to:east reason:"x"'))).toContain('eden-1 goes to west');
    expect(said(await here.type('UANA', 'declare west reason:"x"'))).toContain('eden-1 is already moving east → west');
    expect(said(await here.type('UANA', 'declare east reason:"dark"'))).toContain('eden-1 goes on as an emergency');
    expect(said(await here.type('UANA', 'declare east reason:"dark"'))).toContain('One run at a time.');
  });

  it('at a step that is held it lets the hold go', async () => {
    await here.append({
      type: 'STEP_NOT_DONE',
      step: 'freeze-changes',
      attempt: 1,
      why: 'no',
      evidence: {},
      again: false,
    });
    expect(here.context().holds).toHaveLength(1);
    await here.type('UANA', TYPED);
    expect(here.context().holds).toEqual([]);
  });
});

describe('of a region that nobody sees down', () => {
  it('needs its typed name, and what was seen is kept with it', async () => {
    expect(formOf(await here.type('UANA', TYPED)).fields.map(({ id }) => id)).toEqual(['reason', 'sure']);
    expect(said(await here.type('UANA', `${TYPED} sure:west`))).toBe(
      'Nobody can say how east is. Type its name, east, to give it up all the same. “west” was typed. Nothing was switched.',
    );
    await here.type('UANA', `${TYPED} sure:east`);
    expect(here.context()).toMatchObject({ mode: 'emergency', byName: 'nobody could say how east was' });
  });
});

describe('refused, with what would be', () => {
  it.each([
    ['mode', 'Say which: /dr mode emergency reason:"…". Nothing was switched.'],
    ['mode fast', '“fast” is no mode: /dr mode emergency reason:"…". Nothing was switched.'],
    ['mode planned', 'eden-1 is a planned run already.'],
  ])('/dr %s', async (line, answer) => {
    expect(said(await here.type('UANA', line))).toBe(answer);
  });

  it('back to a planned run: an abort, or a failback once the way back is gone', async () => {
    await upTo(here, 'switch-redis');
    dark();
    await here.type('UANA', TYPED);
    expect(said(await here.type('UANA', 'mode planned'))).toBe(
      'eden-1 is an emergency: it has given east up, and does not become a planned run again. Nor can it be aborted any more: “Promote the standby Postgres” may have taken place. Let it end, and go back with a failback. Nothing was switched.',
    );
    expect(here.context().switched?.gaveUp).toMatch(/^east counts as lost from here on/);
    here = await bench();
    await here.asked();
    dark();
    await here.type('UANA', TYPED);
    expect(said(await here.type('UANA', 'mode planned'))).toContain(
      'Abort it, /dr abort reason:"…", and ask for a planned run',
    );
  });

  it('without a run, once it is undone, and by somebody who may not', async () => {
    expect(said(await here.type('UDEE', TYPED))).toContain('You cannot do this.');
    await here.does('scale-up-target');
    await here.type('UANA', 'abort reason:"no"');
    expect(said(await here.type('UANA', TYPED))).toBe('eden-1 is being undone: nothing is switched any more.');
    here = await bench();
    expect(said(await here.type('UANA', TYPED))).toBe(
      'Nothing is being moved now. A disaster is declared with /dr declare <region>.',
    );
  });
});
