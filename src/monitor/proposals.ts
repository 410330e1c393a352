/**
 * What of the watching belongs in the record: a region suspected, confirmed, failed, recovered, and what people said
 * about it. Folded from the `system` stream, so a restart keeps it. Pure.
 */
import type { ProposalStage } from '../messages/proposal.ts';
import type { JournalRow } from '../ports/journal.ts';

/** What is written down, by the stage it tells of. */
export const SEEN_EVENT: Record<ProposalStage, string> = {
  suspected: 'REGION_SUSPECTED',
  confirmed: 'REGION_CONFIRMED',
  failed: 'REGION_FAILED',
};
export const RECOVERED = 'REGION_RECOVERED';
export const DISMISSED = 'PROPOSAL_DISMISSED';
export const ACKNOWLEDGED = 'TRIGGER_ACKNOWLEDGED';

const STAGES: ProposalStage[] = ['suspected', 'confirmed', 'failed'];
export const rank = (stage: ProposalStage | 'quiet'): number => STAGES.indexOf(stage as ProposalStage);

export type Proposal = {
  /** Counts them all; from 1. */
  n: number;
  region: string;
  stage: ProposalStage;
  /** The first sign of trouble, ms since the epoch. */
  since: number;
  /** When it was first written down, ms. */
  openedAt: number;
  dismissed: { by: string; at: number; stage: ProposalStage } | null;
};

export type ProposalsState = {
  /** By region: one at a time. */
  standing: Record<string, Proposal>;
  count: number;
  /** When somebody last said that what happened has been looked at, ms; null before that. */
  acknowledgedAt: number | null;
};
export const noProposals: ProposalsState = { standing: {}, count: 0, acknowledgedAt: null };

type Row = Pick<JournalRow, 'type' | 'at' | 'data'>;

/** What one row of the system stream makes of it; rows about anything else, or that do not read, change nothing. */
export function afterRow(state: ProposalsState, { type, at, data }: Row): ProposalsState {
  const { standing, count } = state;
  if (type === ACKNOWLEDGED) return { ...state, acknowledgedAt: at };
  const { region, n } = data;
  if (typeof region !== 'string') return state;
  const own = standing[region];
  const stage = STAGES.find((one) => SEEN_EVENT[one] === type);
  if (stage !== undefined) {
    if (own) return { ...state, standing: { ...standing, [region]: { ...own, stage } } };
    const since = typeof data['since'] === 'number' ? data['since'] : at;
    const made = { n: count + 1, region, stage, since, openedAt: at, dismissed: null };
    return { ...state, standing: { ...standing, [region]: made }, count: count + 1 };
  }
  // Of an earlier proposal nothing can be said any more.
  if (!own || (n !== undefined && n !== own.n)) return state;
  if (type === RECOVERED) {
    const { [region]: _, ...rest } = standing;
    return { ...state, standing: rest };
  }
  if (type !== DISMISSED) return state;
  const said = STAGES.find((one) => one === data['stage']) ?? own.stage;
  const dismissed = { by: String(data['by']), at, stage: said };
  return { ...state, standing: { ...standing, [region]: { ...own, dismissed } } };
}

/** What stands after these rows of the system stream, oldest first. */
export const proposalsOf = (rows: Row[]): ProposalsState => rows.reduce<ProposalsState>(afterRow, noProposals);
