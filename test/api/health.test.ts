/** What tells without a token how the process is, and how the server begins and ends. */
import { describe, expect, it } from 'vitest';
import { rig } from './rig.ts';

describe('health', () => {
  it('tells without a token that the process lives and leads, asking at most once a second', async () => {
    let asked = 0;
    await using here = await rig({
      api: {
        ready: async () => {
          asked += 1;
          return { leads: true, chat: 'not connected', lastWriteAt: 990_000 };
        },
      },
    });
    expect(await here.ask('GET', '/healthz')).toMatchObject({ status: 200, body: { ok: true } });
    const expected = {
      ok: true,
      leads: true,
      chat: 'not connected',
      lastJournalWrite: { at: '1970-01-01T00:16:30.000Z', secondsAgo: 10 },
    };
    for (let n = 0; n < 3; n += 1) expect((await here.ask('GET', '/readyz')).body).toEqual(expected);
    expect(asked).toBe(1);
    await here.clock.advance(1000);
    expect((await here.ask('GET', '/readyz')).body).toMatchObject({ lastJournalWrite: { secondsAgo: 11 } });
  });

  it('is not ready when another leads, or the journal cannot be asked; why is nobody’s business', async () => {
    await using other = await rig({
      api: { ready: async () => ({ leads: false, chat: 'connected', lastWriteAt: 1 }) },
    });
    expect(await other.ask('GET', '/readyz')).toMatchObject({ status: 503, body: { ok: false, leads: false } });
    await using broken = await rig({ api: { ready: () => Promise.reject(new Error('/secret/path')) } });
    const heard = await broken.ask('GET', '/readyz');
    expect(heard).toMatchObject({ status: 503, body: { why: 'the journal cannot be used' } });
    expect(heard.text).not.toContain('secret');
    expect((await broken.ask('GET', '/healthz')).status).toBe(200);
  });
});

describe('listening', () => {
  it('says which address cannot be had', async () => {
    await using here = await rig();
    const port = Number(new URL(here.api.url).port);
    await expect(rig({ api: { listen: { host: '127.0.0.1', port } } })).rejects.toThrow(
      `The API cannot listen at 127.0.0.1, port ${port}: EADDRINUSE.`,
    );
  });

  it('closes while connections are kept open, and answers what is under way', async () => {
    const under = Promise.withResolvers<void>();
    const go = Promise.withResolvers<void>();
    const here = await rig({
      api: {
        dispatch: async () => {
          under.resolve();
          await go.promise;
          return { kind: 'none' };
        },
      },
    });
    await here.ask('GET', '/healthz');
    const answer = here.get('UDEE', '/dr/status');
    await under.promise;
    const closing = here.api.close();
    go.resolve();
    expect((await answer).status).toBe(200);
    await closing;
    await expect(here.ask('GET', '/healthz')).rejects.toThrow();
  });
});
