import { judgeBackups } from '../policy/backups.ts';
import { done, notDone, unknown } from '../ports/answer.ts';
import { defineCheck } from './step.ts';

const BOX_WORDS = {
  full: 'full backup',
  incremental: 'incremental backup',
  wal: 'transaction logs',
  checksums: 'checksums',
} as const;

/** The four boxes: what is there if the promotion goes wrong. Nothing of the run itself rests on it. */
export const backupsUsable = defineCheck({
  id: 'backups-usable',
  title: 'See that the backups are usable',
  about: {
    does: 'Looks at what there is if everything else goes wrong, before a region is given up. Nothing of the run rests on it, so a named person may go on without it with a reason.',
    asks: 'Asks pgBackRest, or reads the manifest, and judges four things: a full backup within `backups.fullWithin`, an incremental one within `backups.incrementalWithin` (or the RPO), the transaction logs without a gap, and valid checksums. Done when all four are so.',
    whenItStops: [
      '“older than”: a backup was due. Waiting for one in the middle of a disaster is rarely right: go on without it, and say why.',
      '“a gap”: between the last full backup and now a log is missing; what came after the gap cannot be restored from here.',
      'No answer: the backup host is not reachable from here. It may stand in the region that failed.',
    ],
  },
  phase: 'assessing',
  after: ['failure-confirmed'],
  budgetMs: 30_000,
  uses: ['backups', 'clock'],
  when: (system) => system.backups !== null,
  rule: true,
  async check({ backups, clock, system, signal }) {
    const bounds = system.backups!;
    const report = await backups.report(signal);
    const boxes = judgeBackups(report, bounds, clock.now());
    const bad = boxes.filter(({ is }) => is !== 'yes');
    const evidence = {
      source: report.source,
      // As moments: what was three hours ago then is compared with the outage later.
      lastFullAt: report.lastFull?.at ?? null,
      lastIncrementalAt: report.lastIncremental?.at ?? null,
      walToAt: report.wal.toAt,
      boxes: boxes.map(({ box, is, sentence }) => ({ box, is, sentence })),
      trouble: bad.map(({ sentence }) => sentence),
    };
    if (bad.length === 0)
      return done(evidence, `${report.source}: ${boxes.map(({ box }) => BOX_WORDS[box]).join(', ')} as they should be`);
    const why = bad.map(({ sentence }) => sentence).join(' ');
    // Old backups do not become younger by waiting; an answer that could not be had may still come.
    return bad.some(({ is }) => is === 'no') ? { ...notDone(why, evidence), final: true } : unknown(why, evidence);
  },
});
