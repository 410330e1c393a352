/** What the providers we rest upon say about themselves. They are often late: "ok" proves nothing, trouble is worth knowing. */

export type ProviderStatus = {
  name: string;
  url: string;
  /** `unknown`: no answer, or one that is not understood. */
  state: 'ok' | 'trouble' | 'unknown';
  /** What it says, or why nothing is known: one sentence for people. */
  sentence: string;
};

export interface ProviderStatusPages {
  /** All that are configured, in their order. Throws IntegrationError (effect none) only where it is no longer waited for. */
  status(signal: AbortSignal): Promise<ProviderStatus[]>;
}
