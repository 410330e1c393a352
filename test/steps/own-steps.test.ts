/** The owner's own steps: where they stand in a run, and what of them stands in its plan. */
import { describe, expect, it } from 'vitest';
import { withOwnSteps } from '../../src/steps/own-steps.ts';
import { planned } from '../../src/steps/runbooks/planned.ts';
import { nodesFor, type Runbook, stepsOf } from '../../src/steps/step.ts';
import type { ConfiguredStep } from '../../src/steps/system.ts';
import { CHECK, configured, ENDPOINT, set, WITH_STATUS } from './own-steps.rig.ts';
import { system } from './system.ts';

describe('their places', () => {
  const placed = (...steps: Partial<ConfiguredStep>[]): Runbook =>
    withOwnSteps(planned, system(undefined, { scripts: steps.map(configured) }));
  const order = (runbook: Runbook) => runbook.nodes.map((node) => node.id);
  const node = (runbook: Runbook, id: string) => runbook.nodes.find((one) => one.id === id)!;

  it('none: the runbook as it is', () => {
    expect(withOwnSteps(planned, system())).toEqual(planned);
  });

  it('behind the runbook’s own of their phase, in the order they are written', () => {
    const phases = ['validating', 'assessing', 'preparing', 'promoting', 'redirecting', 'verifying'] as const;
    const runbook = placed(
      ...phases.map((phase) => ({ id: `own-${phase}`, phase })),
      { id: 'second', phase: 'preparing' },
      { id: 'own-securing', phase: 'securing' },
      { id: 'own-closing', phase: 'closing' },
      { id: 'own-end', phase: 'atEnd' },
    );
    const steps = stepsOf(runbook);
    const ranks = [
      'validating',
      'assessing',
      'preparing',
      'promoting',
      'redirecting',
      'verifying',
      'securing',
      'closing',
      'atEnd',
    ];
    for (const phase of phases) {
      const own = steps.findIndex(({ id }) => id === `own-${phase}`);
      const theirs = stepsOf(planned)
        .filter((step) => step.phase === phase)
        .map(({ id }) => id);
      for (const id of theirs) expect(order(runbook).indexOf(id)).toBeLessThan(order(runbook).indexOf(`own-${phase}`));
      // Nothing of a later phase stands before it.
      expect(steps.slice(0, own).every((one) => ranks.indexOf(one.phase) <= ranks.indexOf(phase))).toBe(true);
    }
    expect(order(runbook)[order(runbook).indexOf('own-preparing') + 1]).toBe('second');
    const late = order(runbook).filter((id) => /^own-(securing|closing|end)$/.test(id));
    expect([late, order(runbook).at(-1)]).toEqual([['own-securing', 'own-closing', 'own-end'], 'own-end']);
    // All that was there is there, in its order.
    expect(order(runbook).filter((id) => order(planned).includes(id))).toEqual(order(planned));
  });

  it('what only asks before people decide is asked before they are', () => {
    const asks = { does: null, ...CHECK };
    const runbook = placed(
      { id: 'a', phase: 'validating', ...asks },
      { id: 'b', phase: 'assessing', ...asks },
      { id: 'c', phase: 'preparing', ...asks },
      { id: 'd', phase: 'assessing' },
    );
    const own = (node(planned, 'promote') as { after: string[] }).after;
    expect(node(runbook, 'promote')).toMatchObject({ after: [...own, 'a', 'b'] });
    expect(node(runbook, 'dns')).toEqual(node(planned, 'dns'));
    // The runbook itself is not touched.
    expect(node(planned, 'promote')).toMatchObject({ after: own });
  });

  it('clients at poolers wait for what it does while promoting: it may lead them elsewhere', () => {
    const at = (...steps: Partial<ConfiguredStep>[]) =>
      node(placed(...steps.map((one) => ({ phase: 'promoting' as const, ...one }))), 'resume-pools').after;
    expect(at({})).toEqual(['prove-target-writable', 'sync-config']);
    expect(at({ does: null, ...CHECK })).toEqual(['prove-target-writable']);
    expect(at({ phase: 'redirecting' })).toEqual(['prove-target-writable']);
    expect(at({ after: ['resume-pools'] }, { id: 'b', after: ['sync-config'] })).toEqual(['prove-target-writable']);
  });

  it('nothing of its own promotes before the target is proven to take writes, unless it says what it waits for', () => {
    const at = (more: Partial<ConfiguredStep>) => node(placed({ phase: 'promoting', ...more }), 'sync-config').after;
    expect(at({})).toEqual(['prove-target-writable']);
    expect(at({ after: ['prove-fence'] })).toEqual(['prove-fence']);
    expect(at({ does: null, ...CHECK })).toEqual([]);
    const other: Runbook = { name: 'planned', nodes: planned.nodes.filter(({ id }) => id !== 'prove-target-writable') };
    const all = stepsOf(other)
      .filter(({ phase }) => phase === 'promoting')
      .map(({ id }) => id);
    const alone = withOwnSteps(other, system(undefined, { scripts: [configured({ phase: 'promoting' })] }));
    expect(node(alone, 'sync-config').after).toEqual(all);
  });

  it.each([
    [
      'an id the runbook has',
      [{ id: 'switch-dns' }],
      'the id switch-dns of “Copy configuration to {target}” belongs to “Point DNS at {target}” already',
    ],
    [
      'an id twice',
      [{}, { title: 'Another' }],
      'the id sync-config of “Another” belongs to “Copy configuration to {target}” already',
    ],
    ['a gate’s id', [{ id: 'promote' }], 'belongs to “Approve promotion” already'],
    [
      'after no step',
      [{ after: ['scale-up'] }],
      '(sync-config) is to come after scale-up, and there is no step scale-up',
    ],
    ['after a gate', [{ after: ['promote'] }], 'there is no step promote'],
    [
      'after a later phase',
      [{ after: ['switch-dns'] }],
      'switch-dns, which belongs to a later phase (redirecting; its own is preparing)',
    ],
    ['after itself', [{ after: ['sync-config'] }], 'itself'],
    [
      'in a circle',
      [{ after: ['b'] }, { id: 'b', after: ['c'] }, { id: 'c', after: ['sync-config'] }],
      'itself, by way of other steps',
    ],
  ] as [string, Partial<ConfiguredStep>[], string][])('refused: %s', (_, steps, words) => {
    const make = () => placed(...steps);
    expect(make).toThrow(words);
    expect(make).toThrow(expect.objectContaining({ name: 'ConfigError' }));
  });

  it('may come after one another, also one that is written later', () => {
    const runbook = placed({ after: ['b', 'scale-up-target'] }, { id: 'b' });
    expect(node(runbook, 'sync-config').after).toEqual(['b', 'scale-up-target']);
  });
});

