/** What people get wrong, typed and pressed in Slack: one clear sentence where they acted, nothing started, nothing lost. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { everything, promotionCard } from '../../lab/scenarios/play.ts';
import type { SeenEphemeral } from '../../lab/slack/types.ts';
import { ANA, BO, DEE, EVE } from '../../lab/world/people.ts';
import { type RegentProcess, startRegent } from '../../lab/world/regent.ts';
import { startWorld, type World } from '../../lab/world/world.ts';

let world: World;
let regent: RegentProcess;
const channel = () => world.file.notify.channel;

beforeAll(async () => {
  world = await startWorld({ pace: 10, latencyMs: 0, softFence: false, say: () => {} });
  regent = await startRegent(world);
}, 60_000);
afterAll(async () => {
  await regent?.stop();
  await world?.close();
});

/** The answer only this person sees. */
async function answer(person: string, line: string): Promise<string> {
  const before = world.slack.ephemerals(person).length;
  const typed = await world.slack.command(person, channel(), line);
  expect(typed.error).toBeUndefined();
  const seen = await world.slack.until(() => world.slack.ephemerals(person)[before], 15_000, `an answer to ${line}`);
  return words(seen);
}
const words = ({ text, blocks }: SeenEphemeral): string => `${text} ${JSON.stringify(blocks)}`;
const started = () => everything(world).filter((message) => message.isBot);

describe('before anything runs', () => {
  it.each([
    ['/dr failover us-esat-1 reason:"maintenance"', 'Did you mean us-east-1?'],
    ['/dr failover us-east-1 to:us-east-1 reason:"x"', 'cannot fail over to itself'],
    ['/dr failover us-east-1', 'needs a reason'],
    ['/dr failover us-east-1 reason:"maintenance', 'has an opening quote and no closing one'],
    ['/dr failover us-east-1 us-west-2 reason:"x"', 'do not know what it means'],
    ['/dr failvoer us-east-1 reason:"x"', 'Did you mean /dr failover?'],
    ['/dr approve', 'nothing to decide'],
    ['/dr pause', 'Nothing is being moved'],
    ['/dr abort reason:"x"', 'Nothing is being moved'],
  ])('%s is answered with a sentence', async (line, sentence) => {
    expect(await answer(ANA, line)).toContain(sentence);
    expect(started()).toEqual([]);
  });

  it('a stakeholder may read and not start', async () => {
    expect(await answer(DEE, '/dr status')).toContain('us-east-1 is primary');
    expect(await answer(DEE, '/dr failover us-east-1 reason:"x"')).toContain('You cannot do this');
    expect(await answer(EVE, '/dr failover us-east-1 reason:"x"')).toContain('Guests cannot use this');
    expect(started()).toEqual([]);
  });

  it('a bare /dr failover opens a form and does nothing', async () => {
    await world.slack.command(ANA, channel(), '/dr failover');
    const [view] = await world.slack.until(
      () => (world.slack.views(ANA).length > 0 ? world.slack.views(ANA) : undefined),
      5000,
      'a form',
    );
    expect(view?.title).toBe('Planned failover');
    const sent = await world.slack.submitView(ANA, view!.id, { from: 'us-east-1', to: 'us-east-1', reason: 'x' });
    expect(sent.outcome).toBe('errors');
    expect(JSON.stringify(sent.errors)).toContain('cannot fail over to itself');
    await world.slack.closeView(ANA, view!.id);
    expect(started()).toEqual([]);
  });
});

describe('while a run waits for its gate', () => {
  it('a second run is refused with a link, the requester cannot approve, a late click is told so', async () => {
    expect(await answer(ANA, '/dr failover us-east-1 reason:"maintenance"')).toContain(
      'is moving us-east-1 → us-west-2',
    );
    const card = await promotionCard(world);

    const second = await answer(BO, '/dr failover us-east-1 reason:"again"');
    expect(second).toContain('is already moving us-east-1 → us-west-2');
    expect(second).toMatch(/https?:\/\//);

    const { channel: at, ts } = card.message;
    const pressed = async (person: string, actionId: string): Promise<string> => {
      const before = world.slack.ephemerals(person).length;
      await world.slack.click(person, { channel: at, ts, actionId });
      return words(
        await world.slack.until(() => world.slack.ephemerals(person)[before], 10_000, 'an answer to the click'),
      );
    };
    expect(await pressed(ANA, 'approve:promote')).toContain('You cannot approve this: you asked for it');
    expect(await pressed(DEE, 'approve:promote')).toContain('You cannot decide this');

    // Denied: it holds, undoes nothing by itself, and can be aborted.
    expect(await answer(BO, '/dr deny promote reason:"not during the sale"')).toContain('denied');
    expect(await answer(BO, '/dr approve promote')).toContain('This was denied');
    expect(await answer(ANA, '/dr abort reason:"the sale comes first"')).toContain('is aborted');
    await world.slack.until(
      () => everything(world).find((message) => / rolled back at | aborted at /.test(message.text)),
      60_000,
      'the end',
    );
    expect(await answer(ANA, '/dr retry')).toContain('Nothing is being moved');
  }, 120_000);

  it('and afterwards the source serves as before', () => {
    expect(world.postgres.node('us-east-1').running()).toBe(true);
    expect(world.clusters['us-west-2']!.deployments()['task-service']!.wanted).toBe(0);
    expect(world.route53.ledger()).toEqual([]);
  });

  it('a standby named by mistake is not moved to: nothing happens before a second person agrees', async () => {
    const heard = await answer(ANA, '/dr failover us-west-2 reason:"maintenance"');
    expect(heard).toContain('us-west-2 is not the primary, us-east-1 is');
    expect(heard).toContain('nothing is moved');
    expect(await answer(ANA, '/dr abort reason:"the wrong region"')).toContain('is aborted');
    await world.slack.until(
      () => everything(world).filter((message) => / rolled back at | aborted at /.test(message.text))[1],
      60_000,
      'the end',
    );
    expect(world.postgres.node('us-west-2').running()).toBe(true);
    expect(world.route53.ledger()).toEqual([]);
  }, 90_000);
});
