/**
 * One number out of a monitoring system: asked of a real Prometheus that scrapes an exporter of ours, of the lab's
 * monitoring, and of a server that misbehaves as proxies and gateways do.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, test } from 'vitest';
import { startAuthority } from '../../lab/dns/authority.ts';
import { startResolver } from '../../lab/dns/resolver.ts';
import { freePort } from '../../lab/lib/free-port.ts';
import { onPath } from '../../lab/lib/on-path.ts';
import { type ServerProcess, serverProcess } from '../../lab/lib/server-process.ts';
import { ERROR_SHARE, startMonitoring } from '../../lab/services/monitoring.ts';
import { type PrometheusOptions, prometheusMetrics } from '../../src/integrations/prometheus/metrics.ts';
import { IntegrationError } from '../../src/lib/errors.ts';
import { httpServers } from '../support/http-servers.ts';

const never = new AbortController().signal;
const servers = httpServers();
/** Resolves with its port. */
const serve = async (listener: RequestListener) => Number(new URL(await servers.serve(listener)).port);
const metricsAt = (url: string, more: Partial<PrometheusOptions> = {}) =>
  prometheusMetrics({ regions: { west: { url } }, timeoutMs: 5000, ...more });

const program = onPath(['prometheus']);
const NONE = 'no prometheus on the PATH: install your system\'s package "prometheus"';
if (program === undefined && process.env['CI'] === 'true')
  test('the contract of metrics needs a Prometheus', () => expect.unreachable(NONE));

describe.skipIf(program === undefined)(`a real Prometheus${program === undefined ? `: ${NONE}` : ''}`, () => {
  let dir: string;
  let server: ServerProcess;
  let url: string;
  /** Whether the exporter's service has ever failed. */
  let failing = false;
  const served = { '200': 0, '503': 0 };

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'regent-prometheus-'));
    const exporter = await serve((_, response) => {
      served['200'] += 9;
      if (failing) served['503'] += 1;
      const series = Object.entries(served).filter(([code, count]) => code === '200' || count > 0);
      response.setHeader('content-type', 'text/plain; version=0.0.4');
      response.end(series.map(([code, count]) => `http_requests_total{code="${code}"} ${count}\n`).join(''));
    });
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    const scrape = (job: string, target: number) => ({
      job_name: job,
      static_configs: [{ targets: [`127.0.0.1:${target}`] }],
    });
    writeFileSync(
      join(dir, 'prometheus.yml'),
      JSON.stringify({
        global: { scrape_interval: '200ms', scrape_timeout: '200ms' },
        scrape_configs: [scrape('services', exporter), scrape('itself', port)],
      }),
    );
    server = serverProcess({
      name: 'prometheus',
      command: program!,
      args: () => [
        `--config.file=${join(dir, 'prometheus.yml')}`,
        `--storage.tsdb.path=${join(dir, 'data')}`,
        `--web.listen-address=127.0.0.1:${port}`,
        '--log.level=warn',
      ],
      cwd: dir,
      logFile: join(dir, 'log'),
      ready: async () => (await fetch(`${url}/-/ready`)).ok,
      startWithinMs: 30_000,
    });
    await server.start();
  }, 60_000);
  afterAll(async () => {
    await server?.stop('SIGTERM', 5000);
    await servers.close();
    rmSync(dir, { recursive: true, force: true });
  });

  const value = (query: string) => metricsAt(url).value('west', query, never);
  const eventually = (query: string) => expect.poll(() => value(query), { timeout: 20_000, interval: 50 });

  it('gives a scalar and the one sample of a vector', async () => {
    expect([await value('scalar(vector(2.5))'), await value('1e-5'), await value('vector(-3)')]).toEqual([
      2.5, 1e-5, -3,
    ]);
    await eventually('count(up)').toBe(2);
  });

  it('gives no data where there is none, which is not zero', async () => {
    expect(await value('nobody_counts_this')).toBeNull();
    expect(await value('vector(0) / vector(0)')).toBeNull();
    expect(await value('vector(0)')).toBe(0);
  });

  it('counts the samples where they are more than one', async () => {
    await eventually('count(up)').toBe(2);
    await expect(value('up')).rejects.toThrow(/its answer has 2 samples: aggregate the query to one number/);
  });

  it('says what Prometheus says about a query it refuses', async () => {
    await expect(value('sum(')).rejects.toThrow(
      /^The metrics of west at 127\.0\.0\.1:\d+: it refused the query with bad_data: .*parse error.*\.$/,
    );
    await expect(value('')).rejects.toThrow('refused the query');
    await expect(value('vector(1) / on(a) vector(1) + foo bar')).rejects.toMatchObject({ code: 'metrics-refused' });
  });

  it('does not take infinity, a text or a range for a number', async () => {
    await expect(value('vector(1) / vector(0)')).rejects.toThrow('its answer is +Inf, not a number');
    await expect(value('"many"')).rejects.toThrow('its answer is a string, not one number');
    await expect(value('up[1m]')).rejects.toThrow('its answer is a matrix, not one number');
  });

  it('takes a query too long for an address', async () => {
    expect(await value(`1 + ${' '.repeat(20_000)}1`)).toBe(2);
  });

  it('knows the query of our examples: 0 before anything failed, then the share that fails', async () => {
    expect(served['503']).toBe(0);
    await eventually(ERROR_SHARE).toBe(0);
    failing = true;
    await eventually(ERROR_SHARE).toBeGreaterThan(0.001);
    expect(await value(ERROR_SHARE)).toBeLessThan(0.11);
  });
});

