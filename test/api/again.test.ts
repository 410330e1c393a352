/** Requests sent twice, and a Slack that cannot be asked: what a program meets in a bad night. */
import { describe, expect, it } from 'vitest';
import { rig } from './rig.ts';

const PLANNED = { region: 'east', reason: 'Planned maintenance' };

describe('sent twice', () => {
  it('acts once under one key, and answers the same', async () => {
    await using here = await rig();
    const key = { 'idempotency-key': 'window-7' };
    const both = await Promise.all([1, 2].map(() => here.post('UANA', 'failover', PLANNED, key)));
    expect(both.map(({ status }) => status)).toEqual([200, 200]);
    expect(both[0]!.body).toEqual(both[1]!.body);
    expect(here.ledger.all()).toHaveLength(1);
    expect((await here.post('UBO', 'failover', PLANNED, key)).status).toBe(409);
    const other = await here.post('UANA', 'pause', {}, key);
    expect(other).toMatchObject({ status: 400 });
    expect(other.body.title).toContain('was used for another request');
  });

  it('a no may be a yes later, under the same key', async () => {
    await using here = await rig();
    const key = { 'idempotency-key': 'k' };
    expect((await here.post('UBO', 'approve', {}, key)).status).toBe(409);
    await here.asked();
    expect((await here.post('UBO', 'approve', {}, key)).status).toBe(200);
  });

  it('after a restart the journal knows the key', async () => {
    await using here = await rig();
    await here.asked();
    const key = { 'idempotency-key': 'k' };
    expect((await here.post('UBO', 'pause', {}, key)).status).toBe(200);
    expect((await here.post('UBO', 'resume')).status).toBe(200);
    await here.clock.advance(10 * 60_000);
    const again = await here.post('UBO', 'pause', {}, key);
    expect(again).toMatchObject({ status: 200, body: { title: 'This was already taken: it acts once.' } });
    expect((await here.events()).filter((type) => type === 'PAUSED')).toHaveLength(1);
  });

  it('a key that is none', async () => {
    await using here = await rig();
    expect((await here.post('UANA', 'failover', PLANNED, { 'idempotency-key': 'a b' })).status).toBe(400);
  });
});

describe('with Slack down', () => {
  it('the groups of the token count, it is told, and it is written down', async () => {
    await using here = await rig();
    here.slack.answers = false;
    const line = (name: string) =>
      `The chat could not be asked who may do what: the groups of the token “${name}” in the configuration counted.`;
    const begun = await here.post('UANA', 'failover', PLANNED);
    expect(begun.status).toBe(200);
    expect(begun.body.lines.at(-1)).toBe(line('uana'));
    await here.gatesOpen();
    const denied = await here.post('UCY', 'approve');
    expect(denied).toMatchObject({ status: 403 });
    expect(denied.body.lines).toEqual([line('ucy')]);
    expect((await here.post('UANA', 'approve')).status).toBe(403);
    expect((await here.post('UBO', 'approve')).status).toBe(200);
    expect((await here.post('UBO', 'confirm')).status).toBe(200);
    expect((await here.get('UCY', '/dr/status')).status).toBe(200);
    expect(await here.calls()).toMatchObject([
      { actor: 'person:UANA', token: 'uana', judgedBy: 'token' },
      { actor: 'person:UCY', judgedBy: 'token' },
      { actor: 'person:UANA', judgedBy: 'token' },
      { actor: 'person:UBO', judgedBy: 'token', asked: expect.stringContaining('Slack gave no answer') },
      { actor: 'person:UBO', judgedBy: 'token' },
    ]);
    expect((await here.refused())[0]).toMatchObject({ asked: expect.stringContaining('the chat could not be asked') });
  });

  it('while it answers, what it says stands, whatever the token holds', async () => {
    await using here = await rig();
    expect((await here.post('UDEE', 'failover', PLANNED)).status).toBe(403);
    expect((await here.post('UGONE', 'failover', PLANNED)).status).toBe(403);
    here.groups['SOPS'] = new Error('something else is broken');
    expect((await here.post('UANA', 'failover', PLANNED)).status).toBe(403);
  });

  it('a Slack that never answers is not waited for', async () => {
    await using here = await rig({ chatMs: 50 });
    here.slack.answers = 'never';
    expect((await here.post('UANA', 'failover', PLANNED)).status).toBe(200);
  });
});
