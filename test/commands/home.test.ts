/** Whose Home shows what, and who is kept up to date. */
import { describe, expect, it } from 'vitest';
import { Homes, homeOf } from '../../src/commands/home.ts';
import type { Message } from '../../src/ports/chat.ts';
import { handClock, settled } from '../support/hand-clock.ts';
import { bench, said } from './bench.ts';

const BO = { id: 'UBO', kind: 'member' as const, groups: ['group:SSRE'] };
const CY = { ...BO, id: 'UCY' };
const ANA = { id: 'UANA', kind: 'member' as const, groups: [] };
const EVE = { id: 'UEVE', kind: 'guest' as const, groups: [] };

type Here = Awaited<ReturnType<typeof bench>>;
const worldOf = (here: Here) => ({
  runner: here.face,
  operators: ['group:SOPS'],
  contacts: {},
  channel: 'C1',
  linkTo: async (run: string) => `https://chat/${run}`,
});
const titles = (cards: Message[]) => cards.map((message) => said({ kind: 'message', message }).split('\n')[0]);

describe('a Home', () => {
  it('offers a decision only to those who may take it', async () => {
    const here = await bench();
    await here.asked();
    const bo = await homeOf(BO, worldOf(here));
    expect(titles(bo)[0]).toBe('2 decisions wait for you.');
    expect(bo.flatMap(({ actions }) => actions.map(({ id }) => id))).toContain('approve:promote');
    // She asked for the run herself.
    const ana = await homeOf(ANA, worldOf(here));
    expect(titles(ana)[0]).toBe('Nothing waits for you.');
    expect(ana.flatMap(({ actions }) => actions)).toEqual([]);
  });

  it('its buttons decide as the card does, and then it waits no more', async () => {
    const here = await bench();
    await here.asked();
    const cards = await homeOf(BO, worldOf(here));
    const approve = cards.flatMap(({ actions }) => actions).find(({ id }) => id === 'approve:promote')!;
    const pressed = { kind: 'action' as const, action: approve.id, value: approve.value, person: 'UBO', posted: null };
    await here.send({ ...pressed, channel: '', delivery: 'home-1' });
    expect(here.context().gates['promote']!.status).toBe('approved');
    expect(titles(await homeOf(BO, worldOf(here)))[0]).toBe('1 decision waits for you.');
  });

  it('asks for a review of whom it may ask, until it is done', async () => {
    const here = await bench();
    await here.asked();
    const why = { step: 'target-endpoints', attempt: 1, why: 'no', evidence: {} };
    await here.does('scale-up-target');
    await here.append({ type: 'STEP_NOT_DONE', ...why, again: false });
    await here.type('UBO', 'skip target-endpoints reason:"seen by hand"');
    expect(titles(await homeOf(CY, worldOf(here)))[0]).toBe('2 decisions wait for you.');
    while (here.context().endedAt === null) await here.append({ type: 'TAKEN_OVER', by: 'UANA', reason: 'x' });
    const cy = await homeOf(CY, worldOf(here));
    expect(titles(cy)[0]).toBe('1 thing waits for you.');
    const [button] = cy.flatMap(({ actions }) => actions);
    expect(button).toMatchObject({ id: 'review', label: 'Reviewed…' });
    // He made the override himself; she only reads.
    for (const actor of [BO, { ...ANA, id: 'UDEE' }])
      expect(titles(await homeOf(actor, worldOf(here)))[0]).toContain('Nothing waits for you.');
    await here.submit('UCY', 'review', { run: 'eden-1' }, { note: 'fine' });
    expect(titles(await homeOf(CY, worldOf(here)))[0]).toContain('Nothing waits for you.');
  });

  it('tells everybody of a halt, and asks operators who have not said so yet to lift it', async () => {
    const here = await bench();
    await here.type('UANA', 'halt reason:"odd"');
    const ops = { ...CY, groups: ['group:SOPS'] };
    const cards = await homeOf(ops, worldOf(here));
    expect(titles(cards).slice(0, 2)).toEqual([
      '1 thing waits for you.',
      expect.stringContaining('HALTED by UANA') as string,
    ]);
    expect(cards.flatMap(({ actions }) => actions.map(({ id }) => id))).toEqual(['halt:lift']);
    await here.type('UCY', 'halt lift reason:"fine"');
    expect(titles(await homeOf(ops, worldOf(here))).slice(0, 2)).toEqual([
      'Nothing waits for you.',
      expect.stringContaining('1 more person lifts it') as string,
    ]);
  });

  it('says who is primary while nothing is moved, and nothing to guests', async () => {
    const here = await bench();
    expect(titles(await homeOf(BO, worldOf(here)))).toEqual(['Nothing waits for you. eden is not being moved.']);
    expect(titles(await homeOf(EVE, worldOf(here)))).toEqual(['Guests cannot use this.']);
  });
});

