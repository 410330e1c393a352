/** Every way in which the API says no: its status, its one sentence, and that nothing was done. */
import { describe, expect, it } from 'vitest';
import { raw, rig, token } from './rig.ts';

const PLANNED = { region: 'east', reason: 'Planned maintenance' };

describe('every way of saying no', () => {
  it.each([
    [{ region: 'esat', reason: 'x' }, 400, '“esat” is not a region of eden. Did you mean east? Regions: east, west.'],
    [{ region: 'east' }, 400, 'failover needs reason: why; everybody will read it. Nothing was done.'],
    [{ region: 'east', reason: ' \u200b ' }, 400, 'failover needs reason: '],
    [{}, 400, 'failover needs region: the region that is left. Nothing was done.'],
    [
      { regoin: 'east', reason: 'x' },
      400,
      '“regoin” is nothing failover takes. Did you mean region? It takes region, to, reason, force-after, end-watch.',
    ],
    [{ region: ['east'], reason: 'x' }, 400, 'region must be text in quotes, and a list was found. Nothing was done.'],
    [{ region: 7, reason: 'x' }, 400, 'region must be text in quotes, and a number was found.'],
    [{ region: 'east', reason: 'x'.repeat(2001) }, 400, 'reason has 2001 characters, and 2000 are the most.'],
    [{ region: 'east', to: 'east', reason: 'x' }, 400, 'east cannot fail over to itself.'],
  ])('%j', async (values, status, words) => {
    await using here = await rig();
    const heard = await here.post('UANA', 'failover', values);
    expect(heard).toMatchObject({ status, body: { ok: false } });
    expect(heard.body.title).toContain(words);
    expect(here.ledger.all()).toEqual([]);
    expect(await here.refused()).toHaveLength(1);
  });

  it('409 when a run is under way, and for what is decided', async () => {
    await using here = await rig();
    await here.asked();
    const busy = await here.post('UBO', 'failover', PLANNED);
    expect(busy).toMatchObject({ status: 409, body: { refused: 'state' } });
    expect(busy.body.title).toContain('eden-1 is already moving east → west');
    await here.post('UBO', 'approve');
    expect((await here.post('UCY', 'approve')).status).toBe(409);
    expect(await here.post('UCY', 'approve', { gate: 'promte' })).toMatchObject({ status: 400 });
    expect(await here.post('UCY', 'approve', { run: 'eden-9' })).toMatchObject({
      status: 400,
      body: { title: '“eden-9” is not a run. See /dr history. Nothing was done.' },
    });
    expect((await here.post('UCY', 'more', { gate: 'dns', step: 'x' })).body.title).toContain('only one of gate, step');
  });

  it.each([
    ['UDEE', 'You cannot do this. Who can: group:ops'],
    ['UEVE', 'Guests cannot use this.'],
    ['UBOT', 'Bots cannot use this.'],
    ['USTR', 'People of other workspaces cannot use this.'],
    ['UGONE', 'Deactivated people cannot use this.'],
    ['UWHO', 'The chat knows nobody called UWHO, for whom the token “uwho” stands.'],
  ])('403 for %s, written down', async (person, words) => {
    await using here = await rig();
    const heard = await here.post(person, 'failover', PLANNED);
    expect(heard).toMatchObject({ status: 403, body: { ok: false, refused: 'rights' } });
    expect(heard.body.title).toContain(words);
    expect(await here.refused()).toMatchObject([{ actor: `person:${person}` }]);
    expect(here.ledger.all()).toEqual([]);
  });

  it('401 without a token of ours, and nothing of it in the journal', async () => {
    await using here = await rig();
    const tries = [undefined, 'Bearer', 'Bearer wrong', `Basic ${token('UANA')}`, `Bearer ${token('UANA')}x`];
    for (const authorization of tries) {
      const headers: Record<string, string> = authorization === undefined ? {} : { authorization };
      const heard = await here.ask('POST', '/dr/failover', { headers, body: JSON.stringify(PLANNED) });
      expect(heard).toMatchObject({ status: 401, body: { ok: false } });
      expect(heard.headers.get('www-authenticate')).toBe('Bearer');
      expect(heard.text).not.toContain(token('UANA'));
    }
    expect(here.ledger.all()).toEqual([]);
    expect(JSON.stringify(here.logged)).not.toContain('dr_');
    expect((await here.journal.read('system')).map(({ type }) => type)).toEqual(['LEADING']);
  });

  it('429 for too many wrong ones, never for a right one, and not for ever', async () => {
    await using here = await rig();
    const wrongly = () => here.ask('GET', '/dr/status', { headers: { authorization: 'Bearer guess' } });
    for (let n = 0; n < 10; n += 1) expect((await wrongly()).status).toBe(401);
    const heard = await wrongly();
    expect(heard.status).toBe(429);
    expect(heard.headers.get('retry-after')).toBe('60');
    expect((await here.get('UDEE', '/dr/status')).status).toBe(200);
    for (let n = 0; n < 20; n += 1) await wrongly();
    expect(here.logged.filter(({ level }) => level === 'warn')).toHaveLength(11);
    await here.clock.advance(60_000);
    expect((await wrongly()).status).toBe(401);
  });

  it('404 for what is no command or no path', async () => {
    await using here = await rig();
    const heard = await here.post('UANA', 'failovr', PLANNED);
    expect(heard).toMatchObject({ status: 404, body: { refused: 'unknown' } });
    expect(heard.body.title).toContain('Did you mean /dr failover?');
    for (const path of ['/', '/dr', '/dr/', '/dr/a/b', '/DR/status', '//', '/api'])
      expect((await here.ask('GET', path)).status, path).toBe(404);
    for (const name of ['constructor', '__proto__', 'hasOwnProperty', '%00', 'status%20detail'])
      expect((await here.post('UANA', name)).status, name).toBe(404);
    expect((await here.post('UANA', '%zz')).status).toBe(400);
  });

  it('405 for what acts and is asked with GET', async () => {
    await using here = await rig();
    const query = 'failover?region=east&reason=x';
    const heard = await here.get('UANA', `/dr/${query}`);
    expect(heard).toMatchObject({
      status: 405,
      body: { title: 'failover is sent with POST: it may change something. Nothing was done.' },
    });
    expect(heard.headers.get('allow')).toBe('POST');
    expect((await here.get('UANA', '/dr/schedule?region=east')).status).toBe(405);
    expect((await here.ask('DELETE', '/dr/status', { as: 'UANA' })).status).toBe(405);
    expect((await here.get('UANA', '/dr/status?detial=true')).body.title).toContain('Did you mean detail?');
    expect((await here.ask('POST', '/healthz')).status).toBe(405);
    expect(here.ledger.all()).toEqual([]);
  });

  it.each([
    ['region=us-east-1&reason=x', 400, 'The body is not JSON.'],
    ['["east"]', 400, 'The body is JSON and no object.'],
    ['null', 400, 'The body is JSON and no object.'],
    ['{"region":', 400, 'The body is not JSON.'],
    [`{"reason":"${'x'.repeat(17_000)}"}`, 413, 'The body is bigger than 16 kB. Nothing was done.'],
  ])('a body that is none: %.30s', async (body, status, words) => {
    await using here = await rig();
    const heard = await here.ask('POST', '/dr/failover', { as: 'UANA', body });
    expect(heard.status).toBe(status);
    expect(heard.body.title).toContain(words);
  });

  it('a body that is no text, and one that is too big and does not say so', async () => {
    await using here = await rig();
    const heard = await here.ask('POST', '/dr/failover', { as: 'UANA', body: new Uint8Array([0x7b, 0xff, 0x7d]) });
    expect(heard.body.title).toContain('The body is not UTF-8 text.');
    const chunk = `4000\r\n${' '.repeat(0x4000)}\r\n`;
    const head = `POST /dr/failover HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token('UANA')}\r\nTransfer-Encoding: chunked\r\n\r\n`;
    expect(await raw(here, `${head}${chunk}${chunk}0\r\n\r\n`)).toMatch(/^HTTP\/1\.1 413 /);
  });

  it('what is no HTTP is answered in JSON too', async () => {
    await using here = await rig();
    const heard = await raw(here, 'hello\r\n\r\n');
    expect(heard).toMatch(/^HTTP\/1\.1 400 /);
    expect(JSON.parse(heard.split('\r\n\r\n')[1]!)).toMatchObject({ ok: false });
  });

  it('503 when the journal cannot be written; what is known is still told', async () => {
    await using here = await rig();
    await here.journal.close();
    expect(await here.post('UANA', 'failover', PLANNED)).toMatchObject({ status: 503, body: { refused: 'failed' } });
    expect((await here.get('UDEE', '/dr/history')).status).toBe(200);
    expect(here.broken).toHaveLength(1);
  });
});
