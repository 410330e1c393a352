/** `POST /act`: what a person does on the page, done in the lab's Slack. One line per deed. */
import type { ClickTarget, SlackLab, ViewValues } from '../slack/types.ts';

/** Something in the request that whoever sent it can put right; the message is one sentence. */
export class ActError extends Error {}

type Body = Record<string, unknown>;

const DEEDS: Record<string, (slack: SlackLab, as: string, body: Body) => Promise<unknown>> = {
  command: (slack, as, body) => slack.command(as, text(body, 'channel'), text(body, 'line')),
  say: (slack, as, body) => slack.say(as, text(body, 'channel'), text(body, 'text'), maybe(body, 'thread')),
  mention: (slack, as, body) => slack.mention(as, text(body, 'channel'), text(body, 'text'), maybe(body, 'thread')),
  click: (slack, as, body) => slack.click(as, target(body)),
  submitView: (slack, as, body) => slack.submitView(as, text(body, 'view'), values(body)),
  closeView: (slack, as, body) => slack.closeView(as, text(body, 'view'), body['all'] === true),
  clickInView: (slack, as, body) =>
    slack.clickInView(as, text(body, 'view'), text(body, 'actionId'), maybe(body, 'option')),
  openHome: (slack, as, body) => slack.openHome(as, body['tab'] === 'messages' ? 'messages' : 'home'),
  shortcut: (slack, as, body) => slack.shortcut(as, text(body, 'callbackId'), message(body)),
  directChannel: async (slack, as) => slack.directChannel(as),
};

/**
 * Does what `raw` (a JSON text `{as, do, …}`) asks and returns what the acting method answered.
 * @throws ActError for anything wrong with the request itself
 */
export async function act(slack: SlackLab, raw: string): Promise<{ as: string; result: unknown }> {
  const body = parse(raw);
  const as = personNamed(slack, text(body, 'as'));
  const name = text(body, 'do');
  const deed = Object.hasOwn(DEEDS, name) ? DEEDS[name] : undefined;
  if (!deed) throw new ActError(`"${name}" is nothing one can do here: use one of ${Object.keys(DEEDS).join(', ')}.`);
  try {
    return { as, result: (await deed(slack, as, body)) ?? null };
  } catch (error) {
    // The lab explains wrong ids and values in plain Errors; any other kind is a bug and not the sender's to mend.
    if (error instanceof Error && error.constructor === Error) throw new ActError(error.message);
    throw error;
  }
}

/** The id of somebody one can be on the page. */
export function personNamed(slack: SlackLab, id: string): string {
  const people = slack.snapshot().people.filter((person) => !person.isBot && !person.deleted);
  if (people.some((person) => person.id === id)) return id;
  const known = people.map((person) => `${person.id} (${person.name})`).join(', ');
  throw new ActError(`Nobody here has the id "${id}": use one of ${known}.`);
}

function parse(raw: string): Body {
  let value: unknown;
  try {
    value = JSON.parse(raw);
  } catch {
    throw new ActError('The body is not JSON: send an object like {"as":"U1","do":"command", …}.');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ActError('The body is no JSON object: send one like {"as":"U1","do":"command", …}.');
  }
  return value as Body;
}

function text(body: Body, key: string): string {
  const value = body[key];
  if (typeof value !== 'string' || value === '') throw new ActError(`"${key}" is missing: send it as a text.`);
  return value;
}

function maybe(body: Body, key: string): string | undefined {
  return body[key] === undefined || body[key] === null ? undefined : text(body, key);
}

function target(body: Body): ClickTarget {
  const found: ClickTarget = { channel: text(body, 'channel'), ts: text(body, 'ts') };
  for (const key of ['actionId', 'buttonText', 'value', 'option'] as const) {
    const value = maybe(body, key);
    if (value !== undefined) found[key] = value;
  }
  return found;
}

function message(body: Body): { channel: string; ts: string } | undefined {
  return body['ts'] === undefined ? undefined : { channel: text(body, 'channel'), ts: text(body, 'ts') };
}

function values(body: Body): ViewValues {
  const given = body['values'] ?? {};
  const fits = (value: unknown) =>
    value === null ||
    typeof value === 'string' ||
    (Array.isArray(value) && value.every((one) => typeof one === 'string'));
  if (typeof given !== 'object' || given === null || !Object.values(given).every(fits)) {
    throw new ActError('"values" must be an object of texts, lists of texts or null, by block id.');
  }
  return given as ViewValues;
}
