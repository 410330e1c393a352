/** What a completed run is measured by, in words. */
import { expect, it } from 'vitest';
import { historyLine, successLine } from '../../src/messages/history.ts';
import { measureLines } from '../../src/messages/success.ts';
import * as disaster from './emergency.ts';
import { begun, completed, fenced, lineText } from './scenes.ts';

const linesOf = (evidence: object, verified = '14:45:32') =>
  measureLines(disaster.completed(verified, disaster.promoted(disaster.emergency(), { ...evidence })).c).map(lineText);

it('nothing lost', () => {
  expect(linesOf({ lossBytes: 0, lossSeconds: 0 })).toEqual([
    '✔ RTO met: 15:32 of 30:00',
    '✔ RPO met: 0 s of 5:00',
    '❓ All services operational: nobody was asked',
    '✔ No data lost',
    '✔ Health checks passing',
    'Last decision after 0:05, carried out in 15:32, downtime 15:32, a decision was owed for 0:01 of it.',
  ]);
});

it('a bound is rounded up, and never reads as nothing', () => {
  const lines = linesOf({ lossBytes: 3501, lossSeconds: 4.21 });
  expect(lines[1]).toBe('✔ RPO met: at most 4.3 s of 5:00');
  expect(lines[3]).toBe('✖ Data may be lost: at most 3.6 kB, 4.3 s');
});

it('missed, and unknown', () => {
  expect(linesOf({ lossBytes: 5, lossSeconds: 301 }, '15:00:01').slice(0, 2)).toEqual([
    '✖ RTO missed: 30:01 of 30:00',
    '✖ RPO missed: at most 301.0 s of 5:00',
  ]);
  const lines = linesOf({});
  expect(lines[1]).toBe('❓ RPO unknown: nobody can say what was lost of at most 5:00');
  expect(lines[3]).toBe('❓ Whether data were lost nobody can say');
});

it('the history has a line for each run, and the rate', () => {
  expect(lineText(historyLine(completed().c))).toBe(
    'eden-1 east → west, 1 s, completed, in 0:32, downtime 0:16: ‹“maintenance”›',
  );
  expect(lineText(historyLine(begun().abort().c))).toContain(', aborted: ');
  expect(lineText(historyLine(fenced().c))).toContain(', under way: ');
  expect(successLine([fenced().c])).toEqual([]);
  expect(successLine([begun().abort().c])).toEqual(['Success rate: 0 of 1 run completed (0 %).']);
  expect(successLine([begun().abort().c, completed().c, disaster.completed().c])).toEqual([
    'Success rate: 2 of 3 runs completed (66 %), 0 of them with all five criteria met.',
  ]);
});
