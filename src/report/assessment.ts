/**
 * What an emergency cost in data, out of what is written down: what had been approved to be lost, what was measured, how
 * old the backups were, and what was found in the region that was left once somebody could read it. Pure; null is what
 * nobody knows, never zero. Moments in ms since the epoch.
 */
import type { Json } from '../lib/json.ts';
import { approvals, stepNode, stepState } from '../machine/facts.ts';
import type { Found } from '../machine/recovery.ts';
import { type Context, LOST_SECONDARY, REPROTECT } from '../machine/types.ts';
import { type Loss, lossOf, outageOf } from './metrics.ts';

/** What stands in the stream `system`: a region that came back, what follows again, what was lifted. */
export type Noted = { type: string; at: number; actor: string; data: { [key: string]: Json } };
/** What else is known beside the run: every run, oldest first, and the stream `system`. */
export type Known = { runs: Context[]; notes: Noted[] };

/** What the program of the house found in the region that was left, before anything there was replaced. */
export type Diverged = {
  run: string;
  /** Where it was put aside; null: there was nothing that only this region held. */
  kept: string | null;
  files: number | null;
  bytes: number | null;
  /** Where the histories part. */
  forkLsn: string | null;
  transactions: { count: number; firstAt: number | null; lastAt: number | null } | null;
  tables: DivergedTable[] | null;
  /** Why something of it could not be said. */
  why: string | null;
};
export type DivergedTable = { table: string; key: string[]; rows: number; file: string | null };

/** The region came back before it was a standby again. */
export type Returned = {
  seenAt: number;
  tookWrites: boolean | null;
  fencedAt: number | null;
  /** Log past where it was last seen, bytes. */
  walBytes: number | null;
  did: string[];
  trouble: string[];
};

export type Assessment = {
  run: string;
  source: string;
  target: string;
  /** When the region was first seen in trouble, and when the other one became the primary. */
  failedAt: number | null;
  promotedAt: number | null;
  approved: Loss | null;
  /** Ids of those who approved the promotion, and of those who accepted more than the objective. */
  approvedBy: string[];
  acceptedBy: string[];
  rpoMs: number;
  measured: Loss | null;
  /** Up to when the target has every write by its heartbeat row. */
  heartbeatAt: number | null;
  targetLsn: string | null;
  sourceLsn: string | null;
  sourceSeenAt: number | null;
  /** When the source was last known to take writes. */
  sourceUntil: number | null;
  how: string[];
  missing: string[];
  backups: {
    source: string;
    fullAt: number | null;
    incrementalAt: number | null;
    walToAt: number | null;
    trouble: string[];
  } | null;
  returned: Returned | null;
  found: Diverged | null;
  /** What was seen and done in the region that was left, one sentence each. */
  damage: string[];
};

const text = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);
const amount = (value: unknown): number | null =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : null;
const texts = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : [];
const object = (value: unknown): { [key: string]: unknown } | null =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as { [key: string]: unknown }) : null;

export function assessmentOf(c: Context, known: Known): Assessment {
  const loss = stepState(c, 'loss-measured').evidence ?? {};
  const approved = c.plan?.bounds.loss ?? null;
  const found = divergedOf(c, known);
  return {
    run: c.run,
    source: c.source,
    target: c.target,
    failedAt: outageOf(c).from,
    promotedAt: stepState(c, 'promote-postgres').endedAt,
    approved,
    approvedBy: votesOf(c, 'promote'),
    acceptedBy: votesOf(c, 'data-loss'),
    rpoMs: c.objectives.rpoMs,
    measured: lossOf(c),
    heartbeatAt: amount(loss['heartbeatAt']),
    targetLsn: text(loss['targetLsn']),
    sourceLsn: text(loss['sourceLsn']) ?? leftAtLsn(c),
    sourceSeenAt: amount(loss['sourceSeenAt']),
    sourceUntil: amount(loss['sourceUntil']),
    how: texts(loss['how']),
    missing: texts(loss['missing']),
    backups: backupsOf(c),
    returned: returnedOf(c, known),
    found,
    damage: damageOf(c),
  };
}

const votesOf = (c: Context, gate: string): string[] =>
  c.gates[gate]?.status === 'approved' ? approvals(c.gates[gate]) : [];

const leftAtLsn = (c: Context): string | null => text(stepState(c, 'fence-lost-source').evidence?.['leftAtLsn']);

function backupsOf(c: Context): Assessment['backups'] {
  const { evidence } = stepState(c, 'backups-usable');
  if (evidence === null) return null;
  return {
    source: text(evidence['source']) ?? 'the backups',
    fullAt: amount(evidence['lastFullAt']),
    incrementalAt: amount(evidence['lastIncrementalAt']),
    walToAt: amount(evidence['walToAt']),
    trouble: texts(evidence['trouble']),
  };
}

/** Runs after this one, up to where the system is moved again: what they did belongs to its story. */
export function laterRuns(c: Context, { runs }: Known): Context[] {
  const later = runs.slice(runs.findIndex(({ run }) => run === c.run) + 1);
  const moved = later.findIndex(
    ({ runbook, end }) => runbook !== LOST_SECONDARY && runbook !== REPROTECT && end === 'completed',
  );
  return moved === -1 ? later : later.slice(0, moved + 1);
}

