/** The page of one person: what waits for them comes first, and "nothing" is said. */
import { describe, expect, it } from 'vitest';
import { type HomeScene, home } from '../../src/messages/home.ts';
import { lost } from '../report/lost.ts';
import { asked, begun, completed, sceneOf, skipped, text } from './scenes.ts';

const NOBODY: HomeScene = {
  scene: null,
  waiting: [],
  reviewing: [],
  halt: null,
  lifting: false,
  link: null,
  roles: {},
  organization: 'eden',
  now: 5000,
};
const seen = (more: Partial<HomeScene>): string[][] => home({ ...NOBODY, ...more }).map(text);
const ITEM = { key: null, text: 'x', by: 'UANA', owner: null, due: null };
const NOTE = '(As of 5 s; drawn anew when you open this and when a run changes.)';

describe('while nothing is moved', () => {
  it('says who is primary', () => {
    expect(seen({ roles: { east: 'primary', west: 'standby' } })).toEqual([
      ['Nothing waits for you. eden is not being moved.', 'east is primary.', 'east: primary', 'west: standby', NOTE],
    ]);
  });
  it('says that nobody answers', () => {
    expect(seen({ roles: { east: 'unknown', west: 'standby' } })[0]).toContain(
      'No region answers as primary right now.',
    );
  });
});

it('says what is left to do in a region that was lost, moved or not', () => {
  const recovering = [lost().take({ type: 'RECOVERY_ADDED', ...ITEM }).c];
  const line = expect.stringMatching(/^Recovery of us-east-1 \(novacron-1\): 1 of 1 open/);
  expect(seen({ recovering })[0]).toContainEqual(line);
  expect(seen({ recovering, scene: sceneOf(begun()) })[1]).toContainEqual(line);
});

describe('while something is moved', () => {
  it('shows the run and its thread to whom nothing is asked of, without buttons', () => {
    const cards = seen({ scene: sceneOf(begun()), link: 'https://chat/1' });
    expect(cards).toHaveLength(2);
    expect(cards[0]).toEqual(['Nothing waits for you.']);
    expect(cards[1]![0]).toContain('eden-1');
    expect(cards[1]).toContain('The thread ↗ <https://chat/1>');
    expect(cards[1]!.some((line) => line.includes('['))).toBe(false);
  });
  it('shows each decision with its evidence and buttons before the run', () => {
    const cards = seen({ scene: sceneOf(asked()), waiting: ['promote', 'dns'] });
    expect(cards[0]).toEqual(['2 decisions wait for you.']);
    expect(cards[1]![0]).toContain('Approve promotion');
    expect(cards[1]!.at(-1)).toBe('[Approve promotion: primary] [Deny…] [5 more minutes]');
    expect(cards[2]!.at(-1)).toBe('[Confirm DNS: primary] [Deny…] [5 more minutes]');
    expect(cards).toHaveLength(4);
  });
  it('one decision is one', () => {
    expect(seen({ scene: sceneOf(asked()), waiting: ['dns'] })[0]).toEqual(['1 decision waits for you.']);
  });
  it('buttons carry the run, the gate and the round, as on the card', () => {
    const [, card] = home({ ...NOBODY, scene: sceneOf(asked()), waiting: ['promote'] });
    expect(JSON.parse(card!.actions[0]!.value)).toMatchObject({ gate: 'promote', round: 1 });
  });
});

describe('what waits besides decisions', () => {
  it('an ended run whose overrides nobody else has looked at, with its button', () => {
    const told = completed(skipped());
    for (const scene of [null, sceneOf(begun())]) {
      const cards = seen({ scene, reviewing: [sceneOf(told)] });
      expect(cards[0]).toEqual(['1 thing waits for you.']);
      const card = cards.find((lines) => lines.at(-1) === '[Reviewed…]');
      expect(card?.[0]).toContain('eden-1 · east → west · ✔ west serves since');
    }
    expect(seen({ reviewing: [sceneOf(told)] }).at(-1)![0]).toBe('eden is not being moved.');
  });
  it('the halt, told to everybody; its button only to whom it waits for', () => {
    const halt = { by: 'UANA', at: 2000, reason: 'odd writes', n: 1, asked: [] };
    const told = '⏹ HALTED by @UANA since 2 s: ‹“odd writes”› · 2 people lift it';
    expect(seen({ halt })).toEqual([['Nothing waits for you.'], [told], expect.anything()]);
    expect(seen({ halt, lifting: true }).slice(0, 2)).toEqual([['1 thing waits for you.'], [told, '[Lift the halt…]']]);
    const running = seen({ halt, lifting: true, scene: { ...sceneOf(asked()), halt }, waiting: ['dns'] });
    expect(running[0]).toEqual(['2 things wait for you.']);
    expect(running.at(-1)![1]).toBe(told);
  });
});
