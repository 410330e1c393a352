/** The commit window: how long a run is watched once its target serves, before it is over, and what counts as trouble. */
import { z } from 'zod';
import { duration, durationOrNone, text } from './fields.ts';

const share = (what: string, limit: string) =>
  z
    .strictObject({
      query: text()
        .describe(
          `Query of the metrics whose one number is the share of ${what} in use, 0 to 1. Without it the cluster’s own metrics API (metrics.k8s.io) is asked, service by service; where there is none it is not watched, and that is said.`,
        )
        .exactOptional(),
      atMost: z.number().min(0.05).max(10).default(0.9).describe(`Largest share of ${limit} that is no trouble.`),
    })
    .prefault({});

const whole = z.strictObject({
  for: durationOrNone().describe('How long. 0s: not at all.'),
  every: duration().prefault('15s').describe('How often is looked.'),
  grace: duration()
    .prefault('5m')
    .describe(
      'Trouble that stands when the time is over keeps the run from being committed this long by itself; then it holds and asks.',
    ),
  cpu: share('CPU', 'what a service’s pods may use (their limits, else their requests)').describe('How busy.'),
  memory: share('memory', 'what a service’s pods may use (their limits, else their requests)').describe('How full.'),
});

/** `hold: 10m` is `hold: { for: 10m }`. */
export const hold = z
  .union([durationOrNone().transform((ms) => ({ ms })), whole])
  .transform((written) =>
    'ms' in written
      ? { for: written.ms, every: 15_000, grace: 300_000, cpu: { atMost: 0.9 }, memory: { atMost: 0.9 } }
      : written,
  )
  .describe(
    'The commit window: how long a run stays open and is watched once its target serves, in emergencies too. The declaration that the target is lost ends it. Write a duration like 10m, or a map with `for`. Without it, or with 0s, runs end at once.',
  );
