/**
 * Submitted forms. The modal stays open for errors beside its fields, closes, or shows what came of it; when that takes
 * longer than Slack waits, it says so and shows the answer once it is there.
 */
import { createHash } from 'node:crypto';
import type { ModalView } from '@slack/types';
import { sentenceOf } from '../../lib/errors.ts';
import type { Dispatch, Message, Reply } from '../../ports/chat.ts';
import type { Clock } from '../../ports/clock.ts';
import { saying } from './answers.ts';
import type { Api } from './api.ts';
import { errorsAt, fieldsOf, messageModal, modalOf } from './form.ts';
import type { Log } from './log.ts';
import { LATE, within } from './waiting.ts';

export type FormIn = {
  form: string;
  meta: string;
  state: Parameters<typeof fieldsOf>[0];
  blocks: { type: string; block_id?: string }[];
  view: string;
  hash: string;
  person: string;
};

/** What the acknowledgement says, and the answer that was not there in time. */
type Outcome = { body: object | undefined; late?: Promise<Reply> };
type Options = { dispatch: Dispatch; api: Api; clock: Clock; log: Log };

/** Slack gives up after three seconds. */
const ACK_WITHIN_MS = 2300;
const REMEMBERED = 1000;
const UPDATE_WITHIN_MS = 10_000;
const WORKING: Message = { title: 'Working on it…', lines: ['The answer follows here.'], tone: 'plain', actions: [] };

export function createSubmissions({ dispatch, api, clock, log }: Options) {
  const outcomes = new Map<string, Promise<Outcome>>();
  /** How often a form was handed back with errors: the same form sent again is then a new doing. */
  const handedBack = new Map<string, number>();

  async function submit(input: FormIn, fields: Record<string, string>, delivery: string): Promise<Outcome> {
    const { form, meta, person, view } = input;
    const answer = dispatch({ kind: 'form', form, meta, fields, person, delivery });
    const early = await within(clock, answer, ACK_WITHIN_MS);
    if (early === LATE) return { body: replaced(WORKING), late: answer };
    const errors = early.kind === 'fieldErrors' ? errorsAt(input.blocks, early.errors) : null;
    if (errors) {
      keep(handedBack, view, (handedBack.get(view) ?? 0) + 1);
      return { body: { response_action: 'errors', errors } };
    }
    const modal = modalAfter(early);
    return { body: modal && { response_action: 'update', view: modal } };
  }

  return {
    /** Takes one submission and acknowledges it; resolves when the person has seen what came of it. */
    async take(input: FormIn, ack: (body?: object) => Promise<boolean>): Promise<void> {
      const fields = fieldsOf(input.state);
      const delivery = `${input.view}:${input.hash}:${digest(fields)}:${handedBack.get(input.view) ?? 0}`;
      const before = outcomes.get(delivery);
      // Pressed again because the first answer was lost: the same answer again, and nothing is done twice.
      const outcome = before ?? submit(input, fields, delivery);
      keep(outcomes, delivery, outcome);
      const { body, late } = await outcome;
      await ack(body);
      if (before || late === undefined) return;
      const view = modalAfter(await late) ?? messageModal(saying('Done.'));
      const signal = AbortSignal.timeout(UPDATE_WITHIN_MS);
      // The person may have closed it meanwhile; what was decided stands in the channel.
      await api.call('views.update', { view_id: input.view, view }, { signal }).catch((error: unknown) => {
        log.warn({ person: input.person, why: sentenceOf(error) }, 'the late answer to a form could not be shown');
      });
    },
  };
}

/** The acknowledgement that shows a message in place of the form. */
export function replaced(message: Message): object {
  return { response_action: 'update', view: messageModal(message) };
}

/** What stands in the modal afterwards; `undefined`: it closes. */
function modalAfter(reply: Reply): ModalView | undefined {
  if (reply.kind === 'none') return undefined;
  if (reply.kind === 'form') return modalOf(reply.form);
  if (reply.kind === 'message') return messageModal(reply.message);
  return messageModal(saying(Object.values(reply.errors).join(' ')));
}

function keep<T>(map: Map<string, T>, key: string, value: T): void {
  map.set(key, value);
  if (map.size > REMEMBERED) map.delete(map.keys().next().value!);
}

function digest(fields: Record<string, string>): string {
  const sorted = Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(sorted)).digest('hex').slice(0, 16);
}
