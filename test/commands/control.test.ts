/** What operators do to a run under way: pause, go on, try again, ask again, undo, note. */
import { describe, expect, it } from 'vitest';
import { toUndo } from '../../src/machine/facts.ts';
import { bench, said } from './bench.ts';
import { upTo } from './up-to.ts';

const ready = async () => {
  const here = await bench();
  await here.asked();
  return here;
};
const hash = (here: Awaited<ReturnType<typeof bench>>) => here.plan.hash;
/** Both gates approved; the target scaled up, the source fenced. */
const fenced = async () => {
  const here = await ready();
  await upTo(here, 'promote-postgres');
  return here;
};

it.each(['pause', 'resume', 'retry', 'abort reason:"x"'])('/dr %s without a run says so', async (line) => {
  const here = await bench();
  expect(said(await here.type('UANA', line))).toBe('Nothing is being moved now.');
  expect(await here.refused()).toMatchObject([{ asked: line, why: 'Nothing is being moved now.' }]);
});

describe('pausing and going on', () => {
  it('holds with the reason, once', async () => {
    const here = await ready();
    expect(said(await here.type('UBO', 'pause vendor calls back'))).toBe(
      'eden-1 is paused: nothing new starts, what is in flight goes on. Go on with /dr resume.',
    );
    expect(here.context().holds).toMatchObject([{ kind: 'person', ref: 'UBO', why: 'vendor calls back' }]);
    expect(said(await here.type('UANA', 'pause'))).toBe('eden-1 is already paused. Go on with /dr resume.');
    expect(said(await here.type('UANA', 'resume'))).toBe('eden-1 goes on.');
    expect(said(await here.type('UANA', 'resume'))).toBe('eden-1 is not paused.');
  });
  it('by button changes the headline and says nothing more', async () => {
    const here = await ready();
    expect(said(await here.press('UANA', 'pause', { run: 'eden-1' }))).toBe('(none)');
    expect(said(await here.press('UANA', 'resume', { run: 'eden-1' }))).toBe('(none)');
    expect((await here.events()).slice(-2)).toEqual(['PAUSED', 'RESUMED']);
  });
  it('a vote counts while it is paused', async () => {
    const here = await ready();
    await here.type('UANA', 'pause');
    expect(said(await here.type('UBO', 'approve'))).toBe('“Approve promotion” is approved.');
  });
  it('going on is not for what a step holds', async () => {
    const here = await ready();
    await here.append({
      type: 'STEP_INTENDED',
      step: 'scale-up-target',
      attempt: 1,
      hash: hash(here),
      before: {},
      requires: {},
      deadline: 1,
    });
    await here.append({ type: 'STEP_UNKNOWN', step: 'scale-up-target', attempt: 1, why: 'no answer', evidence: {} });
    expect(said(await here.type('UANA', 'resume'))).toBe(
      'eden-1 is not paused by a person: it is held at scale-up-target. Use /dr retry scale-up-target, or /dr abort.',
    );
  });
});

describe('trying again', () => {
  const held = async () => {
    const here = await ready();
    await here.append({
      type: 'STEP_INTENDED',
      step: 'scale-up-target',
      attempt: 1,
      hash: hash(here),
      before: {},
      requires: {},
      deadline: 1,
    });
    await here.append({
      type: 'STEP_NOT_DONE',
      step: 'scale-up-target',
      attempt: 1,
      why: 'no',
      evidence: {},
      again: false,
    });
    return here;
  };
  it('the held step, named or not', async () => {
    for (const line of ['retry', 'retry scale-up-target']) {
      const here = await held();
      expect(said(await here.type('UANA', line))).toBe('“Scale up west” is asked about again.');
      expect(here.context().holds).toEqual([]);
    }
  });
  it('by its card, which may be an old one', async () => {
    const here = await held();
    expect(said(await here.press('UANA', 'retry:scale-up-target', { run: 'eden-1', step: 'scale-up-target' }))).toBe(
      '(none)',
    );
    expect(said(await here.press('UANA', 'retry:scale-up-target', { run: 'eden-1', step: 'scale-up-target' }))).toBe(
      'eden-1 is not held at a step: there is nothing to retry.',
    );
  });
  it('not another one', async () => {
    const here = await held();
    expect(said(await here.type('UANA', 'retry fence-source'))).toBe(
      '“fence-source” is not held. Held: scale-up-target.',
    );
  });
  it('the plan', async () => {
    const here = await bench();
    await here.type('UANA', 'failover east reason:"x"');
    await here.append({ type: 'PLAN_UNKNOWN', why: 'no answer' });
    expect(said(await here.type('UANA', 'retry'))).toBe('“the plan” is asked about again.');
  });
});

