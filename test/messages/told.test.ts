/** The reply that says who was told outside the chat. */
import { expect, it } from 'vitest';
import type { Json } from '../../src/lib/json.ts';
import { type Delivery, told } from '../../src/messages/told.ts';
import { text } from './scenes.ts';

const delivery = (where: string, more: Partial<Delivery> = {}): Delivery => ({
  where,
  what: '',
  state: 'told',
  at: 60_000,
  nextTry: 0,
  why: null,
  ...more,
});
const shown = (...deliveries: Delivery[]) => told({ facts: { deliveries: deliveries as unknown as Json } });

it('is one line: everything by its place and time, and what is still tried', () => {
  const message = shown(
    delivery('PagerDuty', { what: 'incident' }),
    delivery('PagerDuty', { what: 'note', at: 90_000 }),
    delivery('mail to 2 operators'),
    delivery('status page', {
      what: 'opened',
      state: 'waiting',
      nextTry: 2,
      at: 120_000,
      why: 'Statuspage answered 500.',
    }),
  );
  expect(text(message)).toEqual([
    'Told: PagerDuty incident 60 s, note 90 s · mail to 2 operators 60 s · status page: not yet, 2nd try at 120 s',
    'status page, opened: ‹Statuspage answered 500.›',
  ]);
  expect(message?.tone).toBe('plain');
});

it('says what it has given up', () => {
  const message = shown(
    delivery('status page', { what: 'opened' }),
    delivery('status page', { what: 'resolved', state: 'gaveUp', at: 90_000, why: 'no answer' }),
  );
  expect(text(message)[0]).toBe('Told: status page opened 60 s, resolved not told, given up at 90 s');
  expect(message?.tone).toBe('bad');
});

it.each([
  [2, '2nd'],
  [3, '3rd'],
  [4, '4th'],
  [11, '11th'],
  [12, '12th'],
  [21, '21st'],
])('counts tries: %i is %s', (nextTry, word) => {
  expect(text(shown(delivery('mail', { state: 'waiting', nextTry })))[0]).toContain(`mail: not yet, ${word} try at`);
});

it('is nothing where nobody was to be told', () => {
  expect(told({ facts: {} })).toBeNull();
  expect(shown()).toBeNull();
});
