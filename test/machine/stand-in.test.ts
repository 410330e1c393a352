/** A proof that cannot be had: people are asked to take the risk, by name, and only where nobody can say. */
import { describe, expect, it } from 'vitest';
import { due } from '../../src/machine/due.ts';
import { gateState, otherHand, settled } from '../../src/machine/facts.ts';
import { check, gate, type Story, step, story } from '../support/machine.ts';

const NODES = [
  check('checked', 'validating'),
  step('fence', 'promoting'),
  check('proven', 'promoting', { after: ['fence'], proves: true }),
  gate('unverified-fence', 'promoting', { after: ['fence'], standsInFor: { step: 'proven', is: 'unknown' } }),
  step('promote', 'promoting', { after: ['proven'], noUndo: 'It has left recovery.' }),
];
const fenced = (): Story => story().begin(NODES).found('checked').finish('fence');
const works = (run: Story) => due(run.snapshot).map((work) => ('step' in work ? `${work.do} ${work.step}` : work.do));

describe('a gate that stands in for a proof', () => {
  it('is not asked while the proof may still be had, and not needed where it is', () => {
    const run = fenced();
    expect(works(run)).toEqual(['run proven']);
    run.found('proven');
    expect(works(run)).toEqual(['run promote']);
    run.finish('promote');
    expect(run.where).toBe('completed');
  });

  it('is asked where nobody can say, without a hold of its own, and nothing goes on meanwhile', () => {
    const run = fenced().unknown('proven', 1);
    expect(run.c.holds).toEqual([]);
    expect(works(run)).toEqual(['openGate']);
    run.open('unverified-fence');
    expect(works(run)).toEqual([]);
  });

  it('approved, lets the next step begin; the proof stays what it is', () => {
    const run = fenced().unknown('proven', 1).approve('unverified-fence');
    expect(settled(run.c, 'proven')).toBe(true);
    expect(run.c.steps['proven']!.status).toBe('unknown');
    expect(works(run)).toEqual(['run promote']);
    run.finish('promote');
    expect(run.where).toBe('completed');
  });

  it('denied, holds', () => {
    const run = fenced().unknown('proven', 1).open('unverified-fence').decide('unverified-fence', 'denied');
    expect(run.c.holds).toMatchObject([{ kind: 'gate', ref: 'unverified-fence' }]);
    expect(works(run)).toEqual([]);
  });

  it('never stands in for what is known not to be so: a write that gets through holds the run', () => {
    const run = fenced().notDone('proven', { attempt: 1 });
    expect(run.c.holds).toMatchObject([{ kind: 'step', ref: 'proven' }]);
    expect(gateState(run.c, 'unverified-fence').status).toBe('none');
    expect(works(run)).toEqual([]);
  });

  it('is asked no more once the proof is tried again, and what was voted is void', () => {
    const run = fenced().unknown('proven', 1).open('unverified-fence');
    run.take({ type: 'STEP_RETRIED', step: 'proven', by: 'UANA' });
    expect(gateState(run.c, 'unverified-fence').status).toBe('none');
    expect(works(run)).toEqual(['settle proven']);
    run.done('proven', 1);
    expect(works(run)).toEqual(['run promote']);
  });
});

describe('the promotion, and the fence nobody could prove', () => {
  const both = (votes: number) => [
    check('checked', 'validating'),
    step('fence', 'promoting'),
    gate('promote', 'promoting', { votes }),
    check('proven', 'promoting', { after: ['fence'], proves: true }),
    gate('unverified-fence', 'promoting', {
      votes,
      after: ['fence'],
      standsInFor: { step: 'proven', is: 'unknown' },
    }),
    step('serve', 'promoting', { after: ['proven'], noUndo: 'It has left recovery.' }),
  ];
  const takes = (run: Story, id: string, ...people: string[]): string => {
    run.open(id);
    for (const by of people) run.take(run.voted(id, by));
    if (run.can(run.decided(id, 'approved'))) run.decide(id, 'approved');
    return gateState(run.c, id).status;
  };
  const begun = (votes = 1) => story().begin(both(votes)).found('checked');
  const unproven = (run: Story) => run.finish('fence').unknown('proven', 1);

  it('are not decided by the same hand, the promotion first', () => {
    const run = begun();
    expect(takes(run, 'promote', 'UBO')).toBe('approved');
    expect(takes(unproven(run), 'unverified-fence', 'UBO')).toBe('open');
    expect(otherHand(run.c, 'unverified-fence')).toEqual({ gate: 'promote', by: 'UBO' });
  });
  it('are decided by two people, and denied by either', () => {
    const run = begun();
    takes(run, 'promote', 'UBO');
    expect(takes(unproven(run), 'unverified-fence', 'UCY')).toBe('approved');
    const denied = begun();
    takes(denied, 'promote', 'UBO');
    unproven(denied).open('unverified-fence');
    denied.take(denied.voted('unverified-fence', 'UBO', 'deny')).decide('unverified-fence', 'denied');
    expect(gateState(denied.c, 'unverified-fence').status).toBe('denied');
  });
  it('nor the risk first: asked anew, the promotion is decided by somebody else', () => {
    const run = begun();
    takes(run, 'promote', 'UBO');
    takes(unproven(run), 'unverified-fence', 'UCY');
    run.take({ type: 'GATE_REOPENED', gate: 'promote', why: 'more would be lost' });
    expect(takes(run, 'promote', 'UCY')).toBe('open');
    // Bo may again: his own decision has fallen.
    run.take(run.voted('promote', 'UBO')).decide('promote', 'approved');
    expect(gateState(run.c, 'promote').status).toBe('approved');
  });
  it('where each needs two, two people are enough, in whatever order', () => {
    for (const order of [
      ['UBO', 'UCY'],
      ['UCY', 'UBO'],
    ]) {
      const run = begun(2);
      expect(takes(run, 'promote', 'UBO', 'UCY')).toBe('approved');
      expect(takes(unproven(run), 'unverified-fence', ...order)).toBe('approved');
    }
  });
  it('what time or the configuration has decided is nobody’s hand', () => {
    const run = begun().open('promote');
    run.take({ ...run.decided('promote', 'approved'), how: 'timeout' } as ReturnType<Story['decided']>);
    expect(takes(unproven(run), 'unverified-fence', 'UBO')).toBe('approved');
  });
});

describe('one for what is known not to be so', () => {
  const nodes = [
    check('lossless', 'assessing', { proves: true }),
    gate('data-loss', 'assessing', { standsInFor: { step: 'lossless', is: 'notDone' } }),
    step('promote', 'promoting', { noUndo: 'It has left recovery.' }),
  ];
  it('is asked for that, and not where nobody can say', () => {
    expect(works(story().begin(nodes).notDone('lossless', { attempt: 1 }))).toEqual(['openGate']);
    const unknown = story().begin(nodes).unknown('lossless', 1);
    expect(unknown.c.holds).toMatchObject([{ kind: 'step', ref: 'lossless' }]);
    expect(works(unknown)).toEqual([]);
  });
  it('lets the proof be tried again', () => {
    const run = story().begin(nodes).notDone('lossless', { attempt: 1 }).open('data-loss');
    run.take({ type: 'STEP_RETRIED', step: 'lossless', by: 'UANA' });
    expect(works(run)).toEqual(['run lossless']);
  });
});
