import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  missingBetween,
  nameOf,
  type Segment,
  segmentOf,
  switchesIn,
} from '../../../src/integrations/backups/wal-chain.ts';

const MIB = 1024 * 1024;
const SIZE = 16 * MIB;
const seg = (timeline: number, number: number): Segment => ({ timeline, number });

describe('names of segments', () => {
  it('count on over the end of a log', () => {
    expect(segmentOf('0000000100000000000000FF', SIZE)).toEqual(seg(1, 255));
    expect(segmentOf('0000000A0000000100000000', SIZE)).toEqual(seg(10, 256));
    expect(segmentOf('0000000100000001000003FF', 4 * MIB)).toEqual(seg(1, 2047));
    expect(nameOf(seg(10, 256), SIZE)).toBe('0000000A0000000100000000');
  });

  it('are read back as they were written, whatever the size', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10 }), fc.nat(1e6), fc.nat(1e9), (power, timeline, number) => {
        const size = 2 ** power * MIB;
        expect(segmentOf(nameOf(seg(timeline, number), size), size)).toEqual(seg(timeline, number));
      }),
    );
  });

  it('of another size, or of other files, are none', () => {
    expect(segmentOf('000000010000000000000100', SIZE)).toBeNull();
    expect(segmentOf('000000010000000000000040', 64 * MIB)).toBeNull();
    for (const name of ['00000002.history', '00000001000000000000000', '00000001000000000000000g', ''])
      expect(segmentOf(name, SIZE)).toBeNull();
  });
});

describe('a history file', () => {
  it('says where one timeline ended and the next began', () => {
    const text = '1\t0/8000148\tno recovery target specified\n\n2\tA/FF000000\tbefore 2026-11-23 02:00:00+00\n';
    expect(switchesIn(text, SIZE)).toEqual([
      { timeline: 1, number: 8 },
      { timeline: 2, number: 0xa * 256 + 0xff },
    ]);
  });

  it('is none where it says something else', () => {
    expect(switchesIn('', SIZE)).toBeNull();
    expect(switchesIn('hello\n', SIZE)).toBeNull();
    expect(switchesIn('1\t0/8000148\tx\nhello\n', SIZE)).toBeNull();
  });
});

describe('what is missing', () => {
  const held = (timeline: number, from: number, to: number) =>
    Array.from({ length: to - from + 1 }, (_, index) => seg(timeline, from + index));

  it('is nothing where all is there, whatever else lies around', () => {
    const all = [...held(1, 0, 9), seg(1, 4), seg(7, 3)].toReversed();
    expect(missingBetween(all, seg(1, 2), seg(1, 9), [])).toEqual({ missing: [], count: 0 });
  });

  it('is named, and counted where it is much', () => {
    const all = [...held(1, 0, 3), ...held(1, 5, 6)];
    expect(missingBetween(all, seg(1, 2), seg(1, 8), [])).toEqual({
      missing: [seg(1, 4), seg(1, 7), seg(1, 8)],
      count: 3,
    });
    const far = missingBetween([seg(1, 0)], seg(1, 0), seg(1, 1e12), []);
    expect(far).toEqual({ missing: [seg(1, 1), seg(1, 2), seg(1, 3)], count: 1e12 });
  });

  it('goes over to the new timeline at its switch, not before and not after', () => {
    const switches = [
      { timeline: 1, number: 4 },
      { timeline: 2, number: 7 },
    ];
    const chain = [...held(1, 0, 3), ...held(2, 4, 6), ...held(3, 7, 8)];
    const missing = (all: Segment[]) => missingBetween(all, seg(1, 0), seg(3, 8), switches).missing;
    expect(missing(chain)).toEqual([]);
    // What the former primary went on to write is of no use on the new timeline.
    expect(missing([...held(1, 0, 8), ...held(3, 7, 8)])).toEqual([seg(2, 4), seg(2, 5), seg(2, 6)]);
    for (const gone of chain) expect(missing(chain.filter((each) => each !== gone))).toEqual([gone]);
  });
});
