/** Statuspage as a `StatusPage`: one incident a run although its API knows no idempotency key, and its pace respected. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startStatuspage } from '../../lab/statuspage/server.ts';
import type { StatuspageOptions as LabOptions, StatuspageLab } from '../../lab/statuspage/types.ts';
import { type StatuspageOptions, statuspage } from '../../src/integrations/statuspage/status-page.ts';
import type { PageIncident } from '../../src/ports/status-page.ts';
import { failureOf } from '../support/failure.ts';

const never = new AbortController().signal;
const TOKEN = 'statuspage-key-51d2';
const INCIDENT: PageIncident = {
  name: 'Eden is moving to another region',
  body: 'Reading works. Saving pauses for some seconds.',
  status: 'identified',
  impact: 'minor',
  components: { api: 'degraded', vault: 'partialOutage' },
};
const UPDATE = { body: 'Saving works again.', status: 'monitoring', components: { vault: 'operational' } } as const;

describe('the status page', () => {
  let lab: StatuspageLab;
  const labs: StatuspageLab[] = [];
  const start = async (options: Partial<LabOptions> = {}) => {
    lab = await startStatuspage({
      pageId: 'pg1',
      keys: [TOKEN],
      components: { c1: 'API', c2: 'Vault' },
      limit: { requests: 1000, windowMs: 1000 },
      ...options,
    });
    labs.push(lab);
  };
  beforeEach(() => start());
  afterEach(async () => {
    for (const one of labs.splice(0)) await one.close();
  });
  const pageWith = (more: Partial<StatuspageOptions> = {}) =>
    statuspage({
      url: lab.url,
      pageId: 'pg1',
      token: TOKEN,
      components: { api: 'c1', vault: 'c2' },
      timeoutMs: 5000,
      everyMs: 1,
      againMs: 5,
      ...more,
    });
  const failing = (work: Promise<unknown>) => failureOf(work, /^The status page was not told .*[^.]\.$/, [TOKEN]);
  const sent = (operation: string) => lab.calls().filter((call) => call.operation === operation).length;

  it('opens an incident, says more, and ends it', async () => {
    const page = pageWith();
    const opened = await page.open('eden-7', INCIDENT, never);
    expect(opened).toEqual({ link: expect.stringContaining('https://'), already: false });
    expect(lab.incidents()).toMatchObject([
      {
        name: INCIDENT.name,
        status: 'identified',
        impact: 'minor',
        metadata: { regent: { key: 'eden-7' } },
        components: ['c1', 'c2'],
        updates: [{ body: INCIDENT.body, status: 'identified', notified: true }],
      },
    ]);
    expect(lab.components()).toEqual({ API: 'degraded_performance', Vault: 'partial_outage' });
    await page.update('eden-7', { ...UPDATE, impact: 'none' }, never);
    expect(lab.components()).toEqual({ API: 'degraded_performance', Vault: 'operational' });
    await page.resolve('eden-7', { body: 'It is over.', components: { api: 'operational' } }, never);
    expect(lab.components()).toEqual({ API: 'operational', Vault: 'operational' });
    expect(lab.incidents()).toMatchObject([
      { status: 'resolved', impact: 'none', updates: [{}, { body: UPDATE.body }, { body: 'It is over.' }] },
    ]);
  });

  it('finds its own incident after a lost answer, also from a new process, and after its end', async () => {
    lab.fault({ kind: 'cut-after', times: 1, operation: 'createIncident' });
    expect(await failing(pageWith().open('eden-7', INCIDENT, never))).toMatchObject({
      code: 'statuspage-unreachable',
      effect: 'unknown',
    });
    expect(await pageWith().open('eden-7', INCIDENT, never)).toMatchObject({ already: true });
    await pageWith().resolve('eden-7', { body: 'Over.' }, never);
    expect(await pageWith().open('eden-7', INCIDENT, never)).toMatchObject({ already: true });
    expect(lab.incidents()).toHaveLength(1);
    expect(await pageWith().open('eden-8', INCIDENT, never)).toMatchObject({ already: false });
  });

  it('opens one incident when it is asked twice at the same time', async () => {
    const page = pageWith();
    const both = await Promise.all([page.open('eden-7', INCIDENT, never), page.open('eden-7', INCIDENT, never)]);
    expect(both.map(({ already }) => already).sort()).toEqual([false, true]);
    expect(lab.incidents()).toHaveLength(1);
  });

  it('says nothing twice after a lost answer', async () => {
    const page = pageWith();
    await page.open('eden-7', INCIDENT, never);
    lab.fault({ kind: 'cut-after', times: 1, operation: 'updateIncident' });
    expect(await failing(page.update('eden-7', UPDATE, never))).toMatchObject({ effect: 'unknown' });
    await page.update('eden-7', UPDATE, never);
    lab.fault({ kind: 'cut-after', times: 1, operation: 'updateIncident' });
    expect(await failing(page.resolve('eden-7', { body: 'Over.' }, never))).toMatchObject({ effect: 'unknown' });
    await page.resolve('eden-7', { body: 'Over.' }, never);
    expect(lab.incidents()[0]?.updates.map(({ body }) => body)).toEqual([INCIDENT.body, UPDATE.body, 'Over.']);
  });

  it('leaves incidents of others alone', async () => {
    const other = pageWith();
    await other.open('someone-else', INCIDENT, never);
    const failure = await failing(pageWith().update('eden-7', UPDATE, never));
    expect(failure).toMatchObject({
      code: 'statuspage-no-incident',
      effect: 'none',
      message: 'The status page was not told the news of eden-7: it has no incident of eden-7.',
    });
    expect(await failing(pageWith().resolve('eden-7', { body: 'x' }, never))).toMatchObject({ effect: 'none' });
    expect(lab.incidents()[0]?.updates).toHaveLength(1);
  });

  it('does not open what was resolved by telling more', async () => {
    const page = pageWith();
    await page.open('eden-7', INCIDENT, never);
    await page.resolve('eden-7', { body: 'Over.' }, never);
    const failure = await failing(page.update('eden-7', UPDATE, never));
    expect(failure).toMatchObject({ code: 'statuspage-resolved', effect: 'none' });
    expect(lab.incidents()[0]).toMatchObject({ status: 'resolved' });
  });

  const HOUR = 3_600_000;
  const from = Math.ceil(Date.now() / HOUR) * HOUR + 48 * HOUR;
  const PLANNED = { name: 'Planned', body: 'Saving pauses.', from, until: from + 4 * HOUR, components: ['api'] };

  it('announces what is planned once, however often it is told, and takes it back', async () => {
    lab.fault({ kind: 'cut-after', times: 1, operation: 'createIncident' });
    expect(await failing(pageWith().announce('notice-1', PLANNED, never))).toMatchObject({ effect: 'unknown' });
    expect(await pageWith().announce('notice-1', PLANNED, never)).toMatchObject({ already: true });
    expect(lab.incidents()).toMatchObject([
      {
        name: 'Planned',
        status: 'scheduled',
        impact: 'maintenance',
        scheduled: { from, until: from + 4 * HOUR },
        components: ['c1'],
        updates: [{ body: 'Saving pauses.', notified: true }],
      },
    ]);
    // It is told ahead: nothing is out of order now.
    expect(lab.components()).toMatchObject({ API: 'operational' });
    await pageWith().takeBack('notice-1', 'It is off.', never);
    await pageWith().takeBack('notice-1', 'It is off.', never);
    await pageWith().takeBack('notice-2', 'It is off.', never);
    expect(lab.incidents()).toMatchObject([{ status: 'completed', updates: [{}, { body: 'It is off.' }] }]);
    expect(lab.incidents()[0]?.updates).toHaveLength(2);
  });

  it('an announcement stands beside the incident of the run, and what has begun is not announced', async () => {
    const page = pageWith();
    await page.announce('notice-1', PLANNED, never);
    await page.open('eden-7', INCIDENT, never);
    await page.resolve('eden-7', { body: 'Over.' }, never);
    expect(lab.incidents().map(({ status }) => status)).toEqual(['scheduled', 'resolved']);
    const past = { ...PLANNED, from: Date.now() - HOUR };
    expect(await failing(page.announce('notice-2', past, never))).toMatchObject({ effect: 'none' });
    expect(await failing(page.announce('notice-3', { ...PLANNED, components: ['mail'] }, never))).toMatchObject({
      code: 'statuspage-unknown-component',
    });
  });

  it('tells subscribers nothing where it is told so, and cuts what is too long', async () => {
    await pageWith({ notifySubscribers: false }).open(
      'eden-7',
      { ...INCIDENT, name: 'n'.repeat(300), body: 'b'.repeat(30_000) },
      never,
    );
    const [incident] = lab.incidents();
    expect([incident?.name.length, incident?.updates[0]?.body.length]).toEqual([255, 25_000]);
    expect(incident?.updates[0]?.notified).toBe(false);
  });

  it('names a component it does not know before anything is sent', async () => {
    const failure = await failing(
      pageWith().open('eden-7', { ...INCIDENT, components: { apl: 'operational' } }, never),
    );
    expect(failure).toMatchObject({ code: 'statuspage-unknown-component', hint: 'Known are api, vault.' });
    expect(lab.calls()).toEqual([]);
  });

  it('says what was refused, and that nothing changed', async () => {
    const wrong = pageWith({ components: { api: 'c9' } });
    const components = { api: 'degraded' } as const;
    expect(await failing(wrong.open('eden-7', { ...INCIDENT, components }, never))).toMatchObject({
      code: 'statuspage-refused',
      effect: 'none',
      message: expect.stringMatching(/answered 422, Component c9 does not belong to this page; component_ids/),
    });
    expect(await failing(pageWith({ token: 'other-key' }).open('eden-7', INCIDENT, never))).toMatchObject({
      code: 'statuspage-denied',
      effect: 'none',
    });
    expect(await failing(pageWith({ pageId: 'pg2' }).open('eden-7', INCIDENT, never))).toMatchObject({
      message: expect.stringContaining('answered 404'),
    });
    expect(lab.incidents()).toEqual([]);
  });

  it.each([420, 429] as const)('waits and tries again after %i, and gives up in the end', async (tooOften) => {
    await start({ tooOften });
    lab.fault({ kind: 'busy', times: 2, operation: 'createIncident' });
    await pageWith().open('eden-7', INCIDENT, never);
    expect([sent('createIncident'), lab.incidents().length]).toEqual([3, 1]);
    lab.fault({ kind: 'busy' });
    expect(await failing(pageWith().open('eden-8', INCIDENT, never))).toMatchObject({
      code: 'statuspage-busy',
      effect: 'none',
      message: expect.stringContaining(`answered ${tooOften}`),
    });
  });

  it('keeps its distance between requests, whoever asks', async () => {
    const everyMs = 60;
    const page = pageWith({ everyMs });
    const begun = Date.now();
    await Promise.all([page.open('eden-7', INCIDENT, never), page.open('eden-8', INCIDENT, never)]);
    const calls = lab.calls();
    expect(calls).toHaveLength(6);
    // However slow this machine is, the last cannot have begun sooner; a timer may fire a millisecond early.
    expect(calls.at(-1)!.at - begun).toBeGreaterThan(5 * everyMs - 10);
  });

  it.each([
    ['unavailable', 'statuspage-unavailable', /answered 500/],
    ['html', 'statuspage-unavailable', /answered 502/],
    ['cut', 'statuspage-unreachable', /cannot be reached/],
  ] as const)('does not know whether it was told after %s, and does not send it again', async (kind, code, words) => {
    lab.fault({ kind, operation: 'createIncident' });
    const failure = await failing(pageWith().open('eden-7', INCIDENT, never));
    expect(failure).toMatchObject({ code, effect: 'unknown', message: expect.stringMatching(words) });
    expect(sent('createIncident')).toBe(1);
  });

  it('makes nothing when it cannot look first', async () => {
    lab.fault({ kind: 'html', operation: 'listUnresolved' });
    expect(await failing(pageWith().open('eden-7', INCIDENT, never))).toMatchObject({ effect: 'none' });
    expect(sent('createIncident')).toBe(0);
  });

  it.each(['hang', 'stall'] as const)('ends by itself after %s', async (kind) => {
    lab.fault({ kind, operation: 'createIncident' });
    const failure = await failing(pageWith({ timeoutMs: 150 }).open('eden-7', INCIDENT, never));
    expect(failure).toMatchObject({ code: 'statuspage-timeout', effect: 'unknown' });
  });

  it('stops at once when it is told to, also while it waits for its turn', async () => {
    const stop = new AbortController();
    lab.fault({ kind: 'hang', operation: 'listUnresolved' });
    const first = failing(pageWith().open('eden-7', INCIDENT, stop.signal));
    await expect.poll(() => lab.calls().length).toBe(1);
    const slow = pageWith({ everyMs: 3_600_000 });
    lab.clearFaults();
    const second = failing(slow.open('eden-8', INCIDENT, stop.signal));
    await expect.poll(() => lab.calls().length).toBe(2);
    stop.abort();
    expect(await Promise.all([first, second])).toMatchObject([{ code: 'cancelled' }, { code: 'cancelled' }]);
    expect(sent('createIncident')).toBe(0);
  });

  it('knows that nothing arrived where nobody listens', async () => {
    await lab.close();
    expect(await failing(pageWith().open('eden-7', INCIDENT, never))).toMatchObject({
      effect: 'none',
      message: expect.stringContaining('ECONNREFUSED'),
    });
  });
});
