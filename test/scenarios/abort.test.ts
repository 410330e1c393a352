/** Going back before the point of no return: what was attempted is put back, last first, and the source serves again. */
import { expect, it } from 'vitest';
import { poll } from '../../lab/lib/poll.ts';
import { button, everything, promotionCard } from '../../lab/scenarios/play.ts';
import { ANA, BO } from '../../lab/world/people.ts';
import { startRegent } from '../../lab/world/regent.ts';
import { acceptsWrites, databaseIn } from '../../lab/world/witness.ts';
import { startWorld } from '../../lab/world/world.ts';
import { startWriter } from '../../lab/writer/writer.ts';

it('given a run held at a fence that does not hold, when Ana aborts, then us-east-1 takes writes as before', async () => {
  const world = await startWorld({ pace: 10, latencyMs: 0, softFence: true, say: () => {} });
  const regent = await startRegent(world);
  const writer = startWriter({
    url: world.product.writerUrl,
    lookup: world.resolver.lookup,
    everyMs: 10,
  });
  try {
    const { channel } = world.file.notify;
    const before = world.clusters['us-west-2']!.deployments();
    await world.slack.command(ANA, channel, '/dr failover us-east-1 reason:"maintenance"');
    const card = await promotionCard(world);
    await world.slack.click(BO, { channel, ts: card.message.ts, actionId: 'approve:promote' });
    const held = await world.slack.until(() => button(world, 'abort'), 60_000, 'an abort button');
    await world.slack.until(() => button(world, 'check:prove-fence'), 60_000, 'the held card');

    // The button shows what would be undone before anything is.
    const pressed = await world.slack.click(ANA, { channel, ts: held.message.ts, actionId: 'abort' });
    expect(pressed.ok).toBe(true);
    const [form] = await world.slack.until(
      () => (world.slack.views(ANA).length > 0 ? world.slack.views(ANA) : undefined),
      10_000,
      'the form',
    );
    const shown = JSON.stringify(form?.blocks);
    expect(shown.indexOf('Fence us-east-1')).toBeGreaterThan(0);
    expect(shown.indexOf('Fence us-east-1')).toBeLessThan(shown.indexOf('Stop writers in us-east-1'));
    expect(shown.indexOf('Stop writers in us-east-1')).toBeLessThan(shown.indexOf('Scale up us-west-2'));
    const sent = await world.slack.submitView(ANA, form!.id, { reason: 'the fence does not hold' });
    // The form gives way to the answer.
    expect(sent.outcome).toBe('updated');

    await world.slack.until(
      () => everything(world).find(({ text }) => / rolled back at /.test(text)),
      60_000,
      'the end',
    );
    const acknowledged = writer.acknowledged;
    await poll('writes', () => writer.acknowledged > acknowledged + 20, { withinMs: 30_000 });
    expect(await acceptsWrites(world, 'us-east-1')).toBe(true);
    expect(await databaseIn(world, 'us-east-1')).toMatchObject({ role: 'primary', readOnly: false, timeline: 1 });
    expect((await databaseIn(world, 'us-west-2')).role).toBe('standby');
    const wanted = (all: typeof before) =>
      Object.fromEntries(Object.entries(all).map(([name, one]) => [name, one.wanted]));
    expect(wanted(world.clusters['us-west-2']!.deployments())).toEqual(wanted(before));
    expect(world.clusters['us-east-1']!.deployments()['task-service']!.wanted).toBe(3);
    expect(world.route53.ledger()).toEqual([]);
  } finally {
    await writer.stop();
    await regent.stop();
    await world.close();
  }
}, 150_000);
