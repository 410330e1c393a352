/** Which region takes over where several could: how much each factor counts, and where its scale ends. */
import { z } from 'zod';
import { duration } from './fields.ts';

const FACTORS = ['health', 'capacity', 'latency', 'freshness'] as const;
const weight = (fallback: number) => z.number().min(0).max(1).default(fallback);

export const scoring = z
  .strictObject({
    health: weight(0.4).describe(
      'How much its health counts: 0 to 1, as watching it has found; a probe’s share is its weight.',
    ),
    capacity: weight(0.3).describe(
      'How much its room counts: free CPU or memory, whichever is scarcer, over what the pods that are missing there ask; 1 is enough, more counts as 1.',
    ),
    latency: weight(0.2).describe(
      'How much it counts how quickly its Postgres answers Regent: 1 at once, falling evenly to 0 at latencyLimit.',
    ),
    freshness: weight(0.1).describe(
      'How much the age of its data counts: 1 for none behind, falling evenly to 0 at freshnessLimit.',
    ),
    latencyLimit: duration().prefault('500ms').describe('An answer that takes this long scores 0 for latency.'),
    freshnessLimit: duration()
      .describe('Data this far behind the region that is left score 0 for freshness. Without it: objectives.rpo.')
      .exactOptional(),
  })
  .superRefine((written, context) => {
    const sum = FACTORS.reduce((all, factor) => all + written[factor], 0);
    // Written in decimals, added in binary: 0.4 + 0.3 + 0.2 + 0.1 is 1 only nearly.
    if (Math.abs(sum - 1) > 1e-9)
      context.addIssue({
        code: 'custom',
        message: `${FACTORS.map((factor) => `${factor} ${written[factor]}`).join(', ')} add up to ${Math.round(sum * 1e6) / 1e6}. Write weights that add up to 1.`,
      });
  })
  .prefault({})
  .describe(
    'How the target is chosen where several regions could take over and none was named: each gets a score from 0 to 1, the highest wins.',
  );
