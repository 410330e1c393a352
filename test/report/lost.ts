/** A region that was lost and left, with what the run knew; and the runs that came after. */
import type { Context, Evidence, StepState } from '../../src/machine/types.ts';
import { FAILBACK, REPROTECT } from '../../src/machine/types.ts';
import type { Noted } from '../../src/report/assessment.ts';
import { at, completed, emergency, measured, NODES, promoted } from '../messages/emergency.ts';
import { step as node, type Story } from '../support/machine.ts';

export const DIVERGED: Evidence = {
  kept: '/var/lib/kept/eden-5',
  files: 4,
  bytes: 65_000_000,
  forkLsn: '0/3000000',
  transactions: { count: 3, firstAt: at('14:29:58'), lastAt: at('14:30:00') },
  tables: [
    { table: 'public.tasks', key: ['id'], rows: 30, file: '/var/lib/kept/eden-5/tasks.csv' },
    { table: 'public.users', key: [], rows: 1, file: null },
    { table: 'public.quiet', key: ['id'], rows: 0, file: null },
  ],
  why: null,
};

const LOSS: Evidence = {
  lossSeconds: 3.437,
  lossBytes: 119_952,
  heartbeatAt: at('14:29:56'),
  targetLsn: '0/3000000',
  sourceLsn: '0/3000400',
  sourceSeenAt: at('14:29:58'),
  sourceUntil: at('14:29:59'),
  how: ['us-west-2 has every write before 14:29:56.0 UTC (heartbeat row)'],
  missing: [],
};

export const state = (evidence: Evidence | null, more: Partial<StepState> = {}): StepState => ({
  status: 'done',
  attempt: 1,
  before: null,
  evidence,
  summary: null,
  why: null,
  intendedAt: null,
  endedAt: at('14:40:00'),
  deadline: null,
  within: null,
  ...more,
});

/** Completed at 14:45; its fence and its cordon are owed, the tag was left out by Bo. */
export function lost(): Story {
  const nodes = [
    ...NODES,
    node('fence-lost-source', 'promoting', { title: 'Fence us-east-1, if anything of it answers' }),
    node('cordon-source', 'securing', { title: 'Cordon the nodes of us-east-1' }),
    node('tag-source', 'securing', { title: 'Tag us-east-1 for review' }),
  ];
  const told = measured(emergency({ nodes }), LOSS);
  told.approve('promote').finish('scale-up-target').found('target-endpoints');
  const evidence = { owed: true, leftAtLsn: '0/3000400' };
  told
    .intend('fence-lost-source')
    .take({ type: 'STEP_DONE', step: 'fence-lost-source', attempt: 1, evidence, summary: 'us-east-1 does not answer' });
  told.finish('promote-postgres').found('prove-target-writable').finish('switch-dns').found('services-well');
  told
    .intend('cordon-source')
    .take({ type: 'STEP_DONE', step: 'cordon-source', attempt: 1, evidence: { owed: true }, summary: null });
  told.intend('tag-source').notDone('tag-source');
  told.take({ type: 'STEP_SKIPPED', step: 'tag-source', by: 'UBO', reason: 'no right there' });
  return told.finish('secure-source');
}
export { completed, promoted };

/** The run with what its plan was approved for, as the assessment reads it. */
export const withBound = (c: Context): Context => ({
  ...c,
  plan: { ...c.plan!, bounds: { ...c.plan!.bounds, loss: { seconds: 3.437, bytes: 119_952 } } },
});

/** A later run of its own, as far as a question of what it saw goes. */
export const later = (run: string, c: Context, more: Partial<Context>): Context => ({
  ...c,
  run,
  runbook: REPROTECT,
  mode: 'planned',
  end: 'completed',
  endedAt: c.endedAt! + 3_600_000,
  steps: {},
  nodes: [],
  recovery: null,
  assessed: null,
  ...more,
});
export const home = (run: string, c: Context): Context =>
  later(run, c, { runbook: FAILBACK, source: c.target, target: c.source });

export const note = (type: string, data: Noted['data'], actor = 'runner', when = at('16:00:00')): Noted => ({
  type,
  at: when,
  actor,
  data,
});
