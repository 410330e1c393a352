/** The scripted people: they type and press over Slack's wire, as anybody would, and read what is posted. */
import type { SeenElement, SeenMessage } from '../slack/types.ts';
import { ANA, BO } from '../world/people.ts';
import type { World } from '../world/world.ts';
import type { Fault } from './faults.ts';

/** How the run ends for those who read along, or where it stands still. */
export type Ending = {
  outcome: 'completed' | 'rolledBack' | 'aborted' | 'takenOver' | 'notStarted' | 'failed';
  heldAt: string | null;
  said: string;
};

export const channelOf = (world: World): string => world.file.notify.channel;

/** Every message of the incidents channel and its threads. */
export function everything(world: World): SeenMessage[] {
  const top = world.slack.messages(channelOf(world)).filter((message) => message.threadTs === undefined);
  return top.flatMap((message) =>
    message.replyCount > 0 ? world.slack.thread(channelOf(world), message.ts) : [message],
  );
}

/** A button by the start of its action id, on any message, with the message it stands on. */
export function button(world: World, action: string): { message: SeenMessage; element: SeenElement } | undefined {
  for (const message of everything(world).reverse()) {
    const element = message.elements.find((one) => one.actionId === action);
    if (element) return { message, element };
  }
  return undefined;
}

export async function press(world: World, person: string, action: string): Promise<void> {
  const found = button(world, action);
  if (!found) throw new Error(`There is no button ${action} to press.`);
  const { channel, ts } = found.message;
  const result = await world.slack.click(person, { channel, ts, actionId: action });
  if (!result.ok) throw new Error(`Pressing ${action} was answered: ${result.error}.`);
}

/** Who pressed and still sees the button after this long presses again: the bot may have died with the click in hand. */
export const PRESSED_AGAIN_MS = 5000;

/** Presses a button as soon as it stands there, and again while it stays; until `stop`. */
export function pressWhenever(
  world: World,
  person: string,
  action: string,
  stop: AbortSignal,
  say: (line: string) => void,
): void {
  const pressed = new Map<string, number>();
  const look = () => {
    if (stop.aborted) return;
    const found = button(world, action);
    const key = found && `${found.message.ts} ${found.element.value}`;
    if (found && key !== undefined && Date.now() - (pressed.get(key) ?? 0) > PRESSED_AGAIN_MS) {
      pressed.set(key, Date.now());
      say(`${person} presses “${found.element.text}”`);
      press(world, person, action).catch((error: Error) => {
        // The bot may be away (it was killed): the card still stands, so it is pressed again.
        say(error.message);
        setTimeout(() => pressed.delete(key), 500);
      });
    }
  };
  const timer = setInterval(look, 100);
  stop.addEventListener('abort', () => clearInterval(timer), { once: true });
}

const ENDINGS: [RegExp, Ending['outcome']][] = [
  [/ serves since /, 'completed'],
  // Its watch was ended because the region was lost; the move itself was over.
  [/ served from /, 'completed'],
  [/ is a standby of .* again/, 'completed'],
  [/ rolled back at /, 'rolledBack'],
  [/ aborted at /, 'aborted'],
  [/ taken over by hand /, 'takenOver'],
];

/** What was posted as the last word of the run after the first `before`, or the step it stands still at. */
const endingSeen = (world: World, before: number): Ending | undefined => endings(world)[before] ?? heldSeen(world);

/** The last words of every run so far, oldest first. */
export const endings = (world: World): Ending[] =>
  everything(world).flatMap((message) => {
    const key = String(message.metadata?.event_payload['key'] ?? '');
    if (!/:ended:/.test(key) && !key.endsWith(':ended')) return [];
    const outcome = ENDINGS.find(([words]) => words.test(message.text))?.[1] ?? 'failed';
    return [{ outcome, heldAt: null, said: message.text }];
  });

/** The step a run stands still at, as its card says. */
export function heldSeen(world: World): Ending | undefined {
  const held = everything(world)
    .filter((message) => !isWaivable(message))
    .flatMap((message) =>
      message.elements.flatMap((one) => {
        const [verb, step] = one.actionId.split(':');
        return (verb === 'retry' || verb === 'check') && step !== undefined ? [{ message, step }] : [];
      }),
    )[0];
  return held && { outcome: 'failed', heldAt: held.step, said: held.message.text };
}

/** The card of a house rule that is not met: the scripted people go on without it, by name. */
const isWaivable = (message: SeenMessage): boolean =>
  message.elements.some((one) => one.actionId.startsWith('override:'));

const WAIVE = '/dr override all reason:"agreed with support on the phone"';

/** Types the command as soon as such a card stands there, and again while one stays; until `stop`. */
export function waiveWhenever(world: World, person: string, stop: AbortSignal, say: (line: string) => void): void {
  let typedAt = 0;
  const look = () => {
    if (Date.now() - typedAt < PRESSED_AGAIN_MS / 5 || !everything(world).some(isWaivable)) return;
    typedAt = Date.now();
    say(`${person} types ${WAIVE}`);
    world.slack.command(person, channelOf(world), WAIVE).catch((error: Error) => say(error.message));
  };
  const timer = setInterval(look, 100);
  stop.addEventListener('abort', () => clearInterval(timer), { once: true });
}

