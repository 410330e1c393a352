/** A bar, how much of how much, how fast, how long still. */
import { expect, it } from 'vitest';
import { progressText } from '../../src/messages/progress.ts';
import type { StepProgress } from '../../src/messages/scene.ts';

const at = (more: Partial<StepProgress>): string =>
  progressText({ done: 412e6, total: 675e6, unit: 'bytes', perSecond: null, leftMs: null, ...more });

it.each([
  ['all that is known', at({ perSecond: 38e6, leftMs: 6900 }), '▓▓▓▓▓▓░░░░ 61 % · 412 of 675 MB · 38 MB/s · 7 s left'],
  ['a first look', at({}), '▓▓▓▓▓▓░░░░ 61 % · 412 of 675 MB'],
  ['units that differ', at({ done: 900e3, total: 1.2e9 }), '░░░░░░░░░░ 0 % · 900 kB of 1.2 GB'],
  ['none yet', at({ done: 0, total: 500 }), '░░░░░░░░░░ 0 % · 0 of 500 B'],
  ['all but a little is not all', at({ done: 999, total: 1000 }), '▓▓▓▓▓▓▓▓▓░ 99 % · 999 B of 1.0 kB'],
  ['all', at({ done: 675e6, perSecond: 38e6, leftMs: 0 }), '▓▓▓▓▓▓▓▓▓▓ 100 % · 675 of 675 MB · 38 MB/s'],
  ['more than all', at({ done: 700e6 }), '▓▓▓▓▓▓▓▓▓▓ 100 % · 700 of 675 MB'],
  ['nothing to do', at({ done: 0, total: 0 }), '▓▓▓▓▓▓▓▓▓▓ 100 % · 0 of 0 B'],
  ['no total', at({ total: null, perSecond: 38e6 }), '412 MB so far · 38 MB/s'],
  ['no total, no rate', at({ total: null }), '412 MB so far'],
  [
    'a long time left',
    at({ perSecond: 1e6, leftMs: 263_000 }),
    '▓▓▓▓▓▓░░░░ 61 % · 412 of 675 MB · 1.0 MB/s · 4:23 left',
  ],
  [
    'rows',
    at({ done: 412, total: 675, unit: 'rows', perSecond: 38.2 }),
    '▓▓▓▓▓▓░░░░ 61 % · 412 of 675 rows · 38 rows/s',
  ],
  ['slow rows', at({ done: 1, total: 4, unit: 'rows', perSecond: 0.25 }), '▓▓░░░░░░░░ 25 % · 1 of 4 rows · 0.3 rows/s'],
  ['stalled', at({ done: 1, total: 4, unit: 'rows', perSecond: 0 }), '▓▓░░░░░░░░ 25 % · 1 of 4 rows · 0 rows/s'],
  ['rows without a total', at({ done: 412, total: null, unit: 'rows' }), '412 rows so far'],
  [
    'a part of the work, slower than it should be',
    at({ part: 'transfer', perSecond: 38e6, rateBelow: 100e6, leftMs: 6900 }),
    'transfer · ▓▓▓▓▓▓░░░░ 61 % · 412 of 675 MB · 38 MB/s, below 100 MB/s · 7 s left',
  ],
  ['as fast as it should be', at({ perSecond: 100e6, rateBelow: 100e6 }), '▓▓▓▓▓▓░░░░ 61 % · 412 of 675 MB · 100 MB/s'],
  ['slow, no total', at({ total: null, perSecond: 0, rateBelow: 100e6 }), '412 MB so far · 0 B/s, below 100 MB/s'],
  ['a part that says nothing of itself', at({ part: 'snapshot', done: 0, total: null, unit: '' }), 'snapshot'],
  ['no unit', at({ done: 1, total: 4, unit: '', perSecond: 2 }), '▓▓░░░░░░░░ 25 % · 1 of 4 · 2.0/s'],
])('%s', (_, words, wanted) => {
  expect(words).toBe(wanted);
});
