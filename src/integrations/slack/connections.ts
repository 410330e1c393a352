/**
 * Two Socket Mode connections behind one receiver. Slack renews each every few hours and the client then has none for
 * 5 to 12 seconds; what people type meanwhile would be lost, so the other one listens. They start apart and watch at
 * different intervals, so that they do not leave together. A watchdog tells when neither listens.
 */
import { type Receiver, SocketModeReceiver } from '@slack/bolt';
import { IntegrationError, sentenceOf } from '../../lib/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import { type Log, redact, slackLogger } from './log.ts';
import { LATE, within } from './waiting.ts';
import { watch } from './watchdog.ts';

export type Timings = {
  watchdogEveryMs: number;
  /** Neither connection listening for this long: deaf. */
  deafAfterMs: number;
  requestTimeoutMs: number;
  drainMs: number;
  /** Between the first and the second connection. Default 15 s. */
  staggerMs?: number;
};

type Options = {
  appToken: string;
  apiUrl: string;
  clock: Clock;
  log: Log;
  timings: Timings;
  onDeaf: (why: string) => void;
};

type Link = { name: string; receiver: SocketModeReceiver; greeted: boolean };

/** Pong limits in ms; the client waits as long before it reconnects, so the two never come back at once. */
const PATIENCE = { first: 5000, second: 15_000 };
const CLOSE_WITHIN_MS = 1000;
const OPEN_AGAIN_MS = 30_000;
const DEFAULT_STAGGER_MS = 15_000;

export type Connections = { receiver: Receiver; stop(): Promise<void>; listening(): string[]; health(): Health };

/** What is known of the way to Slack, for those who look after this process. */
export type Health = {
  /** Whether Slack answered when it was last asked: a connection's greeting, or `auth.test`. */
  answers: boolean;
  /** When a request last came, ms; null before the first, and where connections are watched instead. */
  lastDelivery: number | null;
};

export function createConnections(options: Options): Connections {
  const { clock, log, timings } = options;
  const stopping = new AbortController();

  /** Retries go on for ever in Slack's client; after `stop` they must find nothing to wait for. */
  const fetchUntilStopped: typeof fetch = async (url, init) => {
    const never = new Promise<never>(() => {});
    if (stopping.signal.aborted) return never;
    const response = await fetch(url, init);
    return stopping.signal.aborted ? never : response;
  };

  function link(name: keyof typeof PATIENCE): Link {
    const receiver = new SocketModeReceiver({
      appToken: options.appToken,
      logger: slackLogger(log),
      clientPingTimeout: PATIENCE[name],
      // A click whose handling broke has been answered by then; asking Slack for it again helps nobody.
      processEventErrorHandler: async ({ error }) => {
        log.error({ why: sentenceOf(error) }, 'a delivery of Slack could not be handled');
        return true;
      },
      // An object of its own for each: the client writes into it. Few retries would end in a connection given up.
      installerOptions: {
        clientOptions: {
          slackApiUrl: options.apiUrl,
          retryConfig: { retries: 1000, factor: 1.5, minTimeout: 1000, maxTimeout: 20_000 },
          timeout: timings.requestTimeoutMs,
          fetch: fetchUntilStopped,
        },
      },
    });
    const made: Link = { name, receiver, greeted: false };
    const { client } = receiver;
    client.on('connected', () => {
      made.greeted = true;
      log.info({ connection: name }, 'a Slack connection is up');
    });
    client.on('close', () => {
      made.greeted = false;
      if (!stopping.signal.aborted) log.info({ connection: name }, 'a Slack connection closed and is opened again');
    });
    client.on('ws_message', (data: unknown) => noticeDisconnect(made, data));
    return made;
  }

  /** Slack answers the goodbye and keeps the line open, on which the client waits for seconds: cut it. */
  function noticeDisconnect({ name, receiver: { client } }: Link, data: unknown): void {
    const reason = disconnectReason(data);
    if (reason === undefined) return;
    const write = reason === 'too_many_websockets' ? log.error : log.info;
    write({ connection: name, reason }, 'Slack asks a connection to leave');
    const leaving = client.websocket;
    void clock.sleep(CLOSE_WITHIN_MS, stopping.signal).then(() => {
      if (!stopping.signal.aborted && client.websocket === leaving && !leaving?.isActive()) leaving?.disconnect();
    });
  }

  const first = link('first');
  const second = link('second');
  const links = [first, second];
  const isUp = (one: Link) => one.greeted && one.receiver.client.websocket?.isActive() === true;

  /** The second one is wanted, not needed: it is tried until it is there, and each failure is written down. */
  async function openSecond(): Promise<void> {
    await clock.sleep(timings.staggerMs ?? DEFAULT_STAGGER_MS, stopping.signal);
    while (!stopping.signal.aborted) {
      try {
        await second.receiver.start();
        return;
      } catch (error) {
        log.error({ why: sentenceOf(error) }, 'the second Slack connection does not open');
        await clock.sleep(OPEN_AGAIN_MS, stopping.signal);
      }
    }
  }

  return {
    listening: () => links.filter(isUp).map(({ name }) => name),
    health: () => ({ answers: links.some(isUp), lastDelivery: null }),
    receiver: {
      init(app) {
        for (const { receiver } of links) receiver.init(app);
      },
      /** Resolves when the first connection listens. @throws IntegrationError when it does not in time */
      async start() {
        const limit = timings.requestTimeoutMs * 2;
        const opened = await within(clock, first.receiver.start(), limit).catch((error: unknown) => {
          throw noConnection(sentenceOf(error));
        });
        if (opened === LATE) throw noConnection(`no greeting within ${limit / 1000} s`);
        void openSecond();
        void watch({
          clock,
          log,
          signal: stopping.signal,
          everyMs: timings.watchdogEveryMs,
          deafAfterMs: timings.deafAfterMs,
          links: links.map((one) => ({ name: one.name, isUp: () => isUp(one) })),
          onDeaf: options.onDeaf,
        });
      },
      stop: async () => {},
    },
    async stop() {
      stopping.abort();
      await Promise.all(links.map(({ receiver: { client } }) => close(client, clock)));
    },
  };
}

type Client = SocketModeReceiver['client'];

/** Says goodbye, and cuts the line where the goodbye is not returned in time. */
async function close(client: Client, clock: Clock): Promise<void> {
  // An opening still under way would reject into nothing once we disconnect.
  client.removeAllListeners('disconnected');
  const closed = client.disconnect();
  for (let tries = 0; tries < 2; tries += 1) {
    if ((await within(clock, closed, CLOSE_WITHIN_MS)) !== LATE) return;
    client.websocket?.disconnect();
  }
}

function disconnectReason(data: unknown): string | undefined {
  if (typeof data !== 'string' || data.length > 1000 || !data.includes('disconnect')) return undefined;
  try {
    const frame = JSON.parse(data) as { type?: unknown; reason?: unknown };
    return frame.type === 'disconnect' ? String(frame.reason) : undefined;
  } catch {
    return undefined;
  }
}

function noConnection(why: string): IntegrationError {
  return new IntegrationError(`Slack opened no connection: ${redact(why)}.`, {
    code: 'slack_no_connection',
    hint: 'Check that Socket Mode is switched on in the app’s settings and that wss:// leaves this network.',
    system: 'slack',
    operation: 'apps.connections.open',
    effect: 'none',
  });
}
