/** The end of a run: what is now true, how long it took, what it cost. */
import { expect, it } from 'vitest';
import { asked, begun, completed, fenced, message, promoted, read } from './scenes.ts';

it('completed, with the proof that nothing is missing', () => {
  const told = fenced().finish('promote-postgres', 'switch-redis').found('prove-target-writable');
  told.finish('switch-dns').found('dns-answers', 'public-health');
  expect(read('ended', told)).toEqual([
    'eden-1 · east → west · ✔ west serves since 33 s · 0:32 of 30:00 · writes refused 0:16',
    'east is fenced and no longer a standby: west is unprotected until it is one again.',
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
