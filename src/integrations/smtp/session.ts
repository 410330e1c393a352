/**
 * One conversation with a mail server, on a connection of its own that is gone when it ends. Spoken through nodemailer's
 * SMTP connection and not its `sendMail`, because only there can be seen whether the letter had begun to leave: before
 * that, whatever breaks, nobody gets it.
 */
import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import SMTPConnection from 'nodemailer/lib/smtp-connection';

export type SessionOptions = {
  host: string;
  port: number;
  /** `implicit`: TLS from the first byte. `starttls`: or nothing is sent. `none`: readable on the way. */
  security: 'implicit' | 'starttls' | 'none';
  auth?: { user: string; password: string };
  /** For the whole conversation. */
  timeoutMs: number;
  /** Name we greet with; default the machine's. */
  name?: string;
  ca: string[];
};

export type SmtpError = Error & {
  code?: string;
  originalCode?: string;
  command?: string;
  response?: string;
  responseCode?: number;
  rejected?: string[];
  rejectedErrors?: SmtpError[];
  recipient?: string;
};

export type Outcome =
  | { is: 'sent'; accepted: string[]; refused: SmtpError[] }
  /** `begun`: the letter was under way, and may have arrived. */
  | { is: 'failed'; error: SmtpError; begun: boolean }
  | { is: 'timeout'; begun: boolean }
  | { is: 'cancelled'; begun: boolean };

const FAREWELL_MS = 500;

/** Never throws. The connection is closed when it returns. */
export async function converse(
  options: SessionOptions,
  envelope: { from: string; to: string[] },
  letter: Buffer,
  signal: AbortSignal,
): Promise<Outcome> {
  const { host, port, security, auth, timeoutMs, name, ca } = options;
  const limit = AbortSignal.timeout(timeoutMs);
  const theirs = timeoutMs + 1000;
  const connection = new SMTPConnection({
    host,
    port,
    secure: security === 'implicit',
    requireTLS: security === 'starttls',
    ignoreTLS: security === 'none',
    ...(name === undefined ? {} : { name }),
    // Its own limits are minutes. These come after ours, which covers all of it.
    connectionTimeout: theirs,
    greetingTimeout: theirs,
    socketTimeout: theirs,
    dnsTimeout: theirs,
    socketCloseTimeout: 0,
    ...(ca.length === 0 ? {} : { tls: { ca } }),
  });
  let begun = false;
  // Read only once the server has asked for the letter.
  const message = Readable.from(
    (function* () {
      begun = true;
      yield letter;
    })(),
  );
  const step = <T>(start: (done: (error?: Error | null | undefined, value?: T) => void) => void) =>
    new Promise<T | undefined>((resolve, reject) => {
      start((error, value) => (error ? reject(error) : resolve(value)));
    });
  const conversation = async (): Promise<Outcome> => {
    await step<void>((done) => connection.connect((error) => done(error)));
    if (auth !== undefined) {
      const credentials = { credentials: { user: auth.user, pass: auth.password } };
      await step<void>((done) => connection.login(credentials, (error) => done(error)));
    }
    const info = await step<{ accepted: string[]; rejectedErrors?: SmtpError[] }>((done) =>
      connection.send({ ...envelope, size: letter.length }, message, (error, value) =>
        done(error, value as { accepted: string[]; rejectedErrors?: SmtpError[] }),
      ),
    );
    return { is: 'sent', accepted: info?.accepted ?? [], refused: info?.rejectedErrors ?? [] };
  };
  const ended = new Promise<void>((resolve) => connection.on('end', () => resolve()));
  const failed = new Promise<never>((_, reject) => connection.on('error', reject));
  const stopped = new Promise<Outcome>((resolve) => {
    const on = (from: AbortSignal, is: 'timeout' | 'cancelled') => {
      if (from.aborted) resolve({ is, begun });
      else from.addEventListener('abort', () => resolve({ is, begun }), { once: true });
    };
    on(signal, 'cancelled');
    on(limit, 'timeout');
  });
  try {
    const outcome = await Promise.race([stopped, failed, conversation()]);
    if (outcome.is === 'sent') {
      // Taken, whatever becomes of the farewell.
      connection.quit();
      await Promise.race([ended, failed.catch(() => {}), delay(FAREWELL_MS, undefined, { ref: false })]);
    }
    return outcome;
  } catch (error) {
    return { is: 'failed', error: error as SmtpError, begun };
  } finally {
    connection.close();
    message.destroy();
  }
}
