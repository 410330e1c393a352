/** What the recordings do not show: selectors, pages, locks, faults, the ledger, and what refuses a request. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type KubernetesLab, startKubernetes } from '../../../lab/kubernetes/start.ts';
import { type Answer, ask, eventually, workload } from './support.ts';

const CONFIGMAPS = '/api/v1/namespaces/eden/configmaps';
const DEPLOYMENTS = '/apis/apps/v1/namespaces/eden/deployments';
const JSON_TYPE = 'application/json';
const MERGE = 'application/merge-patch+json';

describe("the lab's API server", () => {
  let lab: KubernetesLab;
  beforeAll(async () => {
    lab = await startKubernetes({
      name: 'primary',
      namespace: 'eden',
      tokens: { t: 'regent' },
      nodes: [{ name: 'node-0', cpu: '4', memory: '8Gi', pods: 110 }],
      delays: { controllerMs: 5, readyMs: 10, probeMs: 50 },
    });
  });
  afterEach(() => lab.clearFaults());
  afterAll(() => lab.close());

  const call = (method: string, path: string, body?: unknown, type = JSON_TYPE): Promise<Answer> =>
    ask(lab.url, method, path, { token: 't', type, ...(body === undefined ? {} : { body }) });
  const configMap = (name: string, labels: Record<string, string> = {}, data: Record<string, string> = {}) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, labels },
    data,
  });
  const namesIn = ({ body }: Answer) =>
    (body as { items: { metadata: { name: string } }[] }).items.map((one) => one.metadata.name);
  const messageOf = ({ body }: Answer) => (body as { message: string }).message;

  test('selects by labels and fields', async () => {
    lab.apply(configMap('one', { tier: 'web', team: 'a' }));
    lab.apply(configMap('two', { tier: 'db' }));
    lab.apply(configMap('three', { tier: 'cache', team: 'b' }));
    const list = async (query: string) => namesIn(await call('GET', `${CONFIGMAPS}?${query}`));
    const byLabel = (selector: string) => list(`labelSelector=${encodeURIComponent(selector)}`);
    expect(await byLabel('tier in (web, db)')).toEqual(['one', 'two']);
    expect(await byLabel('tier,tier!=web')).toEqual(['three', 'two']);
    expect(await byLabel('team,tier notin (cache)')).toEqual(['one']);
    expect(await byLabel('tier==db,!team')).toEqual(['two']);
    expect(await list('fieldSelector=metadata.name%3Dtwo')).toEqual(['two']);
    const refused = await call('GET', `${CONFIGMAPS}?fieldSelector=data.x%3D1`);
    expect([refused.status, messageOf(refused)]).toEqual([400, expect.stringContaining('not supported: data.x')]);
  });

  test('pages through a list with its continue token', async () => {
    const seen: string[] = [];
    let token = '';
    do {
      const page = await call('GET', `${CONFIGMAPS}?limit=2&continue=${token}`);
      seen.push(...namesIn(page));
      token = (page.body as { metadata: { continue?: string } }).metadata.continue ?? '';
    } while (token !== '');
    expect(seen).toEqual(namesIn(await call('GET', CONFIGMAPS)));
  });

  test('a PATCH or PUT that names an old version is refused, and nothing changes', async () => {
    const first = lab.apply(configMap('locked', {}, { a: '1' }));
    const version = first.metadata.resourceVersion;
    const metadata = { name: 'locked', resourceVersion: version };
    expect((await call('PATCH', `${CONFIGMAPS}/locked`, { metadata, data: { a: '2' } }, MERGE)).status).toBe(200);
    expect((await call('PATCH', `${CONFIGMAPS}/locked`, { metadata, data: { a: '3' } }, MERGE)).status).toBe(409);
    expect((await call('PUT', `${CONFIGMAPS}/locked`, { metadata, data: { a: '4' } })).status).toBe(409);
    expect(lab.get('configmaps', 'locked')?.['data']).toEqual({ a: '2' });
  });

  test('server-side apply takes back what the same manager no longer names', async () => {
    const type = 'application/apply-patch+yaml';
    const path = `${CONFIGMAPS}/applied?fieldManager=regent`;
    const yaml = (data: string) => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: applied}\ndata: ${data}\n`;
    expect((await call('PATCH', path, yaml('{a: "1", b: "2"}'), type)).status).toBe(201);
    await call('PATCH', `${CONFIGMAPS}/applied`, { data: { by: 'hand' } }, MERGE);
    const second = await call('PATCH', path, yaml('{b: "3"}'), type);
    expect([second.status, (second.body as { data: unknown }).data]).toEqual([200, { b: '3', by: 'hand' }]);
    expect((await call('PATCH', `${CONFIGMAPS}/applied`, yaml('{}'), type)).status).toBe(422);
  });

  test('a JSON patch tests before it changes', async () => {
    lab.apply(configMap('patched', {}, { a: '1' }));
    const type = 'application/json-patch+json';
    const patch = (value: string) => [
      { op: 'test', path: '/data/a', value },
      { op: 'add', path: '/data/b', value: 'new' },
      { op: 'remove', path: '/data/a' },
    ];
    expect((await call('PATCH', `${CONFIGMAPS}/patched`, patch('2'), type)).status).toBe(422);
    expect((await call('PATCH', `${CONFIGMAPS}/patched`, patch('1'), type)).status).toBe(200);
    expect(lab.get('configmaps', 'patched')?.['data']).toEqual({ b: 'new' });
  });

  test('refuses what a real server refuses', async () => {
    const deployment = workload('Deployment', 'bad', -1);
    const wrongLabels = { ...deployment.spec, replicas: 1, selector: { matchLabels: { app: 'other' } } };
    const cases: [Promise<Answer>, number, string][] = [
      [call('POST', DEPLOYMENTS, deployment), 422, 'must be greater than or equal to 0'],
      [call('POST', DEPLOYMENTS, { ...deployment, spec: wrongLabels }), 422, 'does not match template'],
      [call('POST', DEPLOYMENTS, configMap('x')), 400, 'cannot be handled as a Deployment'],
      [call('POST', '/api/v1/namespaces/nope/configmaps', configMap('x')), 404, 'namespaces "nope" not found'],
      [call('POST', CONFIGMAPS, { metadata: {} }), 422, 'name or generateName is required'],
      [call('POST', CONFIGMAPS, '{"metadata"'), 400, 'json parse error'],
      [call('PUT', `${CONFIGMAPS}/one`, configMap('two')), 400, 'does not match the name on the URL'],
      [call('GET', '/apis/apps/v1/namespaces/eden/widgets'), 404, 'could not find the requested resource'],
      [call('DELETE', CONFIGMAPS), 405, 'does not allow this method'],
    ];
    for (const [pending, status, words] of cases) {
      const answer = await pending;
      expect([answer.status, messageOf(answer)]).toEqual([status, expect.stringContaining(words)]);
    }
  });

  test('a namespace is merged into, keeps what is not named, and has a version of its own', async () => {
    const path = '/api/v1/namespaces/eden';
    const annotate = (annotations: object) => call('PATCH', path, { metadata: { annotations } }, MERGE);
    const version = ({ body }: Answer) => (body as { metadata: { resourceVersion: string } }).metadata.resourceVersion;
    const first = await annotate({ a: '1', b: '2' });
    expect([first.status, first.body]).toEqual([200, expect.objectContaining({ kind: 'Namespace' })]);
    const again = await annotate({ a: '1' });
    expect(version(again)).toBe(version(first));
    const second = await annotate({ a: null });
    expect(Number(version(second))).toBeGreaterThan(Number(version(first)));
    const read = await call('GET', path);
    expect((read.body as { metadata: object }).metadata).toMatchObject({ name: 'eden', annotations: { b: '2' } });
    expect(namesIn(await call('GET', '/api/v1/namespaces'))).toEqual(['default', 'eden', 'kube-system']);
  });

  test('whoever asks for a namespace by its name asks within it', async () => {
    const asked: (string | undefined)[] = [];
    const strict = await startKubernetes({
      name: 'strict',
      namespace: 'eden',
      tokens: { t: 'alice' },
      nodes: [],
      may: ({ namespace }) => {
        asked.push(namespace);
        return false;
      },
    });
    const answer = await ask(strict.url, 'GET', '/api/v1/namespaces/eden', { token: 't' });
    expect([answer.status, messageOf(answer)]).toEqual([
      403,
      'namespaces "eden" is forbidden: User "alice" cannot get resource "namespaces" in API group "" in the namespace "eden"',
    ]);
    const list = await ask(strict.url, 'GET', '/api/v1/namespaces', { token: 't' });
    expect([list.status, messageOf(list)]).toEqual([403, expect.stringMatching(/at the cluster scope$/)]);
    expect(asked).toEqual(['eden', undefined]);
    await strict.close();
  });

  test('refuses annotations, keys and changes that a real server refuses', async () => {
    const path = '/api/v1/namespaces/eden';
    lab.apply({ ...configMap('fixed', {}, { a: '1' }), immutable: true });
    const cases: [Promise<Answer>, string][] = [
      [
        call('PATCH', path, { metadata: { annotations: { 'change freeze': 'x' } } }, MERGE),
        'Namespace "eden" is invalid: metadata.annotations: Invalid value: "change freeze": name part must',
      ],
      [call('PATCH', path, { metadata: { annotations: { 'Regent/x': 'x' } } }, MERGE), 'prefix part a lowercase'],
      [call('POST', CONFIGMAPS, configMap('wrong', {}, { 'a key': '1' })), 'data[a key]: Invalid value: "a key"'],
      [
        call('PATCH', `${CONFIGMAPS}/fixed`, { data: { a: '2' } }, MERGE),
        'data: Forbidden: field is immutable when `immutable` is set',
      ],
      [call('PATCH', `${CONFIGMAPS}/fixed`, { immutable: false }, MERGE), 'immutable: Forbidden'],
    ];
    for (const [pending, words] of cases) {
      const answer = await pending;
      expect([answer.status, messageOf(answer)]).toEqual([422, expect.stringContaining(words)]);
    }
    expect((await call('PATCH', `${CONFIGMAPS}/fixed`, { metadata: { labels: { a: 'b' } } }, MERGE)).status).toBe(200);
  });

  test('the ledger holds accepted changes only', async () => {
    const before = lab.ledger.length;
    const calls = lab.calls;
    await call('GET', CONFIGMAPS);
    await call('POST', CONFIGMAPS, configMap('one'));
    await call('PATCH', `${CONFIGMAPS}/one?dryRun=All`, { data: { x: 'y' } }, MERGE);
    await call('PATCH', `${CONFIGMAPS}/one`, { data: { x: 'z' } }, MERGE);
    expect(lab.calls - calls).toBe(4);
    expect(lab.ledger.slice(before)).toEqual([
      {
        method: 'PATCH',
        path: `${CONFIGMAPS}/one`,
        body: { data: { x: 'z' } },
        user: 'regent',
        at: expect.any(String),
      },
    ]);
  });

  test('faults hit the calls they match, as often as told', async () => {
    lab.fault({ match: /^GET .*configmaps/, times: 2, kind: 'http500' });
    const statuses: number[] = [];
    for (let count = 0; count < 3; count += 1) statuses.push((await call('GET', CONFIGMAPS)).status);
    expect(statuses).toEqual([500, 500, 200]);
    lab.fault({ match: 'POST', kind: 'reset' });
    await expect(call('POST', CONFIGMAPS, configMap('never'))).rejects.toThrow();
    expect(lab.get('configmaps', 'never')).toBeUndefined();
    lab.fault({ match: 'POST', kind: 'lostAnswer' });
    await expect(call('POST', CONFIGMAPS, configMap('done'))).rejects.toThrow();
    expect(lab.get('configmaps', 'done')).toBeDefined();
    expect((await call('GET', '/readyz')).status).toBe(200);
  });

  test('a watch tells of objects that enter and leave the selection', async () => {
    const controller = new AbortController();
    const response = await fetch(`${lab.url}${CONFIGMAPS}?watch=1&labelSelector=seen%3Dyes`, {
      headers: { authorization: 'Bearer t' },
      signal: controller.signal,
    });
    const lines: string[] = [];
    const reading = (async () => {
      for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) lines.push(chunk);
    })().catch(() => {});
    lab.apply(configMap('watched', { seen: 'yes' }));
    lab.apply(configMap('unseen'));
    lab.apply(configMap('watched', { seen: 'no' }));
    const count = () => lines.join('').trim().split('\n').filter(Boolean).length;
    await eventually(count, (seen) => seen >= 2);
    controller.abort();
    await reading;
    const events = lines
      .join('')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string; object: object });
    expect(events.map(({ type }) => type)).toEqual(['ADDED', 'DELETED']);
  });

  test('latency holds an answer back while a faster server overtakes it', async () => {
    const other = await startKubernetes({ name: 'fast', namespace: 'eden', tokens: { t: 'regent' }, nodes: [] });
    const order: string[] = [];
    lab.latencyMs = 500;
    const slow = call('GET', CONFIGMAPS).then(() => order.push('slow'));
    await ask(other.url, 'GET', CONFIGMAPS, { token: 't' });
    order.push('fast');
    await slow;
    lab.latencyMs = 0;
    await other.close();
    expect(order).toEqual(['fast', 'slow']);
  });
});
