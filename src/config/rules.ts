/** What a planned run asks for beyond the machine's own needs, and how its success is judged afterwards. */
import { z } from 'zod';
import { duration, durationOrNone, person, shaped, text, webAddress } from './fields.ts';
import { performance } from './performance.ts';

/** Programs and addresses that are asked a question: exit status 0, or a 2xx, means yes. */
export const question = (description: string) =>
  z
    .union([
      z.strictObject({
        url: webAddress({ placeholders: true }).describe('Address that answers 2xx when it is so.'),
      }),
      z.strictObject({
        exec: z
          .array(text())
          .min(1)
          .describe('Program and arguments, run without a shell: status 0 says yes, 1 says no, another nothing.'),
      }),
    ])
    .describe(description);

export const rules = z
  .strictObject({
    notice: durationOrNone()
      .prefault('0s')
      .describe(
        'How long before a planned run people must have been told (/dr schedule). Without that somebody has to waive it by name, with a reason.',
      ),
    ttl: z
      .strictObject({
        atMost: z.int().min(1).max(86_400).default(60).describe('Seconds: no record may live longer.'),
        for: duration().prefault('24h').describe('How long it must have been so.'),
        lookEvery: duration().prefault('1h').describe('How often Regent looks and writes down what it saw.'),
      })
      .describe(
        'How short-lived the records must be before a planned run. Only what Regent has seen itself counts. Without that somebody has to waive it by name.',
      )
      .exactOptional(),
    onCall: z
      .array(person())
      .prefault([])
      .describe(
        'People of whom one must be at a screen before a planned run goes on: group:NAME or user:ID. Empty: nobody is looked for.',
      ),
    mayDiffer: z
      .array(
        shaped(
          /^(configmap|secret|image|statefulset|deployment)\/[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/,
          'something that may differ',
          'configmap/NAME, secret/NAME, image/DEPLOYMENT, statefulset/NAME or deployment/NAME',
        ),
      )
      .prefault([])
      .describe(
        'What may differ between the clusters of two regions: configmap/NAME, secret/NAME, image/DEPLOYMENT; statefulset/NAME and deployment/NAME, which may be at 0 where they do not serve.',
      ),
  })
  .prefault({})
  .describe('House rules of planned runs. A named person may waive one with a reason, which stays on show.');

export const monitoring = question(
  'How to ask whether a region’s monitoring works; {alias} stands for the region’s alias. Asked of the region that takes over, before anything is changed.',
).exactOptional();

const METHODS = { get: 'GET', post: 'POST', put: 'PUT', delete: 'DELETE' } as const;

const request = z
  .strictObject({
    get: webAddress({ placeholders: true }).describe('Address that is read.').exactOptional(),
    post: webAddress({ placeholders: true }).describe('Address a body is sent to.').exactOptional(),
    put: webAddress({ placeholders: true }).describe('Address a body is put to.').exactOptional(),
    delete: webAddress({ placeholders: true }).describe('Address that is deleted.').exactOptional(),
    body: z.unknown().describe('What is sent, as JSON.').exactOptional(),
    headers: z
      .record(text(), text())
      .describe('Headers sent with it. No secrets: they stand in the file.')
      .exactOptional(),
    status: z.int().min(100).max(599).describe('The status it must answer with. Without it: any 2xx.').exactOptional(),
    contains: text().describe('Text the answer must contain.').exactOptional(),
  })
  .transform((written, context) => {
    const methods = (['get', 'post', 'put', 'delete'] as const).filter((method) => written[method] !== undefined);
    if (methods.length !== 1) {
      context.issues.push({
        code: 'custom',
        input: written,
        message: 'a request is one of get, post, put and delete, with its address.',
      });
      return z.NEVER;
    }
    const { body, headers, status = null, contains = null } = written;
    return {
      method: METHODS[methods[0]!],
      url: written[methods[0]!]!,
      ...(body === undefined ? {} : { body }),
      ...(headers === undefined ? {} : { headers }),
      status,
      contains,
    };
  });

export const verify = z
  .strictObject({
    errorRate: z
      .strictObject({
        query: text().describe(
          'Query of the metrics whose one number is the share of failed requests, 0 to 1. Add `or vector(0)` to what may have no series: an empty answer says nothing.',
        ),
        atMost: z.number().min(0).max(1).default(0.01).describe('Largest share at which the run counts as well.'),
      })
      .describe('How well clients are served after the switch. Needs `metrics`.')
      .exactOptional(),
    performance,
    workflows: z
      .array(
        z.union([
          z.strictObject({
            name: text().describe('What a user does, in a few words.'),
            requests: z
              .array(request)
              .min(1)
              .describe(
                'What is asked, in this order; all of it must be answered as expected. {source}, {target}, {sourceAlias}, {targetAlias}, {alias} and {run} are filled in everywhere.',
              ),
          }),
          z.strictObject({
            name: text().describe('What a user does, in a few words.'),
            exec: z.array(text()).min(1).describe('Program and arguments that try it; status 0 when it works.'),
          }),
        ]),
      )
      .prefault([])
      .describe('What users depend on most: each is tried after the switch.'),
    data: z
      .array(
        z.strictObject({
          name: text().describe('What is compared, in a few words.'),
          query: text().describe('One SELECT that only reads. Both databases must give the same answer.'),
        }),
      )
      .prefault([])
      .describe(
        'Asked of the database that is left once its writers have stopped, and of the other one before it is promoted. Clients wait meanwhile: keep them quick.',
      ),
  })
  .prefault({})
  .describe('How the success of a run is judged beyond health.');
