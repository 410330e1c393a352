/** From Bolt's payloads to our handlers: the only place that knows their shape. Everything of a kind is taken, none by name. */
import type { App, BlockAction, BlockElementAction, MessageShortcut } from '@slack/bolt';
import { sentenceOf } from '../../lib/errors.ts';
import type { Said } from '../../ports/chat.ts';
import type { ActionIn, IncomingHandlers } from './incoming.ts';
import type { Log } from './log.ts';
import { actionOf } from './render.ts';

/** Anything, line breaks too. */
const ANY = /[\s\S]*/;

export function listen(app: App, incoming: IncomingHandlers, log: Log): void {
  app.command(ANY, async ({ command, ack }) => {
    const { text, user_id: person, channel_id: channel, response_url: responseUrl, trigger_id: trigger } = command;
    await incoming.command({ command: command.command, text, person, channel, responseUrl, trigger }, (body) =>
      ack(body),
    );
  });

  app.action<BlockAction>({ type: 'block_actions', action_id: ANY }, async ({ body, action, ack }) => {
    await incoming.action(actionIn(body, action), () => ack());
  });

  app.view({ type: 'view_submission', callback_id: ANY }, async ({ body, view, ack }) => {
    const { id, hash, callback_id: form, private_metadata: meta, state, blocks } = view;
    const input = { form, meta, state: state.values, blocks, view: id, hash, person: body.user.id };
    // Bolt types each kind of answer apart; ours is built in one place and one of them.
    await incoming.form(input, (answer) => (ack as (body?: unknown) => Promise<void>)(answer));
  });

  app.shortcut({ type: 'shortcut', callback_id: ANY }, async ({ shortcut, ack }) => {
    const { callback_id: name, trigger_id: trigger, user } = shortcut;
    const where = { channel: undefined, thread: undefined, responseUrl: undefined };
    await incoming.shortcut({ name, trigger, person: user.id, on: null, ...where }, () => ack());
  });

  app.shortcut({ type: 'message_action', callback_id: ANY }, async ({ shortcut, ack }) => {
    const { callback_id: name, trigger_id: trigger, user, channel, message } = shortcut as MessageShortcut;
    const thread: unknown = message['thread_ts'];
    await incoming.shortcut(
      {
        name,
        trigger,
        person: user.id,
        on: saidIn(message),
        channel: channel.id,
        thread: typeof thread === 'string' ? thread : undefined,
        responseUrl: shortcut.response_url,
      },
      () => ack(),
    );
  });

  // Events are acknowledged by Bolt before they arrive here.
  app.event('app_home_opened', async ({ event, body }) => {
    if (event.tab === 'home') await incoming.home({ person: event.user, delivery: body.event_id });
  });

  app.event('app_mention', async ({ event, body, context }) => {
    const { user: person, text, channel, thread_ts: thread } = event;
    if (person === undefined) return;
    const edited = 'edited' in event;
    const delivery = body.event_id;
    await incoming.mention({ person, text, channel, thread, edited, delivery, botUser: context.botUserId ?? '' });
  });

  // Nothing above throws; if Bolt itself does, the default would rethrow and leave no trace of what was pressed.
  app.error(async (error) => {
    log.error({ why: sentenceOf(error) }, 'Bolt failed over a delivery');
  });
}

function actionIn(body: BlockAction, action: BlockElementAction): ActionIn {
  const { message, container, channel, view } = body;
  const thread = message?.['thread_ts'] ?? container['thread_ts'];
  // An ephemeral message cannot be edited by its ts: for us it stands nowhere.
  const stands = message && channel && container['is_ephemeral'] !== true;
  return {
    action: actionOf(action.action_id),
    value: pickedValue(action),
    person: body.user.id,
    channel: channel?.id ?? (typeof container['channel_id'] === 'string' ? container['channel_id'] : undefined),
    thread: typeof thread === 'string' ? thread : undefined,
    responseUrl: body.response_url || undefined,
    trigger: body.trigger_id,
    view: view?.type === 'modal' ? view.id : undefined,
    prefer: 'channel',
    posted: stands ? { channel: channel.id, ts: message.ts } : null,
  };
}

function saidIn(message: MessageShortcut['message']): Said {
  return { text: message.text ?? '', author: message.user ?? '', at: Math.round(Number(message.ts) * 1000) };
}

function pickedValue(action: BlockElementAction): string {
  if ('value' in action && typeof action.value === 'string') return action.value;
  const option = 'selected_option' in action ? action.selected_option : undefined;
  return option?.value ?? '';
}
