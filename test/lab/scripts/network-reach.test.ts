/** Whether one region reaches what stands in the other: from its own address, each direction by itself. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { closeWay, openWay } from '../../../lab/world/fences.ts';
import { scriptsRun } from '../../../lab/world/scripts-witness.ts';
import { ADDRESSES, EAST, type Rig, run, startRig, WEST } from './rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
});
afterAll(() => rig?.close());
const reach = (from: string, to: string) => run(rig.scripts, 'network_reach.sh', [`--from=${from}`, `--to=${to}`]);

test('each direction is asked by itself, from the address of the region', async () => {
  expect(await reach('primary', 'secondary')).toMatchObject({
    status: 0,
    report: { summary: `${EAST} reaches Postgres of ${WEST}`, reaches: true },
  });
  await closeWay({ ...rig, addresses: ADDRESSES }, WEST, EAST);
  const closed = await reach(WEST, EAST);
  expect(closed).toMatchObject({ status: 1, report: { reaches: false } });
  expect(closed.report?.['summary']).toMatch(/^Postgres of us-east-1: .*127\.0\.1\.2.*/);
  expect(await reach(EAST, WEST)).toMatchObject({ status: 0 });
  await openWay(rig, EAST);
  expect(await reach(WEST, EAST)).toMatchObject({ status: 0 });
});

test('it only asks, and says of what nobody knows that nobody knows', async () => {
  const unknown = await reach('primary', 'eu-north-1');
  expect([unknown.status, unknown.stderr]).toEqual([2, expect.stringContaining('There is no region "eu-north-1"')]);
  expect(scriptsRun(rig)).toEqual({});
});
