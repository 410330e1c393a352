/** What wakes somebody because a region looks down and a person must decide, and the notes in that incident. Plain text, UTC. */
import { foreignText } from '../lib/foreign-text.ts';
import { utcText } from '../lib/utc.ts';
import type { Page } from '../ports/pager.ts';
import type { ProposalStage } from './proposal.ts';

/** People were called to decide about a proposal. All times ms since the epoch. */
export type ProposalCall = {
  /** The proposal's number. */
  n: number;
  region: string;
  /** How often people have been called to this proposal, from 1: again when it got worse after a person's “Not now”. */
  round: number;
  askedAt: number;
  /** The first sign of trouble. */
  since: number;
  stage: ProposalStage;
  seen: string[];
  /** Why Regent declares nothing by itself, where it would; else null. */
  why: string | null;
  /** Stages it has reached since. */
  grew: { stage: ProposalStage; at: number }[];
  over: { how: 'recovered' | 'dismissed'; at: number } | { how: 'run' | 'left'; run: string; at: number } | null;
};

const STAGE: Record<ProposalStage, string> = {
  suspected: 'is suspected to have failed',
  confirmed: 'is confirmed to be down',
  failed: 'counts as failed',
};

/** Names the incident: the same after a restart, and another one each time people are called. */
export const callKey = (organization: string, { region, n, round }: ProposalCall): string =>
  `${organization}-${region}-proposal-${n}${round === 1 ? '' : `-${round}`}`;

/** `link`: to the card; null where there is none yet. */
export function callPage(
  call: ProposalCall,
  { organization, staging, link }: { organization: string; staging: boolean; link: string | null },
): Page {
  const { region, since, stage, grew, seen, why } = call;
  const now = grew.at(-1)?.stage ?? stage;
  return {
    key: callKey(organization, call),
    summary: `${staging ? '[staging] ' : ''}${region} ${STAGE[now]}: declare a disaster?`,
    severity: staging ? 'warning' : 'critical',
    source: region,
    details: {
      region,
      since: utcText(since),
      seen: seen.length === 0 ? 'nothing more' : seen.map((one) => foreignText(one)).join('; '),
      decide: `Nothing is started yet. In the chat: the card’s buttons, or /dr declare ${region} reason:"…". On the command line: dr declare --region ${region} --reason "…".`,
      ...(why === null ? {} : { why: foreignText(why) }),
    },
    link: link === null ? null : { href: link, text: 'The card' },
  };
}

const minute = (at: number): string => `${new Date(at).toISOString().slice(11, 16)} UTC`;

/** It got worse. */
export const grownNote = ({ region }: ProposalCall, { stage, at }: ProposalCall['grew'][number]): string =>
  `${minute(at)}: ${region} ${STAGE[stage]}.`;

/** Why it is closed. */
export function overNote({ region }: ProposalCall, over: NonNullable<ProposalCall['over']>): string {
  const at = minute(over.at);
  switch (over.how) {
    case 'recovered':
      return `${at}: ${region} answers again. Nothing was declared.`;
    case 'dismissed':
      return `${at}: a person has said “Not now”. It is called again if ${region} gets worse.`;
    case 'left':
      return `${at}: ${over.run} has moved away from ${region}.`;
    case 'run':
      return `${at}: ${over.run} was declared for it. It has an incident of its own; this one is closed.`;
  }
}
