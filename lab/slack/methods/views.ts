/** views.*: modals opened by a trigger, their updates, and each person's App Home. */
import { checkView } from '../checks.ts';
import { ApiError, type Args, invalidArguments, type Lab, type Method } from '../method.ts';
import { isObject } from '../shape.ts';
import type { StoredView } from '../views.ts';

/** The view of a call, checked; problems are answered as `invalid_arguments` with one message each. */
function viewOf(lab: Lab, args: Args, type: 'modal' | 'home', replacing?: StoredView): Record<string, unknown> {
  const view = args.json('view', 'invalid_arguments');
  const problem = checkView(view, type);
  if (problem || !isObject(view)) throw invalidArguments(problem?.messages ?? [], problem?.error);
  const externalId = view['external_id'];
  const twin = typeof externalId === 'string' ? lab.views.byExternalId(externalId) : undefined;
  if (twin && twin !== replacing) throw new ApiError('duplicate_external_id');
  return view;
}

function triggered(lab: Lab, args: Args): { user: string; trigger: string; viewId?: string } {
  const trigger = args.need('trigger_id');
  const used = lab.tickets.useTrigger(trigger);
  if ('error' in used) throw new ApiError(used.error);
  return { trigger, ...used };
}

function open(lab: Lab, args: Args): Record<string, unknown> {
  const content = viewOf(lab, args, 'modal');
  const { user, trigger } = triggered(lab, args);
  const view = lab.views.open(user, content);
  lab.tickets.opened(trigger, view.id);
  return { view: lab.views.wire(view) };
}

function push(lab: Lab, args: Args): Record<string, unknown> {
  const content = viewOf(lab, args, 'modal');
  const { user, trigger, viewId } = triggered(lab, args);
  if (!viewId || lab.views.find(viewId)?.type !== 'modal') throw new ApiError('not_found');
  const view = lab.views.push(user, content);
  if (!view) throw new ApiError('push_limit_reached');
  lab.tickets.opened(trigger, view.id);
  return { view: lab.views.wire(view) };
}

function update(lab: Lab, args: Args): Record<string, unknown> {
  const viewId = args.text('view_id');
  const externalId = args.text('external_id');
  if (!viewId && !externalId) {
    throw invalidArguments(['[ERROR] either view_id or external_id is required']);
  }
  const view = viewId ? lab.views.find(viewId) : lab.views.byExternalId(externalId ?? '');
  const content = viewOf(lab, args, view?.type ?? 'modal', view);
  if (!view) throw new ApiError('not_found');
  checkHash(view, args);
  lab.views.replace(view, content);
  return { view: lab.views.wire(view) };
}

function publish(lab: Lab, args: Args): Record<string, unknown> {
  const user = args.need('user_id');
  if (!lab.world.people.has(user)) throw invalidArguments([`[ERROR] user not found: ${user} [json-pointer:/user_id]`]);
  const known = lab.views.home(user);
  const content = viewOf(lab, args, 'home', known);
  if (known) checkHash(known, args);
  return { view: lab.views.wire(lab.views.publish(user, content)) };
}

function checkHash(view: StoredView, args: Args): void {
  const hash = args.text('hash');
  if (hash !== undefined && hash !== view.hash) throw new ApiError('hash_conflict');
}

export const views: Record<string, Method> = {
  'views.open': { rate: 'tier4', required: ['trigger_id', 'view'], run: open },
  'views.push': { rate: 'tier4', required: ['trigger_id', 'view'], run: push },
  'views.update': { rate: 'tier4', required: ['view'], run: update },
  'views.publish': { rate: 'tier4', required: ['user_id', 'view'], run: publish },
};
