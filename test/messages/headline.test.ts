/** The pinned message in every state a run can be in. */
import { describe, expect, it } from 'vitest';
import { story } from '../support/machine.ts';
import * as disaster from './emergency.ts';
import { approved, asked, begun, completed, decide, fenced, message, plan, promoted, read, vote } from './scenes.ts';

const TITLE = '🔶 eden-1 · east → west · planned switchover';
const ASKED = '@UREQ asked for it at 1 s: ‹“maintenance”›';

describe('on its way', () => {
  it('before there is a plan', () => {
    expect(read('headline', story().request(plan.nodes))).toEqual([
      TITLE,
      `▶ validating · ${ASKED}`,
      '▶ validating 0/1   · assessing   · preparing   · promoting   · redirecting   · verifying',
      '0:00 elapsed of 30:00 · writes go on · expected by 2266 s',
      'Waiting for: nobody',
      '[Pause] [Abort…: danger] [Details]',
    ]);
  });

  it('while gates are owed: who is asked for what, until when', () => {
    const told = asked();
    expect(read('headline', told, {}, 5000)).toEqual([
      TITLE,
      `▶ preparing · ${ASKED}`,
      '✔ validating   ✔ assessing   ▶ preparing 0/2   · promoting   · redirecting   · verifying',
      '0:13 elapsed of 30:00 · writes go on · expected by 2099 s, people’s decisions not counted',
      'Waiting for: 1 more for “Approve promotion”, by 308 s, asked: @SSRE; 1 more for “Confirm DNS”, by 309 s, asked: @SSRE',
      '[Pause] [Abort…: danger] [Details]',
    ]);
    expect(message('headline', told)?.tone).toBe('waiting');
  });

  it('once nobody decided in time: more people', () => {
    const told = asked().take({ type: 'GATE_ESCALATED', gate: 'promote', deadline: 600_000 });
    expect(read('headline', told)[4]).toContain('by 600 s, asked: @SSRE and @UBOSS;');
  });

  it('while the target is prepared, with something to undo', () => {
    const told = asked().intend('scale-up-target');
    expect(read('headline', told).at(-1)).toBe('[Pause] [Abort and undo…: danger] [Details]');
  });

  it('while writes are refused: for how long', () => {
    expect(read('headline', fenced(), {}, 4000).slice(2, 5)).toEqual([
      '✔ validating   ✔ assessing   ✔ preparing   ▶ promoting 5/8   · redirecting   · verifying',
      '0:27 elapsed of 30:00 · ⛔ writes refused 0:11 and counting · expected by 1348 s',
      'Waiting for: nobody',
    ]);
  });

  it('in an emergency for how long nobody is served, from when the region failed', () => {
    const since = disaster.at('14:28:30');
    const told = disaster.emergency({ confirmed: false }).take({
      type: 'STEP_ALREADY_DONE',
      step: 'failure-confirmed',
      evidence: { since },
      summary: null,
    });
    expect(read('headline', told, {}, disaster.at('14:31:00') - told.at)[3]).toContain(
      '2:30 elapsed of 30:00 · ⛔ down 2:30 and counting',
    );
  });

  it('after the point of no return: no abort, and why', () => {
    expect(read('headline', promoted()).slice(-2)).toEqual([
      '(Abort is no longer possible: “Promote the standby Postgres” may have taken place.)',
      '[Pause] [Details]',
    ]);
  });

  it('says which mode it is by sign and by word', () => {
    const told = begun().switchMode('emergency', plan.nodes);
    expect(read('headline', told)[0]).toBe('🔴 eden-1 · east → west · emergency failover');
  });
});

