/** A run in numbers, out of its state alone. */
import { describe, expect, it } from 'vitest';
import type { Context } from '../../src/machine/types.ts';
import { beganAt, lossOf, metricsOf, outageOf, servedAt, successOf } from '../../src/report/metrics.ts';
import * as disaster from '../messages/emergency.ts';
import * as move from '../messages/scenes.ts';
import { check, type Story } from '../support/machine.ts';

const seenAt = (clock: string) => {
  const told = disaster.emergency({ confirmed: false });
  told.take({
    type: 'STEP_ALREADY_DONE',
    step: 'failure-confirmed',
    evidence: { since: disaster.at(clock) },
    summary: null,
  });
  return told;
};
const metOf = ({ c }: Story) => Object.fromEntries(metricsOf(c).criteria.map(({ name, met }) => [name, met]));

describe('an emergency', () => {
  it('begins with the first confirmed bad sight', () => {
    const told = disaster.completed('14:45:32', disaster.promoted(seenAt('14:28:30')));
    expect(beganAt(told.c)).toBe(disaster.at('14:28:30'));
    expect(servedAt(told.c)).toBe(disaster.at('14:45:32'));
    expect(metricsOf(told.c)).toMatchObject({
      end: 'completed',
      detectionMs: 90_000,
      executionMs: 932_000,
      recoveryMs: 1_022_000,
    });
  });

  it('whose sight came after it was declared took no time to be detected', () => {
    const told = disaster.completed('14:45:32', disaster.promoted(seenAt('14:30:05')));
    expect(metricsOf(told.c)).toMatchObject({ detectionMs: null, executionMs: 932_000, recoveryMs: 932_000 });
  });

  it('its downtime ends with the first proven write that clients reach, and begins with the bad sight', () => {
    const told = disaster.completed('14:45:32', disaster.promoted(seenAt('14:28:30')));
    const c: Context = { ...told.c, outage: { from: disaster.at('14:31:00'), to: disaster.at('14:40:00') } };
    expect(metricsOf(c).downtimeMs).toBe(690_000);
    // Nothing had to be stopped: it ends where service was verified.
    expect(metricsOf(told.c).downtimeMs).toBe(1_022_000);
  });

  it('while it lasts clients have been without service since the bad sight, not since the fence was tried', () => {
    const told = seenAt('14:28:30');
    const c: Context = { ...told.c, outage: { from: disaster.at('14:31:00'), to: null } };
    expect(outageOf(c)).toEqual({ from: disaster.at('14:28:30'), to: null });
    // Declared by its name, though it served: it was stopped by the fence.
    expect(outageOf({ ...c, byName: 'east' })).toEqual({ from: disaster.at('14:31:00'), to: null });
  });

  it('that began as a planned move began well', () => {
    const switched = { by: 'U1', at: disaster.at('14:40:00'), reason: 'x', gaveUp: 'y', voted: true };
    const c: Context = { ...disaster.emergency({ confirmed: false }).c, switched };
    expect(outageOf(c)).toEqual({ from: null, to: null });
    const seen: Context = { ...seenAt('14:41:00').c, switched };
    expect(outageOf(seen)).toEqual({ from: disaster.at('14:41:00'), to: null });
  });

  it.each([
    [
      { lossBytes: 0, lossSeconds: 0 },
      { rpo: true, loss: true },
    ],
    [
      { lossBytes: 1, lossSeconds: 4.2 },
      { rpo: true, loss: false },
    ],
    [
      { lossBytes: 1, lossSeconds: 301 },
      { rpo: false, loss: false },
    ],
    [{}, { rpo: null, loss: null }],
  ])('with a loss of %j', (evidence, criteria) => {
    const told = disaster.completed('14:45:32', disaster.promoted(disaster.emergency(), evidence));
    expect(metOf(told)).toMatchObject({ rto: true, ...criteria });
  });

  it('that took too long missed its objective', () => {
    expect(metOf(disaster.completed('15:00:01')).rto).toBe(false);
    expect(metOf(disaster.completed('15:00:00')).rto).toBe(true);
  });
});

describe('a planned run', () => {
  it('in all its numbers', () => {
    const { criteria, ...numbers } = metricsOf(move.completed().c);
    expect(numbers).toEqual({
      end: 'completed',
      detectionMs: null,
      decisionMs: 12_000,
      waitedMs: 5000,
      executionMs: 32_000,
      recoveryMs: 32_000,
      downtimeMs: 16_000,
      loss: { bytes: 0, seconds: 0 },
    });
    expect(criteria.map(({ met }) => met)).toEqual([true, true, true, true, null]);
  });

  it('under way, or ended otherwise: what is not known is null', () => {
    expect(metricsOf(move.fenced().c)).toMatchObject({ end: null, executionMs: null, downtimeMs: null, loss: null });
    expect(metricsOf(move.asked().abort().c)).toMatchObject({
      end: 'aborted',
      recoveryMs: null,
      downtimeMs: 0,
      criteria: [],
    });
    expect(lossOf(move.asked().c)).toBeNull();
  });
});

describe('what was promised', () => {
  const nodes = [
    ...disaster.NODES.filter(({ id }) => id !== 'services-well'),
    check('public-health', 'verifying', { title: 'Ask every service' }),
    check('error-rate', 'verifying', { title: 'See how many fail' }),
    check('performance', 'verifying', { title: 'See how fast' }),
  ];
  const promoted = () => disaster.promoted(disaster.emergency({ nodes })).finish('switch-dns');
  const skip = (told: Story, step: string) =>
    told.notDone(step, { attempt: 1 }).take({ type: 'STEP_SKIPPED', step, by: 'UBO', reason: 'x' });

  it('is kept where everything was seen', () => {
    const told = promoted().found('public-health', 'error-rate', 'performance').finish('secure-source');
    expect(metOf(told)).toEqual({ rto: true, rpo: true, services: true, loss: true, health: true });
  });

  it('what was skipped was not seen, and is named', () => {
    const told = skip(skip(promoted(), 'public-health').found('performance'), 'error-rate').finish('secure-source');
    const { criteria } = metricsOf(told.c);
    expect(criteria.filter(({ met }) => met === false)).toEqual([
      { name: 'services', met: false, of: ['Ask every service'] },
      { name: 'health', met: false, of: ['See how many fail'] },
    ]);
  });

  it('of what ended with a warning nobody can say', () => {
    const told = promoted().found('public-health', 'error-rate');
    told.take({ type: 'STEP_ALREADY_DONE', step: 'performance', evidence: { warning: 'no baseline' }, summary: null });
    expect(metricsOf(told.finish('secure-source').c).criteria.at(-1)).toEqual({
      name: 'health',
      met: null,
      of: ['See how fast'],
    });
  });
});

it('how many did what was promised', () => {
  expect(successOf([])).toEqual({ ended: 0, completed: 0, kept: 0 });
  const runs = [move.begun().abort(), move.completed(), move.fenced(), disaster.completed('15:01:00')];
  expect(successOf(runs.map(({ c }) => c))).toEqual({ ended: 3, completed: 2, kept: 0 });
});
