/** The end of a run: what is now true, how long it took, what it cost. */
import { describe, expect, it } from 'vitest';
import { ended } from '../../src/messages/ended.ts';
import { headline } from '../../src/messages/headline.ts';
import type { Unprotected } from '../../src/messages/reprotection.ts';
import { step, story } from '../support/machine.ts';
import { asked, begun, completed, fenced, message, plan, promoted, read, sceneOf, skipped, text } from './scenes.ts';

it('left unprotected: its last words offer to mend it, where the configuration says how', () => {
  const told = completed();
  const bare = { region: 'east', target: 'west', run: 'eden-1', since: 5000 };
  const words = (unprotected: Unprotected | null) =>
    [headline, ended].map((make) => text(make({ ...sceneOf(told), unprotected })));
  for (const lines of words({ ...bare, mayFollow: true })) expect(lines.at(-1)).toContain('[Make east a standby…]');
  for (const lines of [...words(null), ...words({ ...bare, run: 'eden-9', mayFollow: true }), ...words(bare)])
    expect(lines.join()).not.toContain('a standby…]');
  expect(words({ ...bare, mayFollow: false })[0]).toContain(
    '✖ UNPROTECTED since 5 s (eden-1): nothing follows west. east is made a standby by hand: regions.east.postgres.reprotect is not configured.',
  );
  const [button] = ended({ ...sceneOf(told), unprotected: { ...bare, mayFollow: true } }).actions;
  expect(button).toMatchObject({ id: 'reprotect', value: '{"region":"east"}' });
});

it('completed, with the proof that nothing is missing', () => {
  const told = fenced().finish('promote-postgres', 'switch-redis').found('prove-target-writable');
  told.finish('switch-dns').found('dns-answers', 'public-health');
  expect(read('ended', told)).toEqual([
    'eden-1 · east → west · ✔ west serves since 33 s · 0:32 of 30:00 · writes refused 0:16',
    'east is fenced and no longer a standby: west is UNPROTECTED until east is a standby again: /dr reprotect east.',
    '✔ RTO met: 0:32 of 30:00',
    '✔ RPO met: 0 s of 5:00',
    '✔ All services operational',
    '✔ No data lost',
    '❓ Health checks: none asked',
    'Last decision after 0:12, carried out in 0:32, downtime 0:16, a decision was owed for 0:05 of it.',
  ]);
  const proof = { ...told.c.steps['prove-replicated']!, summary: 'shutdown checkpoint 0/1, west holds 0/2' };
  const proven = { ...told, c: { ...told.c, steps: { ...told.c.steps, 'prove-replicated': proof } } };
  expect(read('ended', proven)[1]).toBe('Nothing acknowledged is missing: shutdown checkpoint 0/1, west holds 0/2.');
  expect(message('ended', completed())).toMatchObject({ tone: 'good', actions: [] });
});

it('rolled back', () => {
  expect(read('ended', asked().finish('scale-up-target').abort().undo('scale-up-target'))).toEqual([
    'eden-1 · east → west · ↩ rolled back at 14 s · east serves as before · 0:13 of 30:00',
    'What was changed has been put back; west is as it was before.',
  ]);
});

it('aborted before anything', () => {
  expect(read('ended', begun().abort())).toEqual([
    'eden-1 · east → west · ✖ aborted at 3 s · nothing had been changed',
  ]);
});

it('taken over by hand is no success', () => {
  const told = promoted().take({ type: 'TAKEN_OVER', by: 'UOPS', reason: 'x' });
  expect(read('ended', told)).toEqual([
    'eden-1 · east → west · ⏸ taken over by hand at 30 s · Regent does nothing more here',
  ]);
  expect(message('ended', told)?.tone).toBe('plain');
});

it('taken over before it could tidy up: what is left to people', () => {
  const nodes = [...plan.nodes, step('lift', 'atEnd', { title: 'Lift the freeze' })];
  const takeOver = { type: 'TAKEN_OVER', by: 'UOPS', reason: 'x' } as const;
  const told = story()
    .request(nodes)
    .planned({ ...plan, nodes })
    .take(takeOver);
  expect(told.c.endedAt).toBeNull();
  expect(read('ended', told.take(takeOver))[1]).toBe('Left to people: “Lift the freeze”.');
});

describe('overrides', () => {
  const SKIPPED = 'Override: `skip scale-up-target` by @UBO, ‹“scaled by hand”›';
  it('stay on show with the button, until somebody who made none has looked at them', () => {
    const told = completed(skipped());
    expect(read('ended', told).slice(-3)).toEqual([
      SKIPPED,
      'Overrides not reviewed yet: somebody who made none of them looks at them, /dr review.',
      '[Reviewed…]',
    ]);
    expect(read('headline', told).slice(-2)).toEqual(read('ended', told).slice(-3, -1));
    told.take({ type: 'REVIEWED', by: 'UCY', note: 'fine, *seen*' });
    const reviewed = `✔ Overrides reviewed by @UCY at ${told.at / 1000} s, ‹“fine, *seen*”›`;
    expect(read('ended', told).slice(-2)).toEqual([SKIPPED, reviewed]);
    expect(read('headline', told).slice(-2)).toEqual([SKIPPED, reviewed]);
  });
  it('are not asked about while the run goes on', () => {
    expect(read('headline', skipped()).join()).toContain(SKIPPED);
    expect(read('headline', skipped()).join()).not.toContain('review');
  });
  it('a rule that was waived reads by its title', () => {
    const told = asked();
    const waived = { rule: 'waive replication-lag', by: 'UANA', reason: 'agreed' };
    const c = { ...told.c, overrides: [waived] };
    expect(read('headline', { ...told, c }).join('\n')).toContain(
      'Override: “Measure replication lag” waived by @UANA, ‹“agreed”›',
    );
  });
});

it('what the house does afterwards is listed when it has moved, and only then', () => {
  const followUps = ['Write the post-mortem', 'Tell <support>'];
  expect(text(ended({ ...sceneOf(completed()), followUps })).slice(-3)).toEqual([
    'Left to do:',
    '· ‹Write the post-mortem›',
    '· ‹Tell <support>›',
  ]);
  expect(text(ended({ ...sceneOf(begun().abort()), followUps })).join()).not.toContain('Left to do');
});
