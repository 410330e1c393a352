/**
 * `run planned --fault source-dies`: the region that serves dies when its planned switchover is approved and not yet
 * promoted. The run cannot go on; Ana presses what is offered, and it goes on as an emergency.
 */
import type { SeenView } from '../slack/types.ts';
import { ANA } from '../world/people.ts';
import { type Acting, decideWhatIsAsked, ending, until } from './emergency-people.ts';
import { detectWithin, NOT_STARTED, RUN_WITHIN_MS, type Stage, type Story, strike } from './emergency-stage.ts';
import { button, channelOf, everything, waiveWhenever } from './play.ts';

/** Where going on as an emergency is offered: on the card of the outage, or of the step the run is held at. */
const OFFERS = ['mode:proposal', 'mode:emergency'];
const REASON = 'the region is gone in the middle of it';
const DIALOG_WITHIN_MS = 5000;

export async function sourceDies(stage: Stage): Promise<Story> {
  const { world, from, say, stop } = stage;
  const within = (withinMs: number, what: string) => ({ withinMs, stop, what });
  decideWhatIsAsked(stage);
  waiveWhenever(world, ANA, stop, say);
  const command = `/dr failover ${from} reason:"maintenance"`;
  say(`${ANA} types ${command}`);
  await world.slack.command(ANA, channelOf(world), command);
  await until(() => isApproved(stage), within(RUN_WITHIN_MS, 'the approval of the planned run'));
  const struckAt = await strike(stage);
  const tooLate = stage.promotedAt() !== null;

  const offered = () => OFFERS.find((one) => button(world, one) !== undefined);
  await until(() => offered() !== undefined, within(detectWithin(stage) + RUN_WITHIN_MS, 'the offer of an emergency'));
  const proposedAt = Date.now();
  const offer = offered()!;
  const refused = await goOn(stage, offer);
  const end =
    refused === null
      ? await ending(stage, 0, RUN_WITHIN_MS)
      : { ...NOT_STARTED, outcome: 'failed' as const, said: refused };
  const problems = tooLate ? [`${stage.to} was promoted before ${from} was gone: nothing was shown`] : [];
  const seen = { offeredBy: offer === OFFERS[0] ? 'the card of the outage' : 'the card of the held step' };
  return { struckAt, proposedAt, endedAt: Date.now(), ending: end, seen, problems };
}

/** People have approved the promotion: its card says so. */
const isApproved = ({ world }: Stage): boolean =>
  everything(world).some(
    ({ metadata, blocks }) =>
      String(metadata?.event_payload['key'] ?? '').includes('gate:promote') &&
      JSON.stringify(blocks).includes('Approved by'),
  );

/** Ana presses the offer and fills in what it asks. null: it was taken; else what she was told. */
async function goOn({ world, say, from }: Acting & { from: string }, offer: string): Promise<string | null> {
  const { message, element } = button(world, offer)!;
  say(`${ANA} presses “${element.text}”`);
  const pressed = await world.slack.click(ANA, { channel: message.channel, ts: message.ts, actionId: offer });
  const dialog =
    pressed.openedView ??
    (await world.slack.until(() => world.slack.views(ANA).at(-1), DIALOG_WITHIN_MS, 'the dialog'));
  say(`${ANA} sends “${dialog.title}”`);
  const result = await world.slack.submitView(ANA, dialog.id, filled(dialog, from));
  return result.error ?? (result.errors ? Object.values(result.errors).join(' ') : null);
}

/** The reason where it is asked for; whatever else is, is the region's name. */
const filled = ({ inputs }: SeenView, region: string): Record<string, string> =>
  Object.fromEntries(
    inputs.map(({ actionId, blockId }) => [blockId, [actionId, blockId].includes('reason') ? REASON : region]),
  );
