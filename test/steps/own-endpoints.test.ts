/** The owner's own steps that an endpoint does: sent once, asked, and believed only as far as it says. */
import { describe, expect, it } from 'vitest';
import { IntegrationError } from '../../src/lib/errors.ts';
import type { HookResult } from '../../src/ports/hook.ts';
import type { ConfiguredStep } from '../../src/steps/system.ts';
import { CHECK, ENDPOINT, KEY, said, set, WITH_STATUS } from './own-steps.rig.ts';
import { wordsOf } from './stage.ts';

describe('an endpoint', () => {
  const yes = said({ status: 0 });
  const no = said({ ok: false, status: 1 });
  const TO_DO = 'notDone: run POST https://ops.example.com/secondary/sync?…';

  it('is sent what it is to do, with a key that makes it happen once', async () => {
    const on = await set({ ...ENDPOINT, ...CHECK });
    on.answers(said({}));
    await on.run();
    const body = { key: KEY, run: 'eden-1', step: 'sync-config', source: 'east', target: 'west' };
    expect(on.calls.map(({ call }) => call)).toEqual([
      {
        http: {
          url: 'https://ops.example.com/secondary/sync?token=t',
          method: 'POST',
          body,
          headers: { 'Idempotency-Key': KEY },
        },
      },
    ]);
    expect(on.calls[0]!.timeoutMs).toBeLessThan(on.step.callMs!);
  });

  describe('that can be asked', () => {
    it.each([
      [{ state: 'never' }, 'notDone: run POST https://ops.example.com/sync', undefined],
      [{ state: 'running' }, 'unknown: it is running', undefined],
      [
        { state: 'running', done: 3, total: 9, unit: 'rows', summary: 'table 2 of 4' },
        'unknown: table 2 of 4',
        undefined,
      ],
      [{ state: 'done' }, 'done: ops.example.com/status says done', undefined],
      [{ state: 'done', summary: '9 rows', rows: 9 }, 'done: 9 rows', undefined],
      [{ state: 'failed', why: 'disk full' }, 'unknown: disk full', true],
      [{ state: 'failed' }, 'unknown: ops.example.com/status says failed', true],
    ] as [HookResult['report'], string, true | undefined][])('%j', async (report, words, final) => {
      const on = await set(WITH_STATUS);
      on.answers(said({ report }));
      const answer = await on.look();
      expect([wordsOf(answer), 'final' in answer ? answer.final : undefined]).toEqual([words, final]);
      expect(on.calls.map(({ call }) => call)).toEqual([
        { http: { url: `https://ops.example.com/status?of=eden-1&key=${encodeURIComponent(KEY)}`, method: 'GET' } },
      ]);
      if (report?.['done'] === 3) expect(answer).toMatchObject({ progress: { done: 3, total: 9, unit: 'rows' } });
      if (report?.['rows'] === 9) expect(answer.evidence).toMatchObject({ rows: 9, key: KEY });
    });

    it.each([
      [said({ ok: false, status: 500 }), 'answered 500'],
      [said({ ok: false, status: 404 }), 'answered 404'],
      [said({ ok: false, status: null }), 'was cut off'],
      [said({ report: { state: 'half' } }), 'does not say in what state it is'],
      [said({}), 'does not say in what state it is'],
    ])('and says nothing: nobody knows. %j', async (answer, words) => {
      const on = await set(WITH_STATUS);
      on.answers(answer);
      await expect(on.look()).rejects.toThrow(words);
    });

    it('and may run again: failed is a no, and for good', async () => {
      const on = await set({ ...WITH_STATUS, repeat: 'idempotent' });
      on.answers(said({ report: { state: 'failed', why: 'disk full' } }));
      expect(await on.look()).toMatchObject({ is: 'notDone', why: 'disk full', final: true });
    });
  });

  describe('that cannot be asked', () => {
    const only = (more: Partial<ConfiguredStep> = {}, left = {}) => set({ ...ENDPOINT, ...CHECK, ...more }, left);
    it('its check decides before it is sent anything', async () => {
      const on = await only();
      for (const [answer, words] of [
        [yes, 'done: ./synced.sh west says yes'],
        [no, TO_DO],
        [said({ ok: false, status: 2 }), 'unknown: ./synced.sh west ended with 2'],
      ] as const) {
        on.answers(answer);
        expect(wordsOf(await on.look())).toBe(words);
      }
    });

    it.each([
      [
        'once, not so yet: it may still be at it',
        'once',
        'unknown: it was sent, and not so yet: ./synced.sh west says no',
      ],
      ['what may be repeated', 'verifiable', TO_DO],
    ] as const)('after it was sent: %s', async (_, repeat, words) => {
      const on = await only({ repeat }, { before: {} });
      on.answers(no);
      expect(wordsOf(await on.look())).toBe(words);
      on.answers(yes);
      expect((await on.look()).is).toBe('done');
    });

    it('its second attempt is to be sent, and then asked about', async () => {
      const before = await only({}, { before: {}, attempt: 2, endedAt: 5 });
      before.answers(no);
      expect(wordsOf(await before.look())).toBe(TO_DO);
      const after = await only({}, { before: {}, attempt: 2 });
      after.answers(no);
      expect((await after.look()).is).toBe('unknown');
    });

    const nothingSent = new IntegrationError('nobody listens', {
      code: 'hook-not-started',
      system: 'hook',
      operation: 'http',
      effect: 'none',
    });
    it.each([
      [
        'refused',
        said({ ok: false, status: 500, output: 'no' }),
        { is: 'unknown', why: 'POST https://ops.example.com/secondary/sync?… answered 500: no', final: true },
      ],
      ['never reached', nothingSent, { is: 'notDone', why: 'nobody listens' }],
      [
        'cut off',
        said({ ok: false, status: null, output: 'no answer' }),
        { is: 'unknown', why: 'it was sent, and not so yet: ./synced.sh west says no' },
      ],
    ] as const)('once, %s: what that means is known at once', async (_, answer, seen) => {
      const on = await only({}, { before: {} });
      on.answers(answer);
      await expect(on.run()).rejects.toThrow();
      on.answers(no);
      const { evidence, ...rest } = await on.look();
      expect(rest).toEqual(seen);
      expect(evidence).toMatchObject({ status: 1 });
    });
  });
});
