/**
 * What is owed to people outside the chat, told from the state and never from an event: asked again after every append
 * and after every restart. What was overtaken before it could be delivered is owed no more: nobody needs to read at
 * the end that it has begun. Pure.
 */
import { noReturn } from '../machine/facts.ts';
import type { Context } from '../machine/types.ts';
import { hasFailed, isUndoing } from '../messages/failed.ts';
import { type Milestone, milestoneAt, type Occasion, type Readers } from '../messages/outside.ts';

/** `tried`: it may have got there, nobody knows. */
export type Has = (slot: string) => 'told' | 'tried' | 'gaveUp' | null;

export type PagerWord =
  | { slot: string; do: 'trigger' }
  | { slot: string; do: 'resolve' }
  /** Whoever finds out why is woken too. */
  | { slot: string; do: 'escalate' }
  | { slot: string; do: 'note'; of: Milestone };
export type MailWord = { slot: string; to: Readers; occasion: Occasion };
export type PageWord =
  | { slot: string; do: 'open' }
  | { slot: string; do: 'update'; of: Milestone }
  /** The last word. `resolves`: it is over for customers too. */
  | { slot: string; do: 'end'; resolves: boolean };

export const TRIGGER = 'pager:trigger';
export const ESCALATE = 'pager:escalate';
export const OPEN = 'statuspage:open';

const isDrill = (c: Context): boolean => c.runbook === 'drill';
/** Over, and nothing is left that somebody must be awake for. Of an emergency only one end is a good one. */
const endedWell = (c: Context): boolean =>
  c.endedAt !== null && (c.end === 'completed' || (c.mode === 'planned' && c.end !== 'takenOver'));
/** Customers notice it: their writes were stopped, or the failure of their region is confirmed. */
export const noticed = (c: Context): boolean =>
  c.outage.from !== null || (c.mode === 'emergency' && c.phases.validating?.to != null);

/** Milestones that have come about, oldest first, and what holds now. */
function milestones(c: Context): { of: Milestone; name: string; at: number }[] {
  const passed = (['promoted', 'moved'] as const).flatMap((of) => {
    const at = milestoneAt(c, of);
    return at === null ? [] : [{ of, name: of, at }];
  });
  const held = c.holds.map(({ n, since }) => ({ of: { hold: n }, name: `hold:${n}`, at: since }));
  return [...passed, ...held].toSorted((a, b) => a.at - b.at);
}

type PagerWays = { notes: boolean; engineers?: boolean };

/** Every hold but a person's pause: whoever pressed that is awake. */
const needsSomebody = (c: Context): boolean =>
  noReturn(c) !== undefined && c.holds.some(({ kind }) => kind !== 'person');

/**
 * `notes`: whether any can be written; `engineers`: whether there is somebody else to wake. A note waits for its
 * incident, nothing else waits for anything.
 */
export function pagerOwes(c: Context, has: Has, { notes, engineers = false }: PagerWays): PagerWord[] {
  if (isDrill(c)) return [];
  const emergency = c.mode === 'emergency';
  const paged = has(TRIGGER) !== null;
  const told = has(TRIGGER) === 'told';
  const wanted = emergency || needsSomebody(c);
  const note = (of: Milestone, name: string): PagerWord[] =>
    notes && told ? [{ slot: `pager:note:${name}`, do: 'note', of }] : [];
  if (c.endedAt === null)
    return [
      ...(wanted ? [{ slot: TRIGGER, do: 'trigger' } as const] : []),
      ...milestones(c).flatMap(({ of, name }) => note(of, name)),
    ];
  const escalated: PagerWord[] = engineers && hasFailed(c) ? [{ slot: ESCALATE, do: 'escalate' }] : [];
  if (!endedWell(c))
    return [
      ...(wanted && !told ? [{ slot: TRIGGER, do: 'trigger' } as const] : []),
      ...escalated,
      ...note('end', 'end'),
    ];
  // Whether a page that was tried got there nobody knows: closing what was never opened does no harm.
  const closed: PagerWord[] =
    emergency || paged ? [...note('end', 'end'), { slot: 'pager:resolve', do: 'resolve' }] : [];
  return [...escalated, ...closed];
}

export function mailOwes(c: Context): MailWord[] {
  if (isDrill(c)) return [];
  const word = (to: Readers, name: string, occasion: Occasion): MailWord => ({
    slot: `mail:${to}:${name}`,
    to,
    occasion,
  });
  const customers = noticed(c);
  if (c.endedAt !== null)
    return [
      word('operators', 'end', 'end'),
      ...(hasFailed(c) ? [word('engineers', 'end', 'end')] : []),
      ...(customers ? [word('stakeholders', 'end', 'end')] : []),
    ];
  return [
    word('operators', 'begin', 'begin'),
    ...(isUndoing(c) ? [word('operators', 'undoing', 'undoing')] : []),
    ...c.holds.map(({ n }) => word('operators', `hold:${n}`, { hold: n })),
    ...(customers ? [word('stakeholders', 'begin', 'begin')] : []),
  ];
}

/** Opened first, and of what comes after only the newest: customers need no history of what is no longer so. */
export function statusPageOwes(c: Context, has: Has): PageWord[] {
  if (isDrill(c) || (!noticed(c) && has(OPEN) === null)) return [];
  if (has(OPEN) === 'gaveUp') return [];
  if (has(OPEN) !== 'told') return [{ slot: OPEN, do: 'open' }];
  if (c.endedAt !== null) return [{ slot: 'statuspage:end', do: 'end', resolves: endedWell(c) }];
  const newest = milestones(c).at(-1);
  return newest === undefined ? [] : [{ slot: `statuspage:${newest.name}`, do: 'update', of: newest.of }];
}
