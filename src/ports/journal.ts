/**
 * The journal: what happened, append-only, one hash chain over everything. State is never stored, only replayed.
 * Streams are run ids and `system` (what belongs to no run: refused requests, restarts).
 * Who cannot read and write it does nothing.
 */
import type { Json } from '../lib/json.ts';
import type { Posted } from './chat.ts';

export type JournalEntry = {
  /** Milliseconds since the epoch by the journal's clock. */
  at: number;
  actor: string;
  type: string;
  /** The deadline of the call an intent announces, for `eldest open deadline` after a restart. */
  deadline: number | null;
  data: { [key: string]: Json };
};
export type JournalRow = JournalEntry & {
  id: number;
  stream: string;
  /** From 1, without gaps, in its stream. */
  seq: number;
  token: number;
  prevHash: string;
  hash: string;
};

export type OutboxRow = {
  /** `run:seq:n`. */
  key: string;
  run: string;
  slot: string;
  name: string;
  facts: { [key: string]: Json };
  broadcast: boolean;
  at: number;
};

export interface JournalTransaction {
  /** The token that may write now: an older one is no longer the leader's. */
  currentToken(): Promise<number>;
  length(stream: string): Promise<number>;
  read(stream: string, afterSeq?: number): Promise<JournalRow[]>;
  /** Appends at exactly `expected` entries; throws `journal-moved` when the stream has grown meanwhile. */
  append(stream: string, expected: number, token: number, entries: JournalEntry[]): Promise<JournalRow[]>;
  announce(rows: OutboxRow[]): Promise<void>;
  /** Remembers a delivery for good; false when it had been remembered before. */
  remember(delivery: string, at: number): Promise<boolean>;
}

export type Verdict = { events: number; head: string; firstBad: { id: number; why: string } | null };

export interface Journal {
  /** Takes the lead: the token rises by one, whoever held the old one can no longer write. */
  claim(holder: string): Promise<number>;
  /** All or nothing, one at a time; whatever `work` throws rolls back and comes through. */
  transact<T>(work: (tx: JournalTransaction) => Promise<T>): Promise<T>;
  /** Oldest first; `afterSeq`: only what came after that entry. */
  read(stream: string, afterSeq?: number): Promise<JournalRow[]>;
  streams(): Promise<{ stream: string; length: number }[]>;
  /** Recomputes the whole chain. */
  verify(): Promise<Verdict>;
  /** Announcements not sent yet, oldest first. */
  unsent(): Promise<OutboxRow[]>;
  /** Every announcement of a slot, sent or not, oldest first. */
  slot(run: string, slot: string): Promise<OutboxRow[]>;
  markSent(keys: string[]): Promise<void>;
  /** Where a slot's message stands, once it was posted. */
  posted(run: string, slot: string): Promise<Posted | null>;
  savePosted(run: string, slot: string, posted: Posted): Promise<void>;
  close(): Promise<void>;
}
