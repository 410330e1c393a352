import { expect, it } from 'vitest';
import { bench, said } from './bench.ts';

it('says what would be done and changes nothing', async () => {
  const here = await bench();
  const words = said(await here.type('UDEE', 'plan east'));
  expect(words).toContain(`Plan · east → west · nothing was changed · ${here.plan.hash.slice(0, 12)}`);
  expect(words).toContain('✔ Ready: every check that can be asked beforehand says yes.');
  expect(words).toContain('▶ Scale up west · api 1 → 3, task 0 → 2');
  expect(words).toContain('▶ Fence east · StatefulSet postgres 1 → 0');
  expect([here.state.calls, here.ledger.all()]).toEqual([[], []]);
});

it('says what is not ready', async () => {
  const here = await bench();
  here.state.lag.caughtUp = false;
  delete here.state.workloads['east']!['postgres'];
  expect(said(await here.type('UDEE', 'plan east to:west'))).toContain(
    '✖ Not ready: Measure replication lag, Fence east.',
  );
});

it.each([
  ['plan', 'Name the region to leave: /dr plan east.'],
  ['plan esat', '“esat” is not a region of eden. Did you mean east? Regions: east, west.'],
  ['plan east to:wset', '“wset” is not a region of eden. Did you mean west? Regions: east, west.'],
  ['plan east to:east', 'east cannot fail over to itself. Name another region with to:.'],
  [
    'plan east tomorrow',
    '/dr plan does not take “tomorrow”: /dr plan <region> [to:<region>] | failback. Nothing was started.',
  ],
  [
    'plan east reason:"x"',
    '/dr plan does not take “reason:x”: /dr plan <region> [to:<region>] | failback. Nothing was started.',
  ],
])('/dr %s', async (line, words) => {
  const here = await bench();
  expect(said(await here.type('UDEE', line))).toBe(words);
});

const goneAway = ({ state }: Awaited<ReturnType<typeof bench>>) => {
  Object.assign(state.servers['west']!, { role: 'primary', streamingFrom: null });
  Object.assign(state.servers['east']!, { role: 'standby', streamingFrom: 'west:5432' });
};
const rules = { soakMs: 60_000, network: { url: 'https://probe/{source}/{target}' } };

it('shows what going home asks, with what it finds now, before anybody asks for it', async () => {
  const here = await bench({ system: { failback: rules } });
  goneAway(here);
  here.state.servers['east']!.readOnly = true;
  here.state.health['https://probe/west/east'] = { status: 200 };
  here.state.health['https://probe/east/west'] = { status: 502 };
  const words = said(await here.type('UDEE', 'plan failback'));
  expect(words).toContain('Plan · failback west → east · nothing was changed');
  expect(words).toContain('✖ See that no fence is left in east · left in east: default_transaction_read_only on');
  expect(words).toContain('What is left in east is lifted on purpose: /dr lift east reason:"…"');
  expect(words).toContain('reach each other · east → west: https://probe/east/west answered 502');
  expect(words).toContain('✖ See that the last move has stood long enough · No run is known that moved the system');
  expect([here.state.calls, here.ledger.all()]).toEqual([[], []]);
});

it('a planned move home says whose plan asks more', async () => {
  const here = await bench({ system: { failback: rules } });
  goneAway(here);
  const words = said(await here.type('UDEE', 'plan west'));
  expect(words).toContain('Plan · west → east · nothing was changed');
  expect(words).not.toContain('stood long enough');
  expect(words).toContain('east is home: /dr failback asks more before it moves, and /dr plan failback shows it.');
});

it.each([
  ['plan failback', 'No plan can be made: eden is at home already: east serves.'],
  ['plan failback to:west', 'Home is east: leave to: out.'],
])('/dr %s at home', async (line, words) => {
  const here = await bench();
  expect(said(await here.type('UDEE', line))).toBe(words);
});

it('says why no plan can be made', async () => {
  const here = await bench();
  here.state.servers['west']!.systemIdentifier = '42';
  expect(said(await here.type('UDEE', 'plan east'))).toBe(
    'No plan can be made: The databases of east and west are not copies of each other (system identifiers 7300000000000000001 and 42). Check postgres.url of both regions.',
  );
});
