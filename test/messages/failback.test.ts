/** A run that goes home is called what it is, and a fence that holds it has its button. */
import { expect, it } from 'vitest';
import { FAILBACK } from '../../src/machine/types.ts';
import { headline } from '../../src/messages/headline.ts';
import { hold } from '../../src/messages/hold.ts';
import { status } from '../../src/messages/status.ts';
import type { Story } from '../support/machine.ts';
import { begun, completed, sceneOf, text } from './scenes.ts';

const home = (told: Story, facts = {}) => {
  const scene = sceneOf(told, facts);
  return { ...scene, c: { ...scene.c, runbook: FAILBACK } };
};

it('in the headline and for stakeholders', () => {
  expect(text(headline(home(begun())))[0]).toBe('🔶 eden-1 · east → west · failback');
  expect(text(status(home(begun()), false, null))[0]).toBe('Eden is moving back from east to west. It goes to plan.');
  expect(text(status(home(completed()), false, null))[0]).toBe('Eden has moved back from east to west.');
});

it('offers to lift what holds it, where there is something Regent may lift', () => {
  const held = (lift: boolean) => {
    const { c, ...scene } = home(begun(), { n: 1, ref: 'source-is-primary', kind: 'step' });
    const why = 'left in west: NetworkPolicy regent-fence';
    const hold = { kind: 'step' as const, ref: 'source-is-primary', why, since: 0, n: 1 };
    const state = { ...c.steps['source-is-primary']!, status: 'notDone' as const, evidence: { lift } };
    return { ...scene, c: { ...c, holds: [hold], steps: { ...c.steps, 'source-is-primary': state } } };
  };
  const actions = (lift: boolean) => hold(held(lift))!.actions.map(({ id, label }) => `${id} ${label}`);
  expect(actions(true)).toContain('lift:west Lift…');
  expect(actions(false).join()).not.toContain('Lift');
});
