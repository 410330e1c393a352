/** What others say is at hand: asked in the background, seldom while all is quiet, and silence is said as such. */
import { expect, it } from 'vitest';
import { type AroundWorld, Surveyor } from '../../src/monitor/around.ts';
import type { Alert } from '../../src/ports/alerts.ts';
import type { ProviderStatus } from '../../src/ports/provider-status.ts';
import { handClock } from '../support/hand-clock.ts';

const ALERT: Alert = { name: 'RegionDown', severity: 'critical', since: 5, labels: {}, summary: 'east is dark' };
const AWS = { name: 'AWS', url: 'https://aws/status' };
const OK: ProviderStatus = { ...AWS, state: 'ok', sentence: 'AWS: nothing posted.' };

function surveyed(more: Partial<AroundWorld> = {}) {
  const clock = handClock();
  const asked: string[] = [];
  const state = { troubled: [] as string[], firing: [ALERT] as Alert[] | Error };
  const surveyor = new Surveyor({
    alerts: {
      async firing() {
        asked.push('alerts');
        if (state.firing instanceof Error) throw state.firing;
        return state.firing;
      },
    },
    providers: {
      names: [AWS],
      pages: {
        async status() {
          asked.push('providers');
          return [OK];
        },
      },
    },
    troubled: () => state.troubled,
    async loss(region) {
      asked.push(`loss ${region}`);
      return { target: 'west', seconds: 4.2, bytes: 1_800_000 };
    },
    quietEveryMs: 60_000,
    troubleEveryMs: 15_000,
    callMs: 2000,
    clock,
    stop: new AbortController().signal,
    ...more,
  });
  const round = async () => {
    surveyor.considered();
    await surveyor.stopped();
  };
  return { clock, asked, state, surveyor, round };
}

it('says before the first answer that there is none yet', () => {
  expect(surveyed().surveyor.of('east')).toEqual({
    alerts: { at: expect.any(Number), silent: 'nobody has answered yet' },
    providers: [{ ...AWS, state: 'unknown', sentence: 'AWS: it has not answered yet.' }],
    loss: null,
  });
});

it('asks seldom while all is quiet, often in trouble, and measures what would be lost in every round then', async () => {
  const { clock, asked, state, round, surveyor } = surveyed();
  await round();
  await clock.advance(59_000);
  await round();
  expect(asked).toEqual(['alerts', 'providers']);
  state.troubled = ['east'];
  await round();
  await round();
  expect(asked.slice(2)).toEqual(['alerts', 'providers', 'loss east', 'loss east']);
  const at = clock.now();
  expect(surveyor.of('east')).toEqual({
    alerts: { at, firing: [ALERT] },
    providers: [OK],
    loss: { target: 'west', seconds: 4.2, bytes: 1_800_000, at },
  });
  expect(surveyor.of('west').loss).toBeNull();
  // Well again: what was measured then says nothing of now.
  state.troubled = [];
  await round();
  expect(surveyor.of('east').loss).toBeNull();
});

it('says why there is no answer, and waits for nobody longer than its time', async () => {
  const { clock, state, surveyor, round } = surveyed({
    providers: { names: [AWS], pages: { status: () => new Promise(() => {}) } },
  });
  state.firing = new Error('connection refused');
  const asking = round();
  expect(surveyor.of('east').providers).toMatchObject([{ sentence: 'AWS: it has not answered yet.' }]);
  await clock.advance(2000);
  await asking;
  expect(surveyor.of('east')).toMatchObject({
    alerts: { silent: 'connection refused' },
    providers: [{ state: 'unknown', sentence: 'AWS: no answer within 2 s.' }],
  });
  expect(clock.sleepers()).toBe(0);
});

it('what was measured stands where nobody can say any more, and nothing is asked where nothing is configured', async () => {
  let silent = false;
  const { state, round, surveyor } = surveyed({
    alerts: null,
    providers: null,
    loss: async () => (silent ? null : { target: 'west', seconds: 1, bytes: 2 }),
  });
  state.troubled = ['east'];
  await round();
  silent = true;
  await round();
  expect(surveyor.of('east')).toMatchObject({ alerts: null, providers: [], loss: { seconds: 1 } });
});
