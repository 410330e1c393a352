/** Connection poolers between the application and Postgres: where their consoles are, and for how long they may hold clients back. */
import { z } from 'zod';
import { duration, type SecretReader, secret, text } from './fields.ts';

/** The longest a pause may wait for transactions: it is one call, and a call lasts less than 30 s. */
const MOST_WAIT_MS = 20_000;

/** Of one region: `env:POOLER`, or with databases. Its output is always the long form. */
export const poolers = (read: SecretReader) => {
  const url = () =>
    secret(read, { pattern: /^postgres(ql)?:\/\//, what: 'a postgres:// address' }).meta({ writeOnly: true });
  return z
    .array(
      z.union([
        url()
          .describe('Address of its console, as env:NAME or file:path.')
          .transform((one) => ({ url: one })),
        z.strictObject({
          url: url().describe(
            'Address of its console with its user, postgres://USER:PASSWORD@HOST:6432/pgbouncer, as env:NAME or file:path.',
          ),
          databases: z
            .array(text())
            .min(1)
            .describe('Names of its section [databases] that lead to this Postgres. Without it: all of them.')
            .exactOptional(),
        }),
      ]),
    )
    .min(1)
    .describe(
      'PgBouncers through which clients reach the Postgres of this region, each by its own address and never by a load balancer’s. A planned move holds their clients back instead of failing them; every move makes them look their servers up again. One that always leads to the region that serves stands in every region. See docs/pooler.md.',
    );
};

export const poolerTimes = z
  .strictObject({
    pause: duration()
      .prefault('30s')
      .describe(
        'Longest time poolers hold clients back during a planned move. Then they are let go, whatever the run is at: clients that still find no server to write to are told so by it. Shorter than PgBouncer’s query_wait_timeout.',
      ),
    wait: duration()
      .prefault('10s')
      .refine((ms) => ms <= MOST_WAIT_MS, { error: 'is too long: at most 20s.' })
      .describe(
        'How long transactions are given to end before clients are held back. Not ended by then, clients are let go again and the run goes on without. Shorter than `pause`, at most 20s.',
      ),
  })
  .prefault({})
  .describe('How PgBouncers are used during a move. They are named in regions.NAME.postgres.poolers.');
