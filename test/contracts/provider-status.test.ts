/** What providers say of themselves, in each of the forms they say it in, from a server of ours. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../../lab/lib/free-port.ts';
import { type ProviderStatusOptions, providerStatus } from '../../src/integrations/provider-status/provider-status.ts';

const never = new AbortController().signal;
const NOW = Date.parse('2026-11-23T02:00:00Z');

let base: string;
let respond: (request: IncomingMessage, response: ServerResponse) => void;
const server = createServer((request, response) => respond(request, response));
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const pagesAt = (urls: string[], more: Partial<ProviderStatusOptions> = {}) =>
  providerStatus({ pages: urls.map((url) => ({ name: 'Amazon', url })), timeoutMs: 5000, now: () => NOW, ...more });
/** What is said of one page that answers so. */
const said = async (body: string | Buffer | object, status = 200, headers: Record<string, string> = {}) => {
  respond = (_, response) =>
    response
      .writeHead(status, headers)
      .end(typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body));
  const [found, ...others] = await pagesAt([`${base}/status`]).status(never);
  expect(others).toEqual([]);
  expect(found).toMatchObject({
    name: 'Amazon',
    url: `${base}/status`,
    sentence: expect.stringMatching(/^Amazon: [^\n]+\.$/),
  });
  return `${found!.state}: ${found!.sentence.slice('Amazon: '.length)}`;
};

describe('Statuspage’s JSON', () => {
  const page = (indicator: unknown, description: unknown) => ({
    page: { id: 'x', name: 'Amazon', updated_at: '2026-11-23T01:00:00Z' },
    status: { indicator, description },
  });
  it.each([
    ['none', 'All Systems Operational', 'ok: All Systems Operational.'],
    ['minor', 'Minor Service Outage', 'trouble: Minor Service Outage.'],
    ['critical', 'Major Service\nOutage.', 'trouble: Major Service Outage.'],
    ['maintenance', '', 'trouble: its indicator says maintenance.'],
    ['purple', 'All fine', 'unknown: its indicator “purple” is not known here.'],
    [7, 'All fine', 'unknown: its JSON has no status that is known here.'],
  ])('with the indicator %s', async (indicator, description, words) => {
    expect(await said(page(indicator, description))).toBe(words);
  });
});

describe('a plain JSON', () => {
  it.each([
    [{ status: 'ok' }, 'ok: ok.'],
    [{ status: 'UP', components: {} }, 'ok: UP.'],
    [
      { status: 'Degraded Performance', message: 'Checkout is slow.' },
      'trouble: Degraded Performance, Checkout is slow.',
    ],
    [{ status: 'partial_outage' }, 'trouble: partial_outage.'],
    [{ status: 'not ok' }, 'unknown: its status “not ok” is not known here.'],
    [{ status: '' }, 'unknown: its status “” is not known here.'],
    [{ status: true }, 'unknown: its JSON has no status that is known here.'],
    [{ health: 'ok' }, 'unknown: its JSON has no status that is known here.'],
    [['ok'], 'unknown: its JSON has no status that is known here.'],
  ])('%j', async (body, words) => {
    expect(await said(body)).toBe(words);
  });

  it('may be UTF-16, when its first bytes say so', async () => {
    const text = '{"status":"ok"}';
    const little = Buffer.from(`\uFEFF${text}`, 'utf16le');
    expect(await said(little)).toBe('ok: ok.');
    expect(await said(Buffer.from(little).swap16())).toBe('ok: ok.');
    expect(await said(`\uFEFF${text}`)).toBe('ok: ok.');
  });
});

