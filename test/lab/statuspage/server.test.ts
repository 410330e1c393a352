/** The lab's Statuspage, asked over plain HTTP: it refuses what the real one refuses. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startStatuspage } from '../../../lab/statuspage/server.ts';
import type { StatuspageLab } from '../../../lab/statuspage/types.ts';

describe('the lab’s Statuspage', () => {
  let lab: StatuspageLab;
  let now = 0;
  beforeEach(async () => {
    now = 1_000_000;
    lab = await startStatuspage({
      pageId: 'pg1',
      keys: ['key'],
      components: { c1: 'API', c2: 'Vault' },
      limit: { requests: 5, windowMs: 5000 },
      now: () => now,
    });
  });
  afterEach(() => lab.close());
  const call = async (method: string, path: string, incident?: unknown, key = 'key') => {
    const answer = await fetch(`${lab.url}${path}`, {
      method,
      headers: { authorization: `OAuth ${key}`, connection: 'close' },
      ...(incident === undefined ? {} : { body: JSON.stringify({ incident }) }),
    });
    return { status: answer.status, body: (await answer.json()) as never };
  };

  it('keeps incidents, what was said and the components', async () => {
    const created = await call('POST', '/pages/pg1/incidents', {
      name: 'Moving',
      status: 'identified',
      body: 'First',
      metadata: { regent: { key: 'eden-7' } },
      components: { c1: 'major_outage' },
      component_ids: ['c1'],
    });
    expect(created).toMatchObject({
      status: 201,
      body: { name: 'Moving', metadata: { regent: { key: 'eden-7' } }, incident_updates: [{ body: 'First' }] },
    });
    const { id } = created.body as { id: string };
    now += 1000;
    await call('PATCH', `/pages/pg1/incidents/${id}`, {
      status: 'resolved',
      body: 'Last',
      deliver_notifications: false,
    });
    expect(lab.incidents()).toMatchObject([
      {
        status: 'resolved',
        resolvedAt: now,
        updates: [
          { body: 'First', notified: true },
          { body: 'Last', notified: false },
        ],
      },
    ]);
    // Resolving an incident heals nothing by itself.
    expect(lab.components()).toEqual({ API: 'major_outage', Vault: 'operational' });
    expect((await call('GET', '/pages/pg1/incidents/unresolved')).body).toEqual([]);
    expect((await call('GET', '/pages/pg1/incidents')).body).toMatchObject([
      { id, incident_updates: [{ body: 'Last' }, { body: 'First' }] },
    ]);
  });

  it.each([
    [{ status: 'identified' }, "Name can't be blank"],
    [{ name: 'n'.repeat(256) }, 'too long'],
    [{ name: 'x', body: 'b'.repeat(25_001) }, 'too long'],
    [{ name: 'x', status: 'broken' }, 'not a valid status'],
    [{ name: 'x', impact_override: 'huge' }, 'impact_override'],
    [{ name: 'x', components: { c9: 'operational' } }, 'does not belong'],
    [{ name: 'x', components: { c1: 'fine' } }, 'component status'],
    [{ name: 'x', component_ids: ['c9'] }, 'component_ids'],
    [{ name: 'x', metadata: { key: 'eden-7' } }, 'top-level values'],
  ])('refuses %j', async (incident, words) => {
    const answer = await call('POST', '/pages/pg1/incidents', incident);
    expect(answer.status).toBe(422);
    expect(JSON.stringify(answer.body)).toContain(words);
    expect(lab.incidents()).toEqual([]);
  });

  it('lets in only whom it knows, to its own page, and only so often', async () => {
    expect((await call('GET', '/pages/pg1/incidents', undefined, 'other')).status).toBe(401);
    expect((await call('GET', '/pages/pg2/incidents')).status).toBe(404);
    expect((await call('PATCH', '/pages/pg1/incidents/none', { name: 'x' })).status).toBe(404);
    expect((await call('GET', '/pages/pg1/components')).status).toBe(404);
    const statuses: number[] = [];
    for (let sent = 0; sent < 3; sent += 1) statuses.push((await call('GET', '/pages/pg1/incidents')).status);
    expect(statuses).toEqual([200, 200, 420]);
    now += 5001;
    expect((await call('GET', '/pages/pg1/incidents')).status).toBe(200);
  });
});
