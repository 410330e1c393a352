/**
 * What people do, on its way to `dispatch` and back. Slack waits three seconds for an acknowledgement whatever happens
 * here, so dispatch begins first (a form's trigger is running out), the acknowledgement never waits for it long, and
 * nothing a person does stays without an answer.
 */
import { sentenceOf } from '../../lib/errors.ts';
import type { Dispatch, Incoming, Posted, Reply } from '../../ports/chat.ts';
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

export type IncomingHandlers = {
  command(input: CommandIn, ack: Ack): Promise<void>;
  action(input: ActionIn, ack: Ack): Promise<void>;
  form(input: FormIn, ack: Ack): Promise<void>;
  /** From now on people are told that nothing was done. */
  stopTaking(): void;
  /** Resolves when everything taken has been answered. */
  idle(): Promise<void>;
};

type Options = { dispatch: Dispatch; answers: Answers; api: Api; clock: Clock; log: Log; commandName: string };

/** A command answered faster than this is answered in the acknowledgement itself. */
const ACK_WITHIN_MS = 1500;
const DELIVERIES_REMEMBERED = 2000;
const STOPPING = saying('Regent is restarting and did nothing with this. Try again in a minute.');

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
      const nowhere = { channel: undefined, thread: undefined, responseUrl: undefined, trigger: undefined };
      const where: Where = { ...nowhere, person: input.person, view: input.view, prefer: 'channel' };
      return doing(where, () =>
        stopping
          ? acknowledge(log, ack, replaced(STOPPING))
          : submissions.take(input, (body) => acknowledge(log, ack, body)),
      );
    },

    stopTaking() {
      stopping = true;
    },
    async idle() {
      while (running.size > 0) await Promise.allSettled(running);
    },
  };
}
