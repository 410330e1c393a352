/** What came of a conversation that did not end well, as one sentence, and whether anybody may have got the letter. */
import { IntegrationError } from '../../lib/errors.ts';
import { foreignText } from '../../lib/foreign-text.ts';
import type { Posted } from '../../ports/mail.ts';
import type { Outcome, SmtpError } from './session.ts';

type Failed = Exclude<Outcome, { is: 'sent' }>;

const LATER = 'Try again in a few minutes.';
/** The codes of a TLS handshake that failed, which the library calls an error of the socket. */
const UNTRUSTED = /CERT|SELF_SIGNED|UNABLE_TO_|ERR_TLS|ERR_SSL/;
/** The server goes down: what it has taken by then it has not said. */
const CLOSING = 421;

export const notSent = (
  subject: string,
  { code, why, effect = 'none', hint }: { code: string; why: string; effect?: 'none' | 'unknown'; hint?: string },
): IntegrationError =>
  new IntegrationError(`The mail “${foreignText(subject)}” was not sent: ${why}.`, {
    code,
    ...(hint === undefined ? {} : { hint }),
    system: 'smtp',
    operation: 'send',
    effect,
  });

/** `server` names it in the sentence; `secrets` never stand there, whatever the server said. */
export function failureOf(
  outcome: Failed,
  { subject, server, timeoutMs, secrets }: { subject: string; server: string; timeoutMs: number; secrets: string[] },
): IntegrationError {
  const effect = outcome.begun ? 'unknown' : 'none';
  const fail = (code: string, why: string, arrived: 'none' | 'unknown' = effect, hint?: string) =>
    notSent(subject, { code, why, effect: arrived, ...(hint === undefined ? {} : { hint }) });
  if (outcome.is === 'cancelled') return fail('cancelled', 'it was no longer waited for');
  if (outcome.is === 'timeout') return fail('mail-timeout', `${server} was not done within ${timeoutMs} ms`);
  const { error } = outcome;
  if (error.code === 'ETIMEDOUT') return fail('mail-timeout', `${server} was not done in time`);
  const words = foreignText(wordsOf(error), secrets);
  if (error.code === 'EAUTH') return fail('mail-denied', `${server} does not take our name and password`, 'none');
  if (error.code === 'ETLS' || UNTRUSTED.test(error.originalCode ?? ''))
    return fail('mail-tls', `${server} offers no TLS that we trust (${words})`);
  if (error.responseCode === undefined || error.responseCode < 400 || (error.responseCode === CLOSING && outcome.begun))
    return fail('mail-unreachable', `${server} cannot be reached or broke off: ${words}`);
  // It answered in words that it did not take it: nobody gets it, however far it was.
  const each = (error.rejectedErrors ?? []).map((one) => refusalOf(one, secrets));
  const why =
    each.length > 0
      ? `${server} takes it for nobody: ${each.map((one) => `${one.address} (${one.why})`).join(', ')}`
      : `${server} answered ${foreignText(error.response ?? error.responseCode, secrets)}`;
  const forNow = each.length > 0 ? each.some((one) => one.forNow) : error.responseCode < 500;
  return forNow ? fail('mail-busy', why, 'none', LATER) : fail('mail-refused', why, 'none');
}

/** Why one address was refused. */
export const refusalOf = (error: SmtpError, secrets: string[]): Posted['refused'][number] => ({
  address: error.recipient ?? 'an address',
  why: foreignText(error.response ?? error.message, secrets),
  forNow: error.responseCode !== undefined && error.responseCode < 500,
});

const wordsOf = ({ message, code, originalCode }: SmtpError): string => {
  const words = message.split('\n')[0]!;
  const known = originalCode ?? code;
  return known === undefined || words.includes(known) ? words : `${words} (${known})`;
};
