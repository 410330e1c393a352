/**
 * What of the watching belongs in the record: a region suspected, confirmed, failed, recovered, and what people said
 * about it. Folded from the `system` stream, so a restart keeps it. Pure.
 */
import type { ProposalStage } from '../messages/proposal.ts';
import type { ProposalCall } from '../messages/proposal-page.ts';
import type { JournalRow } from '../ports/journal.ts';

/** What is written down, by the stage it tells of. */
export const SEEN_EVENT: Record<ProposalStage, string> = {
  suspected: 'REGION_SUSPECTED',
  confirmed: 'REGION_CONFIRMED',
  failed: 'REGION_FAILED',
};
export const RECOVERED = 'REGION_RECOVERED';
export const DISMISSED = 'PROPOSAL_DISMISSED';
/** People must decide, and are called to it. */
export const ASKED = 'PEOPLE_ASKED';
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

/** People were called to decide about a proposal, and what has become of that. */
export type Call = ProposalCall & {
  /** As it stands, or as it stood last. */
  proposal: Proposal;
  /** ms; null while it still looks down. */
  recoveredAt: number | null;
};

export type ProposalsState = {
  /** By region: one at a time. */
  standing: Record<string, Proposal>;
  count: number;
  /** When somebody last said that what happened has been looked at, ms; null before that. */
  acknowledgedAt: number | null;
  /** Oldest first. */
  calls: Call[];
};
export const noProposals: ProposalsState = { standing: {}, count: 0, acknowledgedAt: null, calls: [] };

type Row = Pick<JournalRow, 'type' | 'at' | 'data'>;

/** What one row of the system stream makes of it; rows about anything else, or that do not read, change nothing. */
export function afterRow(state: ProposalsState, { type, at, data }: Row): ProposalsState {
  const { standing, count, calls } = state;
  if (type === ACKNOWLEDGED) return { ...state, acknowledgedAt: at };
  const { region, n } = data;
  if (typeof region !== 'string') return state;
  const own = standing[region];
  const stage = STAGES.find((one) => SEEN_EVENT[one] === type);
  if (stage !== undefined) {
    if (own) {
      const now = { ...own, stage };
      const grown = (call: Call): Call => ({ ...call, grew: [...call.grew, { stage, at }] });
      return { ...state, standing: { ...standing, [region]: now }, calls: ofProposal(calls, now, grown) };
    }
    const since = typeof data['since'] === 'number' ? data['since'] : at;
    const made: Proposal = { n: count + 1, region, stage, since, openedAt: at, dismissed: null };
    return { ...state, standing: { ...standing, [region]: made }, count: count + 1 };
  }
  // Of an earlier proposal nothing can be said any more.
  if (!own || (n !== undefined && n !== own.n)) return state;
  if (type === RECOVERED) {
    const { [region]: _, ...rest } = standing;
    const recoveredAt = typeof data['recoveredAt'] === 'number' ? data['recoveredAt'] : at;
    const ended = (call: Call): Call => ({ ...call, over: { how: 'recovered', at: recoveredAt } });
    const settled = ofProposal(calls, own, ended).map((one) => (one.n === own.n ? { ...one, recoveredAt } : one));
    return { ...state, standing: rest, calls: settled };
  }
  if (type === ASKED) return { ...state, calls: [...calls, callOf(own, at, data, calls)] };
  if (type !== DISMISSED) return state;
  const said = STAGES.find((one) => one === data['stage']) ?? own.stage;
  const now = { ...own, dismissed: { by: String(data['by']), at, stage: said } };
  const put = (call: Call): Call => ({ ...call, over: { how: 'dismissed', at } });
  return { ...state, standing: { ...standing, [region]: now }, calls: ofProposal(calls, now, put) };
}

/** The calls, those of this proposal as it is now; `change` is made of those that are not over. */
const ofProposal = (calls: Call[], proposal: Proposal, change: (call: Call) => Call): Call[] =>
  calls.map((call) => {
    if (call.n !== proposal.n) return call;
    return { ...(call.over === null ? change(call) : call), proposal };
  });

function callOf(proposal: Proposal, at: number, data: Row['data'], calls: Call[]): Call {
  const { n, region, stage, since } = proposal;
  return {
    n,
    region,
    round: calls.filter((one) => one.n === n).length + 1,
    askedAt: at,
    since,
    stage,
    seen: Array.isArray(data['seen']) ? data['seen'].map(String) : [],
    why: typeof data['why'] === 'string' ? data['why'] : null,
    grew: [],
    over: null,
    proposal,
    recoveredAt: null,
  };
}

/** What stands after these rows of the system stream, oldest first. */
export const proposalsOf = (rows: Row[]): ProposalsState => rows.reduce<ProposalsState>(afterRow, noProposals);
