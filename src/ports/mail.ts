/** Mail to people who are not in the chat. Best effort: whoever calls goes on when it throws. */

export type Letter = {
  /** Becomes the letter's Message-ID: sent again under the same key, it is recognised as the same letter. */
  key: string;
  /** Addresses, each a plain `name@host`. All of them read all of them. */
  to: string[];
  subject: string;
  text: string;
  html?: string;
};

export type Posted = {
  /** The Message-ID, `<…@…>`. */
  id: string;
  accepted: string[];
  /** Whom the server would not take it for, and why. `forNow`: later it might; send it again to these alone. */
  refused: { address: string; why: string; forNow: boolean }[];
};

export interface Mail {
  /**
   * Hands the letter to the mail server, which took it for at least one of the addresses.
   * @throws IntegrationError `effect: 'none'` where surely nobody will get it
   */
  send(letter: Letter, signal: AbortSignal): Promise<Posted>;
}
