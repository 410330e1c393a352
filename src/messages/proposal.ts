/**
 * A region looks down: what was seen from where, what is not known, what declaring a disaster would mean. The card stands
 * from the first suspicion until the region answers again, and is edited as more is seen.
 */
import { bytesText } from '../lib/bytes.ts';
import { tookText } from '../lib/duration.ts';
import { lengthText } from '../lib/utc.ts';
import type { Action, Line, Message } from '../ports/chat.ts';
import { SIGN, who } from './scene.ts';
import type { SystemScene } from './system.ts';

export type ProposalStage = 'suspected' | 'confirmed' | 'failed';
export type ProposalSight = {
  vantage: string;
  /** ms since the epoch. */
  at: number;
  says: 'down' | 'well' | 'unclear';
  good: string[];
  bad: { name: string; seen: 'bad' | 'silent'; why: string | null }[];
};

/** What the card is made from; all times ms since the epoch. */
export type ProposalFacts = {
  /** Counts the proposals: it names the card. */
  n: number;
  region: string;
  /** `primary`: declaring moves away from it. Else there is nothing to declare. */
  role: 'primary' | 'secondary' | 'witness' | 'unknown';
  stage: ProposalStage;
  /** The first sign of trouble. */
  since: number;
  kind: 'network' | 'infrastructure' | 'service' | 'database' | null;
  sights: ProposalSight[];
  agree: number;
  needed: number;
  score: number | null;
  database: { at: number; bytesPerSecond: number } | null;
  /** Where it could go; `why` where it cannot go there now. */
  targets: { region: string; why: string | null }[];
  /** What Regent does about it by itself, or why it does nothing, in a sentence. */
  byItself: string;
  /** How long it must last before each stage, ms. */
  confirmMs: number;
  dismissed: { by: string; at: number; stage: ProposalStage } | null;
  /** Since when it answers again. */
  recoveredAt: number | null;
  /** The run that was declared for it. */
  run: string | null;
};

const KIND: Record<NonNullable<ProposalFacts['kind']>, string> = {
  network: 'Nothing in it answers (network).',
  infrastructure: 'Its cluster or its nodes are in trouble (infrastructure).',
  service: 'Its services answer badly or not at all (service).',
  database: 'Its Postgres does not answer, the rest does (database).',
};

/** `Regent: 1 of 6 answers; silent: Postgres, Redis; badly: api-gateway (answered 503)`. */
export function sightLine({ vantage, at, good, bad }: ProposalSight): Line {
  const some = (list: ProposalSight['bad'], withWhy: boolean) =>
    list
      .slice(0, 4)
      .map(({ name, why }) => (withWhy && why !== null ? `${name} (${why})` : name))
      .join(', ') + (list.length > 4 ? ` and ${list.length - 4} more` : '');
  const silent = bad.filter(({ seen }) => seen === 'silent');
  const badly = bad.filter(({ seen }) => seen === 'bad');
  const parts = [
    `${good.length} of ${good.length + bad.length} well`,
    ...(silent.length > 0 ? [`silent: ${some(silent, false)}`] : []),
    ...(badly.length > 0 ? [`badly: ${some(badly, true)}`] : []),
  ];
  return [{ bold: vantage }, ' at ', { time: at }, ': ', { untrusted: parts.join('; ') }];
}

const STAGE: Record<ProposalStage, string> = {
  suspected: 'suspected, not confirmed',
  confirmed: 'confirmed',
  failed: 'failed',
};

export function proposal({ facts, contacts }: Pick<SystemScene, 'facts' | 'contacts'>): Message {
  const p = facts as unknown as ProposalFacts;
  if (p.recoveredAt !== null) return withdrawn(p);
  const isPrimary = p.role === 'primary' || p.role === 'unknown';
  const asks = isPrimary && p.run === null;
  return {
    title: [
      `${SIGN.emergency} `,
      { bold: `${p.region} looks down` },
      asks ? ': declare disaster?' : p.run === null ? `: it is ${article(p.role)}` : `: ${p.run} moves away from it`,
      ` · ${STAGE[p.stage]} · since `,
      { time: p.since },
    ],
    lines: [
      ...(p.kind === null ? [] : [KIND[p.kind]]),
      ...p.sights.map(sightLine),
      `${p.agree} of ${p.sights.length} places see it so, ${p.needed} must.${
        p.score === null ? '' : ` Health ${p.score.toFixed(2)} of 1.`
      }`,
      ...unknowns(p),
      ...(asks ? [...meaning(p), p.byItself] : p.run === null ? ['Nothing is moved: it does not serve.'] : []),
      ...dismissal(p),
      ...(asks ? reach(contacts) : []),
    ],
    tone: p.stage === 'suspected' ? 'waiting' : 'bad',
    actions: asks ? actions(p) : [],
  };
}

