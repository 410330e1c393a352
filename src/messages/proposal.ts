/**
 * A region looks down: what was seen from where, what is not known, what declaring a disaster would mean. The card stands
 * from the first suspicion until the region answers again, and is edited as more is seen.
 */
import { tookText } from '../lib/duration.ts';
import { lengthText } from '../lib/utc.ts';
import type { Action, Line, Message } from '../ports/chat.ts';
import type { Surroundings } from '../ports/surroundings.ts';
import { aroundLines, givenUp, reachLines } from './around.ts';
import { SIGN, who } from './scene.ts';
import type { SystemScene } from './system.ts';
import { type Delivery, toldLines } from './told.ts';

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
  /** That run has ended; where the region is the primary still, nothing came of it. */
  runOver: boolean;
  /** A planned run that leaves it already, and can go on as an emergency; cards of earlier versions have none. */
  goesOn?: string | null;
  /** What others say; cards of earlier versions have none. */
  around?: Surroundings;
  /** Whom it was told outside the chat. */
  told?: Delivery[];
};
const NOTHING_KNOWN: Surroundings = { alerts: null, providers: [], loss: null };

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

/** The card asks somebody to decide: there is something to declare, and nothing is under way for it. */
export const isAsked = ({ role, run, runOver }: Pick<ProposalFacts, 'role' | 'run' | 'runOver'>): boolean =>
  (role === 'primary' || role === 'unknown') && (run === null || runOver);

export function proposal({ facts, contacts }: Pick<SystemScene, 'facts' | 'contacts'>): Message {
  const p = facts as unknown as ProposalFacts;
  if (p.recoveredAt !== null) return withdrawn(p);
  const asks = isAsked(p);
  return {
    title: [
      `${SIGN.emergency} `,
      { bold: `${p.region} looks down` },
      p.goesOn && asks
        ? `: go on with ${p.goesOn} as an emergency?`
        : asks
          ? ': declare disaster?'
          : p.run === null
            ? `: it is ${article(p.role)}`
            : movesAway(p.run, p.runOver),
      ` · ${STAGE[p.stage]} · since `,
      { time: p.since },
    ],
    lines: [
      ...(p.kind === null ? [] : [KIND[p.kind]]),
      ...p.sights.map(sightLine),
      `${p.agree} of ${p.sights.length} places see it so, ${p.needed} must.${
        p.score === null ? '' : ` Health ${p.score.toFixed(2)} of 1.`
      }`,
      ...(asks && p.run !== null ? [`${p.run} was declared for it and is over: ${p.region} was not left.`] : []),
      ...unknowns(p),
      ...(asks ? [...meaning(p), p.byItself] : p.run === null ? [notServing(p)] : []),
      ...dismissal(p),
      ...(asks ? [...aroundLines(p.around ?? NOTHING_KNOWN), ...reachLines(contacts)] : []),
      ...toldLines(p.told ?? []),
    ],
    tone: p.stage === 'suspected' ? 'waiting' : 'bad',
    actions: asks ? actions(p) : [],
  };
}

const movesAway = (run: string, isOver: boolean): string =>
  isOver ? `: ${run} has moved away from it` : `: ${run} moves away from it`;
const notServing = ({ region, role }: ProposalFacts): string =>
  role === 'secondary'
    ? `Nothing is moved: it does not serve. To take it out of service: /dr declare ${region} reason:"…".`
    : 'Nothing is moved: it does not serve.';
const article = (role: ProposalFacts['role']): string => (role === 'witness' ? 'a witness' : 'not the primary');

function withdrawn({ region, recoveredAt, since, run, runOver, role, told }: ProposalFacts): Message {
  const wasLeft = run !== null && !(runOver && role === 'primary');
  return {
    title: [
      `${SIGN.done} `,
      { bold: `${region} answers again` },
      ' since ',
      { time: recoveredAt! },
      run === null
        ? '; nothing was done'
        : wasLeft
          ? `; ${run} had been declared meanwhile`
          : `; ${run} came to nothing`,
    ],
    lines: [
      [`It looked down from `, { time: since }, ` on, for ${tookText(recoveredAt! - since)}.`],
      ...(wasLeft ? [`${region} must not take writes again by itself: see ${run}.`] : []),
      ...toldLines(told ?? []),
    ],
    tone: wasLeft ? 'plain' : 'good',
    actions: [],
  };
}

/** What nobody can say: as important as what was seen. */
function unknowns({ region, role, stage, confirmMs, kind, database }: ProposalFacts): Line[] {
  const holdsData = role !== 'witness';
  const open = [
    ...(stage === 'suspected' ? [`whether it lasts: it is confirmed after ${lengthText(confirmMs)}`] : []),
    ...(holdsData && kind === 'network' ? [`whether ${region} still takes writes from somebody we do not see`] : []),
    ...(holdsData && database === null ? [`what its database held last`] : []),
  ];
  return open.length === 0 ? [] : [`Not known: ${open.join('; ')}.`];
}

function meaning({ region, targets, database, around }: ProposalFacts): Line[] {
  const able = targets.filter(({ why }) => why === null).map((one) => one.region);
  const unable = targets.filter(({ why }) => why !== null).map((one) => `${one.region} (${one.why})`);
  const to = [
    ...(able.length > 0 ? [`It would go to ${able.join(' or ')}.`] : ['Nowhere to go now:']),
    ...(unable.length > 0 ? [`${able.length > 0 ? 'Not to ' : ''}${unable.join(', ')}.`] : []),
  ].join(' ');
  return [to, ...givenUp(region, database, around?.loss)];
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

function actions({ n, region, stage, dismissed, goesOn }: ProposalFacts): Action[] {
  const value = JSON.stringify({ region, proposal: n, stage });
  const go: Action = goesOn
    ? {
        id: 'mode:proposal',
        label: 'Go on as an emergency…',
        style: 'danger',
        value: JSON.stringify({ run: goesOn, to: 'emergency' }),
      }
    : { id: 'declare:proposal', label: 'Declare disaster…', style: 'danger', value };
  return [go, ...(dismissed?.stage === stage ? [] : [{ id: 'later:proposal', label: 'Not now', value }])];
}