describe('the monitoring of the lab', () => {
  afterEach(() => servers.close());

  it('answers as Prometheus does: nothing, nothing lately, a share, a refusal', async () => {
    let now = 0;
    const monitoring = startMonitoring(60_000, () => now);
    const port = await serve((request, response) => void monitoring.handle(request, response));
    const value = (query: string) => metricsAt(`http://127.0.0.1:${port}`).value('west', query, never);
    expect(await value(ERROR_SHARE)).toBeNull();
    for (const status of [200, 404, 503, 201]) monitoring.served(status, 1, '/tasks');
    expect(await value(ERROR_SHARE)).toBe(0.25);
    now = 60_001;
    expect(await value(ERROR_SHARE)).toBeNull();
    await expect(value('up')).rejects.toThrow('it refused the query with execution: this monitoring knows only (sum');
    await expect(value('')).rejects.toThrow('it refused the query with bad_data');
  });
});

describe('whatever else answers', () => {
  afterEach(() => servers.close());
  const answering = async (status: number, body: unknown, headers: Record<string, string> = {}) => {
    const asked: IncomingMessage[] = [];
    const port = await serve((request, response) => {
      asked.push(request);
      response.writeHead(status, headers).end(typeof body === 'string' ? body : JSON.stringify(body));
    });
    return { asked, metrics: metricsAt(`http://127.0.0.1:${port}/of/west/`, { token: 's3cret' }) };
  };
  const one = (sample: unknown) => ({ status: 'success', data: { resultType: 'vector', result: [sample] } });

  it('is asked beside the path of its address, with the token', async () => {
    const { asked, metrics } = await answering(200, one({ metric: {}, value: [1, '0.5'] }));
    expect(await metrics.value('west', 'a{b="c d"}', never)).toBe(0.5);
    const [request] = asked;
    expect([request?.method, new URL(request!.url!, 'http://x').pathname]).toEqual(['GET', '/of/west/api/v1/query']);
    expect(new URL(request!.url!, 'http://x').searchParams.get('query')).toBe('a{b="c d"}');
    expect(request?.headers.authorization).toBe('Bearer s3cret');
  });

  it('is sent a long query as a form: addresses have limits on the way', async () => {
    const asked: string[] = [];
    const port = await serve(async (request, response) => {
      let body = '';
      for await (const chunk of request.setEncoding('utf8')) body += chunk;
      asked.push(`${request.method} ${request.url} ${request.headers['content-type']} ${body}`);
      response.end(JSON.stringify(one({ value: [1, '4'] })));
    });
    const query = `sum(${'a'.repeat(3000)})`;
    expect(await metricsAt(`http://127.0.0.1:${port}`).value('west', query, never)).toBe(4);
    const form = `query=${encodeURIComponent(query).replaceAll('(', '%28').replaceAll(')', '%29')}`;
    expect(asked).toEqual([`POST /api/v1/query application/x-www-form-urlencoded ${form}`]);
  });

  it.each([
    ['an empty number', one({ metric: {}, value: [1, ''] }), 'its answer is , not a number'],
    ['a number that is none', one({ metric: {}, value: [1, 0.5] }), 'its answer is 0.5, not a number'],
    ['a histogram', one({ metric: {}, histogram: [1, {}] }), 'its answer is a histogram, not one number'],
    ['no sample at all', one(null), 'its answer is no number, not one number'],
    ['no result', { status: 'success', data: null }, 'its answer has no result'],
    ['a page', '<html>hello</html>', 'its answer is not one of Prometheus’ API'],
    ['null', 'null', 'its answer is not one of Prometheus’ API'],
    ['too much', 'x'.repeat(300_000), 'it answered more than 256 kB: aggregate the query'],
  ])('does not take %s for a number', async (_, body, words) => {
    const { metrics } = await answering(200, body);
    await expect(metrics.value('west', 'up', never)).rejects.toThrow(words);
  });

  it.each([
    [401, 'it answered 401: it wants another token'],
    [403, 'it answered 403: it wants another token'],
    [404, 'it answered 404'],
    [302, 'it answered 302, to http://127.0.0.1/login, and redirects are not followed'],
    [503, 'it answered 503'],
  ])('says that it answered %i, and goes nowhere else', async (status, words) => {
    const { asked, metrics } = await answering(status, one({ metric: {}, value: [1, '0'] }), {
      location: 'http://127.0.0.1/login',
    });
    await expect(metrics.value('west', 'up', never)).rejects.toThrow(words);
    expect(asked).toHaveLength(1);
  });

  it('never shows the token', async () => {
    const { metrics } = await answering(401, '');
    const error = (await metrics.value('west', 'up', never).catch((thrown: unknown) => thrown)) as IntegrationError;
    expect(error).toBeInstanceOf(IntegrationError);
    expect(`${error.sentence} ${error.stack}`).not.toContain('s3cret');
    expect(error).toMatchObject({ effect: 'none', system: 'prometheus' });
  });

  it('is not waited for longer than it may take, nor longer than we are wanted', async () => {
    let reached = () => {};
    const there = new Promise<void>((resolve) => {
      reached = resolve;
    });
    const silent = `http://127.0.0.1:${await serve(() => reached())}`;
    const half = await serve((_, response) => response.writeHead(200).write('{"status":'));
    const quick = (url: string) => metricsAt(url, { timeoutMs: 200 }).value('west', 'up', never);
    await expect(quick(silent)).rejects.toThrow('no answer within 200 ms');
    await expect(quick(`http://127.0.0.1:${half}`)).rejects.toThrow('no answer within 200 ms');
    const stop = new AbortController();
    const stopped = metricsAt(silent, { timeoutMs: 60_000 }).value('west', 'up', stop.signal);
    await there;
    stop.abort();
    await expect(stopped).rejects.toMatchObject({ code: 'cancelled' });
    await expect(metricsAt(silent).value('west', 'up', AbortSignal.abort())).rejects.toMatchObject({
      code: 'cancelled',
    });
  });

  it('is one sentence where nobody is there, or no address is known', async () => {
    const port = await freePort();
    await expect(metricsAt(`http://127.0.0.1:${port}`).value('west', 'up', never)).rejects.toThrow(
      /^The metrics of west at 127\.0\.0\.1:\d+: .*ECONNREFUSED.*\.$/,
    );
    await expect(metricsAt('http://127.0.0.1').value('east', 'up', never)).rejects.toThrow(
      'The metrics of east: it has no address in the configuration.',
    );
    await expect(metricsAt('http://169.254.169.254').value('west', 'up', never)).rejects.toThrow('link-local');
  });

  it('is found by the name servers that are given', async () => {
    const authority = await startAuthority({
      zones: [
        {
          name: 'eden.internal',
          rrsets: [{ name: 'prometheus.secondary.eden.internal', type: 'A', ttl: 60, values: ['127.0.0.1'] }],
        },
      ],
    });
    const resolver = await startResolver({ upstream: authority.server });
    try {
      const port = await serve((_, response) => response.end(JSON.stringify(one({ value: [1, '4'] }))));
      const named = (host: string) =>
        metricsAt(`http://${host}:${port}`, { resolvers: [resolver.server] }).value('west', 'up', never);
      expect(await named('prometheus.secondary.eden.internal')).toBe(4);
      await expect(named('none.eden.internal')).rejects.toThrow('none.eden.internal did not resolve');
    } finally {
      await Promise.all([resolver.close(), authority.close()]);
    }
  });
});
