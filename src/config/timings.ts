/** How fast Regent goes about things. All have defaults that suit production; a test world shortens them. */
import { z } from 'zod';
import { duration, durationOrNone } from './fields.ts';
import { stepId } from './steps.ts';

export const timings = z
  .strictObject({
    poll: duration().prefault('1s').describe('Pause between two looks at something that is awaited.'),
    callTimeout: duration().prefault('10s').describe('Longest time one call to an outside system may take.'),
    headlineEvery: duration().prefault('3s').describe('Shortest time between two edits of a headline.'),
    headlineTick: duration()
      .prefault('10s')
      .describe('Time after which a headline is renewed though nothing happened.'),
    lagWithin: duration().prefault('10s').describe('Longest time a replication lag is measured.'),
    resolverTimeout: duration().prefault('1s').describe('Longest time one DNS question may take.'),
    deafAfter: duration()
      .prefault('60s')
      .describe('Time without a sign of life from Slack after which the connection counts as lost.'),
    heartbeatEvery: duration()
      .prefault('2s')
      .describe('How often a heartbeat row is written where the primary is: it tells how much a disaster has cost.'),
    fenceEvery: duration()
      .prefault('1s')
      .describe('How often a region that was lost is looked at, to fence it the moment it is back.'),
    openTransactions: durationOrNone()
      .prefault('10s')
      .describe('How long open transactions are given to end by themselves once the region that is left is read-only.'),
    drain: durationOrNone().prefault('5s').describe('Time given to calls in flight when Regent is told to stop.'),
    budgets: z
      .record(stepId(), duration())
      .prefault({})
      .describe('Another time budget for single steps, by step id. Over it, a run holds and asks.'),
  })
  .prefault({})
  .describe('How often and how long. Rarely changed.');
