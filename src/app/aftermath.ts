/** What follows an emergency, made from what is known of it: the files, the plan, and what is seen to be done. */
import { hasLost } from '../machine/recovery.ts';
import type { Context } from '../machine/types.ts';
import { assessmentOf, foundOf, type Known, laterRuns } from '../report/assessment.ts';
import { assessmentFile } from '../report/assessment-file.ts';
import { reconciliationFile } from '../report/reconciliation-file.ts';
import { plannedItems, seenDone } from '../report/recovery.ts';
import type { AftermathWorld } from '../runner/aftermath.ts';
import { RUNNER } from '../runner/face.ts';
import type { NewEvent } from '../runner/ledger.ts';
import type { System } from '../steps/system.ts';

/** A region that serves again, of which nothing was ever written down: an older version left it so. */
const isBygone = (c: Context, known: Known): boolean =>
  c.assessed === null && laterRuns(c, known).some(({ target, end }) => target === c.source && end === 'completed');

export const aftermathOf = ({ home }: Pick<System, 'home'>): Pick<AftermathWorld, 'due' | 'files'> => ({
  due(c, known): NewEvent[] {
    if (!hasLost(c) || isBygone(c, known)) return [];
    const a = assessmentOf(c, known);
    const missing = plannedItems(c, a, { home: c.source === home }).filter(
      ({ key }) => !c.recovery?.items.some((item) => item.key === key),
    );
    return [
      ...missing.map((one): NewEvent => ({ type: 'RECOVERY_ADDED', ...one, by: RUNNER, owner: null, due: null })),
      ...seenDone(c, a, known).map((one): NewEvent => ({ type: 'RECOVERY_DONE', ...one })),
    ];
  },
  files(c, known) {
    if (isBygone(c, known)) return null;
    const a = assessmentOf(c, known);
    return {
      files: [
        { name: 'assessment.md', text: assessmentFile(a) },
        { name: 'reconciliation.md', text: reconciliationFile(a, c.recovery?.items ?? []) },
      ],
      found: foundOf(a),
    };
  },
});