/** The promotion card, once Ana has gone on without the house rules that are not met. */
export async function promotionCard(world: World): Promise<{ message: SeenMessage; element: SeenElement }> {
  const over = new AbortController();
  waiveWhenever(world, ANA, over.signal, () => {});
  try {
    return await world.slack.until(() => button(world, 'approve:promote'), 30_000, 'the promotion card');
  } finally {
    over.abort();
  }
}

const TYPED_AT_MOST = 3;
const HEADLINE_WITHIN_MS = 20_000;

/** Ana asks, Bo approves and confirms; resolves when the run has ended or stands still. */
export async function playPlanned(
  world: World,
  options: {
    command: string;
    withinMs: number;
    fault: Fault | null;
    say: (line: string) => void;
    /** People stop acting when the scenario is told to stop. */
    stop: AbortSignal;
  },
): Promise<Ending> {
  const over = new AbortController();
  const before = endings(world).length;
  try {
    const acting = AbortSignal.any([over.signal, options.stop]);
    waiveWhenever(world, ANA, acting, options.say);
    pressWhenever(world, BO, 'approve:promote', acting, options.say);
    pressWhenever(world, BO, 'confirm:dns', acting, options.say);
    pressWhenever(world, BO, 'approve:reprotect', acting, options.say);
    const started = await typed(world, options.command, options.say);
    if (started !== null) return { outcome: 'notStarted', heldAt: null, said: started };
    const meant = options.fault?.whenHeld;
    const first = await world.slack.until(() => endingSeen(world, before), options.withinMs, 'the end of the run');
    if (meant === undefined || first.heldAt !== meant.at) return first;
    await meant.first?.(world);
    options.say(`${meant.by} types ${meant.command}`);
    await world.slack.command(meant.by, channelOf(world), meant.command);
    const other = () => {
      const seen = endingSeen(world, before);
      return seen && seen.heldAt !== meant.at ? seen : undefined;
    };
    return await world.slack.until(other, options.withinMs, 'the end of the run');
  } finally {
    over.abort();
  }
}

/**
 * Ana types the command. Where the bot was away she is told so by Slack, looks into the channel, and types again only
 * when nothing stands there. null: a headline stands; else what she was told.
 */
async function typed(world: World, command: string, say: (line: string) => void): Promise<string | null> {
  let told = 'no answer';
  const pins = () => everything(world).filter((message) => message.pinned);
  const before = pins().length;
  const since = Date.now();
  for (let attempt = 0; attempt < TYPED_AT_MOST; attempt += 1) {
    say(`${ANA} types ${command}`);
    const result = await world.slack.command(ANA, channelOf(world), command, { smartQuotes: true });
    told = result.error ?? told;
    const seen = await world.slack
      .until(() => pins()[before] ?? refusal(world, since), HEADLINE_WITHIN_MS, 'the headline')
      .catch(() => undefined);
    if (typeof seen === 'string') return seen;
    if (seen !== undefined) return null;
  }
  return told;
}

/** Ana's answer, when it says that nothing was started. */
const refusal = (world: World, since: number): string | undefined =>
  world.slack.ephemerals(ANA).find(({ at, text }) => at >= since && /Nothing was started/.test(text))?.text;

/** The channel and its thread as a person reads them, in plain text: buttons in brackets. */
export const transcript = (world: World): string =>
  everything(world)
    .map((message) => {
      const indent = message.threadTs === undefined ? '' : '    ';
      const buttons = message.elements.map((one) => `[${one.text}]`).join('  ');
      const marks = [
        message.pinned ? 'pinned' : '',
        message.broadcast ? 'also in the channel' : '',
        message.edits > 0 ? `edited ${message.edits}×` : '',
      ]
        .filter((mark) => mark !== '')
        .join(', ');
      const body = message.blocks.flatMap(wordsOf).join('\n');
      return [
        ...(body === '' ? message.text : body).split('\n'),
        ...(buttons === '' ? [] : [buttons]),
        ...(marks === '' ? [] : [`(${marks})`]),
      ]
        .map((line) => `${indent}${line}`)
        .join('\n');
    })
    .join('\n\n');

/** The words of a block, buttons left out. */
function wordsOf(block: Record<string, unknown>): string[] {
  if (block['type'] === 'actions') return [];
  return Object.values(block).flatMap((value) => {
    if (Array.isArray(value))
      return value.flatMap((one) => (one !== null && typeof one === 'object' ? wordsOf(one) : []));
    if (value !== null && typeof value === 'object')
      return 'text' in value && typeof value.text === 'string'
        ? [value.text]
        : wordsOf(value as Record<string, unknown>);
    return [];
  });
}
