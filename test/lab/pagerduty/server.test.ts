/** The lab's PagerDuty, asked over plain HTTPS: it refuses what the real one refuses. */
import { Agent, request } from 'undici';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LAB_CERTIFICATE } from '../../../lab/lib/certificate.ts';
import { startPagerduty } from '../../../lab/pagerduty/server.ts';
import type { PagerdutyLab } from '../../../lab/pagerduty/types.ts';

const KEY = 'k'.repeat(32);
const TRIGGER = {
  routing_key: KEY,
  event_action: 'trigger',
  dedup_key: 'run-1',
  payload: { summary: 'Down', source: 'us-east-1', severity: 'critical' },
};
const REST = { authorization: 'Token token=t0ken' };

describe('the lab’s PagerDuty', () => {
  let lab: PagerdutyLab;
  let agent: Agent;
  let now = 0;
  beforeEach(async () => {
    now = 1_000_000;
    agent = new Agent({ connect: { ca: LAB_CERTIFICATE } });
    lab = await startPagerduty({
      routingKeys: { [KEY]: 'PSVC' },
      tokens: ['t0ken'],
      users: [{ id: 'PANA', name: 'Ana', email: 'ana@x.example', phone: { countryCode: 44, number: '20712' } }],
      onCalls: [{ policy: 'P1', level: 1, user: 'PANA' }],
      incidentAfterMs: 1000,
      eventsPerMinute: 3,
      callsPerMinute: 6,
      now: () => now,
    });
  });
  afterEach(async () => {
    await agent.destroy();
    await lab.close();
    await lab.close();
  });
  const call = async (method: 'GET' | 'POST', path: string, body?: unknown, headers: Record<string, string> = {}) => {
    const answer = await request(`${lab.url}${path}`, {
      method,
      headers: { 'content-type': 'application/json', ...headers },
      body: body === undefined ? null : JSON.stringify(body),
      dispatcher: agent,
    });
    return { status: answer.statusCode, headers: answer.headers, body: (await answer.body.json()) as never };
  };
  const enqueue = (event: unknown) => call('POST', '/v2/enqueue', event);

  it('makes an incident of an event, a moment later, and one of several with the same key', async () => {
    expect(await enqueue(TRIGGER)).toMatchObject({
      status: 202,
      body: { status: 'success', message: 'Event processed', dedup_key: 'run-1' },
    });
    expect(lab.incidents()).toEqual([]);
    now += 1000;
    expect(lab.incidents()).toMatchObject([{ key: 'run-1', status: 'triggered', service: 'PSVC' }]);
    await enqueue({ ...TRIGGER, event_action: 'acknowledge' });
    await enqueue({ ...TRIGGER, event_action: 'resolve' });
    now += 1000;
    expect(lab.incidents()).toMatchObject([{ status: 'resolved', events: ['trigger', 'acknowledge', 'resolve'] }]);
  });

  it('makes a new incident of a key whose last one is resolved, and a key where none is given', async () => {
    await enqueue(TRIGGER);
    await enqueue({ ...TRIGGER, event_action: 'resolve' });
    const { dedup_key: _, ...keyless } = TRIGGER;
    expect((await enqueue(keyless)).body).toMatchObject({ dedup_key: expect.stringMatching(/^[0-9a-f]{32}$/) });
    now += 60_000;
    await enqueue(TRIGGER);
    now += 1000;
    expect(lab.incidents().map(({ status }) => status)).toEqual(['resolved', 'triggered', 'triggered']);
  });

  it.each([
    [{ routing_key: 'short' }, 'incorrect'],
    [{ routing_key: 'x'.repeat(32) }, 'not known'],
    [{ event_action: 'open' }, "'event_action' is invalid"],
    [{ event_action: 'resolve', dedup_key: undefined }, "'dedup_key' is missing"],
    [{ dedup_key: 'd'.repeat(256) }, 'maximum 255'],
    [{ payload: undefined }, "'payload' is missing"],
    [{ payload: { ...TRIGGER.payload, summary: '' } }, "'payload.summary' is missing"],
    [{ payload: { ...TRIGGER.payload, summary: 's'.repeat(1025) } }, 'maximum 1024'],
    [{ payload: { ...TRIGGER.payload, severity: 'fatal' } }, "'payload.severity' is invalid"],
    [{ payload: { ...TRIGGER.payload, source: undefined } }, "'payload.source' is missing"],
    [{ links: [{ text: 'no href' }] }, "'links'"],
  ])('refuses %j', async (change, words) => {
    const answer = await enqueue({ ...TRIGGER, ...change });
    expect(answer).toMatchObject({ status: 400, body: { message: 'Event object is invalid' } });
    expect(JSON.stringify(answer.body)).toContain(words);
    now += 1000;
    expect(lab.incidents()).toEqual([]);
  });

  it('refuses too many and too large events', async () => {
    for (let sent = 0; sent < 3; sent += 1) await enqueue(TRIGGER);
    const answer = await enqueue(TRIGGER);
    expect(answer).toMatchObject({ status: 429, headers: { 'ratelimit-reset': '12' } });
    now += 60_000;
    const payload = { ...TRIGGER.payload, custom_details: { log: 'x'.repeat(600_000) } };
    expect((await enqueue({ ...TRIGGER, payload })).status).toBe(413);
    expect((await enqueue(TRIGGER)).status).toBe(202);
  });

  it('lets in only whom it knows, and only so often', async () => {
    expect((await call('GET', '/incidents')).status).toBe(401);
    expect((await call('GET', '/incidents', undefined, { authorization: 'Token token=other' })).status).toBe(401);
    const statuses: number[] = [];
    for (let sent = 0; sent < 7; sent += 1) statuses.push((await call('GET', '/incidents', undefined, REST)).status);
    expect(statuses).toEqual([200, 200, 200, 200, 200, 200, 429]);
  });

  it('finds incidents by key and takes notes of its users', async () => {
    await enqueue(TRIGGER);
    now += 1000;
    const [incident] = lab.incidents();
    expect((await call('GET', '/incidents?incident_key=run-1&limit=1', undefined, REST)).body).toMatchObject({
      incidents: [{ id: incident?.id, incident_key: 'run-1' }],
    });
    expect((await call('GET', '/incidents?incident_key=run-2', undefined, REST)).body).toMatchObject({ incidents: [] });
    const path = `/incidents/${incident?.id}/notes`;
    const note = { note: { content: 'Hello' } };
    expect(await call('POST', path, note, REST)).toMatchObject({ status: 400 });
    expect(await call('POST', path, note, { ...REST, from: 'eve@x.example' })).toMatchObject({
      body: { error: { code: 1008 } },
    });
    expect(await call('POST', path, note, { ...REST, from: 'ana@x.example' })).toMatchObject({ status: 200 });
    expect((await call('GET', path, undefined, REST)).body).toMatchObject({ notes: [{ content: 'Hello' }] });
  });

  it('tells who is on call and how to reach them', async () => {
    expect((await call('GET', '/oncalls?escalation_policy_ids[]=P1', undefined, REST)).body).toMatchObject({
      oncalls: [{ escalation_level: 1, user: { id: 'PANA', type: 'user_reference', summary: 'Ana' } }],
    });
    expect((await call('GET', '/oncalls?escalation_policy_ids[]=P2', undefined, REST)).body).toMatchObject({
      oncalls: [],
    });
    const { body } = await call('GET', '/users/PANA/contact_methods', undefined, REST);
    expect(body).toMatchObject({ contact_methods: [{ address: 'ana@x.example' }, { country_code: 44 }, {}, {}] });
    expect((await call('GET', '/users/PEVE/contact_methods', undefined, REST)).status).toBe(404);
    expect((await call('GET', '/teams', undefined, REST)).status).toBe(404);
  });

  it('fails as it is told, so often as it is told', async () => {
    lab.fault({ kind: 'unavailable', times: 1 });
    lab.fault({ kind: 'html', times: 1, operation: 'enqueue' });
    lab.fault({ kind: 'cut-after', times: 1 });
    expect((await enqueue(TRIGGER)).status).toBe(500);
    await expect(enqueue(TRIGGER)).rejects.toThrow();
    await expect(enqueue(TRIGGER)).rejects.toThrow();
    now += 1000;
    expect(lab.incidents()).toHaveLength(1);
    expect(lab.calls().map(({ status, fault }) => [status, fault])).toEqual([
      [500, 'unavailable'],
      [502, 'html'],
      [null, 'cut-after'],
    ]);
  });
});
