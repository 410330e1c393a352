/** The alerts that fire now: asked of a real Alertmanager, and of a server that misbehaves as proxies and gateways do. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, test } from 'vitest';
import { freePort } from '../../lab/lib/free-port.ts';
import { onPath } from '../../lab/lib/on-path.ts';
import { type ServerProcess, serverProcess } from '../../lab/lib/server-process.ts';
import { type AlertmanagerOptions, alertmanagerAlerts } from '../../src/integrations/alertmanager/alerts.ts';
import { IntegrationError } from '../../src/lib/errors.ts';
import { httpServers } from '../support/http-servers.ts';

const never = new AbortController().signal;
const alertsAt = (url: string, more: Partial<AlertmanagerOptions> = {}) =>
  alertmanagerAlerts({ url, timeoutMs: 5000, ...more });

const program = onPath(['prometheus-alertmanager', 'alertmanager']);
const NONE = 'no Alertmanager on the PATH: install your system\'s package "prometheus-alertmanager"';
if (program === undefined && process.env['CI'] === 'true')
  test('the contract of alerts needs an Alertmanager', () => expect.unreachable(NONE));

describe.skipIf(program === undefined)(`a real Alertmanager${program === undefined ? `: ${NONE}` : ''}`, () => {
  let dir: string;
  let server: ServerProcess;
  let url: string;
  const ago = (minutes: number) => new Date(Date.now() - minutes * 60_000);

  const send = async (path: string, body: unknown): Promise<void> => {
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(`${url}/api/v2/${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
    expect([answer.status, answer.ok ? '' : await answer.text()]).toEqual([200, '']);
  };
  const alert = (alertname: string, labels: object, since: Date, annotations = {}, more = {}) => ({
    labels: { alertname, ...labels },
    annotations,
    startsAt: since.toISOString(),
    ...more,
  });
  const [hour, quarter, moment] = [ago(60), ago(15), ago(1)];

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'regent-alertmanager-'));
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    writeFileSync(
      join(dir, 'alertmanager.yml'),
      JSON.stringify({
        route: { receiver: 'nobody' },
        receivers: [{ name: 'nobody' }],
        inhibit_rules: [
          { source_matchers: ['alertname="RegionDown"'], target_matchers: ['severity="info"'], equal: ['region'] },
        ],
      }),
    );
    server = serverProcess({
      name: 'alertmanager',
      command: program!,
      args: () => [
        `--config.file=${join(dir, 'alertmanager.yml')}`,
        `--storage.path=${join(dir, 'data')}`,
        `--web.listen-address=127.0.0.1:${port}`,
        '--cluster.listen-address=',
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
    rmSync(dir, { recursive: true, force: true });
  });

  it('has none to begin with', async () => {
    expect(await alertsAt(url).firing(never)).toEqual([]);
  });

  it('gives those that fire, the gravest first, and leaves out what is silenced, inhibited or over', async () => {
    const east = { region: 'us-east-1' };
    await send('alerts', [
      alert('SlowCheckout', { severity: 'warning', region: 'us-west-2' }, quarter, { summary: 'p95 is 900 ms' }),
      alert('VolumeFilling', { severity: 'warning', ...east }, hour, { description: '\n90 % full.\nAct soon.' }),
      alert('RegionDown', { severity: 'critical', ...east }, moment, { summary: 'us-east-1 does not answer' }),
      alert('Quiet', { severity: 'critical' }, hour),
      alert('Noise', { severity: 'info', ...east }, hour),
      alert('Past', { severity: 'critical' }, hour, {}, { endsAt: moment.toISOString() }),
      alert('Odd', { severity: 'P1' }, hour),
      alert('Bare', {}, hour),
    ]);
    await send('silences', {
      matchers: [{ name: 'alertname', value: 'Quiet', isRegex: false }],
      startsAt: ago(1).toISOString(),
      endsAt: new Date(Date.now() + 3_600_000).toISOString(),
      createdBy: 'Ana',
      comment: 'known',
    });
    const names = async () => (await alertsAt(url).firing(never)).map(({ name }) => name);
    await expect
      .poll(names, { timeout: 10_000, interval: 50 })
      .toEqual(['RegionDown', 'VolumeFilling', 'SlowCheckout', 'Odd', 'Bare']);

    const [down, disk, slow, , bare] = await alertsAt(url).firing(never);
    expect(down).toEqual({
      name: 'RegionDown',
      severity: 'critical',
      since: moment.getTime(),
      labels: { alertname: 'RegionDown', severity: 'critical', ...east },
      summary: 'us-east-1 does not answer',
    });
    expect([disk?.summary, slow?.summary]).toEqual(['90 % full.', 'p95 is 900 ms']);
    expect(bare).toMatchObject({ severity: null, summary: null });
  });

  it('narrows by matchers, and shows what Alertmanager says of one it does not take', async () => {
    const west = await alertsAt(url, { filter: ['region="us-west-2"', 'severity=~"warn.*"'] }).firing(never);
    expect(west.map(({ name }) => name)).toEqual(['SlowCheckout']);
    await expect(alertsAt(url, { filter: ['=='] }).firing(never)).rejects.toThrow(
      /^The alerts at 127\.0\.0\.1:\d+: it refused the question: .*\.$/,
    );
  });
});

describe('whatever else answers', () => {
  const servers = httpServers();
  let asked: IncomingMessage[];
  beforeEach(() => {
    asked = [];
  });
  afterEach(() => servers.close());
  const serve = (listener: RequestListener): Promise<string> =>
    servers.serve((request, response) => {
      asked.push(request);
      listener(request, response);
    });
  const answering = async (status: number, body: unknown, headers: Record<string, string> = {}) =>
    alertsAt(
      `${await serve((_, response) =>
        response.writeHead(status, headers).end(typeof body === 'string' ? body : JSON.stringify(body)),
      )}/of/eden/`,
      { token: 's3cret' },
    );
  const refusal = async (firing: Promise<unknown>) => {
    const error = (await firing.catch((thrown: unknown) => thrown)) as IntegrationError;
    expect(error).toBeInstanceOf(IntegrationError);
    expect(error).toMatchObject({ effect: 'none', system: 'alertmanager' });
    expect(error.sentence).toMatch(/^The alerts at [^\n]*\.$/);
    expect(`${error.sentence} ${error.stack}`).not.toContain('s3cret');
    return error;
  };

  it('is asked beside the path of its address, with the token, for active ones only', async () => {
    expect(await (await answering(200, [])).firing(never)).toEqual([]);
    expect(asked[0]?.url).toBe('/of/eden/api/v2/alerts?active=true&silenced=false&inhibited=false');
    expect(asked[0]?.headers.authorization).toBe('Bearer s3cret');
  });

  it('may leave out what it likes of an alert but its labels', async () => {
    const alerts = await answering(200, [{ labels: { n: 1 } }, { labels: {}, annotations: null, startsAt: 'today' }]);
    const bare = { name: 'an alert without a name', severity: null, since: null, labels: {}, summary: null };
    expect(await alerts.firing(never)).toEqual([bare, bare]);
  });

  it.each([
    [200, { status: 'success', data: [] }, 'its answer is not one of Alertmanager’s API'],
    [200, [null], 'its answer is not one of Alertmanager’s API'],
    [200, [{ labels: 'all' }], 'its answer is not one of Alertmanager’s API'],
    [200, '<html>hello</html>', 'its answer is not one of Alertmanager’s API'],
    [200, 'null', 'its answer is not one of Alertmanager’s API'],
    [200, 'x'.repeat(9_000_000), 'it answered more than 8 MB'],
    [400, 'bad matcher for s3cret', 'it refused the question: bad matcher for [hidden]'],
    [401, '', 'it answered 401: it wants another token'],
    [403, '', 'it answered 403: it wants another token'],
    [302, '', 'it answered 302, to http://127.0.0.1/login, and redirects are not followed'],
    [404, '', 'it answered 404'],
    [503, [], 'it answered 503'],
  ])('%i %j is no answer', async (status, body, words) => {
    const alerts = await answering(status, body, { location: 'http://127.0.0.1/login' });
    expect((await refusal(alerts.firing(never))).sentence).toContain(`: ${words}.`);
    expect(asked).toHaveLength(1);
  });

  it('is not waited for longer than it may take, nor longer than we are wanted', async () => {
    let reached = () => {};
    const there = new Promise<void>((resolve) => {
      reached = resolve;
    });
    const silent = await serve(() => reached());
    const half = await serve((_, response) => response.writeHead(200).write('[{"labels":'));
    const quick = (url: string) => refusal(alertsAt(url, { timeoutMs: 200 }).firing(never));
    expect((await quick(silent)).sentence).toContain('no answer within 200 ms');
    expect((await quick(half)).sentence).toContain('no answer within 200 ms');
    const stop = new AbortController();
    const stopped = refusal(alertsAt(silent, { timeoutMs: 60_000 }).firing(stop.signal));
    await there;
    stop.abort();
    expect((await stopped).code).toBe('cancelled');
    expect((await refusal(alertsAt(silent).firing(AbortSignal.abort()))).code).toBe('cancelled');
  });

  it('is one sentence where nobody is there', async () => {
    const nobody = `http://127.0.0.1:${await freePort()}`;
    expect((await refusal(alertsAt(nobody).firing(never))).sentence).toContain('ECONNREFUSED');
    expect((await refusal(alertsAt('http://169.254.169.254').firing(never))).sentence).toContain('link-local');
  });
});
