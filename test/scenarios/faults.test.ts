/** Promotions and DNS that go wrong, each done to the world; what people do about it is typed in Slack. */
import { expect, it } from 'vitest';
import type { FaultName } from '../../lab/scenarios/faults.ts';
import { planned } from '../../lab/scenarios/planned.ts';

const run = (fault: FaultName) =>
  planned({
    pace: 10,
    latencyMs: 0,
    fault,
    fence: 'statefulset',
    kill: { points: [], positions: 0, seed: 1 },
    transcript: false,
    say: () => {},
    stop: new AbortController().signal,
  });

it('a promotion that is refused is aborted, and the source serves writes again', async () => {
  const { report, ok } = await run('promote-fails');
  expect(report.problems).toEqual([]);
  expect(ok).toBe(true);
  expect(report).toMatchObject({ outcome: 'rolledBack', databasePrimary: 'us-east-1', promotions: 0, dnsBatches: 0 });
  expect(report.writer.lost).toBe(0);
}, 120_000);

it('a promotion that takes effect late is not undone', async () => {
  const { report } = await run('promote-late');
  expect(report.problems).toEqual([]);
  expect(report).toMatchObject({ outcome: 'completed', promotions: 1 });
}, 120_000);

it('a control plane that is down holds with the hand steps, and goes on once marked', async () => {
  const { report } = await run('dns-control-plane-down');
  expect(report.problems).toEqual([]);
  expect(report).toMatchObject({ outcome: 'completed', dnsBatches: 0 });
  expect(report.overrides.map(({ rule }) => rule)).toEqual([
    'waive notice-given',
    'waive ttl-lowered',
    'mark switch-dns done',
  ]);
}, 150_000);

it('a change that the provider loses is sent once more', async () => {
  const { report } = await run('dns-lost');
  expect(report.problems).toEqual([]);
  expect(report).toMatchObject({ outcome: 'completed', dnsBatches: 2 });
  expect(report.steps.find(({ id }) => id === 'switch-dns')?.attempts).toBe(2);
}, 120_000);