describe('asking again', () => {
  it('a denied gate', async () => {
    const here = await ready();
    await here.type('UBO', 'deny promote reason:"not now"');
    expect(said(await here.press('UANA', 'ask:promote', here.card('promote')))).toBe('(none)');
    expect(here.context()).toMatchObject({
      holds: [],
      gates: { promote: { status: 'none', reason: 'it was denied' } },
    });
  });
  it('not one that is open or was never asked', async () => {
    const here = await ready();
    expect(said(await here.press('UANA', 'ask:promote', here.card('promote')))).toBe(
      '“promote” is not denied or timed out: there is nothing to ask again.',
    );
    expect(said(await here.type('UANA', 'ask'))).toContain('there is nothing to ask again');
  });
});

describe('aborting', () => {
  it('by button shows what would be undone, last first, and does nothing yet', async () => {
    const here = await fenced();
    const before = here.context();
    const reply = await here.press('UANA', 'abort', { run: 'eden-1' });
    expect(said(reply)).toMatch(
      /^\(form abort\)\nUndone, in this order:\n↩ Fence east\n↩ Stop writers in east\n(.*\n)*↩ Ask east to be read-only\n(.*\n)*↩ Scale up west(\n.*)*$/,
    );
    expect(here.context().end).toBeNull();
    const meta = reply.kind === 'form' ? JSON.parse(reply.form.meta) : {};
    expect(said(await here.submit('UANA', 'abort', meta, { reason: ' ' }))).toBe(
      '(at reason) An abort needs a reason: /dr abort reason:"…". Nothing was undone.',
    );
    expect(said(await here.submit('UANA', 'abort', meta, { reason: 'wrong day' }))).toBe(
      `eden-1 is aborted; ${toUndo(before).length} steps are undone, last first.`,
    );
  });
  it('with nothing to undo says that', async () => {
    const here = await ready();
    expect(said(await here.press('UANA', 'abort', { run: 'eden-1' }))).toContain('there is nothing to undo');
    expect(said(await here.type('UANA', 'abort reason:"wrong day"'))).toBe(
      'eden-1 is aborted; nothing had been changed.',
    );
  });
  it('by command needs a reason', async () => {
    const here = await ready();
    expect(said(await here.type('UANA', 'abort'))).toBe(
      'An abort needs a reason: /dr abort reason:"…". Nothing was undone.',
    );
    expect(here.context().end).toBeNull();
  });
  it('is refused once the way back is gone, also from an old button', async () => {
    const here = await fenced();
    await here.does('promote-postgres');
    const words =
      'Abort is no longer possible: “Promote the standby Postgres” may have taken place. The standby has left recovery; going back is a failback. You can pause, or retry what is held.';
    expect(said(await here.type('UANA', 'abort reason:"wrong day"'))).toBe(words);
    expect(said(await here.press('UANA', 'abort', { run: 'eden-1' }))).toBe(words);
    expect((await here.events()).includes('ABORTED')).toBe(false);
  });
  it('twice is once', async () => {
    const here = await fenced();
    await here.type('UANA', 'abort reason:"wrong day"');
    expect(said(await here.type('UBO', 'abort reason:"me too"'))).toBe('eden-1 is being undone already.');
    expect(said(await here.press('UBO', 'abort', { run: 'eden-1' }))).toBe('eden-1 is being undone already.');
  });
});

/** Taken over, and again where the runbook still has something to tidy up. */
const ends = async (here: Awaited<ReturnType<typeof bench>>) => {
  while (here.context().endedAt === null) await here.append({ type: 'TAKEN_OVER', by: 'UANA', reason: 'x' });
};
it.each(['pause', 'abort', 'retry'])('an old button “%s” of a run that has ended says so', async (action) => {
  const here = await ready();
  await ends(here);
  const words = said(await here.press('UANA', action, { run: 'eden-1' }));
  expect(words).toMatch(/eden-1 has ended\. Nothing more to do\.|there is nothing to retry/);
});

it('the same delivery acts once', async () => {
  const here = await ready();
  await here.type('UANA', 'pause', 'same');
  await here.type('UANA', 'resume');
  expect(said(await here.type('UANA', 'pause', 'same'))).toBe('(none)');
  expect(here.context().holds).toEqual([]);
});

describe('noting', () => {
  it('keeps the text as typed, whatever looks like a command in it', async () => {
    const here = await ready();
    expect(said(await here.type('UANA', 'note mail sent to: vendor,  reason: "disk"'))).toBe('Noted on eden-1.');
    const rows = await here.journal.read('eden-1');
    expect(rows.at(-1)).toMatchObject({
      type: 'NOTED',
      actor: 'person:UANA',
      data: { by: 'UANA', text: 'mail sent to: vendor,  reason: "disk"' },
    });
  });
  it('on the run before when none is under way', async () => {
    const here = await ready();
    await ends(here);
    expect(said(await here.type('UANA', 'note all quiet'))).toBe('Noted on eden-1.');
  });
  it('needs a text, and a run', async () => {
    const here = await bench();
    expect(said(await here.type('UANA', 'note'))).toContain('A note needs its text');
    expect(said(await here.type('UANA', 'note hello'))).toBe('There is no run to note this on.');
  });
});
