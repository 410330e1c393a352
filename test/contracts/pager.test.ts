/** PagerDuty as a `Pager`, over its SDK and HTTPS, against a server that checks what it is sent as the real one does. */
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LAB_CERTIFICATE } from '../../lab/lib/certificate.ts';
import { startPagerduty } from '../../lab/pagerduty/server.ts';
import type { PagerdutyOptions as LabOptions, PagerdutyLab } from '../../lab/pagerduty/types.ts';
import { type PagerdutyOptions, pagerdutyPager } from '../../src/integrations/pagerduty/pager.ts';
import type { IntegrationError } from '../../src/lib/errors.ts';
import type { Page } from '../../src/ports/pager.ts';
import { failureOf } from '../support/failure.ts';

const never = new AbortController().signal;
const ROUTING_KEY = 'r0ut1ngk3yr0ut1ngk3yr0ut1ngk3y32';
const TOKEN = 'rest-token-92f1';
const PAGE: Page = {
  key: 'eden-7',
  summary: 'us-east-1 looks down: eden-7 asks for a decision',
  severity: 'critical',
  source: 'us-east-1',
  details: { healthScore: 0.1, lagBytes: 1400 },
  link: { href: 'https://slack.example/archives/C1', text: 'The run' },
};

describe('the pager', () => {
  let lab: PagerdutyLab;
  const labs: PagerdutyLab[] = [];
  const start = async (options: Partial<LabOptions> = {}) => {
    lab = await startPagerduty({
      routingKeys: { [ROUTING_KEY]: 'PEDEN' },
      tokens: [TOKEN],
      users: [
        { id: 'PANA', name: 'Ana', email: 'ana@eden.example.com', phone: { countryCode: 44, number: '2071234567' } },
        { id: 'PBO', name: 'Bo', email: 'bo@eden.example.com' },
      ],
      onCalls: [
        { policy: 'PSRE', level: 2, user: 'PBO' },
        { policy: 'PSRE', level: 1, user: 'PANA', until: '2026-11-21T08:00:00Z' },
        { policy: 'PSRE', level: 3, user: 'PANA' },
        { policy: 'POTHER', level: 1, user: 'PBO' },
      ],
      ...options,
    });
    labs.push(lab);
  };
  beforeEach(() => start());
  afterEach(async () => {
    for (const one of labs.splice(0)) await one.close();
  });

  const rest = { token: TOKEN, from: 'ana@eden.example.com', escalationPolicies: ['PSRE'] };
  const pagerWith = (more: Partial<PagerdutyOptions> = {}) =>
    pagerdutyPager({
      routingKey: ROUTING_KEY,
      rest,
      eventsUrl: lab.url,
      apiUrl: lab.url,
      timeoutMs: 5000,
      retryMs: 5,
      ca: [LAB_CERTIFICATE],
      ...more,
    });
  const failing = (work: Promise<unknown>) => failureOf(work, /^[A-Z].*[^.]\.$/, [ROUTING_KEY, TOKEN]);
  const operations = () => lab.calls().map(({ operation, status }) => `${operation} ${status}`);

  it('opens one incident with everything in it, and closes it', async () => {
    const pager = pagerWith();
    await pager.trigger(PAGE, never);
    expect(lab.incidents()).toMatchObject([
      {
        key: 'eden-7',
        service: 'PEDEN',
        status: 'triggered',
        summary: PAGE.summary,
        severity: 'critical',
        source: 'us-east-1',
        details: PAGE.details,
        links: [PAGE.link],
      },
    ]);
    await pager.resolve('eden-7', never);
    expect(lab.incidents()).toMatchObject([{ status: 'resolved' }]);
    expect(operations()).toEqual(['enqueue 202', 'enqueue 202']);
  });

  it('keeps one incident for one key, also when an answer was lost', async () => {
    const pager = pagerWith();
    lab.fault({ kind: 'cut-after', times: 1 });
    expect(await failing(pager.trigger(PAGE, never))).toMatchObject({ code: 'pager-unreachable', effect: 'unknown' });
    await pager.trigger(PAGE, never);
    expect(lab.incidents()).toMatchObject([{ key: 'eden-7', events: ['trigger', 'trigger'] }]);
    await pager.trigger({ ...PAGE, key: 'eden-8' }, never);
    expect(lab.incidents().map(({ key }) => key)).toEqual(['eden-7', 'eden-8']);
  });

  it('takes the end of what was never opened for an end', async () => {
    await pagerWith().resolve('eden-1', never);
    expect(lab.incidents()).toEqual([]);
  });

  it('writes a note once, also when an answer was lost', async () => {
    const pager = pagerWith();
    await pager.trigger(PAGE, never);
    await pager.note('eden-7', 'Bo approved the promotion.', never);
    lab.fault({ kind: 'cut-after', times: 1, operation: 'createNote' });
    expect(await failing(pager.note('eden-7', 'us-west-2 serves.', never))).toMatchObject({ effect: 'unknown' });
    await pager.note('eden-7', 'us-west-2 serves.', never);
    expect(lab.incidents()[0]?.notes).toMatchObject([
      { content: 'Bo approved the promotion.', by: 'ana@eden.example.com' },
      { content: 'us-west-2 serves.' },
    ]);
  });

  it('writes notes into the newest incident of the key', async () => {
    const pager = pagerWith();
    await pager.trigger(PAGE, never);
    await pager.resolve('eden-7', never);
    await pager.trigger(PAGE, never);
    await pager.note('eden-7', 'Again.', never);
    expect(lab.incidents().map(({ notes }) => notes.length)).toEqual([0, 1]);
  });

  it('says that an incident is not there yet, and writes the note when it is', async () => {
    let now = 1_000_000;
    await start({ incidentAfterMs: 3000, now: () => now });
    const pager = pagerWith();
    await pager.trigger(PAGE, never);
    const early = await failing(pager.note('eden-7', 'Hello.', never));
    expect(early).toMatchObject({ code: 'pager-no-incident', effect: 'none' });
    expect(early.sentence).toContain('try again');
    now += 3000;
    await pager.note('eden-7', 'Hello.', never);
    expect(lab.incidents()[0]?.notes).toHaveLength(1);
  });

  it('tells who is on call, first called first, and how to reach them', async () => {
    expect(await pagerWith().onCall(never)).toEqual([
      { name: 'Ana', reach: ['+44 2071234567', 'ana@eden.example.com'], level: 1, until: '2026-11-21T08:00:00Z' },
      { name: 'Bo', reach: ['bo@eden.example.com'], level: 2, until: null },
    ]);
  });

  it('tells the names even when the numbers cannot be had', async () => {
    lab.fault({ kind: 'unavailable', operation: 'listContactMethods' });
    expect(await pagerWith().onCall(never)).toMatchObject([
      { name: 'Ana', reach: ['ana@eden.example.com'] },
      { name: 'Bo', reach: ['bo@eden.example.com'] },
    ]);
  });

  it('pages without a REST token, knows nobody on call, and says why it writes no note', async () => {
    const pager = pagerdutyPager({
      routingKey: ROUTING_KEY,
      eventsUrl: lab.url,
      timeoutMs: 5000,
      ca: [LAB_CERTIFICATE],
    });
    await pager.trigger(PAGE, never);
    expect(await pager.onCall(never)).toBeNull();
    expect(await failing(pager.note('eden-7', 'x', never))).toMatchObject({ code: 'pager-no-token', effect: 'none' });
    expect(operations()).toEqual(['enqueue 202']);
  });

  it('shortens what PagerDuty would refuse, and refuses a key it cannot keep', async () => {
    const pager = pagerWith();
    await pager.trigger({ ...PAGE, summary: 'x'.repeat(2000), details: { log: 'y'.repeat(600_000) } }, never);
    const [incident] = lab.incidents();
    expect(incident?.summary).toHaveLength(1024);
    expect(incident?.details).toEqual({ note: expect.stringContaining('too long') });
    const failure = await failing(pager.trigger({ ...PAGE, key: 'k'.repeat(256) }, never));
    expect(failure).toMatchObject({ code: 'pager-key', effect: 'none' });
  });

  it('says what PagerDuty refused and that nothing was taken', async () => {
    const strange = pagerWith({ routingKey: 'k'.repeat(32) });
    expect(await failing(strange.trigger(PAGE, never))).toMatchObject({
      code: 'pager-refused',
      effect: 'none',
      message:
        'The page of eden-7 was not taken: PagerDuty answered 400, Event object is invalid: ' +
        "'routing_key' is not known.",
    });
    const stranger = pagerWith({ rest: { ...rest, token: 'other-token' } });
    expect(await failing(stranger.onCall(never))).toMatchObject({ code: 'pager-denied', effect: 'none' });
    const nobody = pagerWith({ rest: { ...rest, from: 'eve@eden.example.com' } });
    await nobody.trigger(PAGE, never);
    expect(await failing(nobody.note('eden-7', 'x', never))).toMatchObject({
      message: 'The note on eden-7 was not written: PagerDuty answered 400, Requester User Not Found.',
    });
  });

  it('never repeats its secrets, even when PagerDuty does', async () => {
    const echo = await startPagerduty({ routingKeys: {}, tokens: [] });
    labs.push(echo);
    const pager = pagerWith({ routingKey: 'Length of', eventsUrl: echo.url });
    const error = await pager.trigger(PAGE, never).catch((thrown: unknown) => thrown);
    expect((error as IntegrationError).sentence).toContain("[hidden] 'routing_key'");
  });

  it('tries again when it is asked to slow down, and gives up with the time to wait', async () => {
    const pager = pagerWith();
    lab.fault({ kind: 'busy', times: 2 });
    await pager.trigger(PAGE, never);
    expect(operations()).toEqual(['enqueue 429', 'enqueue 429', 'enqueue 202']);
    lab.fault({ kind: 'busy' });
    const failure = await failing(pager.trigger({ ...PAGE, key: 'eden-8' }, never));
    expect(failure).toMatchObject({ code: 'pager-busy', effect: 'none', hint: 'Try again in 12 s.' });
    expect(lab.incidents()).toHaveLength(1);
  });

  it.each([
    ['unavailable', 'pager-unavailable', /PagerDuty answered 500/],
    ['html', 'pager-surprising', /not JSON/],
    ['cut', 'pager-unreachable', /cannot be reached/],
  ] as const)('does not know whether a page was taken after %s', async (kind, code, words) => {
    lab.fault({ kind });
    const failure = await failing(pagerWith().trigger(PAGE, never));
    expect(failure).toMatchObject({ code, effect: 'unknown', message: expect.stringMatching(words) });
    // The SDK does not try again by itself.
    expect(lab.calls()).toHaveLength(1);
  });

  it('reads the status of an answer that is no JSON where the SDK gives it', async () => {
    lab.fault({ kind: 'html' });
    const failure = await failing(pagerWith().onCall(never));
    expect(failure).toMatchObject({
      code: 'pager-unavailable',
      effect: 'none',
      message: expect.stringContaining('502'),
    });
  });

  it.each(['hang', 'stall'] as const)('ends by itself after %s', async (kind) => {
    lab.fault({ kind });
    const failure = await failing(pagerWith({ timeoutMs: 150 }).trigger(PAGE, never));
    expect(failure).toMatchObject({
      code: 'pager-timeout',
      effect: 'unknown',
      message: expect.stringContaining('150 ms'),
    });
  });

  it('ends by itself while it waits after a 429', async () => {
    lab.fault({ kind: 'busy' });
    const paged = failing(pagerWith({ timeoutMs: 100, retryMs: 4000 }).trigger(PAGE, never));
    const late = delay(2000, 'late', { ref: false });
    expect(await Promise.race([paged.then(({ code }) => code), late])).toBe('pager-timeout');
  });

  it('sends no more once it has given up', async () => {
    lab.fault({ kind: 'busy', times: 2 });
    await failing(pagerWith({ timeoutMs: 50, retryMs: 100 }).trigger(PAGE, never));
    // Takes longer than the try after the first 429 would have.
    await pagerWith({ retryMs: 400 }).resolve('another', never);
    expect(operations()).toEqual(['enqueue 429', 'enqueue 429', 'enqueue 202']);
  });

  it('leaves no timer behind that would hold the process', async () => {
    const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
    const pager = pagerWith();
    await pager.onCall(never);
    const before = timers();
    lab.fault({ kind: 'cut' });
    for (let tries = 0; tries < 5; tries += 1) await failing(pager.trigger(PAGE, never));
    lab.clearFaults();
    lab.fault({ kind: 'busy' });
    for (let tries = 0; tries < 5; tries += 1) await failing(pager.trigger(PAGE, never));
    await expect.poll(timers).toBeLessThan(before + 5);
  });

  it('stops at once when it is told to', async () => {
    const stop = new AbortController();
    lab.fault({ kind: 'hang' });
    const paged = failing(pagerWith().trigger(PAGE, stop.signal));
    await expect.poll(() => lab.calls().length).toBe(1);
    stop.abort();
    expect(await paged).toMatchObject({ code: 'cancelled', effect: 'unknown' });
    expect(await failing(pagerWith().trigger(PAGE, stop.signal))).toMatchObject({
      code: 'cancelled',
      effect: 'none',
    });
    expect(lab.calls()).toHaveLength(1);
  });

  it('knows that nothing arrived where nobody listens, or nobody it trusts', async () => {
    const distrustful = pagerWith({ ca: [] });
    expect(await failing(distrustful.trigger(PAGE, never))).toMatchObject({
      code: 'pager-unreachable',
      effect: 'none',
      message: expect.stringContaining('SELF_SIGNED'),
    });
    const spare = createServer().listen(0, '127.0.0.1');
    await once(spare, 'listening');
    const { port } = spare.address() as AddressInfo;
    await new Promise((resolve) => spare.close(resolve));
    const nobody = pagerWith({ eventsUrl: `https://127.0.0.1:${port}` });
    expect(await failing(nobody.trigger(PAGE, never))).toMatchObject({
      effect: 'none',
      message: expect.stringContaining('ECONNREFUSED'),
    });
    expect(lab.calls()).toEqual([]);
  });

  it.each(['http://events.pagerduty.com', 'https://x/v2', 'events.pagerduty.com'])('refuses the address %s', (url) => {
    expect(() => pagerWith({ eventsUrl: url })).toThrow(/is not one like/);
  });
});
