/**
 * The three-valued answer of every question asked of the outside world.
 * A timeout, a refused connection, a surprising reply: all `unknown`, never "no" and never zero.
 */
import type { Json } from '../lib/json.ts';

/** What a check saw: kept in the journal, shown on cards. Plain JSON, numbers with their unit in the key (`lagBytes`). */
export type Evidence = { [key: string]: Json };

/**
 * How far something is that takes its time; `total` is null where nobody knows it. `part`: which part of the work it is of;
 * `rateBelow`: slower than this, in units a second, is worth saying.
 */
export type Progress = { done: number; total: number | null; unit: string; part?: string; rateBelow?: number };

/** What a look over a while has to say before it is over: see `WATCH_SEEN`. `until`: when it ends, ms since the epoch. */
export type Watching = {
  until: number;
  findings: {
    id: string;
    words: string;
    is: 'bad' | 'unknown';
    scale: { service: string; replicas: number } | null;
  }[];
  streams: boolean | null;
  unread: string[];
};

export type Answer =
  | { is: 'done'; evidence: Evidence; summary?: string }
  /**
   * `final`: it will not become so by waiting. `again`: whether another attempt is made with nobody asked, where the step
   * knows better than the runner, which counts to three.
   */
  | { is: 'notDone'; evidence: Evidence; why: string; final?: true; again?: boolean; watch?: Watching }
  /** With `progress`: it is under way and nobody can say yet. */
  | { is: 'unknown'; evidence: Evidence; why: string; final?: true; progress?: Progress; watch?: Watching };

/** `summary` is the few words behind the step's title in the thread: `8 deployments, 22 of 22 pods ready`. */
export const done = (evidence: Evidence, summary?: string): Answer =>
  summary === undefined ? { is: 'done', evidence } : { is: 'done', evidence, summary };
export const notDone = (why: string, evidence: Evidence = {}): Answer => ({ is: 'notDone', evidence, why });
export const unknown = (why: string, evidence: Evidence = {}): Answer => ({ is: 'unknown', evidence, why });
