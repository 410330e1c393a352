/**
 * What is left of a region that was lost, once another one serves: what was found out about the loss, and what must be
 * done until all is as before. It belongs to the run that left the region, and goes on past its end.
 */
import type { Context, EventOf } from './types.ts';

/** What only the region that was left holds, once somebody could read it; null where nobody can say. */
export type Found = {
  /** The run that read it. */
  run: string;
  transactions: number | null;
  /** Rows only there, by the table's name; null: not compared. */
  tables: { table: string; rows: number }[] | null;
};

/** What was written down about the loss, in files of the run. */
export type Assessed = {
  files: { name: string; file: string; sha256: string }[];
  found: Found | null;
  /** How often something new was found: it names the message. */
  round: number;
  at: number;
};

export type RecoveryItem = {
  /** Its number, by which people name it; from 1, never given twice. */
  n: number;
  /** What Regent itself knows it by; null where a person added it. */
  key: string | null;
  text: string;
  /** A person's id, or a name of people's own. */
  owner: string | null;
  /** ms since the epoch. */
  due: number | null;
  /** Who says so, or `runner`, with what was seen. */
  done: { by: string; at: number; why: string | null } | null;
  /** Somebody has opened it again: from then on only people tick it off. */
  reopened: boolean;
};

export type Recovery = {
  items: RecoveryItem[];
  /** When the region is expected back, by whom, ms since the epoch; null while nobody has said. */
  back: { at: number; by: string } | null;
};

export type RecoveryFacts = {
  ASSESSED: { files: Assessed['files']; found: Found | null };
  RECOVERY_ADDED: Pick<RecoveryItem, 'key' | 'text' | 'owner' | 'due'> & { by: string };
  /** What is not named stays as it is. */
  RECOVERY_SET: { item: number; by: string; owner?: string | null; due?: number | null };
  RECOVERY_DONE: { item: number; by: string; why: string | null };
  RECOVERY_REOPENED: { item: number; by: string; why: string | null };
  /** `expected` null: nobody knows any more. */
  RECOVERY_RETURN: { by: string; expected: number | null };
};
export type RecoveryType = keyof RecoveryFacts;

/** It has left a region that was lost, and is over: by itself, or in the hands of people after the promotion. */
export const hasLost = (c: Context): boolean =>
  c.mode === 'emergency' &&
  // What is only played loses nothing.
  c.runbook !== 'drill' &&
  c.endedAt !== null &&
  (c.end === 'completed' || c.end === 'takenOver') &&
  ['done', 'alreadyDone'].includes(c.steps['promote-postgres']?.status ?? 'none');

export const itemOf = (c: Context, n: number): RecoveryItem | undefined =>
  c.recovery?.items.find((item) => item.n === n);
export const openItems = (c: Context): RecoveryItem[] => (c.recovery?.items ?? []).filter(({ done }) => done === null);

/** Whether the run takes this fact now. */
export function takesRecovery(c: Context, event: EventOf<RecoveryType>): boolean {
  if (!hasLost(c)) return false;
  switch (event.type) {
    case 'ASSESSED':
      return true;
    case 'RECOVERY_ADDED':
      // What Regent looks for stands there once.
      return event.key === null || !c.recovery?.items.some(({ key }) => key === event.key);
    case 'RECOVERY_RETURN':
      return c.recovery !== null;
    case 'RECOVERY_REOPENED':
      return itemOf(c, event.item)?.done != null;
    case 'RECOVERY_SET':
    case 'RECOVERY_DONE':
      return itemOf(c, event.item)?.done === null;
  }
}

/** The change an accepted fact makes. */
export function recoveryChange(c: Context, event: EventOf<RecoveryType>): Partial<Context> {
  const { items, back } = c.recovery ?? { items: [], back: null };
  const withItem = (n: number, change: Partial<RecoveryItem>): Partial<Context> => ({
    recovery: { back, items: items.map((item) => (item.n === n ? { ...item, ...change } : item)) },
  });
  switch (event.type) {
    case 'ASSESSED': {
      const isNews = c.assessed === null || JSON.stringify(c.assessed.found) !== JSON.stringify(event.found);
      const round = (c.assessed?.round ?? 0) + (isNews ? 1 : 0);
      return { assessed: { files: event.files, found: event.found, round, at: event.at } };
    }
    case 'RECOVERY_ADDED': {
      const { key, text, owner, due } = event;
      return {
        recovery: {
          back,
          items: [...items, { n: items.length + 1, key, text, owner, due, done: null, reopened: false }],
        },
      };
    }
    case 'RECOVERY_SET':
      return withItem(event.item, {
        ...(event.owner !== undefined && { owner: event.owner }),
        ...(event.due !== undefined && { due: event.due }),
      });
    case 'RECOVERY_DONE':
      return withItem(event.item, { done: { by: event.by, at: event.at, why: event.why } });
    case 'RECOVERY_REOPENED':
      return withItem(event.item, { done: null, reopened: true });
    case 'RECOVERY_RETURN':
      return { recovery: { items, back: event.expected === null ? null : { at: event.expected, by: event.by } } };
  }
}
