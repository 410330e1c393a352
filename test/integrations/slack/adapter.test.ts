/** Starting and stopping: what is wrong with the app is said in one sentence, and nothing under way is cut off. */
import { describe, expect, test } from 'vitest';
import { poll } from '../../../lab/lib/poll.ts';
import { ConfigError, DrError } from '../../../src/lib/errors.ts';
import { APP_TOKEN, BOT_TOKEN, message, signal, slackWorld } from './support.ts';

/** What `start` says with these options. */
async function refusal(options: Parameters<typeof slackWorld>[0]): Promise<{ error: unknown; sentence: string }> {
  await using w = await slackWorld({ ...options, start: false });
  const error = await w.chat.start().then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return { error, sentence: error instanceof DrError ? error.sentence : String(error) };
}

describe('start', () => {
  test('says who it is', async () => {
    await using w = await slackWorld({ start: false, lab: { team: { name: 'Eden' }, app: { botUserId: 'U0REG' } } });
    expect(await w.chat.start()).toEqual({ team: 'Eden', botUser: 'U0REG' });
  });

  test('a revoked bot token is the operator’s to mend', async () => {
    const { error, sentence } = await refusal({ adapter: { botToken: 'xoxb-other' } });
    expect(error).toBeInstanceOf(ConfigError);
    expect(sentence).toMatch(/^Slack does not accept the bot token: invalid_auth\. Set it again: /);
  });

  test('a revoked app-level token too', async () => {
    const { error, sentence } = await refusal({ adapter: { appToken: 'xapp-other' } });
    expect(error).toBeInstanceOf(ConfigError);
    expect(sentence).toContain('Slack does not accept the app-level token: invalid_auth.');
    expect(sentence).toContain('connections:write');
  });

  test.each([
    [{ botToken: APP_TOKEN, appToken: BOT_TOKEN }, 'The Slack bot token does not begin with xoxb-.'],
    [{ appToken: BOT_TOKEN }, 'The Slack app-level token does not begin with xapp-.'],
    [{ botToken: '' }, 'The Slack bot token does not begin with xoxb-.'],
  ])('swapped or missing tokens are told before anything is sent', async (adapter, sentence) => {
    const refused = await refusal({ adapter });
    expect(refused.sentence).toContain(sentence);
    expect(refused.sentence).toContain('may be swapped');
  });

  test('an app of an older manifest is told which scopes it lacks', async () => {
    const { sentence } = await refusal({
      lab: { scopes: ['commands', 'chat:write', 'users:read', 'usergroups:read'] },
    });
    expect(sentence).toMatch(
      /^The Slack app lacks the scopes app_mentions:read, channels:history, pins:write\. Put manifest\.yml/,
    );
  });

  test('no socket: says so instead of waiting for ever', async () => {
    await using w = await slackWorld({ start: false });
    w.lab.refuseConnections(true);
    await expect(w.chat.start()).rejects.toMatchObject({ code: 'slack_no_connection' });
  });
});

describe('stop', () => {
  test('finishes what is under way and then takes nothing more', async () => {
    await using w = await slackWorld();
    const going = Promise.withResolvers<void>();
    w.answer(async () => {
      await going.promise;
      return { kind: 'message', message: message('done') };
    });
    const command = w.lab.command('U1', 'C1', '/dr pause');
    await poll('the command', () => w.heard.length === 1, { withinMs: 5000 });
    const posting = w.chat.post({ channel: 'C1' }, message('last words'), 'k', signal());
    const stopped = w.chat.stop();
    const refused = await w.lab.command('U1', 'C1', '/dr status');
    expect(refused.ack?.text).toBe('Regent is restarting and did nothing with this. Try again in a minute.');
    going.resolve();
    await stopped;
    expect((await command).ack?.text).toBe('done');
    await expect(posting).resolves.toMatchObject({ channel: 'C1' });
    expect(w.heard).toHaveLength(1);
    await poll('both sockets closed', () => w.lab.connections().length === 0, { withinMs: 5000 });
  });

  test('does not wait longer than it may, and refuses what was never sent', async () => {
    await using w = await slackWorld({
      adapter: {
        timings: { watchdogEveryMs: 50, deafAfterMs: 60_000, requestTimeoutMs: 1000, drainMs: 100, staggerMs: 0 },
      },
    });
    w.lab.fault({ method: 'chat.postMessage', kind: '429', retryAfter: 30 });
    const limited = w.chat.post({ channel: 'C1' }, message('a'), 'k', signal());
    await poll('the limit', () => w.log.said('slow down').length === 1, { withinMs: 5000 });
    const stopped = w.chat.stop();
    await expect(limited).rejects.toMatchObject({ code: 'slack_not_sent', effect: 'none' });
    await stopped;
    await expect(w.chat.post({ channel: 'C1' }, message('b'), 'k2', signal())).rejects.toMatchObject({
      effect: 'none',
    });
    expect(w.lab.messages('C1')).toEqual([]);
  });
});
