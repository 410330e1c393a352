/** Calling people to a proposal: an alarm over a real journal, and PagerDuty as a server that checks what it is sent. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LAB_CERTIFICATE } from '../../lab/lib/certificate.ts';
import { poll } from '../../lab/lib/poll.ts';
import { startPagerduty } from '../../lab/pagerduty/server.ts';
import type { PagerdutyLab } from '../../lab/pagerduty/types.ts';
import { pagerdutyPager } from '../../src/integrations/pagerduty/pager.ts';
import { proposal } from '../../src/messages/proposal.ts';
import type { ProposalCall } from '../../src/messages/proposal-page.ts';
import { Alarm, type AlarmWorld } from '../../src/monitor/alarm.ts';
import type { Pager } from '../../src/ports/pager.ts';
import { callOwes } from '../../src/runner/owed-calls.ts';
import { ProposalPager } from '../../src/runner/proposal-pager.ts';
import { text } from '../messages/scenes.ts';
import { alarmed, MIN } from '../monitor/alarmed.ts';

const ROUTING_KEY = 'r0ut1ngk3yr0ut1ngk3yr0ut1ngk3y32';
const TOKEN = 'rest-token-92f1';
const within = { withinMs: 10_000 };

let lab: PagerdutyLab;
const running: { stop: AbortController; pager: ProposalPager }[] = [];
beforeEach(async () => {
  lab = await startPagerduty({
    routingKeys: { [ROUTING_KEY]: 'PEDEN' },
    tokens: [TOKEN],
    users: [{ id: 'PANA', name: 'Ana', email: 'ana@eden.example.com' }],
  });
});
afterEach(async () => {
  for (const { stop, pager } of running.splice(0)) {
    stop.abort();
    await pager.stopped();
  }
  await lab.close();
});

async function room(mode: AlarmWorld['mode'] = 'propose', { notes = true } = {}) {
  const here = await alarmed(mode, { told: (n) => pager?.deliveries(n) ?? [] });
  let pager: ProposalPager | null = null;
  let alarm = here.alarm;
  const port = pagerdutyPager({
    routingKey: ROUTING_KEY,
    rest: { token: TOKEN, from: 'ana@eden.example.com', escalationPolicies: [] },
    eventsUrl: lab.url,
    apiUrl: lab.url,
    timeoutMs: 5000,
    retryMs: 5,
    ca: [LAB_CERTIFICATE],
  });
  const start = (over: Partial<Pager> = {}) => {
    const stop = new AbortController();
    const made = new ProposalPager({
      pager: { ...port, ...over },
      notes,
      staging: false,
      organization: 'eden',
      calls: () => alarm.calls(),
      journal: here.journal,
      clock: here.clock,
      log: { info() {}, warn() {} },
      linkTo: async (n) => `https://chat.example/proposal${n}`,
      told: (n) => alarm.told(n),
      callMs: 5000,
      stop: stop.signal,
    });
    pager = made;
    made.start();
    running.push({ stop, pager: made });
    return async () => {
      stop.abort();
      await made.stopped();
    };
  };
  const finds: typeof here.finds = async (...args) => {
    await here.finds(...args);
    pager?.wake();
  };
  return {
    ...here,
    start,
    finds,
    /** Another process on the same journal. */
    async restart() {
      alarm = new Alarm(here.world);
      await alarm.start();
      return start();
    },
    wake: () => pager?.wake(),
    told: () => pager!.deliveries(1).map(({ what, state }) => `${what} ${state}`),
    card: () => text(proposal({ facts: here.redrawn.at(-1) as never, contacts: {} })),
    incidents: () => lab.incidents(),
    noted: () => lab.incidents().map((one) => one.notes.map(({ content }) => content)),
    status: () => lab.incidents().map(({ status }) => status),
  };
}

