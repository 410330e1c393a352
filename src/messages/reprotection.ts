/** The words of a run that makes a region a standby again, and of a system that has none. */
import { bytesText } from '../lib/bytes.ts';
import { stepState } from '../machine/facts.ts';
import { type Context, type Plan, REPROTECT, type Strategy } from '../machine/types.ts';
import { type Kept, keptOf, onlyText } from '../policy/kept.ts';
import type { Action, Line } from '../ports/chat.ts';
import { isSecondary, outOfService } from './secondary.ts';

export const isReprotect = ({ runbook }: Pick<Context, 'runbook'>): boolean => runbook === REPROTECT;

/** Of its runs nobody who is served notices anything. */
export const movesNothing = (c: Pick<Context, 'runbook'>): boolean => isSecondary(c) || isReprotect(c);

/** Where such a run stands, as everybody reads it. */
export const standing = (c: Context): string => (isReprotect(c) ? becoming(c) : outOfService(c));

function becoming({ source, target, end, holds }: Context): string {
  switch (end) {
    case 'completed':
      return `${source} is a standby of ${target} again: the system is protected.`;
    case 'rolledBack':
    case 'aborted':
      return `${source} is no standby of ${target}: making it one was called off. ${target} serves unprotected.`;
    case 'takenOver':
      return `${source} is made a standby of ${target} by hand.`;
    default:
      return `${source} is being made a standby of ${target}, which serves as before.${holds.length > 0 ? ' It has stopped and waits for people.' : ''}`;
  }
}

/** On the gate's card: what is thrown away, and what is kept. */
export function reprotectMeaning(c: Context): Line[] {
  const { strategy } = c;
  return [...(strategy === null ? [] : [`${askedFor(strategy)}.`]), ...replaced(c)];
}

const askedFor = (strategy: Strategy): string => `Asked for: strategy ${strategy}, for this run alone`;

function replaced({ source, target, steps }: Context): Line[] {
  const { way, why, divergedBytes, bytes } = steps['standby-look']?.evidence ?? {};
  const own =
    typeof divergedBytes === 'number' ? `${bytesText(divergedBytes)} of log` : 'Log of a size nobody can say yet';
  const size = typeof bytes === 'number' ? ` (${bytesText(bytes)})` : '';
  const because: Line[] = typeof why === 'string' && why !== '' ? [{ untrusted: `Why: ${why}.` }] : [];
  switch (way) {
    case 'streams':
      return [`${source} streams from ${target} already: nothing is changed.`];
    case 'rejoin':
      return [
        `What happens: ${source} follows ${target} as it is. It was stopped cleanly and holds nothing ${target} lacks.`,
        'Nothing is thrown away.',
      ];
    case 'rewind':
      return [
        `What happens: Postgres in ${source} is stopped and rewound to where the histories part, then follows ${target}.`,
        ...because,
        `Thrown away there: ${own} that ${target} never had. Kept first: that log, beside the data.`,
      ];
    default:
      return [
        `What happens: Postgres in ${source} is stopped, gets a new copy of ${target}, and follows it.`,
        ...because,
        `Thrown away there: its data${size}; ${own} of it ${target} never had. Kept first: that log; the copy also moves the old data aside where there is room.`,
      ];
  }
}

export const reprotectConsequence = ({ source, target }: Context): string =>
  `${source} is made a standby of ${target}. What only ${source} holds is replaced, and kept beside it.`;

/** In the plan's message. */
export const reprotectPlan = ({ source, target, plan, strategy }: Context): string[] => [
  `Nothing is promoted; ${target} serves on`,
  `Stop Postgres in ${source} where it runs, keep what only it holds, make it a standby of ${target}, start it`,
  ...(strategy === null ? [] : [askedFor(strategy)]),
  ...(plan?.values.cache ? [`Redis in ${source} follows ${target}`] : []),
];

/** In the plan's message of a run that moves the system, where it makes the region that is left a standby. */
export const inRunPlan = ({ source, target, nodes }: Plan): string[] =>
  nodes.some(({ id }) => id === 'can-follow')
    ? [`Then ${source} becomes a standby of ${target}, where it can follow as it is: nothing there is replaced`]
    : [];

/** At its end: what was kept, and where. */
export function keptLines(c: Context): Line[] {
  const log = keptOf(stepState(c, 'keep-diverged').evidence ?? {});
  const { kept: aside, bytes } = stepState(c, 'make-standby').evidence ?? {};
  const lines: Line[] = [
    ...(log === null ? [] : logLines(log, c.source)),
    ...(typeof aside === 'string' ? [keptLine(`Kept in ${c.source}`, bytes, aside)] : []),
  ];
  const proof = stepState(c, 'standby-follows').summary;
  return [
    ...(proof === null ? [] : [[{ untrusted: proof }, '.'] satisfies Line]),
    ...lines,
    ...(lines.length === 0 ? [] : ['Nothing of it is merged by itself: whoever needs it reads it there.']),
  ];
}

/** What was counted and where it lies; where the keys of a table's rows stand: in files, never here. */
function logLines(log: Kept, source: string): Line[] {
  const isCounted = log.transactions !== null || log.tables !== null;
  const files = (log.tables ?? []).flatMap(({ table, rows, file }): Line[] =>
    rows > 0 && file !== null ? [[`Keys of the rows of ${table}: `, { code: file }]] : [],
  );
  return [
    keptLine(isCounted ? `${onlyText(log, source)}. Kept in ${source}` : `Kept in ${source}`, log.bytes, log.kept),
    ...files,
    ...(log.why === null ? [] : [[{ untrusted: `Not all of it: ${log.why}.` }] satisfies Line]),
  ];
}

const keptLine = (words: string, bytes: unknown, place: string): Line => [
  `${words}${typeof bytes === 'number' && bytes > 0 ? `, ${bytesText(bytes)}` : ''}: `,
  { code: place },
];

/** The system has no standby since a run moved it. `mayFollow`: the configuration says how `region` is made one. */
export type Unprotected = { region: string; target: string; run: string; since: number; mayFollow?: boolean };

export const unprotectedLine = ({ region, target, run, since, mayFollow = true }: Unprotected): Line => [
  '✖ ',
  { bold: `UNPROTECTED since ` },
  { time: since },
  ` (${run}): nothing follows ${target}. `,
  mayFollow
    ? `/dr reprotect ${region} reason:"…" mends it.`
    : `${region} is made a standby by hand: regions.${region}.postgres.reprotect is not configured.`,
];

/** `/dr reprotect`, as a button: it opens the same dialog. */
export const reprotectButton = (region: string): Action => ({
  id: 'reprotect',
  label: `Make ${region} a standby…`,
  value: JSON.stringify({ region }),
});

/** On what the run says last that left it so, where it can be mended that way. */
export const reprotectButtons = (c: Pick<Context, 'run'>, unprotected: Unprotected | null | undefined): Action[] =>
  unprotected?.run === c.run && unprotected.mayFollow === true ? [reprotectButton(unprotected.region)] : [];
