/**
 * Slack's deliveries as signed HTTP requests, where no connection of our own may be opened. Bolt's receiver reads them;
 * in front of it stands our server, which refuses what is forged, stale or from the future, answers a replay without
 * doing it again, and takes a content type in any of its spellings.
 *
 * There is no socket to watch here. Healthy means: the server listens, and `auth.test` comes back, which is what every
 * answer to a person needs. That nothing was delivered for long says little (perhaps nobody typed); it is told beside.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { HTTPReceiver } from '@slack/bolt';
import { ConfigError, sentenceOf } from '../../lib/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Connections } from './connections.ts';
import { type Log, slackLogger } from './log.ts';
import { createSignatures } from './signatures.ts';
import { LATE, within } from './waiting.ts';

/** The path of the request URLs in the app's settings: one for commands, interactivity and events. */
export const PATH = '/slack/events';

const BODY_MAX = 1_000_000;
const READ_WITHIN_MS = 10_000;
const CLOSE_WITHIN_MS = 500;
const FORM = 'application/x-www-form-urlencoded';

type Options = {
  signingSecret: string;
  listen: { host: string; port: number };
  clock: Clock;
  log: Log;
  /** Asks Slack who we are; rejects when there is no answer. */
  roundTrip: () => Promise<unknown>;
  /** Between two round trips. */
  everyMs: number;
};

type WithBody = IncomingMessage & { rawBody: Buffer };

/** A server for Slack's requests, behind the same face as the Socket Mode connections. */
export function createRequests(options: Options): Connections {
  const { clock, log, listen } = options;
  const signatures = createSignatures(options.signingSecret, () => clock.now());
  const stopping = new AbortController();
  const startedAt = clock.now();
  let lastDelivery: number | null = null;
  let answers = true;
  let server: Server | undefined;

  const bolt = new HTTPReceiver({
    signingSecret: options.signingSecret,
    endpoints: [PATH],
    logger: slackLogger(log),
    // Everything we listen to is answered sooner; this is for kinds nobody listens to.
    unhandledRequestHandler: ({ response }) => end(response, 404),
    processEventErrorHandler: async ({ error, response }) => {
      log.error({ why: sentenceOf(error) }, 'a delivery of Slack could not be handled');
      end(response, 200);
      return true;
    },
  });

  async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method !== 'POST' || request.url?.split('?')[0] !== PATH) return end(response, 404);
    const body = await bodyOf(request);
    if (body === null) return end(response, 413);
    const type = (request.headers['content-type'] ?? '').split(';')[0]!.trim().toLowerCase();
    const text = body.toString('utf8');
    // Slack asks unsigned whether there is anybody; nothing else in such a request is looked at.
    if (type === FORM && new URLSearchParams(text).get('ssl_check') === '1') return end(response, 200);
    const verdict = signatures.check({
      body,
      timestamp: header(request, 'x-slack-request-timestamp'),
      signature: header(request, 'x-slack-signature'),
    });
    if (verdict.kind === 'refused') {
      log.warn({ why: verdict.why, from: request.socket.remoteAddress }, 'a request to Slack’s address was refused');
      return end(response, 401);
    }
    lastDelivery = clock.now();
    if (verdict.kind === 'seen') {
      log.warn({ from: request.socket.remoteAddress }, 'a request of Slack came twice and was done once');
      return end(response, 200);
    }
    if (!isReadable(type, text)) return end(response, 400);
    // Bolt compares the whole header with one spelling and reads the body we have already read.
    request.headers['content-type'] = type;
    (request as WithBody).rawBody = body;
    bolt.requestListener(request, response);
  }

  async function watch(): Promise<void> {
    for (;;) {
      await clock.sleep(options.everyMs, stopping.signal);
      if (stopping.signal.aborted) return;
      const silentMs = clock.now() - (lastDelivery ?? startedAt);
      try {
        await options.roundTrip();
        if (!answers) log.info({ silentMs }, 'Slack answers auth.test again');
        answers = true;
      } catch (error) {
        // A new start mends nothing here: the server listens, and Slack is asked again.
        if (answers) log.warn({ silentMs, why: sentenceOf(error) }, 'Slack does not answer auth.test');
        answers = false;
      }
    }
  }

  return {
    listening: () => (server?.listening ? [`http ${addressOf(server)}`] : []),
    health: () => ({ answers, lastDelivery }),
    receiver: {
      init: (app) => bolt.init(app),
      /** Resolves when it listens. @throws ConfigError when the address cannot be listened at */
      async start() {
        const made = createServer((request, response) => {
          take(request, response).catch((error: unknown) => {
            log.warn({ why: sentenceOf(error) }, 'a request of Slack broke off');
            end(response, 400);
          });
        });
        made.requestTimeout = READ_WITHIN_MS;
        made.headersTimeout = READ_WITHIN_MS;
        await new Promise<void>((resolve, reject) => {
          made.once('error', (error: NodeJS.ErrnoException) => reject(cannotListen(error, listen)));
          made.listen(listen.port, listen.host, resolve);
        });
        server = made;
        log.info({ address: addressOf(made), path: PATH }, 'listening for Slack');
        void watch();
      },
      stop: async () => {},
    },
    async stop() {
      stopping.abort();
      const open = server;
      if (open === undefined) return;
      const closed = new Promise<void>((resolve) => open.close(() => resolve()));
      // `close` waits for those who keep their line open and say nothing. What was under way has been drained before.
      open.closeIdleConnections();
      if ((await within(clock, closed, CLOSE_WITHIN_MS)) !== LATE) return;
      open.closeAllConnections();
      await closed;
    },
  };
}

function end(response: ServerResponse, status: number): void {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(status);
  response.end();
}

/** Bolt takes for granted that what is signed is an object, and ends the process where it is not. */
function isReadable(type: string, text: string): boolean {
  const form = type === FORM ? new URLSearchParams(text) : null;
  const json = form === null ? text : form.get('payload');
  if (json === null) return true;
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

/** The whole body, or null when it is longer than anything Slack sends. */
async function bodyOf(request: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    // Read to its end all the same: who is cut off in the middle sees no 413.
    if (size <= BODY_MAX) chunks.push(chunk);
  }
  return size > BODY_MAX ? null : Buffer.concat(chunks);
}

function header(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === 'string' ? value : undefined;
}

function addressOf(server: Server): string {
  const { address, port, family } = server.address() as AddressInfo;
  return family === 'IPv6' ? `[${address}]:${port}` : `${address}:${port}`;
}

function cannotListen(error: NodeJS.ErrnoException, { host, port }: Options['listen']): ConfigError {
  const at = `${host}, port ${port}`;
  const [sentence, hint] = {
    EADDRINUSE: [
      `Another process listens at ${at} already.`,
      'End it, or set slack.listen.port to another port and the request URLs in the app’s settings with it.',
    ],
    EACCES: [`This user may not listen at ${at}.`, 'Set slack.listen.port to one above 1023.'],
    EADDRNOTAVAIL: [`${host} is no address of this machine.`, 'Set slack.listen.host to one that is, or 0.0.0.0.'],
  }[error.code ?? ''] ?? [`Regent cannot listen at ${at}: ${error.code ?? error.message}.`, 'Look at slack.listen.'];
  return new ConfigError(sentence!, { code: 'slack_cannot_listen', hint: hint!, cause: error });
}
