/** A person presses a button or picks an option: on a message, an ephemeral one, in a modal or the App Home. */
import { actingPerson, openedView } from './commands.ts';
import { confirmOf, elementsOf, optionNamed, type Placed, pickedState, stateOf, wordsOf } from './elements.ts';
import type { StoredEphemeral, StoredMessage } from './messages.ts';
import type { Lab } from './method.ts';
import { channelName, interactionPayload, momentOf } from './payloads.ts';
import type { ClickResult, ClickTarget, LabBlock } from './types.ts';
import { wireMessage } from './wire.ts';

const GONE: ClickResult = { ok: false, error: 'gone' };

function findElement(blocks: LabBlock[], target: Partial<ClickTarget>): Placed | undefined {
  return elementsOf(blocks).find(
    ({ element, actionId }) =>
      (target.actionId === undefined || actionId === target.actionId) &&
      (target.buttonText === undefined || wordsOf(element['text']) === target.buttonText) &&
      (target.value === undefined || element['value'] === target.value),
  );
}

/** The entry of `actions`. */
function actionOf(lab: Lab, { element, blockId, actionId }: Placed, option: string | undefined): object {
  const common = { action_id: actionId, block_id: blockId, type: element.type, action_ts: momentOf(lab.world) };
  if (element.type === 'button') {
    const { text, value, style, url } = element;
    return { ...common, text, ...(value ? { value } : {}), ...(style ? { style } : {}), ...(url ? { url } : {}) };
  }
  if (element.type === 'overflow') return { ...common, selected_option: optionNamed(element, option ?? '') };
  return { ...common, ...pickedState(element, option ?? null) };
}

/** Clicks on a message this person sees. An element that is no longer there is `gone`. */
export async function clickMessage(lab: Lab, userId: string, target: ClickTarget): Promise<ClickResult> {
  actingPerson(lab, userId);
  if (target.actionId === undefined && target.buttonText === undefined) {
    throw new Error('A click needs to know what is clicked: give actionId or buttonText.');
  }
  const channel = lab.world.channel(target.channel);
  const ephemeral = lab.messages.findEphemeral(userId, target.ts);
  const message = ephemeral ?? lab.messages.live(target.channel, target.ts);
  if (!ephemeral && !channel.members.has(userId)) return { ok: false, error: 'not_in_channel' };
  const placed = message && findElement(message.blocks, target);
  if (!placed) return GONE;

  const carried = ephemeral ? {} : { message: wireMessage(lab, message as StoredMessage) };
  return send(lab, userId, placed, target.option, {
    container: containerOf(message, ephemeral !== undefined),
    channel: { id: channel.id, name: channelName(channel) },
    state: { values: stateOf(message.blocks) },
    response_url: lab.tickets.responseUrl({ user: userId, channel: channel.id, original: message }),
    ...carried,
  });
}

function containerOf(message: StoredMessage | StoredEphemeral, isEphemeral: boolean): object {
  return {
    type: 'message',
    message_ts: message.ts,
    channel_id: message.channel,
    is_ephemeral: isEphemeral,
    ...(message.threadTs ? { thread_ts: message.threadTs } : {}),
  };
}

/** Clicks or picks something in an open modal or the person's App Home. */
export async function clickView(
  lab: Lab,
  userId: string,
  viewId: string,
  actionId: string,
  option: string | undefined,
): Promise<ClickResult> {
  actingPerson(lab, userId);
  const view = lab.views.find(viewId);
  if (!view || view.user !== userId) return GONE;
  const placed = findElement(view.blocks, { actionId });
  if (!placed) return GONE;
  const { blockId, element } = placed;
  const values = view.state[blockId];
  if (values?.[actionId]) {
    values[actionId] = pickedState(element, option ?? null);
    lab.world.changed();
  }
  return send(lab, userId, placed, option, {
    container: { type: 'view', view_id: view.id },
    view: lab.views.wire(view),
    onView: view.id,
  });
}

/** `onView`: the view the trigger belongs to, for `views.push`; it is not sent. */
async function send(
  lab: Lab,
  userId: string,
  placed: Placed,
  option: string | undefined,
  where: Record<string, unknown> & { onView?: string },
): Promise<ClickResult> {
  const { onView, ...context } = where;
  const trigger = lab.tickets.trigger(userId, onView);
  const payload = {
    ...interactionPayload(lab.world, 'block_actions', lab.world.person(userId)),
    ...context,
    trigger_id: trigger,
    actions: [actionOf(lab, placed, option)],
  };
  const confirmed = confirmOf(placed.element);
  const delivery = await lab.deliveries.deliver('interactive', payload, false);
  const outcome = 'error' in delivery ? { ok: false, error: delivery.error } : { ok: true };
  return { ...outcome, ...(confirmed ? { confirmed } : {}), ...openedView(lab, trigger) };
}

/** A global shortcut, or one on a message. */
export async function useShortcut(
  lab: Lab,
  userId: string,
  callbackId: string,
  on: { channel: string; ts: string } | undefined,
): Promise<ClickResult> {
  const person = actingPerson(lab, userId);
  const trigger = lab.tickets.trigger(userId);
  const common = { callback_id: callbackId, trigger_id: trigger, action_ts: momentOf(lab.world) };
  let payload: Record<string, unknown> = { ...interactionPayload(lab.world, 'shortcut', person), ...common };
  if (on) {
    const channel = lab.world.channel(on.channel);
    const message = lab.messages.live(on.channel, on.ts);
    if (!message || !channel.members.has(userId)) return GONE;
    payload = {
      ...interactionPayload(lab.world, 'message_action', person),
      ...common,
      channel: { id: channel.id, name: channelName(channel) },
      message_ts: message.ts,
      message: wireMessage(lab, message),
      response_url: lab.tickets.responseUrl({ user: userId, channel: channel.id, original: message }),
    };
  }
  const delivery = await lab.deliveries.deliver('interactive', payload, false);
  const outcome = 'error' in delivery ? { ok: false, error: delivery.error } : { ok: true };
  return { ...outcome, ...openedView(lab, trigger) };
}
