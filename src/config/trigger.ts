/** When a region counts as failed, who must agree, and what Regent then does by itself. */
import { z } from 'zod';
import { duration, durationOrNone, text, webAddress } from './fields.ts';

const share = (fallback: number) => z.number().min(0).max(1).default(fallback);

/** Endpoints asked of one region, beside its cluster, Postgres and Redis. */
export const regionProbes = z
  .array(
    z.strictObject({
      name: text().describe('What is asked, in a word or two: it stands on the cards.'),
      url: webAddress({ alias: true }).describe(
        'Address that answers 2xx when it is well; {alias} stands for the region’s alias.',
      ),
      weight: z
        .number()
        .min(0)
        .max(100)
        .default(1)
        .describe('How much it counts in the region’s health. Postgres counts 3, the cluster 2, Redis 1.'),
      critical: z
        .boolean()
        .default(false)
        .describe('Nothing works without it: answered badly for trigger.confirmAfter, the region counts as failed.'),
    }),
  )
  .describe(
    'What is asked to see whether the region is well. Without it: the `health` of every service there, while the region is the primary.',
  )
  .exactOptional();

export const trigger = z
  .strictObject({
    mode: z
      .enum(['off', 'propose', 'declare'])
      .default('propose')
      .describe(
        'off: regions are watched, nobody is told. propose: a card asks people to declare the disaster. declare: Regent declares it itself once a region has failed.',
      ),
    every: duration().prefault('5s').describe('How often every region is looked at.'),
    healthBelow: share(0.3).describe('A region with less health than this, 0 to 1, is ill.'),
    healthyAbove: share(0.5).describe('A region with more than this is well. Between the two nothing changes.'),
    for: duration().prefault('2m').describe('How long its health must be too low before it counts as failed.'),
    errorRateAbove: share(0.5).describe(
      'A share of failed requests above this is an outage. Asked with the query of verify.errorRate.',
    ),
    errorRateFor: duration().prefault('1m').describe('How long the errors must be too many.'),
    cutFor: duration().prefault('60s').describe('How long a region must be wholly silent before it counts as failed.'),
    confirmAfter: duration()
      .prefault('30s')
      .describe(
        'Silence this long is confirmed, no longer only suspected; trouble is seen twice at least this far apart.',
      ),
    recoverFor: duration()
      .prefault('30s')
      .describe('How long a region must be well again before a proposal is withdrawn.'),
    agree: z
      .int()
      .min(1)
      .max(50)
      .default(1)
      .describe(
        'How many places must say so at least. It is never fewer than most of those that can say. Of failed requests, which the metrics count, one that asks the metrics suffices.',
      ),
    coolDown: durationOrNone()
      .prefault('30m')
      .describe(
        'mode declare: after a run nothing is declared for this long, nor before somebody has said /dr acknowledge. It counts from the end of the run, or from when its watch began (`hold`).',
      ),
    vantages: z
      .array(
        z.strictObject({
          name: text().describe('What this place is called on the cards.'),
          url: webAddress().describe(
            'Address that is asked with ?region=NAME and answers {"at": ms, "probes": [{"name", "seen": "good" | "bad" | "silent", …}]}.',
          ),
        }),
      )
      .prefault([])
      .describe('Other places that look at the regions and say over HTTP what they see.'),
  })
  .superRefine(({ healthBelow, healthyAbove, vantages }, context) => {
    if (healthyAbove < healthBelow)
      context.addIssue({
        code: 'custom',
        path: ['healthyAbove'],
        message: `${healthyAbove} is less than healthBelow, ${healthBelow}: a region would be ill and well at once. Write more.`,
      });
    const names = vantages.map(({ name }) => name);
    const twice = names.findIndex((name, index) => names.indexOf(name) !== index);
    if (twice !== -1)
      context.addIssue({
        code: 'custom',
        path: ['vantages', twice, 'name'],
        message: `“${names[twice]}” is the name of another place as well. Give each its own.`,
      });
  })
  .prefault({})
  .describe('When a region counts as failed, and what is done then.');

export type Trigger = z.output<typeof trigger>;
export type RegionProbes = z.output<typeof regionProbes>;
