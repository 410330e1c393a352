import { expect, test } from 'vitest';
import { whyNotFollow } from '../../../lab/postgres/ancestry.ts';

const HISTORY = '1\t0/3000148\tno recovery target specified\n\n2\t0/50000A0\tno recovery target specified\n';
const primary = { systemIdentifier: '7', timeline: 3, history: HISTORY };
const own = { state: 'shut down', checkpoint: '0/50000A0', timeline: 2, systemIdentifier: '7' };

test.each([
  ['all it wrote lies before the fork', { checkpoint: '0/5000028' }, null],
  ['an older timeline, left before its own fork', { timeline: 1, checkpoint: '0/30000D0' }, null],
  ['a standby that was stopped', { state: 'shut down in recovery', checkpoint: '0/5000028' }, null],
  ['a standby on the primary’s own timeline', { state: 'shut down in recovery', timeline: 3 }, null],
  ['it wrote at the fork', {}, 'it wrote on after the primary'],
  ['it wrote beyond the fork', { checkpoint: '1/0' }, 'its last checkpoint is at 1/0, the fork at 0/50000A0'],
  ['it crashed', { state: 'in production', checkpoint: '0/5000028' }, 'not stopped cleanly: its control file says "in'],
  ['a crashed standby', { state: 'in archive recovery', checkpoint: '0/5000028' }, 'not stopped cleanly'],
  ['another database', { systemIdentifier: '8', checkpoint: '0/5000028' }, 'it is another database'],
  ['a primary on the same timeline', { timeline: 3 }, 'where the other one writes too'],
  ['a timeline the primary never was on', { timeline: 4 }, 'is no ancestor of the primary'],
])('%s', (_, seen, why) => {
  const said = whyNotFollow({ ...own, ...seen }, primary);
  if (why === null) expect(said).toBeNull();
  else expect(said).toContain(why);
});
