import type { ProviderStatus } from '../../ports/provider-status.ts';

/** What an answer says: the state, and words that follow the provider's name and a colon, without a full stop. */
export type Said = Pick<ProviderStatus, 'state' | 'sentence'>;

export const unknown = (sentence: string): Said => ({ state: 'unknown', sentence });
