/** The thread: one line a step, and what is being undone. */
import { describe, expect, it } from 'vitest';
import { stepLine } from '../../src/messages/phase.ts';
import type { Story } from '../support/machine.ts';
import { approved, asked, begun, completed, fenced, lineText, read } from './scenes.ts';

const line = (told: Story, id: string): string => {
  const node = told.c.nodes.find((one) => one.id === id);
  if (node?.kind !== 'step') throw new Error(id);
  return lineText(stepLine(told.c, node));
};

describe('a step in one line', () => {
  const scale = 'scale-up-target';
  it.each([
    ['not begun', asked(), '· Scale up west'],
    ['running', asked().intend(scale), '▶ Scale up west · ‹running›'],
    ['done', asked().intend(scale).later(40_000).done(scale), '✔ Scale up west · ‹41 s›'],
    ['not done', asked().intend(scale).notDone(scale), '✖ Scale up west · ‹1.0 s · not so›'],
    ['unknown', asked().intend(scale).unknown(scale), '❓ Scale up west · ‹1.0 s · no answer›'],
    ['tried again', asked().intend(scale).notDone(scale, { again: true }).intend(scale), '▶ Scale up west · ‹running›'],
    ['undone', asked().finish(scale).abort().undo(scale), '↩ Scale up west · ‹put back as it was›'],
  ] as [string, Story, string][])('%s', (_, told, words) => {
    expect(line(told, scale)).toBe(words);
  });

  it('found as it should be takes no time, and says what was seen', () => {
    expect(line(asked(), 'replication-lag')).toBe('✔ Measure replication lag · ‹as it should be›');
  });

  it('skipped', () => {
    const told = asked().intend(scale).notDone(scale);
    told.take({ type: 'STEP_SKIPPED', step: scale, by: 'UOPS', reason: 'enough there' });
    expect(line(told, scale)).toBe('⏸ Scale up west · ‹skipped›');
  });
});

describe('a phase', () => {
  it('is nothing before its first step', () => {
    expect(read('phase', begun(), { phase: 'promoting' })).toEqual(['(nothing)']);
  });
  it('runs', () => {
    expect(read('phase', approved().intend('read-only-source'), { phase: 'promoting' })).toEqual([
      '▶ promoting',
      '▶ Ask east to be read-only · ‹running›',
    ]);
  });
  it('is over', () => {
    expect(read('phase', completed(), { phase: 'redirecting' })).toEqual([
      '✔ redirecting',
      '✔ Point DNS at west · ‹1.0 s›',
      '✔ See west in DNS answers',
    ]);
  });
  it('was left in the middle', () => {
    expect(read('phase', fenced().abort(), { phase: 'promoting' })[0]).toBe('· promoting');
  });
});

describe('undoing', () => {
  it('is nothing where nothing was attempted', () => {
    expect(read('undo', asked().abort())).toEqual(['(nothing)']);
  });
  it('goes last first, and says of each how it stands', () => {
    const told = fenced().abort().undo('fence-source', 'stop-writers');
    told.take({ type: 'UNDO_INTENDED', step: 'read-only-source', attempt: 1, deadline: 99_000 });
    expect(read('undo', told)).toEqual([
      '↩ Undoing, last first',
      '↩ Fence east · ‹as it was›',
      '↩ Stop writers in east · ‹as it was›',
      '▶ Ask east to be read-only · ‹running›',
      '✔ Scale up west · ‹to be undone›',
    ]);
    told.take({ type: 'UNDO_UNKNOWN', step: 'read-only-source', attempt: 1, why: 'no answer' });
    expect(read('undo', told)[3]).toBe('❓ Ask east to be read-only · ‹no answer›');
  });
  it('what cannot be undone and never took place is no work', () => {
    const told = fenced().intend('promote-postgres').notDone('promote-postgres').abort();
    expect(read('undo', told)[1]).toBe('✖ Promote the standby Postgres · ‹nothing came of it›');
  });
  it('what only an earlier plan had is undone too', () => {
    const told = asked().finish('scale-up-target');
    const nodes = told.c.nodes.filter((node) => node.id !== 'scale-up-target');
    told.switchMode('emergency', nodes).abort();
    expect(read('undo', told)).toEqual(['↩ Undoing, last first', '✔ Scale up west · ‹to be undone›']);
  });
});