describe('a region that is confirmed to be down, with somebody to decide', () => {
  it('wakes people once, with the evidence and the way to the card; the card says so', async () => {
    const here = await room();
    here.start();
    await here.finds('suspected');
    await here.finds('confirmed', 30_000);
    await poll('the incident', () => here.told().includes('incident told'), within);
    expect(here.incidents()).toMatchObject([
      {
        key: 'eden-east-proposal-1',
        status: 'triggered',
        summary: 'east is confirmed to be down: declare a disaster?',
        severity: 'critical',
        source: 'east',
        details: {
          region: 'east',
          seen: 'Postgres: no answer',
          decide: expect.stringContaining('/dr declare east reason:"…"'),
        },
        links: [{ href: 'https://chat.example/proposal1' }],
        events: ['trigger'],
      },
    ]);
    expect(here.card()).toContainEqual(expect.stringMatching(/^Told: PagerDuty incident /));
    for (let n = 0; n < 3; n += 1) await here.finds('confirmed');
    expect(here.incidents()[0]!.events).toEqual(['trigger']);
  });

  it('is noted when it gets worse, and closed when it answers again: a blip of 43 s', async () => {
    const here = await room();
    here.start();
    await here.finds('suspected');
    await here.finds('confirmed', 30_000);
    await poll('the incident', () => here.told().includes('incident told'), within);
    await here.finds('quiet', 43_000);
    await poll('it is closed', () => here.told().includes('closed told'), within);
    expect(here.incidents()).toMatchObject([{ status: 'resolved', events: ['trigger', 'resolve'] }]);
    expect(here.noted()).toEqual([[expect.stringMatching(/ UTC: east answers again\. Nothing was declared\.$/)]]);
    expect(here.card().at(-1)).toMatch(/^Told: PagerDuty incident .*, note .*, closed /);

    await here.finds('confirmed', 60 * MIN);
    await poll('the next outage', () => here.incidents().length === 2, within);
    await here.finds('failed', 30_000);
    await poll('it is noted', () => here.noted()[1]!.length === 1, within);
    expect(here.incidents()[1]!.key).toBe('eden-east-proposal-2');
    expect(here.noted()[1]).toEqual([expect.stringMatching(/ UTC: east counts as failed\.$/)]);
  });

  it('is closed when a run is declared from it: that one has an incident of its own', async () => {
    const here = await room();
    here.start();
    await here.finds('confirmed');
    await poll('the incident', () => here.told().includes('incident told'), within);
    here.runs.push({ run: 'eden-1', source: 'east', requestedAt: here.clock.now() + 1, endedAt: null });
    here.wake();
    await poll('it is closed', () => here.told().includes('closed told'), within);
    expect(here.noted()[0]).toEqual([
      expect.stringMatching(/eden-1 was declared for it\. It has an incident of its own/),
    ]);
    // It came to nothing: people must decide again.
    here.runs[0]!.endedAt = here.clock.now();
    await here.finds('failed', MIN);
    await poll('people are called again', () => here.incidents().length === 2, within);
    expect(here.incidents()[1]).toMatchObject({ key: 'eden-east-proposal-1-2', status: 'triggered' });
    expect(here.status()).toEqual(['resolved', 'triggered']);
  });

  it('is closed when a planned run that was under way goes on as an emergency, or has left the region', async () => {
    for (const goesOn of [true, false]) {
      const here = await room();
      here.runs.push({ run: 'eden-1', source: 'east', requestedAt: 0, endedAt: null, planned: { hasStopped: false } });
      await here.finds('confirmed');
      expect(here.alarm.calls()).toMatchObject([{ over: null }]);
      if (goesOn) here.runs[0]!.planned = null;
      expect(here.alarm.calls()).toMatchObject([{ over: goesOn ? { how: 'run', run: 'eden-1' } : null }]);
      here.runs[0] = { ...here.runs[0]!, planned: null, endedAt: here.clock.now() };
      expect(here.alarm.calls()).toMatchObject([{ over: null }]);
      here.seen.primary = 'west';
      expect(here.alarm.calls()).toMatchObject([{ over: { how: 'left', run: 'eden-1' } }]);
    }
  });

  it('is closed at “Not now”, and opened anew when it gets worse', async () => {
    const here = await room();
    here.start();
    await here.finds('confirmed');
    await poll('the incident', () => here.told().includes('incident told'), within);
    await here.alarm.dismiss(1, 'UANA', 'd1');
    await here.finds('confirmed');
    await poll('it is closed', () => here.status()[0] === 'resolved', within);
    expect(here.incidents()).toHaveLength(1);
    await here.finds('failed', 30_000);
    await poll('people are called again', () => here.incidents().length === 2, within);
    expect(here.incidents()[1]!.summary).toContain('counts as failed');
  });

  it('is closed without a note where none can be written', async () => {
    const here = await room('propose', { notes: false });
    here.start();
    await here.finds('confirmed');
    await poll('the incident', () => here.told().includes('incident told'), within);
    await here.finds('quiet');
    await poll('it is closed', () => here.told().includes('closed told'), within);
    expect(here.noted()).toEqual([[]]);
  });
});

describe('nobody is woken', () => {
  const asked = async (here: Awaited<ReturnType<typeof room>>) =>
    (await here.events()).filter((type) => type === 'PEOPLE_ASKED').length;

  it('by what is only suspected', async () => {
    const here = await room();
    await here.finds('suspected');
    await here.finds('quiet', 20_000);
    expect(await asked(here)).toBe(0);
  });
  it('by a region that does not serve, nor by a witness', async () => {
    const here = await room();
    await here.finds('failed', 5000, 'west');
    await here.finds('failed', 5000, 'eu');
    expect(await asked(here)).toBe(0);
  });
  it('where the mode is off', async () => {
    const here = await room('off');
    await here.finds('failed');
    expect(await asked(here)).toBe(0);
  });
  it('where Regent declares it by itself: the run does', async () => {
    const here = await room('declare');
    await here.finds('confirmed');
    await here.finds('failed', 30_000);
    await here.finds('failed');
    expect([here.declared.length, await asked(here)]).toEqual([1, 0]);
  });
  it('while Regent is cut off itself, or by what was seen long ago', async () => {
    const here = await room();
    here.seen.isolated = true;
    await here.finds('confirmed');
    expect(await asked(here)).toBe(0);
    here.seen.isolated = false;
    here.set('east', 'confirmed', { at: here.clock.now() - 20_000 });
    await here.alarm.consider();
    expect(await asked(here)).toBe(0);
  });
  it('by what somebody has put aside at that stage', async () => {
    const here = await room();
    here.seen.primary = 'west';
    await here.finds('confirmed');
    await here.alarm.dismiss(1, 'UANA', 'd1');
    here.seen.primary = 'east';
    await here.finds('confirmed');
    expect(await asked(here)).toBe(0);
  });
});

