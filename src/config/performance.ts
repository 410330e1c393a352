/** How fast clients must be served after a switch, and how many of them: against what was usual before it. */
import { z } from 'zod';
import { duration, text } from './fields.ts';

export const performance = z
  .strictObject({
    p95: z
      .strictObject({
        query: text()
          .describe(
            'Query of the metrics whose one number is the time that 95 % of requests stay under, in seconds, as histogram_quantile(0.95, …) gives it. Without it Regent asks the public addresses of the services (else those in the region) itself, 20 times each.',
          )
          .exactOptional(),
        atMost: duration().prefault('200ms').describe('Longest time at which the run counts as well.'),
      })
      .prefault({})
      .describe('How long a request takes: 95 % of them at most this long.'),
    throughput: z
      .strictObject({
        query: text().describe(
          'Query of the metrics whose one number is how many requests are served in a second, as sum(rate(…)) gives it.',
        ),
        atLeast: z
          .number()
          .min(0.01)
          .max(1)
          .default(0.9)
          .describe('Smallest share of what was usual before at which the run counts as well.'),
      })
      .describe(
        'How many requests are served. Without it nobody knows, for Regent sees none but its own, and the step says so.',
      )
      .exactOptional(),
    baseline: z
      .strictObject({
        every: duration()
          .prefault('1m')
          .describe('How often the region that serves is measured while it is well and no run is under way.'),
        over: duration()
          .prefault('1h')
          .describe(
            'The median of this time before a run is what was usual. A sixth of it apart, the journal keeps what was measured, so that a restart forgets nothing.',
          ),
      })
      .prefault({})
      .describe('What was usual before: measured all the time, because in a disaster it is too late to ask.'),
  })
  .describe(
    'Whether clients are served as well as before: response times, and requests in a second. Queries need `metrics`.',
  )
  .exactOptional();
