/** What is left of a region that was lost, in words: what was found out about the loss, and the plan of its recovery. */
import { atMostText } from '../lib/bytes.ts';
import { lengthText } from '../lib/utc.ts';
import { openItems, type RecoveryItem } from '../machine/recovery.ts';
import type { Context } from '../machine/types.ts';
import type { Action, Line, Message, Span } from '../ports/chat.ts';
import { damageOf } from '../report/assessment.ts';
import { lossOf } from '../report/metrics.ts';
import { isOverdue, recoveryStanding } from '../report/recovery.ts';
import { button, route, type Scene, SIGN, who } from './scene.ts';

/** In the run's thread: what was found, where it stands, what is wanted. Each time something new is found. */
export function assessment({ c }: Scene): Message | null {
  if (c.assessed === null) return null;
  const { files, found } = c.assessed;
  const rows = (found?.tables ?? []).filter((one) => one.rows > 0);
  const isOnlyThere = found !== null && (rows.length > 0 || (found.transactions ?? 1) > 0);
  const sign = found === null ? SIGN.unknown : isOnlyThere ? SIGN.held : SIGN.done;
  return {
    title: [`${sign} `, { bold: 'What was lost' }, ` · ${route(c)} · ${c.run} · ${bound(c)}`],
    lines: [
      ...foundLines(c),
      ...files.map(
        ({ file, name }): Line => [
          name === 'assessment.md' ? 'All of it: ' : 'To bring it together by hand: ',
          { code: file },
        ],
      ),
      'Nothing is merged automatically.',
      ...(isOnlyThere ? ['Wanted: an owner and a decision for each table, /dr recovery.'] : []),
    ],
    tone: isOnlyThere ? 'waiting' : 'plain',
    actions: [],
  };
}

function bound(c: Context): string {
  const approved = c.plan?.bounds.loss ?? null;
  if (approved !== null) return `at most ${atMostText(approved)} approved`;
  const measured = lossOf(c);
  return measured === null ? 'nobody can say how much' : `at most ${atMostText(measured)}`;
}

const TABLES_SHOWN = 10;

function foundLines({ source, assessed }: Context): Line[] {
  const found = assessed!.found;
  if (found === null)
    return [
      `Which writes: not known. Nobody has read ${source} since; /dr reprotect ${source} keeps what only it holds, and counts it.`,
    ];
  const { run, transactions, tables } = found;
  if (transactions === 0) return [`${source} holds nothing that is missing here (${run}).`];
  const counted =
    transactions === null ? [] : [`${transactions} ${transactions === 1 ? 'transaction' : 'transactions'}`];
  const differing = (tables ?? []).filter(({ rows }) => rows > 0);
  const list = differing.slice(0, TABLES_SHOWN).map(({ table, rows }) => `${table} ${rows}`);
  const more = differing.length - list.length;
  const rows =
    tables === null
      ? 'tables not compared'
      : differing.length === 0
        ? 'no row of the tables compared'
        : 'rows by table: ';
  return [
    [
      `Only in ${source}, read by ${run}: ${[...counted, rows].join('; ')}`,
      ...(list.length === 0 ? [] : [{ untrusted: list.join(', ') }]),
      ...(more > 0 ? [` and ${more} more tables`] : []),
      '.',
    ],
  ];
}

/** In the run's thread, edited in place: the whole plan. */
export const recovery = ({ c, now }: Scene): Message | null => (c.recovery === null ? null : recoveryPlan(c, now));

export function recoveryPlan(c: Context, now: number): Message {
  const { open, all, overdue } = recoveryStanding(c, now);
  const standing = open === 0 ? `all ${all} done` : `${open} of ${all} open`;
  return {
    title: [
      `${open === 0 ? SIGN.done : overdue > 0 ? SIGN.notDone : SIGN.running} `,
      { bold: `Recovery of ${c.source}` },
      ` · ${route(c)} · ${c.run} · ${standing}`,
      ...(overdue > 0 ? [`, ${overdue} overdue`] : []),
      ...backText(c, now),
    ],
    lines: [
      ...damageOf(c).map((one): Line => ({ untrusted: one })),
      ...c.recovery!.items.map((item) => itemLine(item, now)),
    ],
    tone: open === 0 ? 'good' : overdue > 0 ? 'bad' : 'waiting',
    actions: actionsOf(c),
  };
}

function actionsOf(c: Context): Action[] {
  if (openItems(c).length === 0) return [];
  return [button('recovery', 'Done…', c, { do: 'done' }), button('recovery', 'Add…', c, { do: 'add' })];
}

export function itemLine(item: RecoveryItem, now: number): Line {
  const { n, text, owner, done } = item;
  const sign = done !== null ? SIGN.done : isOverdue(item, now) ? SIGN.notDone : '·';
  const whose: Span[] = owner === null ? [] : [' · ', ownerOf(owner)];
  return [`${sign} ${n} `, { untrusted: text }, ...whose, ...(done === null ? dueText(item, now) : doneText(done))];
}

/** A person by mention; a name that somebody typed as it was typed. */
export function ownerOf(owner: string): Span {
  const shown = who(owner);
  return typeof shown === 'string' ? { untrusted: shown } : shown;
}

function dueText({ due, ...item }: RecoveryItem, now: number): Span[] {
  if (due === null) return [];
  return isOverdue({ due, ...item }, now)
    ? [' · ', { bold: 'OVERDUE' }, ' since ', { time: due, as: 'date' }]
    : [' · due ', { time: due, as: 'date' }, ` (in ${lengthText(due - now)})`];
}
const doneText = ({ by, at, why }: NonNullable<RecoveryItem['done']>): Span[] => [
  ' · ',
  who(by),
  ' at ',
  { time: at, as: 'date' },
  ...(why === null ? [] : [': ', { untrusted: why }]),
];

function backText({ recovery, source }: Context, now: number): Span[] {
  const back = recovery?.back ?? null;
  if (back === null) return [];
  const { at } = back;
  return at >= now
    ? [`, ${source} expected back `, { time: at, as: 'date' }, ` (in ${lengthText(at - now)})`]
    : [`, ${source} was expected back `, { time: at, as: 'date' }];
}

/** Wherever it is asked how the system stands, until all of it is ticked off. */
export function recoveryLine(c: Context, now: number): Line {
  const { open, all, overdue, next } = recoveryStanding(c, now);
  const back = backText(c, now);
  return [
    overdue > 0 ? `${SIGN.notDone} ` : '',
    { bold: `Recovery of ${c.source}` },
    ` (${c.run}): ${open} of ${all} open${overdue > 0 ? `, ${overdue} overdue` : ''}`,
    ...(back.length > 0 ? back : [', nobody has said when it is back']),
    ...(next === null ? [] : nextText(next, now)),
    '. /dr recovery lists it.',
  ];
}
const nextText = (next: RecoveryItem, now: number): Span[] => [
  '; next: ',
  { untrusted: `${next.n} “${next.text}”` },
  ...(next.owner === null ? [' · nobody has it yet'] : [' · ', ownerOf(next.owner)]),
  ...dueText(next, now),
];

/** Runs whose region is not recovered yet, newest first. */
export const inRecovery = (runs: Context[]): Context[] => runs.filter((c) => openItems(c).length > 0).toReversed();
