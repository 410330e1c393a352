/** Two connections, so that nothing people do is lost when Slack takes one away; and knowing when both are gone. */
import { describe, expect, test } from 'vitest';
import { poll } from '../../../lab/lib/poll.ts';
import { message, slackWorld } from './support.ts';

const deafSoon = { watchdogEveryMs: 20, deafAfterMs: 400, requestTimeoutMs: 1500, drainMs: 1000, staggerMs: 0 };

describe('two connections', () => {
  test.each(['close', 'keep-open', 'silent'] as const)(
    'a refresh of one (%s) loses no command, and it comes back',
    async (mode) => {
      await using w = await slackWorld();
      w.answer(() => ({ kind: 'message', message: message('heard') }));
      const [one] = w.lab.connections();
      w.lab.sendDisconnect('refresh_requested', { connection: one!.id, mode });
      for (let n = 0; n < 6; n += 1) {
        expect((await w.lab.command('U1', 'C1', `/dr status ${n}`)).ack?.text).toBe('heard');
      }
      expect(w.heard).toHaveLength(6);
      await poll('both again', () => w.chat.listening().length === 2, { withinMs: 20_000, everyMs: 100 });
      expect(w.deaf).toEqual([]);
    },
  );

  test('a line cut without a word loses no later command', async () => {
    await using w = await slackWorld();
    w.answer(() => ({ kind: 'message', message: message('heard') }));
    w.lab.dropConnections(w.lab.connections()[0]!.id);
    await poll('one left', () => w.chat.listening().length === 1, { withinMs: 5000 });
    expect((await w.lab.command('U1', 'C1', '/dr status')).ack?.text).toBe('heard');
  });

  test('one delivery twice, over both connections, acts once', async () => {
    await using w = await slackWorld();
    w.lab.duplicateNextEnvelope();
    await w.lab.command('U1', 'C1', '/dr pause');
    await poll('both copies acknowledged', () => sum(w.lab.connections().map(({ acked }) => acked)) === 2, {
      withinMs: 5000,
    });
    expect(w.heard).toHaveLength(1);
  });

  test('an acknowledgement lost with its line does not lose what was begun, nor its answer', async () => {
    await using w = await slackWorld();
    const going = Promise.withResolvers<void>();
    w.answer(async () => {
      await going.promise;
      return { kind: 'message', message: message('it was done') };
    });
    const lost = w.lab.command('U1', 'C1', '/dr pause');
    await poll('the command', () => w.heard.length === 1, { withinMs: 5000 });
    w.lab.dropConnections();
    await poll('both gone', () => w.chat.listening().length === 0, { withinMs: 5000 });
    going.resolve();
    expect((await lost).error).toBe('operation_timeout');
    await w.lab.until(() => w.lab.ephemerals('U1').find(({ text }) => text === 'it was done'));
    expect(w.log.said('acknowledgement to Slack was lost')).toHaveLength(1);
  });
});

describe('deaf', () => {
  test('neither connection comes back: told once', async () => {
    await using w = await slackWorld({ adapter: { timings: deafSoon } });
    w.lab.refuseConnections(true);
    w.lab.dropConnections();
    await poll('onDeaf', () => w.deaf.length > 0, { withinMs: 5000 });
    expect(w.deaf).toEqual([expect.stringMatching(/^No connection to Slack has been listening for \d+ s: /)]);
  });

  test('a restart of both within the limit is not deafness', async () => {
    await using w = await slackWorld({ adapter: { timings: { ...deafSoon, deafAfterMs: 15_000 } } });
    w.lab.dropConnections();
    await poll('one is back', () => w.chat.listening().length === 1, { withinMs: 12_000, everyMs: 50 });
    expect(w.deaf).toEqual([]);
  });
});

const sum = (numbers: number[]) => numbers.reduce((total, one) => total + one, 0);