describe('a feed', () => {
  const item = (title: string, when: string) =>
    `<item><title><![CDATA[${title}]]></title><pubDate>${when}</pubDate><description>x</description></item>`;
  const rss = (...items: string[]) => `<?xml version="1.0" encoding="UTF-8"?>
    <rss version="2.0"><channel><title>Amazon EC2</title>${items.join('')}</channel></rss>\n`;
  const trouble = item('Service disruption: API errors', 'Sun, 22 Nov 2026 17:00:00 PST');

  it('of RSS', async () => {
    expect(await said(rss())).toBe('ok: its feed has nothing posted.');
    expect(await said(rss(trouble))).toBe('trouble: “Service disruption: API errors”, posted 1 h ago.');
    const over = item('Service is operating normally: [RESOLVED] API errors', 'Sun, 22 Nov 2026 17:30:00 PST');
    expect(await said(rss(over, trouble))).toBe(
      'ok: “Service is operating normally: [RESOLVED] API errors”, posted 30 min ago.',
    );
  });

  it('of Atom', async () => {
    const feed = (title: string) =>
      `<feed xmlns="http://www.w3.org/2005/Atom"><entry><title>${title}</title><updated>2026-11-23T01:30:00+00:00</updated></entry></feed>`;
    expect(await said(feed('UPDATE: DNS is slow'))).toBe('trouble: “UPDATE: DNS is slow”, posted 30 min ago.');
    expect(await said(feed('RESOLVED: DNS was slow'))).toMatch(/^ok: /);
  });

  it('that breaks off is not understood', async () => {
    expect(await said(rss(trouble).slice(0, -20))).toBe('unknown: its answer is neither JSON nor a feed.');
  });
});

describe('no answer, or another', () => {
  it.each([
    [
      '<!DOCTYPE html><html></html>',
      200,
      /^unknown: it answered a web page; put the address of its feed .* in its place\.$/,
    ],
    ['{"status":', 200, /^unknown: its JSON has no status that is known here\.$/],
    ['', 200, /^unknown: its answer is neither JSON nor a feed\.$/],
    ['x'.repeat(5_000_000), 200, /^unknown: it answered more than 4 MB\.$/],
    ['{"status":"ok"}', 503, /^unknown: it answered 503\.$/],
    [
      '{"status":"ok"}',
      302,
      /^unknown: it answered 302; put the address it leads to, http:\/\/other\.example\/x, in its place\.$/,
    ],
  ])('%.20j with %i is unknown', async (body, status, words) => {
    expect(await said(body, status, { location: 'http://other.example/x' })).toMatch(words);
  });

  it('of one page does not hold up or hide the others', async () => {
    respond = (request, response) => {
      if (request.url === '/half') response.writeHead(200).write('{"status":');
      else if (request.url !== '/silent') response.end('{"status":"ok"}');
    };
    const gone = `http://127.0.0.1:${await freePort()}/`;
    const urls = [`${base}/silent`, gone, `${base}/half`, 'http://169.254.169.254/', `${base}/well`];
    const found = await pagesAt(urls, { timeoutMs: 300 }).status(never);
    expect(found.map(({ url, state }) => [url, state])).toEqual(
      urls.map((url) => [url, url.endsWith('/well') ? 'ok' : 'unknown']),
    );
    expect(found.map(({ sentence }) => sentence)).toEqual([
      'Amazon: no answer within 300 ms.',
      expect.stringContaining('ECONNREFUSED'),
      'Amazon: no answer within 300 ms.',
      expect.stringContaining('link-local'),
      'Amazon: ok.',
    ]);
  });

  it('is no longer waited for when we are no longer wanted', async () => {
    let reached = () => {};
    const there = new Promise<void>((resolve) => {
      reached = resolve;
    });
    respond = () => reached();
    const stop = new AbortController();
    const stopped = expect(
      pagesAt([`${base}/silent`], { timeoutMs: 60_000 }).status(stop.signal),
    ).rejects.toMatchObject({
      code: 'cancelled',
      effect: 'none',
      sentence: 'The status of the providers was no longer waited for.',
    });
    await there;
    stop.abort();
    await stopped;
    await expect(pagesAt([]).status(AbortSignal.abort())).rejects.toMatchObject({ code: 'cancelled' });
    expect(await pagesAt([]).status(never)).toEqual([]);
  });
});
