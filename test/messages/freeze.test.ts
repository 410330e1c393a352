/** What developers read: it must be enough for somebody who knows nothing of failovers. */
import { expect, it } from 'vitest';
import { freeze, freezeLifted } from '../../src/messages/freeze.ts';
import { type Story, step, story } from '../support/machine.ts';
import { sceneOf, text } from './scenes.ts';

const NODES = [
  step('freeze-changes', 'preparing'),
  step('move', 'promoting'),
  step('lift-freeze', 'atEnd', { after: ['move'] }),
];

const frozen = (): Story => story().begin(NODES).finish('freeze-changes');
const read = (message: typeof freeze, told: Story): string[] => text(message(sceneOf(told)));
const takenOver = (): Story => frozen().take({ type: 'TAKEN_OVER', by: 'UOPS', reason: 'x' });

it('says what is moved, for whom, from when to when, and what not to do', () => {
  expect(read(freeze, frozen())).toEqual([
    '⏸ Change freeze: deploy nothing to eden · east → west · eden-1',
    'eden is being moved from east to west: planned switchover, asked for by @UREQ: ‹“maintenance”›',
    'From 4 s until it is over: no deployments, no change of configuration, Secrets or infrastructure in east or west. What is changed now can get lost with the region that is left.',
    'It is over when eden-1 ends, whichever way; that is meant to be within 30:00, and is told here.',
    '(Pipelines can see it too: the annotation regent.dev/change-freeze on the namespace, in both clusters.)',
  ]);
});

it('afterwards the same message says that it is over', () => {
  expect(read(freeze, frozen().finish('move', 'lift-freeze'))).toEqual([
    'Change freeze, over since 8 s · east → west · eden-1',
    'eden: planned switchover, asked for by @UREQ: ‹“maintenance”›',
  ]);
  expect(read(freeze, frozen().finish('move').intend('lift-freeze'))[0]).toContain('deploy nothing');
});

it('lifted: which region is primary now', () => {
  expect(read(freezeLifted, frozen().finish('move', 'lift-freeze'))).toEqual([
    '✔ The change freeze is over · eden · east → west · eden-1',
    'west is primary now. east serves nobody.',
    'You may deploy and change configuration again.',
  ]);
});

it('lifted after an abort: the region that was primary before', () => {
  const undone = frozen().intend('move').abort().done('move').undo('move', 'freeze-changes').found('lift-freeze');
  expect([undone.where, read(freezeLifted, undone)[1]]).toEqual([
    'rolledBack',
    'The move was undone: east is primary, as before.',
  ]);
  const nothing = story().begin(NODES).abort();
  expect(text(freezeLifted(sceneOf(nothing)))[1]).toBe('Nothing was moved: east is primary, as before.');
});

it('lifted because people go on by hand: it promises nothing', () => {
  expect(read(freezeLifted, takenOver().finish('lift-freeze'))).toEqual([
    '⏸ The change freeze is over · eden · east → west · eden-1',
    'eden-1 was taken over: people finish it by hand, and which region is primary is for them to say.',
    'Ask them before you deploy.',
  ]);
});

it('not lifted by Regent: what may still be in the way', () => {
  const told = frozen()
    .finish('move')
    .intend('lift-freeze')
    .notDone('lift-freeze')
    .take({ type: 'STEP_SKIPPED', step: 'lift-freeze', by: 'UOPS', reason: 'east is gone' });
  expect(read(freezeLifted, told).at(-1)).toBe(
    'Regent did not take the annotation regent.dev/change-freeze off both clusters: a pipeline that looks for it may still wait.',
  );
  expect(read(freeze, told)[0]).toContain('over since');
});
