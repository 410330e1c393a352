/** The API over real HTTP, with the real dispatcher behind it: a whole run by it, and every way of saying no. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { COMMANDS } from '../../src/commands/table.ts';
import { raw, rig, token } from './rig.ts';

const REGIONS = {
  'us-east-1': { alias: 'primary', fence: { strategy: 'statefulset', name: 'postgres' } as const },
  'us-west-2': { alias: 'secondary', fence: { strategy: 'statefulset', name: 'postgres' } as const },
};
const PLANNED = { region: 'east', reason: 'Planned maintenance' };

describe('the runbook’s own line', () => {
  const body = '{"region": "us-east-1", "reason": "Planned maintenance"}';
  const started = 'eden-1 is moving us-east-1 → us-west-2.';

  it('by curl, which calls the JSON a form', async (test) => {
    await using here = await rig({ regions: REGIONS });
    const asked = promisify(execFile)('curl', [
      ...['-sS', '-w', '%{http_code}', '-X', 'POST', `${here.api.url}/dr/failover`],
      ...['-H', `Authorization: Bearer ${token('UANA')}`, '-d', body],
    ]);
    const answer = await asked.catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' && process.env['CI'] !== 'true') return null;
      throw error;
    });
    if (answer === null) return test.skip('curl is not installed');
    const [json = '', status] = answer.stdout.trim().split('\n');
    expect({ status, ...JSON.parse(json) }).toMatchObject({ status: '200', ok: true, title: started });
    expect(here.context()).toMatchObject({
      source: 'us-east-1',
      target: 'us-west-2',
      reason: 'Planned maintenance',
      requestedBy: 'UANA',
    });
  });

  it('by the bytes curl sends', async () => {
    await using here = await rig({ regions: REGIONS });
    const { host } = new URL(here.api.url);
    const head = [
      'POST /dr/failover HTTP/1.1',
      `Host: ${host}`,
      'User-Agent: curl/8.5.0',
      'Accept: */*',
      `Authorization: Bearer ${token('UANA')}`,
      `Content-Length: ${body.length}`,
      'Content-Type: application/x-www-form-urlencoded',
      'Connection: close',
    ];
    const heard = await raw(here, `${head.join('\r\n')}\r\n\r\n${body}`);
    expect(heard).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(heard).toContain('Content-Type: application/json'.toLowerCase());
    expect(heard).toContain(started);
    expect(here.context().reason).toBe('Planned maintenance');
  });

  it('without any content type', async () => {
    await using here = await rig({ regions: REGIONS });
    const bytes = `POST /dr/failover HTTP/1.1\r\nHost: x\r\nAuthorization: bearer ${token('UANA')}\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`;
    expect(await raw(here, bytes)).toContain(started);
  });
});

describe('a whole run', () => {
  it('is asked for, approved, confirmed, paused, noted and looked at, by who may', async () => {
    await using here = await rig();
    expect((await here.get('UDEE', '/dr/status')).body.title).toBe('Nothing is being moved. east is primary.');
    expect((await here.post('UANA', 'failover', PLANNED)).status).toBe(200);
    await here.gatesOpen();
    expect(await here.post('UANA', 'approve')).toMatchObject({
      status: 403,
      body: { refused: 'rights', title: 'You cannot approve this: you asked for it. Who can: group:sre' },
    });
    expect(await here.post('UBO', 'approve', { gate: 'promote', reason: 'seen it' })).toMatchObject({
      status: 200,
      body: { title: '“Approve promotion” is approved.' },
    });
    expect((await here.post('UCY', 'confirm')).status).toBe(200);
    expect((await here.post('UBO', 'pause', { reason: 'a call' })).status).toBe(200);
    expect((await here.post('UBO', 'note', { text: 'to: be sure & <safe> reason:"x"' })).status).toBe(200);
    expect((await here.post('UBO', 'resume', { run: 'eden-1' })).status).toBe(200);
    const status = await here.get('UDEE', '/dr/status?detail=true');
    expect(status.body.lines.length).toBeGreaterThan(2);
    expect(status.body).toMatchObject({
      data: {
        run: 'eden-1',
        source: 'east',
        target: 'west',
        held: false,
        endedAt: null,
        executionMs: null,
        criteria: [],
      },
    });
    expect(await here.post('UANA', 'abort', { reason: 'enough' })).toMatchObject({ status: 200 });
    expect((await here.get('UDEE', '/dr/history')).body.lines[0]).toMatch(
      /^eden-1 east → west, \d{4}-\d\d-\d\d \d\d:\d\d UTC, .*“Planned/,
    );
    expect(await here.events()).toEqual(expect.arrayContaining(['VOTED', 'PAUSED', 'NOTED', 'RESUMED', 'ABORTED']));
    const row = (await here.journal.read('eden-1')).find(({ type }) => type === 'NOTED');
    expect(row).toMatchObject({ actor: 'person:UBO', data: { text: 'to: be sure & <safe> reason:"x"' } });
  });

  it('keeps its words apart: nothing in a reason is taken for something else', async () => {
    await using here = await rig();
    const reason = 'x" to:west y\u202e\n <!channel> &amp; “z';
    expect((await here.post('UANA', 'failover', { region: 'east', reason })).status).toBe(200);
    expect(here.context()).toMatchObject({ target: 'west', reason: 'x" to:west y <!channel> &amp; “z' });
  });

  it('writes down who called with which token, and what only reads not', async () => {
    await using here = await rig();
    await here.get('UDEE', '/dr/status');
    await here.get('UDEE', '/dr/schedule');
    await here.post('UANA', 'failover', PLANNED);
    expect(await here.calls()).toEqual([
      {
        actor: 'person:UANA',
        asked: 'failover {"region":"east","reason":"Planned maintenance"} (token “uana”)',
        token: 'uana',
        judgedBy: 'chat',
      },
    ]);
  });
});

it('every command can be asked for', async () => {
  await using here = await rig();
  for (const { name } of COMMANDS) expect((await here.post('UANA', name)).status, name).not.toBe(404);
});
