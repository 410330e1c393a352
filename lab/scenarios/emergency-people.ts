/**
 * The people of an emergency: Ana declares the disaster from the card that proposes it, Bo decides what is asked, and
 * Cy what asks somebody to take a risk: never the one who declared, nor the one who approved.
 */
import type { SeenElement, SeenMessage, SeenView } from '../slack/types.ts';
import { ANA, BO, CY } from '../world/people.ts';
import type { World } from '../world/world.ts';
import { button, channelOf, type Ending, endings, everything, heldSeen, PRESSED_AGAIN_MS, press } from './play.ts';

export type Acting = { world: World; say: (line: string) => void; stop: AbortSignal };
export type Deciding = Acting & {
  /** `risks`: time decides, and people only what time may not. */
  decide: 'everything' | 'risks';
};

const DECLARE = /^declare(:|$)/;
const PROPOSAL = /:proposal(:|$)/;
/** What asks a person to take a risk by name. */
export const RISKS = ['unverified-fence', 'data-loss'];

const keyOf = (message: SeenMessage): string => String(message.metadata?.event_payload['key'] ?? '');

/** The newest card that says a region looks down, whether it still asks or not. */
export const proposalCard = (world: World): SeenMessage | undefined =>
  everything(world).findLast(
    (message) => PROPOSAL.test(keyOf(message)) || message.elements.some(({ actionId }) => DECLARE.test(actionId)),
  );
/** It stands there and asks. */
export const isProposed = (world: World): boolean => declareButton(world) !== undefined;

function declareButton(world: World): { message: SeenMessage; element: SeenElement } | undefined {
  const action = everything(world)
    .flatMap(({ elements }) => elements)
    .findLast(({ actionId }) => DECLARE.test(actionId))?.actionId;
  return action === undefined ? undefined : button(world, action);
}

/** The headlines of all runs so far. */
export const headlines = (world: World): SeenMessage[] => everything(world).filter(({ pinned }) => pinned);

/** Whoever is asked presses, and again while a button stays; until `stop`. Not before `mayApprove` says so. */
export function decideWhatIsAsked(
  { world, say, stop, decide }: Deciding,
  mayApprove: () => boolean = () => true,
): void {
  const pressed = new Map<string, number>();
  const look = () => {
    if (stop.aborted || !mayApprove()) return;
    for (const message of everything(world))
      for (const { actionId, value, text } of message.elements) {
        const [verb, gate = ''] = actionId.split(':');
        if (!(verb === 'approve' || actionId === 'confirm:dns')) continue;
        if (decide === 'risks' && !RISKS.includes(gate)) continue;
        const key = `${message.ts} ${actionId} ${value}`;
        if (Date.now() - (pressed.get(key) ?? 0) < PRESSED_AGAIN_MS) continue;
        pressed.set(key, Date.now());
        const person = RISKS.includes(gate) ? CY : BO;
        say(`${person} presses “${text}”`);
        press(world, person, actionId).catch((error: Error) => {
          say(error.message);
          setTimeout(() => pressed.delete(key), 500);
        });
      }
  };
  const timer = setInterval(look, 100);
  stop.addEventListener('abort', () => clearInterval(timer), { once: true });
}

const DECLARED_AT_MOST = 3;
const DIALOG_WITHIN_MS = 5000;
const HEADLINE_WITHIN_MS = 20_000;

/**
 * Ana presses `Declare disaster…`, or types the command where no card stands, fills in the dialog and sends it.
 * null: a new run's headline stands; else what she was told.
 */
export async function declare({ world, say }: Acting, region: string, reason: string): Promise<string | null> {
  const before = headlines(world).length;
  const started = () => headlines(world).length > before;
  const since = Date.now();
  let told = 'no answer';
  for (let attempt = 0; attempt < DECLARED_AT_MOST && !started(); attempt += 1) {
    const dialog = await opened(world, say, region, reason);
    if (dialog !== undefined) {
      say(`${ANA} sends “${dialog.title}”`);
      const result = await world.slack.submitView(ANA, dialog.id, filled(dialog, region, reason));
      told = result.error ?? Object.values(result.errors ?? {}).join(' ') ?? told;
    }
    const seen = await world.slack
      .until(() => started() || refusal(world, since), HEADLINE_WITHIN_MS, 'the headline')
      .catch(() => undefined);
    if (typeof seen === 'string') return seen;
    for (const view of world.slack.views(ANA)) await world.slack.closeView(ANA, view.id, true).catch(() => undefined);
  }
  return started() ? null : told;
}

/** The dialog she gets; undefined when the command needed none. */
async function opened(
  world: World,
  say: (line: string) => void,
  region: string,
  reason: string,
): Promise<SeenView | undefined> {
  const card = declareButton(world);
  const command = `/dr declare ${region} reason:"${reason}"`;
  say(card ? `${ANA} presses “${card.element.text}”` : `${ANA} types ${command}`);
  const result = card
    ? await world.slack.click(ANA, {
        channel: card.message.channel,
        ts: card.message.ts,
        actionId: card.element.actionId,
      })
    : await world.slack.command(ANA, channelOf(world), command, { smartQuotes: true });
  if (result.error) say(`that was answered: ${result.error}`);
  return (
    result.openedView ??
    (await world.slack
      .until(() => world.slack.views(ANA).at(-1), DIALOG_WITHIN_MS, 'the dialog')
      .catch(() => undefined))
  );
}

/** The reason where it is asked for; whatever else must be typed is the region's name. What stands there stays. */
const filled = (dialog: SeenView, region: string, reason: string): Record<string, string> =>
  Object.fromEntries(
    dialog.inputs.flatMap(({ actionId, blockId, type, optional, initial }): [string, string][] => {
      if (!type.includes('text')) return [];
      if ([actionId, blockId].includes('reason')) return [[blockId, reason]];
      return optional || initial ? [] : [[blockId, region]];
    }),
  );

const refusal = (world: World, since: number): string | undefined =>
  world.slack.ephemerals(ANA).find(({ at, text }) => at >= since && text.includes('Nothing was started'))?.text;

/** A run that is held this long while nobody is asked anything stands still. */
const STILL_MS = 15_000;

/** The ending after the first `before` ones; or where the run stands still. */
export async function ending({ world, stop }: Acting, before: number, withinMs: number): Promise<Ending> {
  const deadline = Date.now() + withinMs;
  let held: { seen: Ending; since: number } | null = null;
  for (;;) {
    const ended = endings(world)[before];
    if (ended !== undefined) return ended;
    if (stop.aborted) throw new Error('stopped before the end');
    if (Date.now() > deadline) throw new Error(`waited ${withinMs / 1000} s for the end of the run in vain`);
    const asked = everything(world).some(({ elements }) =>
      elements.some(({ actionId }) => /^(approve|confirm):/.test(actionId)),
    );
    const seen = asked ? undefined : heldSeen(world);
    if (seen === undefined) held = null;
    else if (held?.seen.heldAt !== seen.heldAt) held = { seen, since: Date.now() };
    else if (Date.now() - held.since > STILL_MS) return seen;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Asks again and again until it is so. Rejects when it is not so in time, or the scenario is to stop. */
export async function until(
  test: () => boolean | Promise<boolean>,
  { withinMs, stop, what }: { withinMs: number; stop: AbortSignal; what: string },
): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (!(await test())) {
    if (stop.aborted) throw new Error('stopped');
    if (Date.now() > deadline) throw new Error(`waited ${withinMs / 1000} s for ${what} in vain`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