/** What the newest run that could read the region has found there. */
function divergedOf(c: Context, known: Known): Diverged | null {
  const readings = laterRuns(c, known).flatMap((one): Diverged[] => {
    const { status, evidence } = stepState(one, 'keep-diverged');
    const isOver = status === 'done' || status === 'alreadyDone';
    // Without a word of what was kept it was not read: it follows already, or somebody said that it is done.
    if (one.runbook !== REPROTECT || one.source !== c.source || !isOver || evidence?.['kept'] === undefined) return [];
    return [diverged(one.run, evidence)];
  });
  return readings.findLast(({ kept }) => kept !== null) ?? readings.at(-1) ?? null;
}

function diverged(run: string, evidence: { [key: string]: Json }): Diverged {
  const transactions = object(evidence['transactions']);
  const count = amount(transactions?.['count']);
  const tables = evidence['tables'];
  const kept = text(evidence['kept']);
  return {
    run,
    kept,
    files: amount(evidence['files']),
    bytes: amount(evidence['bytes']),
    forkLsn: text(evidence['forkLsn']),
    // Where it can follow as it is, it holds nothing of its own.
    transactions:
      count !== null
        ? { count, firstAt: amount(transactions?.['firstAt']), lastAt: amount(transactions?.['lastAt']) }
        : kept === null
          ? { count: 0, firstAt: null, lastAt: null }
          : null,
    tables: Array.isArray(tables) ? tablesOf(tables) : kept === null ? [] : null,
    why: text(evidence['why']),
  };
}

/** A table nobody can read of is not one without rows. */
function tablesOf(values: unknown[]): DivergedTable[] | null {
  const tables = values.flatMap(tableOf);
  return tables.length === values.length ? tables : null;
}

function tableOf(value: unknown): DivergedTable[] {
  const one = object(value);
  const table = text(one?.['table']);
  const rows = amount(one?.['rows']);
  return table === null || rows === null ? [] : [{ table, key: texts(one?.['key']), rows, file: text(one?.['file']) }];
}

/** What the keeper of the fence has written down of its return, the newest word. */
function returnedOf(c: Context, { notes }: Known): Returned | null {
  const data = notes.findLast(
    ({ type, data: seen }) => (type === 'ZOMBIE_SEEN' || type === 'FENCE_ASSERTED') && seen['run'] === c.run,
  )?.data;
  const seenAt = amount(data?.['seenAt']);
  if (data === undefined || seenAt === null) return null;
  const postgres = object(data['postgres']);
  return {
    seenAt,
    tookWrites: postgres === null ? null : postgres['writable'] === true,
    fencedAt: amount(data['fencedAt']),
    walBytes: amount(data['walBytes']),
    did: texts(data['how']),
    trouble: texts(data['trouble']),
  };
}

/** What the run saw there, and what it did, as far as it got. */
export function damageOf(c: Context): string[] {
  const fence = stepState(c, 'fence-lost-source');
  const said = (id: string, status: string, why: string | null): string[] => {
    const title = stepNode(c, id)?.title ?? id;
    if (status === 'skipped') return [`Left out: “${title}”${reasonOf(c, id)}.`];
    return ['notDone', 'unknown'].includes(status) ? [`Not done: “${title}”: ${why ?? 'nobody knows why'}.`] : [];
  };
  const seen = c.nodes.filter((node) => node.kind === 'step' && node.phase === 'securing').map(({ id }) => id);
  const owed = owedSteps(c).map((id) => `“${stepNode(c, id)?.title ?? id}”`);
  const files = ['record-failure', 'keep-evidence'].flatMap((id) => text(stepState(c, id).evidence?.['file']) ?? []);
  return [
    ...(fence.summary === null ? [] : [`Postgres: ${fence.summary}.`]),
    ...(owed.length === 0 ? [] : [`${c.source} did not answer when it was left. Owed there: ${owed.join(', ')}.`]),
    ...seen.flatMap((id) => {
      const { status, why } = stepState(c, id);
      return said(id, status, why);
    }),
    ...(files.length === 0 ? [] : [`What it looked like is kept in ${files.join(' and ')}.`]),
  ];
}

/** Steps that could not be done there, because nobody answered. What it looked like as it failed nobody sees any more. */
export const owedSteps = (c: Context): string[] =>
  c.nodes.flatMap(({ kind, id, phase }) =>
    kind === 'step' && phase !== 'assessing' && stepState(c, id).evidence?.['owed'] === true ? [id] : [],
  );

/** Who went on without it, and why. */
function reasonOf(c: Context, step: string): string {
  const one = c.overrides.findLast(({ rule }) => rule === `skip ${step}` || rule === `waive ${step}`);
  return one === undefined ? '' : ` by ${one.by}, “${one.reason}”`;
}

/** What of it stands in the journal and is told; null while nobody has read the region. */
export const foundOf = ({ found }: Assessment): Found | null =>
  found === null
    ? null
    : {
        run: found.run,
        transactions: found.transactions?.count ?? null,
        tables: found.tables === null ? null : found.tables.map(({ table, rows }) => ({ table, rows })),
      };

/** What nobody knows yet, one sentence each. */
export function unknownOf({ source, found, ...a }: Assessment): string[] {
  const compared = found !== null && found.tables !== null;
  return [
    ...a.missing.map((one) => `${one}.`),
    ...(a.measured === null ? ['How much was lost at most: it could not be measured.'] : []),
    ...(found === null ? [`Which transactions: nobody has read ${source} since it was left.`] : []),
    ...(found !== null && found.transactions === null
      ? [`How many transactions only ${source} holds${because(found)}.`]
      : []),
    ...(found !== null && !compared ? [`Which rows of which tables: they were not compared${because(found)}.`] : []),
  ];
}
const because = ({ why }: Diverged): string => (why === null ? '' : `: ${why}`);
