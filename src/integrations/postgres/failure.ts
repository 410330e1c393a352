/** What a failed call to Postgres means: one sentence for people, and whether anything can have happened. */
import { IntegrationError } from '../../lib/errors.ts';

/** Why no session came about, or why one ended. */
export type FailureKind =
  /** Every address answered "nobody listens": the server (or the proxy before it) is stopped. */
  | 'connection-refused'
  /** The database itself takes no sessions: `datallowconn = false`. */
  | 'database-closed'
  /** The server is starting up or shutting down: it is there, and it proves nothing. */
  | 'cannot-connect-now'
  | 'no-answer'
  | 'no-such-database'
  | 'not-permitted'
  | 'read-only'
  | 'aborted'
  | 'other';

/** SQLSTATE of a server's error, or the code of a socket's. */
export function codeOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : undefined;
}

export function kindOf(error: unknown): FailureKind {
  if (refusedByAll(error)) return 'connection-refused';
  const code = codeOf(error);
  switch (code) {
    case '57P03':
    case '57P01':
    case '57P02':
      return 'cannot-connect-now';
    case '3D000':
      return 'no-such-database';
    case '42501':
    case '28000':
    case '28P01':
      return 'not-permitted';
    case '25006':
      return 'read-only';
    case '57014':
      return 'no-answer';
  }
  const text = error instanceof Error ? error.message : '';
  // 55000 is shared with other refusals ("recovery is not in progress"); the wording tells them apart, and the
  // protocol gives no other mark. A server that speaks another language is answered with `other`: it proves nothing.
  if (code === '55000' && text.includes('not currently accepting connections')) return 'database-closed';
  // pg gives its time limits and lost connections no code.
  if (code === undefined && /timeout|terminated|not queryable/i.test(text)) return 'no-answer';
  if (code !== undefined && /^E[A-Z]+$/.test(code)) return 'no-answer';
  return 'other';
}

/** A name with several addresses fails with one error for each: all of them must say "refused". */
function refusedByAll(error: unknown): boolean {
  if (error instanceof AggregateError && error.errors.length > 0)
    return error.errors.every((one) => codeOf(one) === 'ECONNREFUSED');
  return codeOf(error) === 'ECONNREFUSED';
}

export type Place = { region: string; address: string; database: string };

/** One sentence without a full stop's worth of secrets: never a URL, never a password. */
export function sentenceFor(error: unknown, { region, address, database }: Place): string {
  const server = `Postgres of ${region} (${address})`;
  const said = (error instanceof Error ? error.message : String(error)).split('\n')[0]!.slice(0, 200);
  switch (kindOf(error)) {
    case 'connection-refused':
      return `${server} refuses connections: nobody listens there.`;
    case 'database-closed':
      return `${server} does not accept connections to the database ${database}.`;
    case 'cannot-connect-now':
      return `${server} is there but takes no sessions: ${said}.`;
    case 'no-answer':
      return `${server} did not answer in time: ${said}.`;
    case 'aborted':
      return `The call to ${server} was given up before it answered.`;
    default:
      return `${server} said: ${said}${codeOf(error) === undefined ? '' : ` (${codeOf(error)})`}.`;
  }
}

const HINTS: Partial<Record<FailureKind, string>> = {
  'not-permitted': 'Give the role of its url the rights listed in docs/postgres-role.md.',
  'no-such-database': 'Correct the database in the url of the region.',
};

/** @param effect `none` only where the call provably never arrived, or was refused before it changed anything */
export function failure(
  error: unknown,
  place: Place,
  operation: string,
  effect: 'none' | 'unknown',
  aborted: boolean,
): IntegrationError {
  if (error instanceof IntegrationError) return error;
  const kind = aborted ? 'aborted' : kindOf(error);
  const hint = HINTS[kind];
  return new IntegrationError(
    aborted
      ? `The call to Postgres of ${place.region} (${place.address}) was given up before it answered.`
      : sentenceFor(error, place),
    { code: `postgres-${kind}`, system: 'postgres', operation, effect, cause: error, ...(hint && { hint }) },
  );
}
