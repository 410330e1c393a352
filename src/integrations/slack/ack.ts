/** Telling Slack that a delivery has arrived. */
import { sentenceOf } from '../../lib/errors.ts';
import type { Log } from './log.ts';

export type Ack = (body?: object) => Promise<void>;

/** False when it could not be sent because the connection was cut: what was begun goes on all the same. */
export async function acknowledge(log: Log, ack: Ack, body?: object): Promise<boolean> {
  try {
    await ack(body);
    return true;
  } catch (error) {
    log.warn({ why: sentenceOf(error) }, 'an acknowledgement to Slack was lost with its connection');
    return false;
  }
}