it('is called where Regent was to declare it and cannot: the page says why', async () => {
  const here = await room('declare');
  here.start();
  here.no.why = 'no run is started while it is halted.';
  await here.finds('failed');
  await poll('the incident', () => here.told().includes('incident told'), within);
  expect(here.incidents()[0]!.details).toMatchObject({ why: expect.stringContaining('while it is halted') });
});

describe('PagerDuty does not answer', () => {
  it('the card stands all the same and says what is in the way; it is tried again under the same key', async () => {
    const here = await room();
    here.start();
    lab.fault({ operation: 'enqueue', kind: 'unavailable' });
    await here.finds('confirmed');
    expect((await here.cards()).at(-1)!.facts.stage).toBe('confirmed');
    await poll('it failed', () => here.told().includes('incident waiting'), within);
    expect(here.card().join('\n')).toMatch(
      /Told: PagerDuty: not yet, 2nd try at .*\nPagerDuty, incident: ‹The page of/,
    );
    lab.clearFaults();
    await here.clock.advance(2000);
    await poll('the incident', () => here.told().includes('incident told'), within);
    expect(here.incidents()).toHaveLength(1);
    expect(here.card().join('\n')).not.toContain('not yet');
  });

  it('until the region answers again: what may have got there is closed', async () => {
    const here = await room();
    here.start({ trigger: () => Promise.reject(new Error('no answer')) });
    await here.finds('confirmed');
    await poll('it failed', () => here.told().includes('incident waiting'), within);
    await here.finds('quiet');
    await poll('it is closed', () => here.told().includes('closed told'), within);
    expect(here.incidents()).toEqual([]);
  });
});

describe('a restart', () => {
  it('between the journal and the page: it is sent; after it: it is not sent again, and closed', async () => {
    const here = await room();
    await here.finds('confirmed');
    const stop = await here.restart();
    await poll('the incident', () => here.told().includes('incident told'), within);
    await stop();
    await here.restart();
    await poll('what was told is known', () => here.told().includes('incident told'), within);
    here.runs.push({ run: 'eden-1', source: 'east', requestedAt: here.clock.now() + 1, endedAt: null });
    here.wake();
    await poll('it is closed', () => here.told().includes('closed told'), within);
    expect(here.incidents()).toMatchObject([{ events: ['trigger', 'resolve'] }]);
  });

  it('while it was being sent: once more, under the same key', async () => {
    const here = await room();
    const stop = here.start({
      trigger: async (page, signal) => {
        await pagerOf().trigger(page, signal);
        await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
      },
    });
    const pagerOf = () =>
      pagerdutyPager({ routingKey: ROUTING_KEY, eventsUrl: lab.url, timeoutMs: 5000, ca: [LAB_CERTIFICATE] });
    await here.finds('confirmed');
    await poll('it got there', () => here.incidents().length === 1, within);
    await stop();
    await here.restart();
    await poll('it is known to have', () => here.told().includes('incident told'), within);
    expect(here.incidents()).toMatchObject([{ key: 'eden-east-proposal-1', events: ['trigger', 'trigger'] }]);
  });
});

it('what was over before a page left is owed to nobody, and nothing is written into what is closed', () => {
  const call: ProposalCall = {
    n: 1,
    region: 'east',
    round: 1,
    askedAt: 1,
    since: 0,
    stage: 'confirmed',
    seen: [],
    why: null,
    grew: [{ stage: 'failed', at: 2 }],
    over: null,
  };
  const over: ProposalCall = { ...call, over: { how: 'recovered', at: 3 } };
  const owed = (of: ProposalCall, has: Record<string, 'told' | 'tried' | 'gaveUp'> = {}, notes = true) =>
    callOwes(of, (slot) => has[slot.replace('pager:proposal:1:1:', '')] ?? null, notes).map((word) => word.do);
  expect(owed(call)).toEqual(['trigger']);
  expect(owed(call, { trigger: 'tried' })).toEqual(['trigger']);
  expect(owed(call, { trigger: 'told' })).toEqual(['note']);
  expect(owed(call, { trigger: 'told' }, false)).toEqual([]);
  expect(owed(call, { trigger: 'told', failed: 'told' })).toEqual([]);
  expect(owed(over)).toEqual([]);
  expect(owed(over, { trigger: 'tried' })).toEqual(['resolve']);
  expect(owed(over, { trigger: 'told' })).toEqual(['note', 'resolve']);
  expect(owed(over, { trigger: 'told', resolve: 'told' })).toEqual([]);
});
