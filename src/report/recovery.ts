/**
 * The plan of recovery of a region that was lost: what is to be done there, made from what was seen, and what Regent
 * itself sees to be done by now. Pure: what comes of it is written down, and from then on stands as it was written.
 */
import { stepNode, stepState } from '../machine/facts.ts';
import { openItems, type RecoveryItem } from '../machine/recovery.ts';
import { type Context, REPROTECT } from '../machine/types.ts';
import { type Assessment, type DivergedTable, type Known, laterRuns, owedSteps } from './assessment.ts';

/** `key` is what Regent knows it by: it stands in the plan once. */
export type Planned = { key: string; text: string };
/** `why`: what was seen, as the end of a sentence. */
export type SeenDone = { item: number; by: string; why: string };

/** Above that they are one item: a list nobody reads to its end plans nothing. */
const TABLES_MAX = 8;
const DONE = ['done', 'alreadyDone'];

/** What is to be done, in the order it is best done in. `home`: the system belongs in the region that was lost. */
export function plannedItems(c: Context, a: Assessment, { home }: { home: boolean }): Planned[] {
  const { source, target } = c;
  const owed = owedSteps(c).length > 0;
  return [
    { key: 'cause', text: `Find out what failed in ${source}, and what is damaged there` },
    ...(owed
      ? [
          {
            key: 'reach',
            text: `Reach ${source} again: it is fenced once it answers, and what else is owed there follows`,
          },
        ]
      : []),
    ...undone(c),
    {
      key: 'look',
      text: `Read what only ${source} holds before anything there is overwritten: /dr reprotect ${source}`,
    },
    ...reconciled(a),
    { key: 'standby', text: `Make ${source} a standby of ${target}: /dr reprotect ${source}` },
    ...(c.plan?.values.cache == null ? [] : [{ key: 'redis', text: `Make Redis in ${source} follow ${target}` }]),
    { key: 'backups', text: `See that ${target} is backed up: the backups before were of ${source}` },
    { key: 'fences', text: `Lift what keeps ${source} from serving: /dr lift ${source}` },
    ...(c.end === 'takenOver'
      ? [{ key: 'told', text: 'Close the page and the incident people opened or were sent' }]
      : []),
    ...(home ? [{ key: 'home', text: `Go back to ${source}: /dr failback` }] : []),
  ];
}

/** What the run went without in the region that was left. */
const undone = (c: Context): Planned[] =>
  c.nodes.flatMap((node): Planned[] => {
    if (node.kind !== 'step' || node.phase !== 'securing' || !node.effect) return [];
    const { status } = stepState(c, node.id);
    return ['skipped', 'notDone', 'unknown'].includes(status)
      ? [{ key: `step:${node.id}`, text: `Do by hand what was left out: ${node.title}` }]
      : [];
  });

/** One decision a table: nothing is merged by itself. */
function reconciled({ source, target, found }: Assessment): Planned[] {
  if (found === null || found.transactions?.count === 0) return [];
  if (found.tables === null)
    return [
      { key: 'compare', text: `Compare by hand what only ${source} holds with ${target}: see reconciliation.md` },
    ];
  const tables = found.tables.filter(({ rows }) => rows > 0);
  const rest = tables.slice(TABLES_MAX);
  return [
    ...tables.slice(0, TABLES_MAX).map((one) => ({ key: tableKey(one), text: tableText(one, source) })),
    ...(rest.length === 0
      ? []
      : [
          {
            key: 'tables',
            text: `${rest.length} more tables only in ${source}, listed in reconciliation.md: decide for each`,
          },
        ]),
  ];
}
export const tableKey = ({ table }: Pick<DivergedTable, 'table'>): string => `table:${table}`;
const tableText = ({ table, rows }: DivergedTable, source: string): string =>
  `${rows} ${rows === 1 ? 'row' : 'rows'} of ${table} only in ${source}: replay, ignore, or ask customers`;

