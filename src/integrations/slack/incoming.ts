/**
 * What people do, on its way to `dispatch` and back. Slack waits three seconds for an acknowledgement whatever happens
 * here, so dispatch begins first (a form's trigger is running out), the acknowledgement never waits for it long, and
 * nothing a person does stays without an answer.
 */
import { sentenceOf } from '../../lib/errors.ts';
import type { Dispatch, Incoming, Posted, Reply, Said } from '../../ports/chat.ts';
import type { Clock } from '../../ports/clock.ts';
import { type Ack, acknowledge } from './ack.ts';
import { type Answers, saying, type Where } from './answers.ts';
import type { Api } from './api.ts';
import type { Log } from './log.ts';
import { createSubmissions, type FormIn, replaced } from './submissions.ts';
import { LATE, within } from './waiting.ts';

export type CommandIn = {
  command: string;
  text: string;
  person: string;
  channel: string;
  responseUrl: string;
  trigger: string;
};
export type ActionIn = Where & { action: string; value: string; trigger: string; posted: Posted | null };
export type ShortcutIn = Pick<Where, 'channel' | 'thread' | 'responseUrl'> & {
  name: string;
  person: string;
  trigger: string;
  on: Said | null;
};
export type HomeIn = { person: string; delivery: string };
export type MentionIn = HomeIn & {
  /** The whole message. */
  text: string;
  channel: string;
  thread: string | undefined;
  edited: boolean;
  botUser: string;
};

export type IncomingHandlers = {
  command(input: CommandIn, ack: Ack): Promise<void>;
  action(input: ActionIn, ack: Ack): Promise<void>;
  form(input: FormIn, ack: Ack): Promise<void>;
  shortcut(input: ShortcutIn, ack: Ack): Promise<void>;
  home(input: HomeIn): Promise<void>;
  mention(input: MentionIn): Promise<void>;
  /** From now on people are told that nothing was done. */
  stopTaking(): void;
  /** Resolves when everything taken has been answered. */
  idle(): Promise<void>;
};

type Options = { dispatch: Dispatch; answers: Answers; api: Api; clock: Clock; log: Log; commandName: string };

/** A command answered faster than this is answered in the acknowledgement itself. */
const ACK_WITHIN_MS = 1500;
const DELIVERIES_REMEMBERED = 2000;
const NOWHERE = {
  channel: undefined,
  thread: undefined,
  responseUrl: undefined,
  trigger: undefined,
  view: undefined,
  prefer: 'channel' as const,
};
const STOPPING = saying('Regent is restarting and did nothing with this. Try again in a minute.');

const stopped: Reply = { kind: 'message', message: STOPPING };

/** What stands behind a mention of the bot at the start of a message; null where it does not begin with one. */
function askedOf(text: string, botUser: string): string | null {
  const found = /^\s*<@([UW][A-Z0-9]+)(?:\|[^>]*)?>[\s:,]*([\s\S]*)$/.exec(text);
  return found?.[1] === botUser ? found[2]!.trim() : null;
}

