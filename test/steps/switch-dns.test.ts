/** Accepted is not carried: the provider's own servers must answer the new values. */
import { describe, expect, it } from 'vitest';
import { switchDns } from '../../src/steps/switch-dns.ts';
import { stage, wordsOf } from './stage.ts';

const MOVES = 'notDone: api.example.com 192.0.2.1 → 192.0.2.2, task.example.com 192.0.2.1 → 192.0.2.2';

it('moves every record and is done when the authorities answer it', async () => {
  const here = await stage();
  const before = await here.check(switchDns);
  expect(wordsOf(before)).toBe(MOVES);
  expect(before.evidence['left']).toEqual([
    { name: 'api.example.com', type: 'A', now: ['192.0.2.1'], ttl: 60 },
    { name: 'task.example.com', type: 'A', now: ['192.0.2.1'], ttl: 60 },
  ]);
  expect(wordsOf(await here.does(switchDns))).toBe('done: 2 records, in sync at the provider: west');
  expect(here.left.evidence['switch-dns']).toMatchObject({ changes: ['Z1: C1'], count: 2 });
  expect(here.state.calls).toEqual(['dns eden-1 switch-dns']);
});

it('run again sends nothing', async () => {
  const here = await stage();
  await here.does(switchDns);
  expect(await here.run(switchDns)).toBeUndefined();
  expect(here.state.calls).toHaveLength(1);
});

it('partly done, it moves the rest', async () => {
  const here = await stage();
  here.state.records['A api.example.com'] = { ttl: 60, values: ['192.0.2.2'] };
  expect(wordsOf(await here.check(switchDns))).toBe('notDone: task.example.com 192.0.2.1 → 192.0.2.2');
  expect((await here.does(switchDns)).is).toBe('done');
});

it('a record that was not there comes from nothing', async () => {
  const here = await stage();
  delete here.state.records['A api.example.com'];
  expect(wordsOf(await here.check(switchDns))).toContain('api.example.com nothing → 192.0.2.2');
});

describe('accepted, and', () => {
  const accepted = async (stale: Record<string, object>) => {
    const here = await stage();
    here.state.stale = stale;
    return wordsOf(await here.does(switchDns));
  };
  it('not yet carried by an authority: not done', async () => {
    expect(await accepted({ 'ns-1': { values: ['192.0.2.1'] } })).toBe(
      "notDone: accepted, not yet at the provider's servers: api.example.com, task.example.com",
    );
  });
  it('an authority is silent: unknown, not "no"', async () => {
    expect(await accepted({ 'ns-1': { values: [], error: 'ns-1 timed out' } })).toBe(
      "unknown: accepted, and the provider's servers do not say so: ns-1 timed out",
    );
  });
  it('a resolver is still on the old one: that is the next step’s question', async () => {
    expect(await accepted({ '192.0.2.53': { values: ['192.0.2.1'] } })).toContain('done: ');
  });
  it('no authority is known: unknown', async () => {
    const here = await stage();
    here.state.servers53 = ['192.0.2.53:resolver'];
    expect(wordsOf(await here.does(switchDns))).toContain('nobody answers for api.example.com');
  });
  it('the values come in another order: the same answer', async () => {
    const records = [
      {
        provider: 'route53',
        zone: 'Z1',
        name: 'api.example.com',
        type: 'A' as const,
        ttl: 60,
        values: { east: ['192.0.2.1'], west: ['192.0.2.3', '192.0.2.2'] },
      },
    ];
    const here = await stage(undefined, { records });
    here.state.stale = { 'ns-1': { values: ['192.0.2.2', '192.0.2.3'] } };
    expect((await here.does(switchDns)).is).toBe('done');
  });
});

describe('undone', () => {
  it('puts back the values and the TTL the plan saw', async () => {
    const here = await stage();
    here.values.dns[0]!.oldTtl = 300;
    await here.does(switchDns);
    expect(await here.undo(switchDns)).toEqual({ changes: ['Z1: C1'], count: 2 });
    expect(here.state.records['A api.example.com']).toEqual({ ttl: 300, values: ['192.0.2.1'] });
    expect(here.state.records['A task.example.com']).toEqual({ ttl: 60, values: ['192.0.2.1'] });
  });
  it('changes nothing where nothing came of it', async () => {
    const here = await stage();
    expect(await here.undo(switchDns)).toEqual({ restored: 0 });
    expect(here.state.calls).toEqual([]);
  });
});

describe('taken and then lost', () => {
  it('is not sent again before the runner says that it was not seen', async () => {
    const here = await stage();
    await here.does(switchDns);
    expect(await here.run(switchDns)).toBeUndefined();
    expect(here.state.calls).toHaveLength(1);
  });
  it('then every record is sent once more, whatever the provider lists', async () => {
    const here = await stage();
    await here.does(switchDns);
    here.left.evidence['switch-dns'] = { unseen: true };
    expect(await here.run(switchDns)).toMatchObject({ count: 2 });
    expect(here.state.calls).toHaveLength(2);
  });
});

it('a person who has to do it by hand is given the very change, and how to see it', async () => {
  const here = await stage();
  const [change, ...looks] = switchDns.byHand!(here.values);
  expect(change).toContain('--hosted-zone-id Z1');
  const batch = JSON.parse(/'(.*)'$/.exec(change!)![1]!);
  expect(batch.Changes).toHaveLength(2);
  expect(batch.Changes[0]).toEqual({
    Action: 'UPSERT',
    ResourceRecordSet: { Name: 'api.example.com', Type: 'A', TTL: 60, ResourceRecords: [{ Value: '192.0.2.2' }] },
  });
  expect(looks).toEqual(['dig +short api.example.com A   # 192.0.2.2', 'dig +short task.example.com A   # 192.0.2.2']);
});
