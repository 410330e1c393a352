/**
 * Deliveries by HTTP, as to an app without Socket Mode: signed requests in exactly Slack's content types to one request
 * URL, three seconds for an answer. Events are sent again with `x-slack-retry-num` and `-reason`, unless the app
 * answers `x-slack-no-retry`; commands and interactions never.
 */
import { createHmac } from 'node:crypto';
import { Agent, type ClientRequest, request } from 'node:http';
import { isObject } from './shape.ts';
import type { Deliveries, Delivery, EnvelopeType } from './socket-mode.ts';
import type { World } from './world.ts';

export interface RequestUrlOptions {
  signingSecret: string;
  /** Where the app listens; undefined while nothing is set in its settings. */
  url: () => string | undefined;
  ackLimitMs: number;
  eventRetryDelaysMs: number[];
  pause: () => Promise<void>;
}

export interface RequestUrl extends Deliveries {
  /** The challenge with which Slack checks a URL before it takes it; whether the app gave it back. */
  verify(): Promise<boolean>;
  close(): void;
}

type Answer = { status: number; type: string; body: string; noRetry: boolean };
type Failure = 'http_timeout' | 'connection_failed' | 'http_error';

const FORM = 'application/x-www-form-urlencoded';
const AGENT = 'Slackbot 1.0 (+https://api.slack.com/robots)';

export function createRequestUrl(world: World, options: RequestUrlOptions): RequestUrl {
  const agent = new Agent({ keepAlive: true });
  let duplicate = false;
  let deaf = false;
  let closed = false;

  function signed(type: string, body: string, extra: Record<string, string>): Record<string, string> {
    const timestamp = String(Math.floor(world.now() / 1000));
    const hmac = createHmac('sha256', options.signingSecret).update(`v0:${timestamp}:${body}`);
    return {
      'content-type': type,
      'content-length': String(Buffer.byteLength(body)),
      'user-agent': AGENT,
      accept: 'application/json,*/*',
      'x-slack-request-timestamp': timestamp,
      'x-slack-signature': `v0=${hmac.digest('hex')}`,
      ...extra,
    };
  }

  /** One request; the app's answer, or why there was none in time. */
  function post(body: string, headers: Record<string, string>): Promise<Answer | Failure> {
    const url = options.url();
    if (closed || url === undefined) return Promise.resolve('connection_failed');
    return new Promise((resolve) => {
      const settle = (outcome: Answer | Failure) => {
        cancel();
        resolve(outcome);
      };
      const cancel = world.after(options.ackLimitMs, () => {
        settle('http_timeout');
        sent?.destroy();
      });
      let sent: ClientRequest | undefined;
      if (deaf) return;
      sent = request(url, { method: 'POST', agent, headers }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', () => settle('connection_failed'));
        response.on('end', () =>
          settle({
            status: response.statusCode ?? 0,
            type: response.headers['content-type'] ?? '',
            body: Buffer.concat(chunks).toString('utf8'),
            noRetry: response.headers['x-slack-no-retry'] === '1',
          }),
        );
      });
      sent.on('error', () => settle('connection_failed'));
      sent.end(body);
    });
  }

  async function send(type: string, body: string, extra: Record<string, string> = {}): Promise<Answer | Failure> {
    await options.pause();
    world.counters.envelopes += 1;
    const headers = signed(type, body, extra);
    const copy = duplicate && !deaf;
    if (copy) duplicate = false;
    const answer = await post(body, headers);
    // The same bytes under the same signature: what somebody who recorded them would send.
    if (copy) await post(body, headers);
    const counted = answer === 'connection_failed' ? 'undeliverable' : isGood(answer) ? 'acked' : ('timeouts' as const);
    world.counters[counted] += 1;
    world.changed();
    return answer;
  }

  async function deliver(type: EnvelopeType, payload: Record<string, unknown>): Promise<Delivery> {
    const form = type === 'slash_commands' ? payload : { payload: JSON.stringify(payload) };
    const answer = await send(FORM, new URLSearchParams(form as Record<string, string>).toString());
    if (answer === 'http_timeout') return { error: 'operation_timeout' };
    return isGood(answer) ? { ack: ackOf(answer) } : { error: 'dispatch_failed' };
  }

  async function deliverEvent(payload: Record<string, unknown>, attempt = 0, reason = ''): Promise<boolean> {
    const retry = { 'x-slack-retry-num': String(attempt), 'x-slack-retry-reason': reason };
    const answer = await send('application/json', JSON.stringify(payload), attempt === 0 ? {} : retry);
    const unwanted = typeof answer === 'object' && answer.noRetry;
    if (isGood(answer)) return true;
    const delay = options.eventRetryDelaysMs[attempt];
    if (delay !== undefined && !closed && !unwanted) {
      world.after(delay, () => {
        world.counters.redelivered += 1;
        void deliverEvent(payload, attempt + 1, typeof answer === 'string' ? answer : 'http_error');
      });
    }
    return false;
  }

  return {
    async deliver(type, payload, answerable) {
      const delivery = await deliver(type, payload);
      return 'ack' in delivery && !answerable ? { ack: {} } : delivery;
    },
    deliverEvent: (payload) => deliverEvent(payload),
    async verify() {
      const challenge = `challenge-${world.nextTs()}`;
      const body = JSON.stringify({ token: 'lab-verification-token', challenge, type: 'url_verification' });
      const answer = await post(body, signed('application/json', body, {}));
      return isGood(answer) && answer.body.includes(challenge);
    },
    duplicateNext() {
      duplicate = true;
    },
    deaf(on) {
      deaf = on;
    },
    close() {
      closed = true;
      agent.destroy();
    },
  };
}

const isGood = (answer: Answer | Failure): answer is Answer => typeof answer === 'object' && answer.status === 200;

/** What the app said in its answer: JSON by its content type, anything else is text. */
function ackOf({ type, body }: Answer): Record<string, unknown> {
  if (body === '') return {};
  if (!type.startsWith('application/json')) return { text: body };
  try {
    const value: unknown = JSON.parse(body);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}
