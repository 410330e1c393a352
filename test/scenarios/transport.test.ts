/** Slack by signed requests instead of sockets: the same failover; and the ways to it beside the command line. */
import { describe, expect, it } from 'vitest';
import { planned } from '../../lab/scenarios/planned.ts';
import { button, promotionCard } from '../../lab/scenarios/play.ts';
import { ANA, BO, EVE } from '../../lab/world/people.ts';
import { startRegent } from '../../lab/world/regent.ts';
import { startWorld } from '../../lab/world/world.ts';

const options = {
  pace: 10,
  latencyMs: 0,
  fault: null,
  fence: 'statefulset',
  transport: 'http',
  transcript: false,
  say: () => {},
  stop: new AbortController().signal,
} as const;

describe('given Slack that reaches Regent by signed requests', () => {
  it('when Regent is killed in the middle, then it listens again, and everything has moved once, as over a socket', async () => {
    const { report, ok } = await planned({ ...options, kill: { points: ['promote-postgres'], positions: 0, seed: 1 } });

    expect(report.problems).toEqual([]);
    expect(ok).toBe(true);
    expect(report).toMatchObject({ outcome: 'completed', transport: 'http', promotions: 1, dnsBatches: 1 });
    expect(report.killed).toHaveLength(1);
    expect(report.writer.lost).toBe(0);
  }, 180_000);

  it('when people use the menu, their Home and a mention in the thread, then it goes as with commands', async () => {
    const world = await startWorld({ pace: 10, latencyMs: 0, softFence: false, transport: 'http', say: () => {} });
    const regent = await startRegent(world);
    try {
      const { slack } = world;
      const { channel } = world.file.notify;
      const words = (person: string) => JSON.stringify(slack.home(person)?.blocks ?? []);
      await Promise.all([BO, EVE].map((person) => slack.openHome(person)));
      await slack.until(() => words(BO).includes('us-east-1 is primary.'), 10_000, 'who is primary');
      await slack.until(() => words(EVE).includes('Guests cannot use this.'), 10_000, 'the refusal');

      await slack.shortcut(ANA, 'failover');
      const form = await slack.until(() => slack.views(ANA)[0], 10_000, 'the form');
      await slack.submitView(ANA, form.id, { from: 'us-east-1', reason: 'maintenance' });
      const card = await promotionCard(world);
      const thread = card.message.threadTs!;

      await slack.mention(ANA, channel, 'approve', thread);
      const refused = await slack.until(
        () => slack.ephemerals(ANA).find(({ text }) => text.includes('you asked for it')),
        10_000,
        'the refusal',
      );
      expect(refused.threadTs).toBe(thread);

      // Bo has had his Home open all the while.
      const offered = () => slack.home(BO)?.elements.find(({ actionId }) => actionId === 'approve:promote');
      await slack.until(offered, 30_000, 'the decision on Bo’s Home');
      await slack.clickInView(BO, slack.home(BO)!.id, 'approve:promote');
      await slack.until(() => !button(world, 'approve:promote'), 30_000, 'the card, decided');
      await slack.until(() => !offered(), 30_000, 'Bo’s Home without it');

      const said = await slack.say(BO, channel, 'DNS provider is told');
      await slack.shortcut(ANA, 'note', { channel, ts: said.ts! });
      await slack.until(
        () => slack.thread(channel, thread).find(({ text }) => /“DNS provider is told” \(bo, .* UTC\)/.test(text)),
        30_000,
        'the note',
      );
      await slack.mention(BO, channel, 'confirm dns', thread);
      const headline = () => slack.message(channel, thread)?.text ?? '';
      await slack.until(() => /completed/.test(headline()), 60_000, 'the end');
    } finally {
      await regent.stop();
      await world.close();
    }
  }, 180_000);
});