describe('as data', () => {
  const nodeOf = (more: Partial<ConfiguredStep>) => {
    const own = system(undefined, { scripts: [configured(more)] });
    return nodesFor(withOwnSteps(planned, own), own, 'east', 'west').find(({ id }) => id === 'sync-config')!;
  };
  it('has the time its script is given, and some more to see it end', () => {
    expect(nodeOf({})).toMatchObject({
      title: 'Copy configuration to west',
      effect: true,
      repeat: 'once',
      noUndo: null,
      onFailure: 'hold',
      budgetMs: 1_830_000,
    });
    expect(nodeOf({ onFailure: 'rollback', repeat: 'idempotent' })).toMatchObject({
      onFailure: 'rollback',
      repeat: 'idempotent',
    });
    expect(nodeOf({ undo: 'Sent mail stays sent.' })).toMatchObject({ noUndo: 'Sent mail stays sent.' });
    expect(nodeOf({ does: null, ...CHECK, timeoutMs: 60_000 })).toMatchObject({ effect: false, budgetMs: 60_000 });
  });
  it('no call of it lasts 30 s', async () => {
    for (const more of [{}, ENDPOINT, { undo: { exec: ['./back.sh'] } }, { does: null }] as Partial<ConfiguredStep>[])
      expect((await set({ ...CHECK, ...more })).step.callMs ?? 10_000).toBeLessThan(30_000);
  });
  it.each([
    ['a script', {}],
    ['a script with a check', { ...CHECK, repeat: 'verifiable' }],
    ['an endpoint', { ...ENDPOINT, check: { url: 'https://x.example.com/synced?token=t' } }],
    ['an endpoint with a status', WITH_STATUS],
    ['a check', { does: null, ...CHECK }],
  ] as [string, Partial<ConfiguredStep>][])('says to whoever is on call what it is about: %s', async (_, more) => {
    const { about } = (await set({ help: 'Services of the target read it', ...more })).step;
    expect(about!.does).toMatch(/^Services of the target read it\. \w/);
    for (const text of [about!.does, about!.asks, ...about!.whenItStops]) {
      expect(text).toMatch(/^[A-Z“].*\.$/);
      expect(text).not.toMatch(/undefined|null|token=| {2}/);
    }
    expect(about!.whenItStops.length).toBeGreaterThan(1);
  });
});
