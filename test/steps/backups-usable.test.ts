/** The four boxes of the backups, before a region is given up. */
import { expect, it } from 'vitest';
import type { BackupReport } from '../../src/ports/backups.ts';
import { backupsUsable } from '../../src/steps/backups-usable.ts';
import { stage, wordsOf } from './stage.ts';

const HOUR = 3_600_000;
const NOW = 100 * HOUR;
const sound: BackupReport = {
  lastFull: { at: NOW - 5 * HOUR, ok: true },
  lastIncremental: { at: NOW - 60_000, ok: true },
  wal: { continuous: true, from: '1', to: '9', toAt: NOW - 1000 },
  checksumsValid: true,
  source: 'pgbackrest, stanza eden',
  why: {},
};
async function asked(report: Partial<BackupReport>) {
  const here = await stage(undefined, { backups: { fullWithinMs: 24 * HOUR, incrementalWithinMs: 300_000 } });
  here.state.now = NOW;
  here.state.backups = { ...sound, ...report };
  return await here.check(backupsUsable);
}

it('are so when all four boxes are', async () => {
  const answer = await asked({});
  expect(wordsOf(answer)).toBe(
    'done: pgbackrest, stanza eden: full backup, incremental backup, transaction logs, checksums as they should be',
  );
  expect(answer.evidence['trouble']).toEqual([]);
  // As moments: they are compared with an outage later.
  expect(answer.evidence).toMatchObject({
    lastFullAt: NOW - 5 * HOUR,
    lastIncrementalAt: NOW - 60_000,
    walToAt: NOW - 1000,
  });
});

it('hold at once with each box that is not so: waiting makes no backup younger', async () => {
  const answer = await asked({
    lastFull: { at: NOW - 30 * HOUR, ok: true },
    lastIncremental: { at: NOW - HOUR, ok: true },
    wal: { ...sound.wal, continuous: false },
    checksumsValid: false,
  });
  expect(answer).toMatchObject({ is: 'notDone', final: true });
  expect(answer.evidence['trouble']).toHaveLength(4);
});

it('say that nobody can tell where that is so', async () => {
  const answer = await asked({ checksumsValid: null });
  expect(answer.is).toBe('unknown');
  expect(answer).not.toHaveProperty('final');
});

it('are a rule of the house, left out where no backups are configured', () => {
  expect(backupsUsable.rule).toBe(true);
  expect(backupsUsable.when!({ backups: null } as never)).toBe(false);
});
