/**
 * How a reply reaches the person who acted, and only that person: through the response address, else as an ephemeral
 * message, and forms by the trigger that lives three seconds. A reply that cannot be shown is in the log as a sentence.
 */
import { IntegrationError, sentenceOf } from '../../lib/errors.ts';
import type { Form, Message, Reply } from '../../ports/chat.ts';
import type { Api } from './api.ts';
import { hasCode } from './failures.ts';
import { messageModal, modalOf } from './form.ts';
import type { Log } from './log.ts';
import { renderMessage } from './render.ts';
import { linePlain } from './text.ts';

/** Where somebody acted, as far as an answer needs it. */
export type Where = {
  person: string;
  channel: string | undefined;
  thread: string | undefined;
  responseUrl: string | undefined;
  trigger: string | undefined;
  /** The modal it happened in. */
  view: string | undefined;
  /** The way tried first: a click's answer goes where its card is seen, a command's to the address made for it. */
  prefer: 'channel' | 'responseUrl';
};

export type Answers = {
  /** Shows the reply. Never throws: what could not be shown is logged. */
  show(where: Where, reply: Reply): Promise<void>;
  /** The message as an ephemeral answer's body. */
  body(message: Message): Record<string, unknown>;
};

/** One plain sentence as a message. */
export function saying(sentence: string): Message {
  return { title: [], lines: [{ untrusted: sentence }], tone: 'plain', actions: [], fallback: sentence };
}

type Options = { api: Api; log: Log; timeoutMs: number; commandName: string };

export function createAnswers({ api, log, timeoutMs, commandName }: Options): Answers {
  const signal = () => AbortSignal.timeout(timeoutMs);
  const body = (message: Message) => ({
    response_type: 'ephemeral',
    replace_original: false,
    ...renderMessage(message),
  });

  async function throughResponseUrl(url: string, where: Where, message: Message): Promise<void> {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...body(message), ...(where.thread ? { thread_ts: where.thread } : {}) }),
      redirect: 'error',
      signal: signal(),
    });
    await response.body?.cancel();
    if (response.ok) return;
    throw new IntegrationError(`Slack took no answer at the response address (HTTP ${response.status}).`, {
      code: 'slack_response_url',
      system: 'slack',
      operation: 'response_url',
      effect: 'none',
    });
  }

  async function ephemeral(channel: string, where: Where, message: Message): Promise<void> {
    const args = {
      channel,
      user: where.person,
      ...renderMessage(message),
      ...(where.thread ? { thread_ts: where.thread } : {}),
      parse: 'none',
      link_names: false,
    };
    await api.call('chat.postEphemeral', args, { signal: signal() });
  }

  async function say(where: Where, message: Message): Promise<void> {
    const { view, channel, responseUrl, trigger } = where;
    if (view !== undefined && trigger !== undefined) {
      await api.call(
        'views.push',
        { trigger_id: trigger, view: messageModal(message) },
        { signal: signal(), tries: 1 },
      );
      return;
    }
    const ways: (() => Promise<void>)[] = [];
    // From the Home or a menu there is no channel to answer in; a dialog opens while the trigger lives.
    if (channel === undefined && responseUrl === undefined && trigger !== undefined)
      ways.push(async () => {
        const args = { trigger_id: trigger, view: messageModal(message) };
        await api.call('views.open', args, { signal: signal(), tries: 1 });
      });
    if (channel !== undefined) ways.push(() => ephemeral(channel, where, message));
    // It works where the bot is no member, too.
    if (responseUrl !== undefined) ways.push(() => throughResponseUrl(responseUrl, where, message));
    if (where.prefer === 'responseUrl') ways.reverse();
    let last: unknown = new Error('there is no place to answer in');
    for (const way of ways) {
      try {
        await way();
        return;
      } catch (error) {
        last = error;
      }
    }
    throw last;
  }

  async function open(where: Where, form: Form): Promise<void> {
    const view = modalOf(form);
    const options = { signal: signal(), tries: 1 };
    if (where.trigger === undefined) {
      // A mention comes without what opens a dialog.
      const sentence = `“${form.title}” is a dialog, and a mention cannot open one. Type ${commandName} in the channel, outside of threads, or name everything here: ${commandName} help tells how. Nothing was done.`;
      return say(where, saying(sentence));
    }
    try {
      if (where.view !== undefined) await api.call('views.push', { trigger_id: where.trigger, view }, options);
      else await api.call('views.open', { trigger_id: where.trigger, view }, options);
    } catch (error) {
      log.warn({ form: form.id, why: sentenceOf(error) }, 'a form could not be opened');
      const late = hasCode(error, 'expired_trigger_id', 'exchanged_trigger_id', 'invalid_trigger_id');
      const why = late ? 'it took longer than the three seconds Slack allows' : sentenceOf(error);
      await say(
        { ...where, view: undefined },
        saying(
          `“${form.title}” could not be opened: ${why}. Nothing was done. Press it again, or type ${commandName}.`,
        ),
      );
    }
  }

  return {
    body,
    async show(where, reply) {
      try {
        if (reply.kind === 'none') return;
        if (reply.kind === 'form') await open(where, reply.form);
        else if (reply.kind === 'message') await say(where, reply.message);
        else await say(where, saying(Object.values(reply.errors).join(' ')));
      } catch (error) {
        const said = reply.kind === 'message' ? linePlain(reply.message.title).slice(0, 200) : reply.kind;
        log.warn({ person: where.person, said, why: sentenceOf(error) }, 'an answer could not be shown to the person');
      }
    },
  };
}
