/**
 * A region that was left becomes a standby again: nothing is promoted, and nobody who is served notices. What only it
 * holds is looked at first, kept before it is replaced, and somebody decides in between.
 */
import { REPROTECT } from '../../machine/types.ts';
import { keepDiverged } from '../keep-diverged.ts';
import { makeStandby } from '../make-standby.ts';
import { openForStandby } from '../open-for-standby.ts';
import { redisFollows } from '../redis-follows.ts';
import { standbyFollows } from '../standby-follows.ts';
import { standbyLook } from '../standby-look.ts';
import { startStandby } from '../start-standby.ts';
import { defineGate, type Runbook } from '../step.ts';
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
