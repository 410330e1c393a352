/** What the recordings do not show of nodes, policies, labels and logs: as a real server and kubelet have it. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type KubernetesLab, startKubernetes } from '../../../lab/kubernetes/start.ts';
import { type Answer, ask, eventually, workload } from './support.ts';

const POLICIES = '/apis/networking.k8s.io/v1/namespaces/eden/networkpolicies';
const PODS = '/api/v1/namespaces/eden/pods';
const JSON_TYPE = 'application/json';
const MERGE = 'application/merge-patch+json';
const LINES = Array.from({ length: 30 }, (_, index) => `line ${index}\n`);

describe("the lab's API server, securing a region", () => {
  let lab: KubernetesLab;
  beforeAll(async () => {
    lab = await startKubernetes({
      name: 'primary',
      namespace: 'eden',
      tokens: { t: 'regent' },
      nodes: [{ name: 'node-0', cpu: '4', memory: '8Gi', pods: 110 }],
      delays: { controllerMs: 5, readyMs: 10, probeMs: 50 },
      hooks: {
        startPod: async () => ({ ready: async () => true, stop: async () => {}, log: async () => LINES.join('') }),
      },
    });
  });
  afterAll(() => lab.close());
  const call = (method: string, path: string, body?: unknown, type = JSON_TYPE): Promise<Answer> =>
    ask(lab.url, method, path, { token: 't', type, ...(body === undefined ? {} : { body }) });

  test('a cordoned node says so, and uncordoned the field is gone', async () => {
    const patch = (unschedulable: boolean | null) =>
      call('PATCH', '/api/v1/nodes/node-0', { spec: { unschedulable } }, MERGE);
    expect((await patch(true)).body).toMatchObject({ spec: { unschedulable: true } });
    const listed = await call('GET', '/api/v1/nodes?fieldSelector=spec.unschedulable%3Dtrue');
    expect((listed.body as { items: unknown[] }).items).toHaveLength(1);
    expect(((await patch(null)).body as { spec: object }).spec).not.toHaveProperty('unschedulable');
  });

  test('a policy is created once, replaced whole, and deleted once', async () => {
    const policy = (spec: object) => ({
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name: 'p', namespace: 'eden' },
      spec,
    });
    const open = { podSelector: {}, ingress: [{}], policyTypes: ['Ingress'] };
    const closed = { podSelector: {}, policyTypes: ['Ingress', 'Egress'] };
    expect((await call('POST', POLICIES, policy(open))).status).toBe(201);
    expect((await call('POST', POLICIES, policy(closed))).status).toBe(409);
    expect((await call('PUT', `${POLICIES}/p`, policy(closed))).body).toMatchObject({ spec: closed });
    expect(((await call('GET', `${POLICIES}/p`)).body as { spec: object }).spec).toEqual(closed);
    expect((await call('DELETE', `${POLICIES}/p`)).status).toBe(200);
    expect((await call('DELETE', `${POLICIES}/p`)).status).toBe(404);
  });

  test('the value of a label is checked', async () => {
    const patch = (value: string | null) =>
      call('PATCH', '/api/v1/nodes/node-0', { metadata: { labels: { 'regent.dev/review': value } } }, MERGE);
    for (const good of ['eden-7', '', 'a'.repeat(63), null]) expect((await patch(good)).status, String(good)).toBe(200);
    for (const bad of ['two words', '-7', 'a'.repeat(64), 'eden/7']) {
      const { status, body } = await patch(bad);
      expect([status, (body as { message: string }).message]).toEqual([422, expect.stringContaining('a valid label')]);
    }
  });

  test('a log is cut to its last lines, then to so many bytes, and names its container', async () => {
    lab.apply(workload('Deployment', 'api', 1));
    const one = await eventually(
      async () =>
        (await call('GET', PODS)).body as { items: { metadata: { name: string }; status: { phase: string } }[] },
      ({ items }) => items[0]?.status.phase === 'Running',
    );
    const log = async (query: string) => await call('GET', `${PODS}/${one.items[0]!.metadata.name}/log?${query}`);
    expect((await log('')).text).toBe(LINES.join(''));
    expect((await log('tailLines=2')).text).toBe('line 28\nline 29\n');
    expect((await log('tailLines=2&limitBytes=9')).text).toBe('line 28\nl');
    expect((await log('container=api&tailLines=0')).text).toBe('');
    expect([(await log('container=other')).status]).toEqual([400]);
  });
});
