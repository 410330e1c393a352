/** What going home asks for beyond what every planned run does. */
import { z } from 'zod';
import { durationOrNone } from './fields.ts';
import { question } from './rules.ts';

export const failback = z
  .strictObject({
    soak: durationOrNone()
      .prefault('30m')
      .describe(
        'How long the last move must be over before the way home begins: what comes back too early has not shown that it is well. Without that somebody has to waive it by name, with a reason. 0s: no such rule.',
      ),
    network: question(
      'How to ask whether {source} reaches {target}. Asked twice, in both directions: the second time with the regions exchanged. Without it only replication is looked at, which shows one direction.',
    ).exactOptional(),
  })
  .prefault({})
  .describe('What `/dr failback` asks for beyond what a planned run does.');