export function createIncoming(options: Options): IncomingHandlers {
  const { answers, api, clock, log, commandName } = options;
  const submissions = createSubmissions({ dispatch, api, clock, log });
  const running = new Set<Promise<void>>();
  const deliveries = new Set<string>();
  let stopping = false;

  /** False for the second of two deliveries of one doing. What is older than this process, the journal's inbox knows. */
  function isFirst(delivery: string): boolean {
    if (deliveries.has(delivery)) return false;
    deliveries.add(delivery);
    const oldest = deliveries.size > DELIVERIES_REMEMBERED ? deliveries.values().next().value : undefined;
    if (oldest !== undefined) deliveries.delete(oldest);
    return true;
  }

  async function dispatch(input: Incoming): Promise<Reply> {
    try {
      return await options.dispatch(input);
    } catch (error) {
      log.error({ kind: input.kind, why: sentenceOf(error) }, 'dispatch threw, which it must not');
      const sentence = `Regent failed over this: ${sentenceOf(error)} Look at ${commandName} status before you repeat it.`;
      return { kind: 'message', message: saying(sentence) };
    }
  }

  /** Runs one doing to its end, counted for draining; whatever breaks here is logged and said. */
  async function doing(where: Where, work: () => Promise<unknown>): Promise<void> {
    const run = work().then(
      () => {},
      async (error: unknown) => {
        log.error({ why: sentenceOf(error) }, 'answering a person broke');
        const sentence = `Regent could not show its answer. What was decided stands in the channel; ${commandName} status tells.`;
        await answers.show(where, { kind: 'message', message: saying(sentence) });
      },
    );
    running.add(run);
    await run.finally(() => running.delete(run));
  }

  return {
    command({ command, text, person, channel, responseUrl, trigger }, ack) {
      const prefer = 'responseUrl' as const;
      const where = { person, channel, thread: undefined, responseUrl, trigger, view: undefined, prefer };
      return doing(where, async () => {
        if (stopping) return acknowledge(log, ack, answers.body(STOPPING));
        if (command !== commandName) {
          const sentence = `This Regent listens to ${commandName}, not to ${command}: its manifest and its configuration differ.`;
          return acknowledge(log, ack, answers.body(saying(sentence)));
        }
        if (!isFirst(trigger)) return acknowledge(log, ack);
        const answer = dispatch({ kind: 'command', text, person, channel, delivery: trigger });
        const early = await within(clock, answer, ACK_WITHIN_MS);
        const said = early !== LATE && early.kind === 'message' ? answers.body(early.message) : undefined;
        const arrived = await acknowledge(log, ack, said);
        return said && arrived ? undefined : answers.show(where, await answer);
      });
    },

    action(input, ack) {
      const { action, value, person, channel, trigger, posted } = input;
      return doing(input, async () => {
        if (stopping) {
          await acknowledge(log, ack);
          return answers.show(input, { kind: 'message', message: STOPPING });
        }
        if (!isFirst(trigger)) return acknowledge(log, ack);
        const answer = dispatch({
          kind: 'action',
          action,
          value,
          person,
          channel: channel ?? '',
          delivery: trigger,
          posted,
        });
        await acknowledge(log, ack);
        return answers.show(input, await answer);
      });
    },

    form(input, ack) {
      const where: Where = { ...NOWHERE, person: input.person, view: input.view };
      return doing(where, () =>
        stopping
          ? acknowledge(log, ack, replaced(STOPPING))
          : submissions.take(input, (body) => acknowledge(log, ack, body)),
      );
    },

    shortcut({ name, trigger, person, on, ...place }, ack) {
      const where: Where = { ...place, person, trigger, view: undefined, prefer: 'responseUrl' };
      return doing(where, async () => {
        if (!stopping && !isFirst(trigger)) return acknowledge(log, ack);
        const answer = stopping
          ? stopped
          : dispatch({ kind: 'shortcut', shortcut: name, person, delivery: trigger, on });
        await acknowledge(log, ack);
        return answers.show(where, await answer);
      });
    },

    home({ person, delivery }) {
      const where: Where = { ...NOWHERE, person };
      return doing(where, async () => {
        if (stopping || !isFirst(delivery)) return;
        await answers.show(where, await dispatch({ kind: 'home', person, delivery }));
      });
    },

    mention({ person, text, channel, thread, edited, delivery, botUser }) {
      const where: Where = { ...NOWHERE, person, channel, thread };
      return doing(where, async () => {
        if (!isFirst(delivery)) return;
        const asked = askedOf(text, botUser);
        // A sentence about the bot is no order, and neither is one that reads otherwise than when it was sent.
        if (asked === null || edited) {
          const why = edited
            ? 'An edited message is not taken'
            : 'This was not taken: it does not begin with the mention';
          return answers.show(where, {
            kind: 'message',
            message: saying(`${why}. Write a new one, like “@regent status”, or ${commandName} status.`),
          });
        }
        const answer = stopping ? stopped : dispatch({ kind: 'command', text: asked, person, channel, delivery });
        return answers.show(where, await answer);
      });
    },

    stopTaking() {
      stopping = true;
    },
    async idle() {
      while (running.size > 0) await Promise.allSettled(running);
    },
  };
}
