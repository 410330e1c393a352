/** What is known around an outage, kept at hand: whoever decides must not wait for those who are asked about it. */
import type { Alert } from './alerts.ts';
import type { ProviderStatus } from './provider-status.ts';

export type Surroundings = {
  /** `silent`: why nobody knows. null where nobody is asked. */
  alerts: { at: number; firing: Alert[] } | { at: number; silent: string } | null;
  /** Each provider as it was asked last; empty where none is configured. */
  providers: ProviderStatus[];
  /**
   * What would be lost at most if the best standby took over for this region, and when that was measured; null where
   * nothing was, or nobody can say.
   */
  loss: { target: string; seconds: number; bytes: number; at: number } | null;
};

export interface Around {
  /** Never waits: what stands since the last look. */
  of(region: string): Surroundings;
}
