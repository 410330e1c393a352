/** What the monitoring system complains about at the moment: evidence beside an outage, never a reason by itself. */

export type Alert = {
  name: string;
  /** As the rule's author wrote it, such as `critical`; null where it has none. */
  severity: string | null;
  /** When it began, ms since the epoch; null where it does not say. */
  since: number | null;
  labels: Record<string, string>;
  /** One line for people; null where its author wrote none. */
  summary: string | null;
};

export interface Alerts {
  /**
   * Those that fire now; silenced and inhibited ones are left out. The gravest first, then the longest.
   * Throws IntegrationError (effect none): no answer is not "no alerts".
   */
  firing(signal: AbortSignal): Promise<Alert[]>;
}
