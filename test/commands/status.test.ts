import { expect, it } from 'vitest';
import { bench, said } from './bench.ts';

it('without a run: who is primary, by observation', async () => {
  const here = await bench();
  expect(said(await here.type('UDEE', 'status'))).toBe(
    'Nothing is being moved. east is primary.\neast: primary\nwest: standby',
  );
  here.state.servers['east']!.down = true;
  expect(said(await here.type('UDEE', 'status'))).toBe(
    'Nothing is being moved. No region answers as primary right now.\neast: unknown\nwest: standby',
  );
});

it('of a run: for a stakeholder', async () => {
  const here = await bench();
  await here.asked();
  expect(said(await here.type('UDEE', 'status'))).toBe(
    'Eden is moving from east to west. It goes to plan.\nCustomers: nothing is noticeable so far.\nWaiting for a decision: Approve promotion, asked: SSRE\nWaiting for a decision: Confirm DNS, asked: SSRE\nThe thread ↗ <https://chat/eden-1>',
  );
});

it('in detail, by word or by button, without buttons of its own', async () => {
  const here = await bench();
  await here.asked();
  for (const reply of [
    await here.type('UDEE', 'status detail'),
    await here.press('UDEE', 'status', { run: 'eden-1' }),
  ]) {
    expect(said(reply)).toContain('Measure replication lag');
    expect(reply.kind === 'message' && reply.message.actions).toEqual([]);
  }
});

it('of the last run when none is under way', async () => {
  const here = await bench();
  await here.asked();
  await here.type('UANA', 'abort reason:"x"');
  expect(said(await here.type('UDEE', 'status'))).toContain('Eden stays in east: the move to west was called off.');
});

it('whatever was asked, with what is out of service and does not stream again', async () => {
  const here = await bench({ outOfService: [{ region: 'west', run: 'eden-4', since: 5000 }] });
  const line = '⛔ west is out of service since 5000 (eden-4): it does not stream yet.';
  expect(said(await here.type('UDEE', 'status'))).toContain(line);
  await here.asked();
  expect(said(await here.type('UDEE', 'status'))).toContain(line);
});

it('a kind of status there is not', async () => {
  const here = await bench();
  expect(said(await here.type('UDEE', 'status detial'))).toBe(
    '“detial” is not a kind of status: /dr status, or /dr status detail.',
  );
});

it('has the run for programs too', async () => {
  const here = await bench();
  expect(await here.type('UDEE', 'status')).not.toHaveProperty('data');
  await here.asked();
  expect(await here.type('UDEE', 'status')).toMatchObject({
    data: { run: 'eden-1', mode: 'planned', phase: 'preparing', end: null, downtimeMs: 0, loss: null },
  });
});