/** Items that are open by the plan, and done by what is seen. */
export function seenDone(c: Context, a: Assessment, known: Known): SeenDone[] {
  return openItems(c).flatMap((item): SeenDone[] => {
    const seen = item.key === null || item.reopened ? null : lookedFor(item.key, c, a, known);
    return seen === null ? [] : [{ item: item.n, ...seen }];
  });
}

type Seen = Omit<SeenDone, 'item'>;
const byRegent = (why: string): Seen => ({ by: 'runner', why });

function lookedFor(key: string, c: Context, { found, returned }: Assessment, known: Known): Seen | null {
  switch (key) {
    case 'reach':
      return returned?.fencedAt != null && returned.trouble.length === 0
        ? byRegent(`${c.source} answered, and is fenced`)
        : (standbySeen(c, known) ?? null);
    case 'look':
      return found === null ? null : byRegent(`${found.run} read it`);
    case 'standby':
      return standbySeen(c, known);
    case 'redis':
      return redisSeen(c, known);
    case 'fences':
      return fencesSeen(c, known);
    case 'home': {
      const back = laterRuns(c, known).find(({ target, end }) => target === c.source && end === 'completed');
      return back === undefined ? null : byRegent(`${back.run} completed`);
    }
    default:
      return null;
  }
}

const isDone = (c: Context, step: string): boolean =>
  stepNode(c, step) !== undefined && DONE.includes(stepState(c, step).status);

function standbySeen(c: Context, known: Known): Seen | null {
  const run = laterRuns(c, known).find((one) => isReprotectOf(one, c) && one.end === 'completed');
  if (run !== undefined) return byRegent(`${run.run} completed: ${c.source} follows ${c.target}`);
  const note = known.notes.find(
    ({ type, data }) =>
      data['run'] === c.run && ((type === 'PROTECTED' && data['standby'] === c.source) || type === 'FENCE_SETTLED'),
  );
  return note === undefined ? null : byRegent(`${c.source} streams from ${c.target}`);
}

const isReprotectOf = (one: Context, c: Context): boolean => one.runbook === REPROTECT && one.source === c.source;

function redisSeen(c: Context, known: Known): Seen | null {
  const run = laterRuns(c, known).find(
    (one) =>
      (isReprotectOf(one, c) && isDone(one, 'redis-follows')) ||
      (one.target === c.source && isDone(one, 'redis-in-sync')),
  );
  return run === undefined ? null : byRegent(`${run.run} saw it follow`);
}

function fencesSeen(c: Context, known: Known): Seen | null {
  const clear = laterRuns(c, known).find((one) => one.target === c.source && isDone(one, 'no-stale-fence'));
  if (clear !== undefined) return byRegent(`${clear.run} found none left`);
  const lifted = known.notes.find(
    ({ type, at, data }) =>
      type === 'FENCE_LIFTED' &&
      data['region'] === c.source &&
      at >= (c.endedAt ?? 0) &&
      isEmpty(data['failed']) &&
      isEmpty(data['kept']),
  );
  return lifted === undefined ? null : { by: lifted.actor.replace(/^person:/, ''), why: 'all of it was lifted' };
}
const isEmpty = (value: unknown): boolean => Array.isArray(value) && value.length === 0;

/** How a plan stands in numbers. `next`: what is due first, else the first that is open. */
export function recoveryStanding(
  c: Context,
  now: number,
): { open: number; all: number; overdue: number; next: RecoveryItem | null } {
  const open = openItems(c);
  const due = open.filter((item) => item.due !== null).toSorted((x, y) => x.due! - y.due!);
  return {
    open: open.length,
    all: c.recovery?.items.length ?? 0,
    overdue: open.filter((item) => isOverdue(item, now)).length,
    next: due[0] ?? open[0] ?? null,
  };
}

export const isOverdue = ({ due, done }: RecoveryItem, now: number): boolean =>
  done === null && due !== null && due < now;
