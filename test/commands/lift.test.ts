/** Lifting what was left: with a reason, only beside a primary, and the run that is held over it looks again. */
import { beforeEach, expect, it } from 'vitest';
import { makePlan } from '../../src/steps/planning.ts';
import { type Bench, bench, said } from './bench.ts';

let here: Bench;
/** West serves; east, which is home, follows, and is still read-only. */
async function away(options: Parameters<typeof bench>[0] = {}): Promise<void> {
  here = await bench(options);
  Object.assign(here.state.servers['west']!, { role: 'primary', streamingFrom: null });
  Object.assign(here.state.servers['east']!, { role: 'standby', streamingFrom: 'west:5432', readOnly: true });
}
beforeEach(() => away());
const FENCE = 'default_transaction_read_only on in Postgres';

/** As the runner writes it when the step finds them. */
async function held(line = 'failback reason:"home"'): Promise<void> {
  await here.type('UANA', line);
  const { runbook, mode, source, target, nodes } = here.ledger.active()!.snapshot.context;
  const asked = { runbook, mode, source, target, nodes };
  const plan = await makePlan(asked, here.system, here.ports, new AbortController().signal);
  await here.append({ type: 'PLANNED', plan });
  const why = `left in east: ${FENCE}`;
  const evidence = { fences: [FENCE], lift: true };
  await here.append({ type: 'STEP_NOT_DONE', step: 'no-stale-fence', attempt: 1, why, evidence, again: false });
}

it('lifts by name and reason, before any run', async () => {
  expect(said(await here.type('UANA', 'lift east reason:"looked at"'))).toBe(
    `1 of 1 fences lifted in east.\n✔ ${FENCE}`,
  );
  expect(here.state.servers['east']!.readOnly).toBe(false);
  expect(said(await here.type('UANA', 'lift east reason:"again"'))).toBe(
    'No fence stands in east. Nothing was lifted.',
  );
});

it('without a reason it asks for one', async () => {
  expect(await here.type('UANA', 'lift east')).toMatchObject({ kind: 'form', form: { id: 'lift' } });
  expect(said(await here.submit('UANA', 'lift', { region: 'east' }, { reason: '' }))).toBe(
    '(at reason) It needs a reason: /dr lift east reason:"…". Nothing was lifted.',
  );
  expect(here.state.servers['east']!.readOnly).toBe(true);
});

it.each(['failback reason:"home"', 'failover west to:east reason:"maintenance"'])(
  'held over it, /dr %s looks again',
  async (line) => {
    await held(line);
    const form = await here.press('UANA', 'lift:east', { run: 'eden-1', region: 'east' });
    expect(said(form)).toContain(`left in east: ${FENCE}`);
    expect(said(await here.submit('UANA', 'lift', { region: 'east' }, { reason: 'looked at' }))).toBe(
      `1 of 1 fences lifted in east.\n✔ ${FENCE}\neden-1 looks again.`,
    );
    const c = here.ledger.active()!.snapshot.context;
    expect(c.holds).toEqual([]);
    expect(c.overrides).toEqual([]);
  },
);

it.each([
  ['lift reason:"x"', 'Say which region: /dr lift <region> reason:"…". Nothing was lifted.'],
  ['lift west reason:"x"', 'west serves: what is fenced there is no leftover. Nothing was lifted.'],
])('/dr %s is refused', async (line, answer) => {
  expect(said(await here.type('UANA', line))).toBe(answer);
});

it('is refused where Postgres is no standby, as far as anybody can see', async () => {
  const { east } = here.state.servers;
  east!.down = true;
  expect(said(await here.type('UANA', 'lift east reason:"x"'))).toBe(
    'Postgres in east does not answer: what it would do once it is let, nobody can say. Nothing was lifted.',
  );
  Object.assign(east!, { down: false, role: 'primary' });
  expect(said(await here.type('UANA', 'lift east reason:"x"'))).toBe(
    'Postgres in east and in west takes writes: make one of them a standby of the other first. Nothing was lifted.',
  );
  expect(east!.readOnly).toBe(true);
});

it('is refused while another run is under way, a halt stands, or the fence is kept', async () => {
  await here.type('UANA', 'failover west reason:"x"');
  expect(said(await here.type('UANA', 'lift east reason:"x"'))).toBe(
    'eden-1 is under way and not held at a fence in east: it decides itself what is fenced. Nothing was lifted.',
  );
  await away();
  await here.type('UANA', 'halt reason:"stop"');
  expect(said(await here.type('UANA', 'lift east reason:"x"'))).toContain('Nothing was lifted.');
  await away({
    keptFence: { owed: () => ({ run: 'eden-3', source: 'east', target: 'west' }), release: async () => true },
  });
  expect(said(await here.type('UANA', 'lift east reason:"x"'))).toBe(
    'Regent keeps east from taking writes since eden-3: make it a standby of west first. Nothing was lifted.',
  );
  expect(here.state.servers['east']!.readOnly).toBe(true);
});