describe('keeping Homes up to date', () => {
  function homes(cards: (person: string) => Message[] | Promise<Message[]>) {
    const clock = handClock();
    const stop = new AbortController();
    const drawn: string[] = [];
    const warned: string[] = [];
    let failing = 0;
    const made = new Homes({
      cards: async (person) => await cards(person),
      publish: async (person, [card]) => {
        if (failing > 0) {
          failing -= 1;
          throw new Error('Slack is away');
        }
        drawn.push(`${person} ${String(card!.title)}`);
      },
      clock,
      everyMs: 3000,
      callMs: 1000,
      warn: (_, message) => warned.push(message),
      stop: stop.signal,
    });
    made.start();
    const fail = (times: number) => {
      failing = times;
    };
    return { made, clock, drawn, warned, fail, stop };
  }
  const card = (title: string): Message[] => [{ title, lines: [], tone: 'plain', actions: [] }];

  it('draws at once for who opens it, and again when a run changes, not more often than it may', async () => {
    let state = 'a';
    const here = homes(() => card(state));
    here.made.opened('U1');
    await here.clock.advance(0);
    expect(here.drawn).toEqual(['U1 a']);
    state = 'b';
    here.made.changed();
    await here.clock.advance(0);
    state = 'c';
    here.made.changed();
    state = 'd';
    here.made.changed();
    await here.clock.advance(0);
    expect(here.drawn).toEqual(['U1 a', 'U1 b']);
    await here.clock.advance(3000);
    expect(here.drawn).toEqual(['U1 a', 'U1 b', 'U1 d']);
    here.stop.abort();
    await here.made.stopped();
  });

  it('draws nothing that stands there already, and for nobody who has not looked for an hour', async () => {
    let state = 'a';
    const here = homes(() => card(state));
    here.made.opened('U1');
    await here.clock.advance(0);
    here.made.changed();
    await here.clock.advance(10_000);
    expect(here.drawn).toEqual(['U1 a']);
    await here.clock.advance(3_600_000);
    state = 'b';
    here.made.changed();
    await here.clock.advance(10_000);
    expect(here.drawn).toEqual(['U1 a']);
    here.stop.abort();
    await here.made.stopped();
  });

  it('what failed is tried once more, and harms nobody else', async () => {
    const here = homes((person) => card(person));
    here.fail(1);
    here.made.opened('U1');
    here.made.opened('U2');
    await here.clock.advance(0);
    expect(here.drawn).toEqual(['U2 U2']);
    expect(here.warned).toHaveLength(1);
    await here.clock.advance(10_000);
    expect(here.drawn).toEqual(['U2 U2', 'U1 U1']);
    here.stop.abort();
    await here.made.stopped();
  });

  it('stops while it waits', async () => {
    const here = homes(() => card('a'));
    await settled();
    here.stop.abort();
    await here.made.stopped();
    expect(here.drawn).toEqual([]);
  });
});
