import { expect, test } from 'vitest';
import { continuous } from '../../../lab/world/backups.ts';

test.each([
  [['000000010000000000000001', '000000010000000000000002'], true],
  [['000000010000000000000001', '000000010000000000000003'], false],
  // 256 segments of 16 MB to a log file.
  [['0000000100000000000000FF', '000000010000000100000000'], true],
  // A new timeline begins anew: what lies before the fork is another one's.
  [['000000010000000000000001', '000000020000000000000005', '000000020000000000000006'], true],
  [[], false],
])('segments %j: without a gap %s', (segments, expected) => {
  expect(continuous(segments)).toBe(expected);
});
