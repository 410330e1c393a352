/** Numbers that a monitoring system keeps, one such system a region. */
export interface Metrics {
  /**
   * The value of a query now; null where the system has no data for it, which is neither zero nor health.
   * Throws when it does not answer, refuses the query, or the answer is more than one number.
   */
  value(region: string, query: string, signal: AbortSignal): Promise<number | null>;
}
