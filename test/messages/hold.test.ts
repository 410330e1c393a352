/** The card of a hold: what is known, what that means, the choices valid now and no others. */
import { describe, expect, it } from 'vitest';
import { type Story, story } from '../support/machine.ts';
import { approved, asked, begun, fenced, plan, promoted, read } from './scenes.ts';

const ROUTE = 'east → west · eden-1';
/** The card of the newest hold, as its announcement carries it. */
const card = (told: Story, hold = told.c.holds.at(-1)!, more = {}) =>
  read('hold', told, { n: hold.n, kind: hold.kind, ref: hold.ref, why: hold.why, ...more });

describe('a step', () => {
  it('of which nobody knows whether it took', () => {
    const told = approved().intend('read-only-source').unknown('read-only-source');
    expect(card(told)).toEqual([
      `⏸ We do not know whether “Ask east to be read-only” took · ${ROUTE}`,
      '‹no answer›',
      '[Check now: primary] [5 more minutes] [Mark done…] [Mark not done…] [Skip…] [Go on as an emergency…] [Take over…] [Abort and undo…: danger]',
    ]);
  });

  it('that is not done', () => {
    expect(card(asked().intend('scale-up-target').notDone('scale-up-target'))).toEqual([
      `⏸ “Scale up west” is not done · ${ROUTE}`,
      '‹not so›',
      '[Retry: primary] [Check now] [Mark done…] [Skip…] [Go on as an emergency…] [Take over…] [Abort and undo…: danger]',
    ]);
  });

  it('that must not be sent twice says so', () => {
    const told = fenced().finish('promote-postgres').intend('switch-redis').unknown('switch-redis');
    expect(card(told)).toEqual([
      `⏸ We do not know whether “Switch Redis over” took · ${ROUTE}`,
      '‹no answer›',
      'It must not be sent twice. Nothing is sent again until it is known.',
      '(Abort is no longer possible: “Promote the standby Postgres” may have taken place.)',
      '[Check now: primary] [5 more minutes] [Mark done…] [Mark not done…] [Go on as an emergency…] [Take over…]',
    ]);
  });

  it('that may have taken the way back itself: no abort, and why', () => {
    expect(card(fenced().intend('promote-postgres').unknown('promote-postgres')).slice(-2)).toEqual([
      '(Abort is no longer possible: “Promote the standby Postgres” may have taken place.)',
      '[Check now: primary] [5 more minutes] [Mark done…] [Mark not done…] [Go on as an emergency…] [Take over…]',
    ]);
  });

  it('proven not to have taken it: there is a way back again', () => {
    const told = fenced().intend('promote-postgres').notDone('promote-postgres');
    expect(card(told)).toEqual([
      `⏸ “Promote the standby Postgres” is not done · ${ROUTE}`,
      '‹not so›',
      '[Retry: primary] [Check now] [Mark done…] [Skip…] [Go on as an emergency…] [Take over…] [Abort and undo…: danger]',
    ]);
  });

  it('that a person can do by hand says exactly how', () => {
    const told = promoted();
    told.take({
      type: 'STEP_NOT_DONE',
      step: 'switch-dns',
      attempt: 1,
      why: 'Route 53 answered 503',
      evidence: { byHand: ['aws route53 change-resource-record-sets …', 'dig +short api.example.com A   # 192.0.2.2'] },
      again: false,
    });
    expect(card(told)).toEqual([
      `⏸ “Point DNS at west” is not done · ${ROUTE}`,
      '‹Route 53 answered 503›',
      'By hand, then mark it done:',
      '`aws route53 change-resource-record-sets …`',
      '`dig +short api.example.com A   # 192.0.2.2`',
      '(Abort is no longer possible: “Promote the standby Postgres” may have taken place.)',
      '[Retry: primary] [Check now] [Mark done…] [Skip…] [Take over…]',
    ]);
  });

  it('that only asks, without an answer; a proof cannot be skipped', () => {
    const told = approved().finish('read-only-source', 'stop-writers', 'fence-source').unknown('prove-fence', 1);
    expect(card(told)).toEqual([
      `⏸ “Prove east refuses writes” has no answer · ${ROUTE}`,
      '‹no answer›',
      'What comes after rests on this proof: it cannot be skipped.',
      '[Check now: primary] [5 more minutes] [Go on as an emergency…] [Take over…] [Abort and undo…: danger]',
    ]);
  });

  it('whose undoing is not known: no abort within an abort', () => {
    const told = asked().finish('scale-up-target').abort().take({
      type: 'UNDO_INTENDED',
      step: 'scale-up-target',
      attempt: 1,
      deadline: 99_000,
    });
    told.take({ type: 'UNDO_UNKNOWN', step: 'scale-up-target', attempt: 1, why: 'the cluster does not answer' });
    expect(card(told)).toEqual([
      `⏸ We do not know whether “Scale up west” is undone · ${ROUTE}`,
      '‹the cluster does not answer›',
      '[Undo again: primary] [Take over…]',
    ]);
  });

  it('no longer held: how it went on, and no button', () => {
    const told = asked().intend('scale-up-target').notDone('scale-up-target');
    const hold = told.c.holds[0]!;
    told.retry('scale-up-target');
    expect(card(told, hold, { gone: true, by: 'person:UOPS', event: 'STEP_RETRIED' })).toEqual([
      `▶ “Scale up west” is no longer held · ${ROUTE}`,
      'Went on after: step retried by @UOPS',
    ]);
  });
});

describe('the plan', () => {
  it('that could not be made', () => {
    const told = story().request(plan.nodes).take({ type: 'PLAN_UNKNOWN', why: 'Postgres in west does not answer' });
    expect(card(told)).toEqual([
      `⏸ “Make the plan” is not done · ${ROUTE}`,
      '‹Postgres in west does not answer›',
      '[Retry: primary] [Go on as an emergency…] [Take over…] [Abort…: danger]',
    ]);
  });
});

describe('a person', () => {
  it('who paused, with the reason as typed', () => {
    const told = asked().take({ type: 'PAUSED', by: 'UOPS', reason: 'wait <!here>' });
    expect(card(told)).toEqual([
      `⏸ Paused by @UOPS · ${ROUTE}`,
      '‹“wait <!here>”›',
      'What is in flight goes on; nothing new starts. Votes still count.',
      '[Resume: primary]',
    ]);
  });
  it('who gave no reason', () => {
    expect(card(asked().pause())).toHaveLength(3);
  });
  it('who let it go on', () => {
    const told = asked().pause();
    const hold = told.c.holds[0]!;
    expect(card(told.resume(), hold, { gone: true, by: 'person:UBO', event: 'RESUMED' })).toEqual([
      `▶ Resumed by @UBO · ${ROUTE}`,
    ]);
  });
});

it('a history this version does not understand goes on by resuming, not by retrying', () => {
  const told = begun().take({ type: 'REPLAY_HELD', why: 'event 7 is refused' });
  expect(card(told)).toEqual([
    `⏸ This version of Regent does not understand the run so far · ${ROUTE}`,
    '‹event 7 is refused›',
    '[Resume: primary] [Take over…] [Abort…: danger]',
  ]);
});

it('after the promotion nothing offers to abort', () => {
  const told = promoted().intend('switch-dns').unknown('switch-dns');
  expect(card(told).at(-1)).toBe(
    '[Check now: primary] [5 more minutes] [Mark done…] [Mark not done…] [Skip…] [Take over…]',
  );
});
