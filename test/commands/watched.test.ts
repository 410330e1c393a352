/** A run that is only watched: a named person ends that, a disaster ends it by itself, and nothing waits for it unsaid. */
import { beforeEach, describe, expect, it } from 'vitest';
import { runsSeen } from '../../src/monitor/runs-seen.ts';
import { endedByLoss } from '../../src/runner/ending.ts';
import { RUNNER } from '../../src/runner/face.ts';
import { Ledger } from '../../src/runner/ledger.ts';
import { type Bench, bench, said } from './bench.ts';
import { upTo } from './up-to.ts';

const CLUSTER = { query: null, atMost: 0.9 };

let here: Bench;
/** Up to the watch; west serves, and east follows it. */
async function watched({ looked = true } = {}): Promise<void> {
  here = await bench({ system: { hold: { forMs: 600_000, everyMs: 15_000, cpu: CLUSTER, memory: CLUSTER } } });
  await here.asked();
  await upTo(here, 'watch-health');
  Object.assign(here.state.servers['east']!, { role: 'standby', streamingFrom: 'west:5432' });
  Object.assign(here.state.servers['west']!, { role: 'primary', streamingFrom: null });
  if (!looked) return;
  const until = here.clock.now() + 600_000;
  await here.append({ type: 'WATCH_SEEN', step: 'watch-health', until, findings: [], streams: true, unread: [] });
}
const seen = () => runsSeen([here.ledger.view('eden-1')!.snapshot])[0]!;
const first = () => here.ledger.view('eden-1')!.snapshot.context;
const runs = () => here.ledger.all().map(({ run, snapshot }) => `${run} ${snapshot.context.runbook}`);
const DARK = 'declare west to:east reason:"dark too" sure:west';

beforeEach(() => watched());

it('is ended by name, with a reason, by who may decide', async () => {
  await watched({ looked: false });
  expect(said(await here.type('UBO', 'skip watch-health reason:"x"'))).toContain('is not held at a step');
  await watched();
  expect(said(await here.type('UBO', 'mark watch-health done reason:"x"'))).toContain('is not held at a step');
  expect(said(await here.type('UDEE', 'skip watch-health reason:"quiet"'))).toContain('Who can');
  expect(said(await here.type('UBO', 'skip watch-health reason:"quiet"'))).toContain('It stays on the headline');
  expect(here.context().overrides.at(-1)).toEqual({ rule: 'skip watch-health', by: 'UBO', reason: 'quiet' });
  expect(here.context().end).toBe('completed');
});

describe('its region is declared lost', () => {
  it('ends the watch and begins the next run in one go', async () => {
    expect(said(await here.type('UANA', DARK))).toContain('eden-1 has ended with that: it was only watched.');
    expect(runs()).toEqual(['eden-1 planned', 'eden-2 emergency']);
    expect(here.ledger.active()!.run).toBe('eden-2');
    expect(first()).toMatchObject({
      end: 'completed',
      overrides: [],
      watch: { cut: { by: 'UANA', why: 'west was declared lost', next: 'eden-2', lost: 'west' } },
      steps: { 'watch-health': { status: 'skipped' } },
    });
    const rows = await here.journal.read('eden-1');
    expect(rows.at(-1)).toMatchObject({ type: 'WATCH_ENDED', actor: 'person:UANA' });
    const [requested] = await here.journal.read('eden-2');
    expect(requested!.id - rows.at(-1)!.id).toBe(1);
  });

  it('by the dialog too, which says what ends with it', async () => {
    const form = await here.press('UANA', 'declare:proposal', { region: 'west', proposal: 1, stage: 'failed' });
    expect(said(form)).toMatch(/eden-1 ends with that: it is only watched, until \d+; no trouble is seen now\./);
    await here.submit('UANA', 'declare', { region: 'west' }, { reason: 'dark too', sure: 'west', to: 'east' });
    expect(runs()).toEqual(['eden-1 planned', 'eden-2 emergency']);
  });

  it('though somebody has paused it, or it is held over its trouble', async () => {
    await here.type('UANA', 'pause reason:"look"');
    const look = { type: 'STEP_UNKNOWN', step: 'watch-health', attempt: 1, why: 'no answer', evidence: {} } as const;
    await here.append(look);
    expect(first().holds).toHaveLength(2);
    await here.type('UANA', DARK);
    expect(first()).toMatchObject({ end: 'completed', holds: [] });
    expect(runs()).toEqual(['eden-1 planned', 'eden-2 emergency']);
  });

  it('what tidies up is still done, in nobody’s way', async () => {
    await here.type('UANA', DARK);
    const { snapshot } = here.ledger.view('eden-1')!;
    expect([first().endedAt, snapshot.value]).toMatchObject([null, { lifecycle: 'finishing' }]);
    expect(here.ledger.active()!.run).toBe('eden-2');
    await here.type('UANA', 'abort reason:"it is back"');
    expect([here.ledger.active(), first().endedAt]).toEqual([undefined, null]);
    const done = { type: 'STEP_ALREADY_DONE', step: 'lift-freeze', evidence: {}, summary: null } as const;
    expect((await here.ledger.append('eden-1', 'runner', done)).ok).toBe(true);
    expect(first().endedAt).not.toBeNull();
  });

  it('is watched on where the next run cannot begin', async () => {
    expect(said(await here.type('UANA', 'declare west to:west reason:"dark" sure:west'))).toContain('from itself');
    expect(said(await here.type('UANA', 'declare wset reason:"dark"'))).toContain('Did you mean west?');
    await here.type('UBO', 'halt reason:"stop"');
    expect(said(await here.type('UANA', DARK))).toContain('No run is started');
    expect([runs(), first().end]).toEqual([['eden-1 planned'], null]);
  });

  it('written down together: a journal that fails keeps both as they were', async () => {
    const { transact } = here.journal;
    const failing: typeof transact = (work) =>
      transact((tx) =>
        work({
          ...tx,
          append: async (stream, ...rest) => {
            if (stream === 'eden-2') throw new Error('the disk is full');
            return await tx.append(stream, ...rest);
          },
        }),
      );
    here.journal.transact = failing;
    expect(said(await here.type('UANA', DARK))).toContain('That did not work');
    here.journal.transact = transact;
    expect([runs(), first().end]).toEqual([['eden-1 planned'], null]);
    expect((await here.journal.read('eden-1')).map(({ type }) => type)).not.toContain('WATCH_ENDED');
    await here.type('UANA', DARK);
    const next = new Ledger(here.journal, here.clock);
    await next.open('another');
    expect(next.active()!.run).toBe('eden-2');
    expect(next.view('eden-1')!.snapshot.context.end).toBe('completed');
  });
});

