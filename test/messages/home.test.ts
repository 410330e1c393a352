/** The page of one person: what waits for them comes first, and "nothing" is said. */
import { describe, expect, it } from 'vitest';
import { type HomeScene, home } from '../../src/messages/home.ts';
import { asked, begun, sceneOf, text } from './scenes.ts';

const seen = (more: Partial<HomeScene>): string[][] =>
  home({ scene: null, waiting: [], link: null, roles: {}, organization: 'eden', now: 5000, ...more }).map(text);
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
    expect(cards[1]!.at(-1)).toBe('[Approve promotion: primary] [Deny…]');
    expect(cards[2]!.at(-1)).toBe('[Confirm DNS: primary] [Deny…]');
    expect(cards).toHaveLength(4);
  });
  it('one decision is one', () => {
    expect(seen({ scene: sceneOf(asked()), waiting: ['dns'] })[0]).toEqual(['1 decision waits for you.']);
  });
  it('buttons carry the run, the gate and the round, as on the card', () => {
    const [, card] = home({
      scene: sceneOf(asked()),
      waiting: ['promote'],
      link: null,
      roles: {},
      organization: 'eden',
      now: 0,
    });
    expect(JSON.parse(card!.actions[0]!.value)).toMatchObject({ gate: 'promote', round: 1 });
  });
});
