/** What the page says of itself when something did not go through. */

/** @import { ClickResult, SubmitResult } from '../../../slack/types.ts' */

/**
 * @param {NonNullable<ClickResult['error'] | SubmitResult['error']>} error @param {string} app
 * @returns {string | undefined} nothing where the field itself says it
 */
export function whyNot(error, app) {
  switch (error) {
    case 'gone':
      return 'This is no longer there: it has changed since. What stands here now is what counts.';
    case 'not_in_channel':
      return 'You are not in this channel: only its members can use this.';
    case 'operation_timeout':
      return `${app} did not answer within 3 seconds. Whether it acted is not known: look before you press again.`;
    case 'dispatch_failed':
      return `${app} is not connected, nothing was sent. Try again when it is back.`;
    case 'invalid_ack':
      return `${app} answered something that cannot be shown. Whether it acted is not known.`;
    case 'missing_input':
      return undefined;
  }
}