describe('the trigger', () => {
  it('sees it as over from when it is only watched, and ends it with its declaration', async () => {
    expect(seen()).toMatchObject({ endedAt: first().watch!.from, planned: null });
    const ends = endedByLoss(here.ledger.active(), 'west');
    expect(ends).toEqual({ run: 'eden-1', why: 'west was declared lost', lost: 'west' });
    expect(endedByLoss(here.ledger.active(), 'east')).toBeNull();
    const begun = await here.face.beginEmergency('west', 'east', 'west has failed', RUNNER, null, { ends });
    expect(begun.ok).toBe(true);
    expect(first().watch!.cut).toMatchObject({ by: RUNNER, next: 'eden-2' });
    expect(seen()).toMatchObject({ endedAt: first().watch!.from });
  });

  it('not before it is only watched', async () => {
    await watched({ looked: false });
    expect(endedByLoss(here.ledger.active(), 'west')).toBeNull();
    expect(seen().endedAt).toBeNull();
    expect(said(await here.type('UANA', DARK))).toContain('eden-1 is already moving east → west');
  });

  it('begins without it where the watch was over by itself meanwhile, and not while it tidies up', async () => {
    const ends = endedByLoss(here.ledger.active(), 'west');
    const over = { type: 'STEP_ALREADY_DONE', step: 'watch-health', evidence: {}, summary: null } as const;
    await here.append(over);
    const begin = () => here.face.beginEmergency('west', 'east', 'west has failed', RUNNER, null, { ends });
    expect(await begin()).toMatchObject({ ok: false, because: 'busy' });
    await here.append({ ...over, step: 'lift-freeze' });
    expect((await begin()).ok).toBe(true);
    expect(first().watch!.cut).toBeUndefined();
  });
});

describe('anything else', () => {
  const pressed = async (person: string, line: string) => {
    const reply = await here.type(person, line);
    if (reply.kind !== 'message') throw new Error(reply.kind);
    return { text: said(reply), action: reply.message.actions[0]! };
  };

  it.each([
    ['failback reason:"home"', 'End the watch and fail back…', 'failback'],
    ['failover west to:east reason:"home"', 'End the watch and move on…', 'planned'],
    ['declare east reason:"broken" sure:east', 'End the watch and take east out of service…', 'lost-secondary'],
  ])('/dr %s is refused with a button that does both', async (line, label, runbook) => {
    const { text, action } = await pressed('UBO', line);
    expect(text).toContain('It is only watched now. ');
    expect(text).toContain('Nothing was started.');
    expect(action.label).toBe(label);
    expect(first().end).toBeNull();
    const form = await here.press('UBO', action.id, action.value);
    expect(said(form)).toContain('eden-1 ends with that: it is only watched');
    if (form.kind !== 'form') throw new Error(form.kind);
    const values = Object.fromEntries(form.form.fields.map(({ id, ...field }) => [id, initialOf(field)]));
    const sure = runbook === 'lost-secondary' ? { sure: 'east' } : {};
    const done = await here.submit('UBO', form.form.id, JSON.parse(form.form.meta), { ...values, ...sure });
    expect(said(done)).toContain('eden-1 has ended with that');
    expect(runs()).toEqual(['eden-1 planned', `eden-2 ${runbook}`]);
    expect(first().overrides.at(-1)).toMatchObject({ rule: 'skip watch-health', by: 'UBO' });
  });

  it('typed whole, by who may decide the step', async () => {
    const both = 'failback reason:"home" end-watch:eden-1';
    expect(said(await here.type('UANA', both))).toContain('eden-1 is only watched, and not everybody may end that.');
    expect(first().end).toBeNull();
    expect(said(await here.type('UBO', both))).toContain('eden-2 is the failback west → east.');
    expect(first().watch!.cut).toMatchObject({ by: 'UBO', why: 'home', next: 'eden-2', lost: null });
  });

  it('of another run the word ends nothing', async () => {
    expect(said(await here.type('UBO', 'failback reason:"home" end-watch:eden-9'))).toContain('only watched now');
    expect(first().end).toBeNull();
  });

  it('goes on as an emergency no more: its region serves', async () => {
    expect(said(await here.type('UANA', 'mode emergency reason:"x" sure:east'))).toContain(
      'eden-1 is only watched now: west serves. If west is lost, declare it',
    );
  });
});

const initialOf = (field: object): string => ('initial' in field ? String(field.initial) : '');