describe('held', () => {
  it('by a person', () => {
    const told = asked().pause();
    expect(read('headline', told)).toEqual([
      TITLE,
      `⏸ paused by @UOPS · ${ASKED}`,
      '✔ validating   ✔ assessing   ▶ preparing 0/2   · promoting   · redirecting   · verifying',
      '0:09 elapsed of 30:00 · writes go on',
      'Waiting for: somebody to resume',
      '[Resume: primary] [Abort…: danger] [Details]',
    ]);
    expect(message('headline', told)?.tone).toBe('bad');
  });

  it('by a step nobody knows of: unknown is not failed', () => {
    const lines = read('headline', fenced().intend('promote-postgres').unknown('promote-postgres'));
    expect(lines[1]).toBe(
      `⏸ held at “Promote the standby Postgres”: we do not know whether it took. See the card in the thread ↓ · ${ASKED}`,
    );
    expect(lines[4]).toBe('Waiting for: a decision on the held step, coordinator: Cy, +1 555 0100');
  });

  it('by a step that is not done', () => {
    const lines = read('headline', approved().intend('read-only-source').notDone('read-only-source'));
    expect(lines[1]).toBe(`⏸ held at “Ask east to be read-only”. See the card in the thread ↓ · ${ASKED}`);
  });

  it('by a plan that could not be made', () => {
    const told = story().request(plan.nodes).take({ type: 'PLAN_UNKNOWN', why: 'Postgres in west does not answer' });
    expect(read('headline', told)[1]).toContain('held at “Make the plan”');
  });

  it('by a gate: it can be asked again', () => {
    const told = decide(vote(asked(), 'promote', 'UBO', 'deny', 'too late'), 'promote', 'denied');
    expect(read('headline', told)[1]).toContain('held at “Approve promotion”');
    expect(read('headline', told)[4]).toBe('Waiting for: somebody to ask again or abort, coordinator: Cy, +1 555 0100');
  });

  it('by a gate behind which there is no way back: of aborting nothing is said', () => {
    const told = decide(vote(asked(), 'promote', 'UBO'), 'promote', 'approved')
      .finish('scale-up-target')
      .found('target-endpoints');
    promoted(told);
    decide(vote(told, 'dns', 'UBO', 'deny', 'no'), 'dns', 'denied');
    expect(read('headline', told)[4]).toBe('Waiting for: somebody to ask again, coordinator: Cy, +1 555 0100');
  });

  it('by a history this version does not understand', () => {
    const told = begun().take({ type: 'REPLAY_HELD', why: 'event 7 is refused' });
    expect(read('headline', told)[1]).toContain('⏸ held: ‹event 7 is refused›. See the card');
  });
});

describe('going back', () => {
  it('counts what is left, offers nothing, and waits for nobody although a gate was open', () => {
    const told = asked().finish('scale-up-target').abort();
    expect(read('headline', told)).toEqual([
      TITLE,
      `↩ undoing, 1 left · ${ASKED}`,
      '✔ validating   ✔ assessing   · preparing   · promoting   · redirecting   · verifying',
      '0:11 elapsed of 30:00 · writes go on',
      'Waiting for: nobody',
    ]);
    expect(message('headline', told)?.fallback).toBe('eden-1: east → west, being undone.');
  });
});

describe('ended', () => {
  it('completed: since when, how long it took and what it cost', () => {
    const told = completed();
    expect(read('headline', told)).toEqual([
      TITLE,
      '✔ west serves since 33 s · 0:32 of 30:00 · writes refused 0:16',
      `completed · ${ASKED}`,
    ]);
    expect(message('headline', told)).toMatchObject({ tone: 'good', fallback: 'eden-1: east → west, completed.' });
    expect(read('headline', told, {}, 60_000)).toEqual(read('headline', told));
  });

  it('rolled back', () => {
    const told = asked().finish('scale-up-target').abort().undo('scale-up-target');
    expect(read('headline', told).slice(1)).toEqual([
      '↩ rolled back at 14 s · east serves as before · 0:13 of 30:00',
      `rolled back · ${ASKED}`,
    ]);
  });

  it('aborted before anything', () => {
    expect(read('headline', asked().abort()).slice(1)).toEqual([
      '✖ aborted at 10 s · nothing had been changed',
      `aborted, nothing had been changed · ${ASKED}`,
    ]);
  });

  it('taken over', () => {
    const told = fenced().take({ type: 'TAKEN_OVER', by: 'UOPS', reason: 'by hand from here' });
    expect(read('headline', told).slice(1)).toEqual([
      '⏸ taken over by hand at 25 s · Regent does nothing more here',
      `taken over by hand · ${ASKED}`,
    ]);
  });
});

it('shows every override, with its reason as typed, after the end too', () => {
  const told = approved().intend('read-only-source').unknown('read-only-source');
  told.take({ type: 'STEP_MARKED', step: 'read-only-source', as: 'done', by: 'UOPS', reason: 'I *looked* <@U1>' });
  const line = 'Override: `mark read-only-source done` by @UOPS, ‹“I *looked* <@U1>”›';
  expect(read('headline', told)).toContain(line);
  expect(read('headline', told.take({ type: 'TAKEN_OVER', by: 'UOPS', reason: 'x' }))).toContain(line);
});
