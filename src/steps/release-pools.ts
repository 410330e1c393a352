import { done, notDone, unknown } from '../ports/answer.ts';
import {
  hasPoolers,
  heldBy,
  letGo,
  lookAt,
  namesOf,
  PAUSES,
  poolersOf,
  RESUME_BY_HAND,
  silentText,
} from './pooling.ts';
import { defineStep } from './step.ts';

/** Every end passes here. A pooler left paused is an outage of its own. */
export const releasePools = defineStep({
  id: 'release-pools',
  title: 'See that no pooler holds clients back',
  about: {
    does: 'Sends `RESUME` to every PgBouncer that this run paused and that is paused still, however the run ended. What somebody else had paused stays. Only where poolers are configured.',
    asks: 'Reads each console. Done when nothing this run paused is paused; of a region given up in an emergency no answer is waited for, Regent goes on asking. Where this run paused nothing nobody is asked.',
    whenItStops: [
      `A pooler does not answer: clients may wait there. Where it runs: \`${RESUME_BY_HAND}\`, then Retry. Where it is gone for good, skip this.`,
    ],
  },
  phase: 'atEnd',
  repeat: 'idempotent',
  budgetMs: 60_000,
  byHand: () => [RESUME_BY_HAND],
  uses: ['pooler'],
  when: hasPoolers,
  async check({ pooler, system, source, mode, beforeOf, signal }) {
    const before = beforeOf(PAUSES);
    if (before === null) return done({ held: [], silent: [] }, 'nobody was held back');
    const { seen, silent } = await lookAt(pooler, poolersOf(system, [source]), signal);
    const held = seen
      .map((look) => ({ pooler: look.pooler, databases: heldBy(look, before) }))
      .filter(({ databases }) => databases.length > 0);
    const evidence = { held, silent: silent.map((one) => one.pooler) };
    if (held.length > 0)
      return notDone(
        [`RESUME ${namesOf(held)}`, ...(silent.length === 0 ? [] : [silentText(silent)])].join('; '),
        evidence,
      );
    if (silent.length === 0) return done(evidence, 'no pooler holds clients back');
    if (mode === 'emergency') return done(evidence, `clients are let go as soon as it answers: ${silentText(silent)}`);
    return unknown(silentText(silent), evidence);
  },
  async run({ pooler, system, source, beforeOf, signal }) {
    const { seen } = await lookAt(pooler, poolersOf(system, [source]), signal);
    const before = beforeOf(PAUSES);
    await letGo(
      pooler,
      seen.map((look) => ({ pooler: look.pooler, databases: heldBy(look, before) })),
      signal,
    );
    return undefined;
  },
  // The run is over by then: nobody is to be held back again.
  undo: async () => ({}),
});
