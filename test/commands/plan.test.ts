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
  ['plan east tomorrow', '/dr plan does not take “tomorrow”: /dr plan <region> [to:<region>]. Nothing was started.'],
  ['plan east reason:"x"', '/dr plan does not take “reason:x”: /dr plan <region> [to:<region>]. Nothing was started.'],
])('/dr %s', async (line, words) => {
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
