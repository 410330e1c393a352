/** What watching the regions has made of what it found, as commands may ask: proposals, and what people say to them. */
export type Alarms = {
  /** Not now, for this stage of this outage. `n` is the card's. */
  dismiss(n: number, person: string, delivery: string): Promise<'done' | 'gone' | { already: string } | 'duplicate'>;
  /**
   * What happened has been looked at. `run`: the one it was about. `until`: before that Regent declares nothing by
   * itself all the same, ms since the epoch; null where that time has passed.
   */
  acknowledge(
    person: string,
    reason: string,
    delivery: string,
  ): Promise<{ is: 'done'; run: string; until: number | null } | { is: 'nothing' } | { is: 'duplicate' }>;
};