const article = (role: ProposalFacts['role']): string => (role === 'witness' ? 'a witness' : 'not the primary');

function withdrawn({ region, recoveredAt, since, run }: ProposalFacts): Message {
  return {
    title: [
      `${SIGN.done} `,
      { bold: `${region} answers again` },
      ' since ',
      { time: recoveredAt! },
      run === null ? '; nothing was done' : `; ${run} had been declared meanwhile`,
    ],
    lines: [
      [`It looked down from `, { time: since }, ` on, for ${tookText(recoveredAt! - since)}.`],
      ...(run === null ? [] : [`${region} must not take writes again by itself: see ${run}.`]),
    ],
    tone: run === null ? 'good' : 'plain',
    actions: [],
  };
}

/** What nobody can say: as important as what was seen. */
function unknowns({ region, stage, confirmMs, kind, database }: ProposalFacts): Line[] {
  const open = [
    ...(stage === 'suspected' ? [`whether it lasts: it is confirmed after ${lengthText(confirmMs)}`] : []),
    ...(kind === 'network' ? [`whether ${region} still takes writes from somebody we do not see`] : []),
    ...(database === null ? [`what its database held last`] : []),
  ];
  return open.length === 0 ? [] : [`Not known: ${open.join('; ')}.`];
}

function meaning({ region, targets, database }: ProposalFacts): Line[] {
  const able = targets.filter(({ why }) => why === null).map((one) => one.region);
  const unable = targets.filter(({ why }) => why !== null).map((one) => `${one.region} (${one.why})`);
  const to = [
    ...(able.length > 0 ? [`It would go to ${able.join(' or ')}.`] : ['Nowhere to go now:']),
    ...(unable.length > 0 ? [`${able.length > 0 ? 'Not to ' : ''}${unable.join(', ')}.`] : []),
  ].join(' ');
  return [to, ...givenUp(region, database)];
}

/** What an emergency gives up, as far as it is known before it is measured. */
export function givenUp(region: string, database: { at: number; bytesPerSecond: number } | null): Line[] {
  const measured = 'How much is measured before the promotion is asked for.';
  const lost = `Given up: writes of ${region} that had not reached the other region are lost.`;
  if (database === null) return [`${lost} ${measured}`];
  return [
    [
      `${lost} Its database last answered at `,
      { time: database.at },
      `, writing up to ${bytesText(database.bytesPerSecond)} each second. ${measured}`,
    ],
  ];
}

function dismissal({ dismissed, stage, run }: ProposalFacts): Line[] {
  if (dismissed === null || run !== null) return [];
  const grew = dismissed.stage !== stage;
  return [
    [
      `${SIGN.held} Not now, said `,
      who(dismissed.by),
      ' at ',
      { time: dismissed.at },
      grew
        ? `, when it was ${STAGE[dismissed.stage]}. It is ${STAGE[stage]} now: decide anew.`
        : '. This comes back when it gets worse.',
    ],
  ];
}

/** The contacts that matter in an outage, as many as fit. */
function reach(contacts: Record<string, string>): Line[] {
  const named = Object.entries(contacts).slice(0, 4);
  return named.length === 0 ? [] : [`Who to reach: ${named.map(([name, how]) => `${name} ${how}`).join(' · ')}`];
}

function actions({ n, region, stage, dismissed }: ProposalFacts): Action[] {
  const value = JSON.stringify({ region, proposal: n, stage });
  return [
    { id: 'declare:proposal', label: 'Declare disaster…', style: 'danger', value },
    ...(dismissed?.stage === stage ? [] : [{ id: 'later:proposal', label: 'Not now', value }]),
  ];
}
