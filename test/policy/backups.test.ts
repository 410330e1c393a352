import { describe, expect, it } from 'vitest';
import { type BackupFacts, backupsUnknown, judgeBackups } from '../../src/policy/backups.ts';
import type { BackupReport } from '../../src/ports/backups.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const NOW = Date.parse('2026-11-23T02:00:00Z');
const BOUNDS = { fullWithinMs: 24 * HOUR, incrementalWithinMs: 5 * MINUTE };

const REPORT: BackupReport = {
  lastFull: { at: NOW - 6 * HOUR, ok: true },
  lastIncremental: { at: NOW - 3 * MINUTE, ok: true },
  wal: { continuous: true, from: 'A1', to: 'A9', toAt: NOW - 2 * MINUTE },
  checksumsValid: true,
  source: 'somebody',
  why: {},
};
/** The port's report is what is judged. */
const judged = (changes: Partial<BackupFacts> = {}) =>
  Object.fromEntries(
    judgeBackups({ ...REPORT, ...changes }, BOUNDS, NOW).map(({ box, is, sentence }) => [box, `${is}: ${sentence}`]),
  );

describe('the four boxes', () => {
  it('are ticked in their order where all is well', () => {
    expect(judgeBackups(REPORT, BOUNDS, NOW)).toEqual([
      { box: 'full', is: 'yes', sentence: 'The last full backup ended 6 h ago (bound 24 h).' },
      { box: 'incremental', is: 'yes', sentence: 'The last incremental backup ended 3 min ago (bound 5 min).' },
      {
        box: 'wal',
        is: 'yes',
        sentence: 'The WAL from A1 to A9 is whole; the last of it was archived 2 min ago.',
      },
      { box: 'checksums', is: 'yes', sentence: 'The checksums of the backups are right.' },
    ]);
  });

  it('take a bound to the millisecond', () => {
    const { fullWithinMs, incrementalWithinMs } = BOUNDS;
    const at = (full: number, incremental: number) => {
      const facts = {
        lastFull: { at: NOW - full, ok: true },
        lastIncremental: { at: NOW - incremental, ok: true },
      };
      return judgeBackups({ ...REPORT, ...facts }, BOUNDS, NOW).map(({ is }) => is);
    };
    expect(at(fullWithinMs, incrementalWithinMs)).toEqual(['yes', 'yes', 'yes', 'yes']);
    expect(at(fullWithinMs + 1, incrementalWithinMs + 1)).toEqual(['no', 'no', 'yes', 'yes']);
  });

  it('say how old is too old', () => {
    expect(judged({ lastFull: { at: NOW - 30 * HOUR, ok: true } })['full']).toBe(
      'no: The last full backup ended 30 h ago, which is more than 24 h.',
    );
    expect(judged({ lastIncremental: { at: NOW - 5 * MINUTE - 10_000, ok: true } })['incremental']).toBe(
      'no: The last incremental backup ended 5:10 ago, which is more than 5:00.',
    );
  });

  it('tell "none" from "unknown"', () => {
    expect(judged({ lastFull: null, lastIncremental: null })).toMatchObject({
      full: 'no: There is no full backup.',
      incremental: 'no: There is no incremental backup.',
    });
    expect(judged({ checksumsValid: null, wal: { continuous: null, from: null, to: null, toAt: null } })).toMatchObject(
      {
        wal: 'unknown: Whether WAL is missing cannot be told.',
        checksums: 'unknown: No checksums of the backups were compared.',
      },
    );
    expect(backupsUnknown('Nobody answered.')).toEqual(
      ['full', 'incremental', 'wal', 'checksums'].map((box) => ({ box, is: 'unknown', sentence: 'Nobody answered.' })),
    );
  });

  it('give the reason where there is one', () => {
    const wal = { ...REPORT.wal, continuous: false };
    const facts = { lastFull: { at: NOW - HOUR, ok: false }, wal, checksumsValid: false };
    const why = { full: 'a page is spoiled', wal: 'A4 is missing', checksums: 'base.tar differs' };
    expect(judged({ ...facts, why })).toMatchObject({
      full: 'no: The last full backup ended 1 h ago and cannot be relied on: a page is spoiled.',
      wal: 'no: The WAL from A1 to A9 is not whole: A4 is missing.',
      checksums: 'no: A checksum of the backups is wrong: base.tar differs.',
    });
  });

  it('a full backup stands in for an incremental one, unless it is spoiled itself', () => {
    const lastFull = { at: NOW - 2 * MINUTE, ok: true };
    const old = { at: NOW - HOUR, ok: true };
    const standsIn = 'yes: The last full backup ended 2 min ago (bound 5 min): newer than any incremental one.';
    expect(judged({ lastFull, lastIncremental: null })['incremental']).toBe(standsIn);
    expect(judged({ lastFull, lastIncremental: old })['incremental']).toBe(standsIn);
    expect(judged({ lastFull: { ...lastFull, ok: false }, lastIncremental: old })['incremental']).toMatch(
      /^no: .* 1 h/,
    );
  });

  it('a backup out of the future proves nothing', () => {
    expect(judged({ lastFull: { at: NOW + 50_000, ok: true } })['full']).toMatch(/^yes: .* ended 0 s ago/);
    expect(judged({ lastFull: { at: NOW + 2 * HOUR, ok: true } })).toMatchObject({
      full: 'unknown: The last full backup is dated 2 h ahead of now: one of the two clocks is wrong.',
      incremental: 'yes: The last incremental backup ended 3 min ago (bound 5 min).',
    });
  });
});
