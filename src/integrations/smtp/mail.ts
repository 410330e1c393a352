/**
 * Mail by SMTP. Each letter has a connection of its own: letters are few, and one kept open for the next is one that is
 * broken by then.
 */
import { isIP } from 'node:net';
import { getCACertificates } from 'node:tls';
import { ConfigError } from '../../lib/errors.ts';
import { foreignText } from '../../lib/foreign-text.ts';
import type { Mail } from '../../ports/mail.ts';
import { failureOf, notSent, refusalOf } from './failures.ts';
import { composed, isAddress, messageIdOf, senderIn } from './letter.ts';
import { converse, type SessionOptions } from './session.ts';

export type SmtpOptions = Omit<SessionOptions, 'ca'> & {
  /** `Regent <regent@eden.example.com>`, or the address alone. */
  from: string;
  /** Certificates (PEM) to trust besides the system's. */
  ca?: string[];
};

/** @throws ConfigError for a sender that is no address, or a password that would be sent in the clear. */
export function smtpMail(options: SmtpOptions): Mail {
  const { host, port, security, auth, timeoutMs, ca = [] } = options;
  const sender = senderIn(options.from);
  if (sender === undefined) {
    throw new ConfigError(`“${options.from}” is not a sender.`, {
      code: 'mail-sender',
      hint: 'Write an address, or a name and <an address>.',
    });
  }
  if (auth !== undefined && security === 'none' && !isHere(host)) {
    throw new ConfigError(`Mail to ${host} would send its password in the clear.`, {
      code: 'mail-clear-password',
      hint: 'Use starttls or implicit TLS, or no password.',
    });
  }
  const session = { ...options, ca: ca.length === 0 ? [] : [...getCACertificates('default'), ...ca] };
  const secrets = auth === undefined ? [] : secretForms(auth);
  const server = `the mail server ${host}:${port}`;

  return {
    async send(letter, signal) {
      const { subject, key, to } = letter;
      const strange = to.find((address) => !isAddress(address));
      if (strange !== undefined)
        throw notSent(subject, { code: 'mail-address', why: `“${foreignText(strange)}” is not an address` });
      if (to.length === 0) throw notSent(subject, { code: 'mail-nobody', why: 'it is addressed to nobody' });
      if (signal.aborted) throw notSent(subject, { code: 'cancelled', why: 'it was stopped before it began' });
      const outcome = await converse(session, { from: sender.address, to }, await composed(letter, sender), signal);
      if (outcome.is !== 'sent') throw failureOf(outcome, { subject, server, timeoutMs, secrets });
      return {
        id: messageIdOf(key, sender),
        accepted: outcome.accepted,
        refused: outcome.refused.map((error) => refusalOf(error, secrets)),
      };
    },
  };
}

const isHere = (host: string): boolean =>
  host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));

/** A server may repeat what it was sent, and it is sent a password in these forms. */
const secretForms = ({ user, password }: { user: string; password: string }): string[] => [
  password,
  ...[password, `\0${user}\0${password}`].map((text) => Buffer.from(text).toString('base64')),
];
