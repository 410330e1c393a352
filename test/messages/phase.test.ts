/** The thread: one line a step, and what is being undone. */
import { describe, expect, it } from 'vitest';
import { phase, stepLine } from '../../src/messages/phase.ts';
import { type Story, switched } from '../support/machine.ts';
import { approved, asked, begun, completed, fenced, lineText, read, sceneOf, text, without } from './scenes.ts';

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

  it('owed: over for this run, and not done there yet', () => {
    const told = asked().intend(scale);
    told.take({ type: 'STEP_DONE', step: scale, attempt: 1, evidence: { owed: true }, summary: 'west is silent' });
    expect(line(told, scale)).toBe('· Scale up west · ‹1.0 s · west is silent›');
  });

  it('skipped', () => {
    const told = asked().intend(scale).notDone(scale);
    told.take({ type: 'STEP_SKIPPED', step: scale, by: 'UOPS', reason: 'enough there' });
    expect(line(told, scale)).toBe('⏸ Scale up west · ‹skipped›');
  });
});

describe('how far it is', () => {
  const far = { done: 412e6, total: 675e6, unit: 'bytes', perSecond: 38e6, leftMs: 6900 };
  const node = (told: Story) => {
    const found = told.c.nodes.find(({ id }) => id === 'scale-up-target');
    if (found?.kind !== 'step') throw new Error('scale-up-target');
    return found;
  };
  it('stands behind the title while it runs', () => {
    const told = asked().intend('scale-up-target');
    const message = phase({ ...sceneOf(told, { phase: 'preparing' }), progress: { 'scale-up-target': far } });
    expect(text(message)).toContain('▶ Scale up west · ‹▓▓▓▓▓▓░░░░ 61 % · 412 of 675 MB · 38 MB/s · 7 s left›');
  });
  it('where nobody can say, how long it usually takes stands there', () => {
    const told = asked().intend('scale-up-target');
    const usual = { ...node(told), usualMs: 30_000 };
    expect(lineText(stepLine(told.c, usual))).toBe('▶ Scale up west · ‹running · usually 30 s›');
    expect(lineText(stepLine(told.c, usual, far))).not.toContain('usually');
    expect(lineText(stepLine(asked().finish('scale-up-target').c, usual))).not.toContain('usually');
  });
  it('a unit is a stranger’s word: it is never parsed', () => {
    const told = asked().intend('scale-up-target');
    const line = stepLine(told.c, node(told), { ...far, total: null, unit: '<!channel>' });
    expect(line).toEqual([
      '▶ Scale up west',
      ' · ',
      { untrusted: '412000000 <!channel> so far · 38000000 <!channel>/s' },
    ]);
  });
  it('and no longer', () => {
    const told = asked().finish('scale-up-target');
    expect(lineText(stepLine(told.c, node(told), far))).toBe('✔ Scale up west · ‹1.0 s›');
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
  it('what a plan that was left has done is still shown', () => {
    const told = approved()
      .finish('read-only-source')
      .take(switched(without('read-only-source')));
    expect(read('phase', told, { phase: 'promoting' })[1]).toBe('✔ Ask east to be read-only · ‹1.0 s›');
  });
  it('what needs no undoing is left, and nobody is told that it was put back', () => {
    const told = asked().finish('scale-up-target').abort();
    told.take({ type: 'UNDO_INTENDED', step: 'scale-up-target', attempt: 1, deadline: 99_000 });
    told.take({ type: 'UNDO_DONE', step: 'scale-up-target', attempt: 1, evidence: { kept: true } });
    expect(read('undo', told)).toEqual(['↩ Undoing, last first', '↩ Scale up west · ‹left as it is›']);
    expect(line(told, 'scale-up-target')).toBe('↩ Scale up west · ‹left as it is›');
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
