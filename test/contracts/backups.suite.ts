/** What every `backups` adapter owes its port: to tell sound from unsound, and silence from "none". */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { IntegrationError } from '../../src/lib/errors.ts';
import { judgeBackups } from '../../src/policy/backups.ts';
import type { BackupReport, Backups } from '../../src/ports/backups.ts';

export type BackupsWorld = {
  /** A full and an incremental backup, all WAL, right checksums. */
  whole(): Backups;
  /** The same, one WAL segment in the middle missing: its name as the source calls it. */
  gap(): { backups: Backups; missing: string };
  /** The same, something in the backups damaged. */
  damaged(): Backups;
  /** It answers that there is no backup. */
  none(): Backups;
  /** What should answer is not there. */
  gone(): Backups;
  /** What answers is nonsense. */
  nonsense(): Backups;
  /** It never answers by itself; `asked` waits until it has been asked. null: nothing of its kind hangs on demand. */
  silent: ((timeoutMs: number) => { backups: Backups; asked: () => Promise<unknown> }) | null;
  close(): Promise<void>;
};

const never = new AbortController().signal;
const BOUNDS = { fullWithinMs: 24 * 3_600_000, incrementalWithinMs: 5 * 60_000 };
const boxes = (report: BackupReport, now: number) => judgeBackups(report, BOUNDS, now).map(({ is }) => is);

export function backupsContract(name: string, open: () => Promise<BackupsWorld>): void {
  describe(`${name} keeps the promises of the backups port`, () => {
    let world: BackupsWorld;
    beforeAll(async () => {
      world = await open();
    });
    afterAll(() => world?.close());

    const refusal = async (backups: Backups, signal = never) => {
      const error = await backups.report(signal).then(
        () => expect.unreachable('it reported'),
        (thrown: unknown) => thrown as IntegrationError,
      );
      expect(error).toBeInstanceOf(IntegrationError);
      expect(error.effect).toBe('none');
      expect(error.sentence).toMatch(/^[A-Z][^\n]{20,}\.$/);
      return error;
    };

    it('all four boxes are ticked where all is well', async () => {
      const report = await world.whole().report(never);
      expect(report).toMatchObject({
        lastFull: { ok: true },
        lastIncremental: { ok: true },
        wal: { continuous: true, from: expect.any(String), to: expect.any(String) },
        checksumsValid: true,
        source: expect.stringMatching(/\w/),
      });
      expect(report.lastIncremental!.at).toBeGreaterThanOrEqual(report.lastFull!.at);
      expect(report.wal.toAt).toBeGreaterThanOrEqual(report.lastFull!.at);
      const soon = report.lastIncremental!.at + 60_000;
      expect(boxes(report, soon)).toEqual(['yes', 'yes', 'yes', 'yes']);
      expect(boxes(report, soon + BOUNDS.incrementalWithinMs)).toEqual(['yes', 'no', 'yes', 'yes']);
      expect(boxes(report, soon + BOUNDS.fullWithinMs)).toEqual(['no', 'no', 'yes', 'yes']);
    });

    it('a missing segment of WAL is named', async () => {
      const { backups, missing } = world.gap();
      const report = await backups.report(never);
      expect(report.wal.continuous).toBe(false);
      expect(report.why.wal).toContain(missing);
      expect(boxes(report, report.lastIncremental!.at)).toEqual(['yes', 'yes', 'no', 'yes']);
    });

    it('a wrong checksum is found and its place named', async () => {
      const report = await world.damaged().report(never);
      expect(report.checksumsValid).toBe(false);
      expect(report.why.checksums).toMatch(/\w{3}/);
    });

    it('"there is none" is an answer', async () => {
      const report = await world.none().report(never);
      expect(report).toMatchObject({ lastFull: null, lastIncremental: null, checksumsValid: null });
      expect(report.wal.continuous).toBeNull();
      expect(boxes(report, 0)).toEqual(['no', 'no', 'unknown', 'unknown']);
    });

    it('nobody there, or nonsense, is one sentence and no answer', async () => {
      await refusal(world.gone());
      await refusal(world.nonsense());
    });

    it('it is not waited for longer than it may take, nor longer than we are wanted', async () => {
      expect((await refusal(world.whole(), AbortSignal.abort())).code).toBe('cancelled');
      if (world.silent === null) return;
      expect((await refusal(world.silent(300).backups)).sentence).toContain('within 300 ms');
      const { backups, asked } = world.silent(60_000);
      const stop = new AbortController();
      const refused = refusal(backups, stop.signal);
      await asked();
      stop.abort();
      expect((await refused).code).toBe('cancelled');
    });
  });
}
