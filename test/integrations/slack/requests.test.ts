/** Slack's requests at our door: what is let in, once, and what is not; over real HTTP and the lab's signatures. */
import { createHmac } from 'node:crypto';
import { Agent, request } from 'node:http';
import { createServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import { poll } from '../../../lab/lib/poll.ts';
import type { DrError } from '../../../src/lib/errors.ts';
import { message, requestUrl, SIGNING_SECRET, slackWorld, type World } from './support.ts';

const FORM = 'application/x-www-form-urlencoded';
const world = () => slackWorld({ transport: 'http' });
const now = () => Math.floor(Date.now() / 1000);
const line = (trigger: string) =>
  new URLSearchParams({
    command: '/dr',
    text: 'status',
    user_id: 'U1',
    channel_id: 'C1',
    team_id: 'T0LAB',
    trigger_id: trigger,
  }).toString();
const sign = (body: string, at: number | string, secret = SIGNING_SECRET) =>
  `v0=${createHmac('sha256', secret).update(`v0:${at}:${body}`).digest('hex')}`;

type Given = { type?: string; at?: number | string; secret?: string; signature?: string };

async function send(w: World, body: string, { type = FORM, at = now(), secret, signature }: Given = {}) {
  const headers = {
    'content-type': type,
    'x-slack-request-timestamp': String(at),
    'x-slack-signature': signature ?? sign(body, at, secret),
  };
  const response = await fetch(requestUrl(w.chat), { method: 'POST', headers, body });
  await response.text();
  return response.status;
}

describe('what is let in', () => {
  test.each([FORM, `${FORM}; charset=utf-8`, `${FORM.toUpperCase()};charset=UTF-8`])(
    'content type %s',
    async (type) => {
      await using w = await world();
      expect(await send(w, line('t1'), { type })).toBe(200);
      expect(w.heard).toMatchObject([{ kind: 'command', text: 'status', person: 'U1', delivery: 't1' }]);
    },
  );

  test('the challenge of the settings page, and the question whether anybody is there', async () => {
    await using w = await world();
    expect(await w.lab.setRequestUrl(requestUrl(w.chat))).toBe(true);
    const response = await fetch(requestUrl(w.chat), {
      method: 'POST',
      headers: { 'content-type': FORM },
      body: `ssl_check=1&${line('t1')}`,
    });
    expect(response.status).toBe(200);
    expect(w.heard).toEqual([]);
  });

  test('a clock a little ahead of ours', async () => {
    await using w = await world();
    expect(await send(w, line('t1'), { at: now() + 10 })).toBe(200);
    expect(w.heard).toHaveLength(1);
  });
});

describe('what is refused', () => {
  test.each<[string, Given]>([
    ['another secret', { secret: 'another-secret-another-secret' }],
    ['no signature', { signature: '' }],
    ['an unknown version', { signature: `v1=${'0'.repeat(64)}` }],
    ['too old', { at: now() - 301 }],
    ['from the future', { at: now() + 3600 }],
    ['a little further ahead than clocks differ', { at: now() + 60 }],
    ['no time', { at: 'now' }],
  ])('%s', async (_, given) => {
    await using w = await world();
    expect(await send(w, line('t1'), given)).toBe(401);
    expect(w.heard).toEqual([]);
    expect(w.log.said('refused')).toHaveLength(1);
  });

  test('a changed body', async () => {
    await using w = await world();
    const at = now();
    const signature = sign(line('t1'), at);
    expect(await send(w, line('t2'), { at, signature })).toBe(401);
    expect(w.heard).toEqual([]);
  });

  test('what Slack does not send: other places, no object, too much', async () => {
    await using w = await world();
    const other = await fetch(requestUrl(w.chat).replace('/slack/events', '/'), { method: 'POST', body: 'x' });
    expect(other.status).toBe(404);
    expect((await fetch(requestUrl(w.chat))).status).toBe(404);
    expect(await send(w, 'null', { type: 'application/json' })).toBe(400);
    expect(await send(w, 'payload=null')).toBe(400);
    expect(await send(w, '{', { type: 'application/json' })).toBe(400);
    expect(await send(w, 'x'.repeat(1_000_001))).toBe(413);
    expect(w.heard).toEqual([]);
    expect(w.chat.listening()).toHaveLength(1);
  });
});

describe('once', () => {
  test('a replay is answered and not done again, under any spelling of its signature', async () => {
    await using w = await world();
    const at = now();
    const signature = sign(line('t1'), at);
    expect(await send(w, line('t1'), { at, signature })).toBe(200);
    expect(await send(w, line('t1'), { at, signature })).toBe(200);
    expect(await send(w, line('t1'), { at, signature: `${signature}=again` })).toBe(401);
    expect(await send(w, line('t1'), { at: `0${at}`, signature })).toBe(401);
    expect(w.heard).toHaveLength(1);
    expect(w.log.said('came twice')).toHaveLength(1);
  });

  test('the same doing under a new signature is known by its trigger', async () => {
    await using w = await world();
    expect(await send(w, line('t1'), { at: now() - 5 })).toBe(200);
    expect(await send(w, line('t1'), { at: now() })).toBe(200);
    expect(w.heard).toHaveLength(1);
  });

  test('the lab’s Slack sending twice', async () => {
    await using w = await world();
    w.lab.duplicateNextEnvelope();
    expect((await w.lab.command('U1', 'C1', '/dr status')).error).toBeUndefined();
    expect(w.heard).toHaveLength(1);
  });
});

describe('an event', () => {
  const mention = (more: object) =>
    JSON.stringify({
      type: 'event_callback',
      team_id: 'T0LAB',
      api_app_id: 'A0LAB',
      event_id: 'Ev1',
      authorizations: [{ team_id: 'T0LAB', user_id: 'U0BOT', is_bot: true, enterprise_id: null }],
      event: { type: 'app_mention', user: 'U1', text: '<@U0BOT> approve', ts: '1.0', channel: 'C1', ...more },
    });
  const type = 'application/json';

  test('sent again under a new signature is taken once', async () => {
    await using w = await world();
    expect(await send(w, mention({}), { type, at: now() - 2 })).toBe(200);
    expect(await send(w, mention({}), { type })).toBe(200);
    await poll('the mention', () => w.heard.length > 0, { withinMs: 5000 });
    expect(w.heard).toMatchObject([{ kind: 'command', text: 'approve', delivery: 'Ev1' }]);
  });

  test('a mention that was edited in later is no order', async () => {
    await using w = await world();
    expect(await send(w, mention({ edited: { user: 'U1', ts: '2.0' } }), { type })).toBe(200);
    const told = await w.lab.until(() => w.lab.ephemerals('U1')[0]);
    expect(told.text).toContain('An edited message is not taken.');
    expect(w.heard).toEqual([]);
  });

  test('without what it should hold, it harms nothing', async () => {
    await using w = await world();
    expect(await send(w, JSON.stringify({ type: 'event_callback', team_id: 'T0LAB' }), { type })).toBeLessThan(500);
    expect(await send(w, line('t1'))).toBe(200);
    expect(w.heard).toHaveLength(1);
  });
});

describe('coming and going', () => {
  test('a taken port is told in one sentence', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => taken.once('listening', resolve));
    const { port } = taken.address() as { port: number };
    await using w = await slackWorld({
      transport: 'http',
      start: false,
      adapter: { listen: { host: '127.0.0.1', port } },
    });
    const error = await w.chat.start().catch((thrown: unknown) => thrown);
    expect((error as DrError).sentence).toBe(
      `Another process listens at 127.0.0.1, port ${port} already. End it, or set slack.listen.port to another port and the request URLs in the app’s settings with it.`,
    );
    await new Promise((resolve) => taken.close(resolve));
  });

  test('without a signing secret it does not start', async () => {
    await using w = await slackWorld({ transport: 'http', start: false, adapter: { signingSecret: '' } });
    await expect(w.chat.start()).rejects.toMatchObject({ code: 'slack_no_signing_secret' });
  });

  test('stop finishes what is under way, and what comes meanwhile is told', async () => {
    await using w = await world();
    const going = Promise.withResolvers<void>();
    w.answer(async () => {
      await going.promise;
      return { kind: 'message', message: message('done') };
    });
    const command = w.lab.command('U1', 'C1', '/dr pause');
    await poll('the command', () => w.heard.length === 1, { withinMs: 5000 });
    const stopped = w.chat.stop();
    const refused = await w.lab.command('U1', 'C1', '/dr status');
    expect(refused.ack?.text).toBe('Regent is restarting and did nothing with this. Try again in a minute.');
    going.resolve();
    expect((await command).ack?.text).toBe('done');
    await stopped;
    expect((await w.lab.command('U1', 'C1', '/dr status')).error).toBe('dispatch_failed');
    expect(w.heard).toHaveLength(1);
  });

  test('stop does not wait for those who hold their line', async () => {
    await using w = await world();
    const agent = new Agent({ keepAlive: true });
    await new Promise<void>((resolve, reject) => {
      request(requestUrl(w.chat), { method: 'POST', agent }, (response) => response.resume().on('end', resolve))
        .on('error', reject)
        .end('x');
    });
    const closed = new Promise<void>((resolve) => {
      for (const sockets of Object.values(agent.freeSockets))
        for (const one of sockets ?? []) one.once('close', resolve);
    });
    await w.chat.stop();
    await closed;
    expect(w.chat.listening()).toEqual([]);
    agent.destroy();
  });

  test('health is a round trip: lost and found again it is told once each', async () => {
    await using w = await slackWorld({
      transport: 'http',
      adapter: {
        timings: { watchdogEveryMs: 20, deafAfterMs: 20, requestTimeoutMs: 1500, drainMs: 1000, staggerMs: 0 },
      },
    });
    expect(w.chat.health().answers).toBe(true);
    w.lab.fault({ method: 'auth.test', kind: 'error', error: 'account_inactive', times: Number.POSITIVE_INFINITY });
    await poll('no answer', () => !w.chat.health().answers, { withinMs: 5000 });
    w.lab.clearFaults();
    await poll('an answer', () => w.chat.health().answers, { withinMs: 5000 });
    expect(w.log.said('does not answer auth.test')).toHaveLength(1);
    expect(w.log.said('answers auth.test again')).toHaveLength(1);
    expect(w.deaf).toEqual([]);
    const before = w.chat.health().lastDelivery;
    await w.lab.command('U1', 'C1', '/dr status');
    expect(w.chat.health().lastDelivery).toBeGreaterThanOrEqual(before ?? 0);
  });
});
