/** What the adapter writes down: our log's face, Slack's packages writing through it, and rejections nobody awaited. */
import { type Logger, LogLevel } from '@slack/web-api';
import { sentenceOf } from '../../lib/errors.ts';

type Write = (fields: Record<string, unknown>, message: string) => void;
/** Fields first, then a constant sentence. */
export type Log = { debug: Write; info: Write; warn: Write; error: Write };

/** Tokens, the one-time addresses to answer at and the addresses of sockets are as good as passwords. */
export function redact(text: string): string {
  return text
    .replace(/\bx(?:ox[a-z]|app|oxe\.xox[a-z])-[\w-]+/g, '(token)')
    .replace(/\bwss?:\/\/\S+/g, '(socket address)')
    .replace(/\bhttps?:\/\/\S+\/(?:commands|actions)\/\S+/g, '(response address)');
}

/**
 * Slack's packages write here. Debug is dropped always: it prints payloads, response addresses and triggers whole.
 */
export function slackLogger(log: Log): Logger {
  const through = (write: Write) => {
    return (...parts: unknown[]) => {
      const text = parts.map((part) => (part instanceof Error ? sentenceOf(part) : String(part))).join(' ');
      write({ slack: redact(text).slice(0, 500) }, 'said by a Slack package');
    };
  };
  return {
    debug() {},
    info: through(log.debug),
    warn: through(log.warn),
    error: through(log.error),
    setLevel() {},
    getLevel: () => LogLevel.INFO,
    setName() {},
  };
}

/**
 * What to do with a rejection nobody awaited. Slack's socket client lets a reconnect that failed for good escape this
 * way and then sits there without a connection, so going on would be going on deaf: log, and end under the supervisor.
 * @param options.stopping while true, rejections are the sound of closing sockets and only logged
 * @param options.end called once, with a sentence; main exits non-zero
 * @returns the listener for `process.on('unhandledRejection', …)`
 */
export function unhandledRejectionPolicy(options: { log: Log; stopping: () => boolean; end: (why: string) => void }) {
  let ended = false;
  return (reason: unknown): void => {
    const why = redact(reason === undefined ? 'nothing was said' : sentenceOf(reason));
    if (options.stopping()) {
      options.log.debug({ why }, 'a rejection while stopping');
      return;
    }
    options.log.error({ why }, 'a rejection nobody awaited');
    if (ended) return;
    ended = true;
    options.end(`A rejection nobody awaited: ${why}`);
  };
}
