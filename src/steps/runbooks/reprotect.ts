/**
 * A region that was left becomes a standby again: nothing is promoted, and nobody who is served notices. What only it
 * holds is looked at first, kept before it is replaced, and somebody decides in between.
 */
import { REPROTECT } from '../../machine/types.ts';
import { canFollow } from '../can-follow.ts';
import { keepDiverged } from '../keep-diverged.ts';
import { makeStandby } from '../make-standby.ts';
import { openForStandby } from '../open-for-standby.ts';
import { redisFollows } from '../redis-follows.ts';
import { standbyFollows } from '../standby-follows.ts';
import { standbyLook } from '../standby-look.ts';
import { startStandby } from '../start-standby.ts';
import { defineGate, type Runbook, type StepDefinition } from '../step.ts';
import { stopForStandby } from '../stop-for-standby.ts';

export const reprotect: Runbook = {
  name: REPROTECT,
  nodes: [
    standbyLook,
    defineGate({
      id: 'reprotect',
      title: 'Make {source} a standby of {target}',
      phase: 'preparing',
      after: ['standby-look'],
    }),
    stopForStandby,
    keepDiverged,
    makeStandby,
    openForStandby,
    startStandby,
    standbyFollows,
    redisFollows,
  ],
};

const HERE = {
  phase: 'securing',
  onFailure: 'continue',
  proves: false,
  whenLeaving: canFollow.whenLeaving!,
} as const;
/** An abort is over by then: the target has been promoted. */
const NO_UNDO = { impossible: 'It follows from here on; going back is a failback.' };

/**
 * The same within a run that leaves a region by a clean stop. Nobody is asked, so only what throws nothing away is done.
 * Nothing of such a run closes anything there, so nothing is lifted either: a node that is cordoned in a region under
 * repair is meant to be. What fails is said once, and the run goes on.
 */
export const IN_RUN: StepDefinition[] = [
  canFollow,
  { ...makeStandby, ...HERE, after: [canFollow.id], undo: NO_UNDO },
  { ...startStandby, ...HERE, after: [makeStandby.id], undo: NO_UNDO },
  { ...standbyFollows, ...HERE, after: [startStandby.id] },
];
