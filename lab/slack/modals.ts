/** A person fills in, submits or closes a modal; the app's answer decides what stands there afterwards. */
import { checkView } from './checks.ts';
import { actingPerson } from './commands.ts';
import { elementsOf, inputErrors, pickedState, stateOf } from './elements.ts';
import type { Lab } from './method.ts';
import { interactionPayload } from './payloads.ts';
import { seenView } from './seen.ts';
import { isObject } from './shape.ts';
import type { SubmitResult, ViewValues } from './types.ts';
import type { StoredView } from './views.ts';

function openModal(lab: Lab, userId: string, viewId: string): StoredView | undefined {
  actingPerson(lab, userId);
  return lab.views.stack(userId).find((view) => view.id === viewId);
}

function fill(view: StoredView, values: ViewValues): void {
  for (const [key, picked] of Object.entries(values)) {
    const placed = elementsOf(view.blocks).find(({ blockId, actionId }) => blockId === key || actionId === key);
    const held = placed && view.state[placed.blockId];
    if (!placed || !held) {
      const known = Object.entries(stateOf(view.blocks)).map(
        ([block, actions]) => `${block} (${Object.keys(actions)})`,
      );
      throw new Error(`The modal has no input "${key}": it has ${known.join(', ') || 'none'}.`);
    }
    held[placed.actionId] = pickedState(placed.element, picked);
  }
}

/** Fills in `values` and presses the submit button. */
export async function submitModal(lab: Lab, userId: string, viewId: string, values: ViewValues): Promise<SubmitResult> {
  const view = openModal(lab, userId, viewId);
  if (!view) return { outcome: 'open', error: 'gone' };
  fill(view, values);
  view.errors = inputErrors(view.blocks, view.state);
  lab.world.changed();
  if (Object.keys(view.errors).length > 0) {
    return { outcome: 'open', error: 'missing_input', errors: { ...view.errors }, view: seenView(view) };
  }
  const payload = {
    ...interactionPayload(lab.world, 'view_submission', lab.world.person(userId)),
    trigger_id: lab.tickets.trigger(userId, view.id),
    view: lab.views.wire(view),
    response_urls: [],
  };
  const delivery = await lab.deliveries.deliver('interactive', payload, true);
  if ('error' in delivery) return { outcome: 'open', error: delivery.error, view: seenView(view) };
  const outcome = answer(lab, view, delivery.ack);
  const top = lab.views.stack(userId).at(-1);
  return { ...outcome, ...(top ? { view: seenView(top) } : {}) };
}

const INVALID: SubmitResult = { outcome: 'open', error: 'invalid_ack' };

function answer(lab: Lab, view: StoredView, ack: Record<string, unknown>): SubmitResult {
  switch (ack['response_action']) {
    case undefined:
      lab.views.close(view);
      // `clear_on_close` takes the views below along.
      if (view.content['clear_on_close'] === true) lab.views.clear(view.user);
      return { outcome: 'closed' };
    case 'clear':
      lab.views.clear(view.user);
      return { outcome: 'cleared' };
    case 'errors':
      return showErrors(lab, view, ack['errors']);
    case 'update':
      if (!isObject(ack['view']) || checkView(ack['view'], 'modal')) return INVALID;
      lab.views.replace(view, ack['view']);
      return { outcome: 'updated' };
    case 'push':
      if (!isObject(ack['view']) || checkView(ack['view'], 'modal')) return INVALID;
      return lab.views.push(view.user, ack['view']) ? { outcome: 'pushed' } : INVALID;
    default:
      return INVALID;
  }
}

/** Slack shows errors only at input blocks it knows; anything else makes the whole answer invalid. */
function showErrors(lab: Lab, view: StoredView, given: unknown): SubmitResult {
  if (!isObject(given) || Object.keys(given).length === 0) return INVALID;
  const inputs = new Set(view.blocks.filter((block) => block.type === 'input').map((block) => block.block_id));
  if (Object.keys(given).some((id) => !inputs.has(id))) return INVALID;
  const errors = Object.fromEntries(Object.entries(given).map(([id, words]) => [id, String(words)]));
  view.errors = errors;
  lab.world.changed();
  return { outcome: 'errors', errors: { ...errors } };
}

/** Closes one modal, or the whole stack; the app hears of those that asked for it. */
export async function closeModal(lab: Lab, userId: string, viewId: string, all: boolean): Promise<void> {
  const view = openModal(lab, userId, viewId);
  if (!view) throw new Error(`${userId} has no open modal ${viewId}: views(userId) lists the open ones.`);
  const person = lab.world.person(userId);
  const cleared = all || view.content['clear_on_close'] === true;
  const closed = cleared ? [...lab.views.stack(userId)].reverse() : [view];
  if (cleared) lab.views.clear(userId);
  else lab.views.close(view);
  const told = closed.filter((one) => one.content['notify_on_close'] === true);
  await Promise.all(
    told.map((one) =>
      lab.deliveries.deliver(
        'interactive',
        {
          ...interactionPayload(lab.world, 'view_closed', person),
          view: lab.views.wire(one),
          is_cleared: cleared,
        },
        false,
      ),
    ),
  );
}
