/** Another number of pods by hand: in the region that serves, within bounds, seen to be so. */
import { beforeEach, describe, expect, it } from 'vitest';
import { scalingOf } from '../../src/app/scaling.ts';
import type { Config } from '../../src/config/schema.ts';
import { openWishes } from '../../src/runner/scaling.ts';
import { workload } from '../steps/world.ts';
import { type Bench, bench, said } from './bench.ts';

let here: Bench;
beforeEach(async () => {
  here = await bench();
});
const scaled = () => here.state.calls.filter((call) => call.startsWith('scale '));
const rows = async () =>
  (await here.journal.read('system'))
    .filter(({ type }) => type.startsWith('SCALE_'))
    .map(({ type, data }) => ({ type, ...data }));

describe('done', () => {
  it('in the serving region, written down before, ended when its pods are ready', async () => {
    expect(said(await here.type('UANA', 'scale api 5 reason:"slow"'))).toBe(
      'api in east: 3 → 5 pods. Done when they are ready; the channel says so.',
    );
    await here.clock.advance(1000);
    expect(scaled()).toEqual(['scale east api 5']);
    expect(await rows()).toMatchObject([
      { type: 'SCALE_INTENDED', service: 'api', region: 'east', from: 3, to: 5, by: 'UANA', reason: 'slow' },
      { type: 'SCALE_ENDED', service: 'api', to: 5, done: true },
    ]);
    expect(here.broken).toEqual([]);
  });

  it('by a button, once for each delivery', async () => {
    for (let count = 0; count < 2; count += 1)
      await here.press('UANA', 'scale:api', { run: 'eden-1', service: 'api', replicas: 4 }, 'same');
    await here.clock.advance(1000);
    expect(scaled()).toEqual(['scale east api 4']);
  });

  it('to none only by the typed name', async () => {
    const reply = await here.type('UANA', 'scale api 0');
    expect(said(reply)).toContain('With no pods api serves nobody there');
    expect(said(await here.submit('UANA', 'scale', { service: 'api', replicas: 0 }, { reason: 'x', sure: 'ap' }))).toBe(
      '(at sure) Type its name, api, to scale it to no pods; “ap” was typed. Nothing was changed.',
    );
    expect(scaled()).toEqual([]);
    await here.submit('UANA', 'scale', { service: 'api', replicas: 0 }, { reason: 'x', sure: 'api' });
    await here.clock.advance(1000);
    expect(scaled()).toEqual(['scale east api 0']);
  });

  it('by the dialog of a card that cannot say how many would help', async () => {
    const form = await here.press('UANA', 'scale', { run: 'eden-1', ask: true });
    expect(said(form)).toBe(
      '(form scale)\nIn east, which serves. Done when its pods are ready; within the bounds of the configuration.',
    );
    const submit = (replicas: string, sure = '') =>
      here.submit('UANA', 'scale', {}, { service: 'api', replicas, reason: '', sure });
    expect(said(await submit('many'))).toContain('(at replicas) “many” is not a number of pods');
    expect(said(await submit('0'))).toContain('(at sure) Type its name, api');
    expect(said(await submit(' 4 '))).toContain('api in east: 3 → 4 pods.');
    await here.clock.advance(1000);
    expect(scaled()).toEqual(['scale east api 4']);
    expect(said(await here.press('UDEE', 'scale', { run: 'eden-1', ask: true }))).toContain('You cannot do this.');
  });

  it('says that pods are not ready in time; a newer wish ends the older', async () => {
    here.state.ending = true;
    await here.type('UANA', 'scale api 5');
    await here.clock.advance(2000);
    await here.type('UANA', 'scale api 6');
    await here.clock.advance(6 * 60_000);
    expect((await rows()).filter(({ type }) => type === 'SCALE_ENDED')).toMatchObject([
      { to: 5, done: false, why: 'asked for anew: 6 pods' },
      { to: 6, done: false, why: '3 of 6 pods ready' },
    ]);
  });

  it('after a restart only looks: nothing is sent a second time', async () => {
    here.state.ending = true;
    await here.type('UANA', 'scale api 5');
    await here.clock.advance(1000);
    here.stop.abort();
    await here.scaling.stopped();
    const open = async () => openWishes(await here.journal.read('system'));
    expect(await open()).toMatchObject([{ service: 'api', to: 5 }]);
    const { cluster } = here.ports;
    const next = scalingOf({
      config: { timings: { poll: 1000, callTimeout: 1000 } } as Config,
      cluster,
      ledger: here.ledger,
      journal: here.journal,
      clock: here.clock,
      log: { info() {}, warn() {}, error() {} },
      stop: new AbortController().signal,
    });
    await next.start();
    here.state.workloads['east']!['api'] = workload('api', 5);
    await here.clock.advance(1000);
    expect(await open()).toEqual([]);
    expect(scaled()).toHaveLength(1);
  });
});

describe('refused', () => {
  it.each([
    [
      'scale',
      'Say which service and how many pods: /dr scale <service> <n>. Services are api, task. Nothing was changed.',
    ],
    ['scale apy 3', '“apy” is not a service here: /dr scale <service> <n>. Did you mean api? Nothing was changed.'],
    ['scale api', 'Say how many pods api may have: 0 to 10 (maxReplicas). Nothing was changed.'],
    ['scale api 11', '“11” is not a number of pods api may have: 0 to 10 (maxReplicas). Nothing was changed.'],
    ['scale api -1', '“-1” is not a number of pods api may have: 0 to 10 (maxReplicas). Nothing was changed.'],
  ])('%s', async (line, why) => {
    expect(said(await here.type('UANA', line))).toBe(why);
    expect(scaled()).toEqual([]);
  });

  it('to whoever does not operate', async () => {
    expect(said(await here.type('UDEE', 'scale api 4'))).toBe('You cannot do this. Who can: SOPS');
    expect(scaled()).toEqual([]);
  });

  it('against an autoscaler, and where there is no room', async () => {
    here.state.workloads['east']!['api'] = workload('api', 3, { autoscaler: { name: 'hpa', min: 2, max: 4 } });
    expect(said(await here.type('UANA', 'scale api 5'))).toContain('the autoscaler hpa allows at most 4 pods');
    expect(said(await here.type('UANA', 'scale api 1'))).toContain('the autoscaler hpa keeps at least 2 pods');
    here.state.capacity = { ...here.state.capacity, free: [] };
    expect(said(await here.type('UANA', 'scale task 4'))).toBe(
      'task: east has no room for 2 of the 2 more pods. Add nodes first, or ask for fewer. Nothing was changed.',
    );
    expect(scaled()).toEqual([]);
  });

  it('where nobody is seen to serve, or two are', async () => {
    here.state.servers['east']!.down = true;
    expect(said(await here.type('UANA', 'scale api 4'))).toContain('No region answers as the primary');
    here.state.servers['east']!.down = false;
    here.state.servers['west']!.role = 'primary';
    expect(said(await here.type('UANA', 'scale api 4'))).toContain('east and west both answer as primary');
  });

  it('while everything is halted', async () => {
    await here.type('UANA', 'halt reason:"look first"');
    expect(said(await here.type('UANA', 'scale api 4'))).toContain('Everything is halted');
    expect(scaled()).toEqual([]);
  });
});
