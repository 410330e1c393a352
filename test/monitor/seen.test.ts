import { describe, expect, it } from 'vitest';
import type { Look, Reading } from '../../src/monitor/look.ts';
import { agreement, counted } from '../../src/monitor/seen.ts';

const says = (more: Partial<Reading> = {}): Reading => ({
  scoreLow: false,
  errorsHigh: null,
  cut: false,
  critical: false,
  ...more,
});
const from = (vantage: string, reading: Reading) => ({
  look: { vantage, region: 'east', at: 0, probes: [], errorRate: null } satisfies Look,
  reading,
});

describe('two of three places must agree', () => {
  it('on what each of them sees for itself', () => {
    expect(agreement([says({ scoreLow: true }), says(), says()], 2).scoreLow).toBe(false);
    expect(agreement([says({ scoreLow: true }), says({ scoreLow: true }), says()], 2).scoreLow).toBe(true);
  });
  it('but the share of failed requests is measured once, and whoever asks the metrics speaks for all', () => {
    expect(agreement([says({ errorsHigh: true }), says(), says()], 2).errorsHigh).toBe(true);
    expect(agreement([says({ errorsHigh: false }), says(), says()], 2).errorsHigh).toBe(false);
    expect(agreement([says(), says()], 2).errorsHigh).toBeNull();
  });
  it('and where several measure it, most of them must say so', () => {
    expect(agreement([says({ errorsHigh: true }), says({ errorsHigh: false }), says()], 2).errorsHigh).toBeNull();
    expect(agreement([says({ errorsHigh: true }), says({ errorsHigh: true }), says()], 2).errorsHigh).toBe(true);
  });
  it('the card then does not ask for more places than can say', () => {
    const list = [from('regent', says({ errorsHigh: true })), from('witness', says()), from('west', says())];
    expect(counted(list, 2)).toMatchObject({ agree: 1, needed: 1 });
    expect(counted([from('regent', says({ scoreLow: true })), from('witness', says())], 2)).toMatchObject({
      needed: 2,
    });
  });
});
