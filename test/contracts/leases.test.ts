/** The port `leases` over Kubernetes: as a real API server's objects are written, and over the lab's own. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { rightsIn } from '../../lab/kubernetes/rbac.ts';
import { type KubernetesLab, startKubernetes } from '../../lab/kubernetes/start.ts';
import { kubernetesLeases } from '../../src/integrations/kubernetes/leases.ts';

const ROLE = readFileSync(new URL('../../deploy/kubernetes-lease-role.yml', import.meta.url), 'utf8');
const { recordings } = JSON.parse(
  readFileSync(new URL('../fixtures/kubernetes-recordings.json', import.meta.url), 'utf8'),
) as { recordings: { name: string; response: { body: { kind: string; spec: object } } }[] };
const recorded = recordings.find(({ name }) => name === 'lease create')!.response.body;

const EAST = 'us-east-1';
const { signal } = new AbortController();
const folder = mkdtempSync(join(tmpdir(), 'regent-leases-'));
const used = new Set<string>();
let lab: KubernetesLab;
const opened: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  const may = rightsIn(ROLE);
  lab = await startKubernetes({
    name: 'eun1',
    namespace: 'novacron',
    tokens: { t: 'regent', other: 'somebody' },
    nodes: [],
    may: (attempt) => {
      used.add(`${attempt.verb} ${attempt.resource.plural}`);
      return may(attempt);
    },
  });
});
afterEach(async () => {
  lab.clearFaults();
  await Promise.all(opened.splice(0).map((one) => one.close()));
});
afterAll(async () => {
  await lab.close();
  rmSync(folder, { recursive: true, force: true });
});

const write = (spec: object) =>
  lab.apply({ apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: 'postgres' }, spec });

function connected({ token = 't', timeoutMs = 5000, name = 'postgres' } = {}) {
  const kubeconfig = join(folder, token);
  writeFileSync(kubeconfig, lab.kubeconfig(token));
  const lease = { kubeconfig, context: 'eun1', namespace: 'novacron', name };
  const leases = kubernetesLeases({ leases: { [EAST]: lease }, timeoutMs });
  opened.push(leases);
  return leases;
}
const read = (options?: Parameters<typeof connected>[0]) => connected(options).read(EAST, signal);

test('none is null, and nobody’s is nobody’s', async () => {
  expect(await read()).toBeNull();
  write({ holderIdentity: '', leaseDurationSeconds: 15 });
  expect(await read()).toMatchObject({ holder: null, durationMs: 15_000, renewedAt: null });
});

test('says who holds it, since when and for how long, as a real server writes it', async () => {
  write(recorded.spec);
  expect(await read()).toMatchObject({
    holder: 'pg-0',
    durationMs: 15_000,
    renewedAt: Date.UTC(2026, 10, 20, 16, 30),
  });
});

test('every renewal is another version, a look is none', async () => {
  const first = await read();
  expect(await read()).toEqual(first);
  write({ renewTime: '2026-11-20T16:30:05.000000Z' });
  const second = await read();
  expect(second?.version).not.toBe(first?.version);
  write({ renewTime: '2026-11-20T16:30:00.000000Z' });
  expect([first?.version, second?.version]).not.toContain((await read())?.version);
});

test('no answer is no lease run out: it is thrown, as is a refusal', async () => {
  await expect(read({ token: 'other' })).rejects.toMatchObject({
    message:
      'Kubernetes of the lease of us-east-1 refused to get lease "postgres" in namespace "novacron" (403 Forbidden).',
    effect: 'none',
  });
  lab.fault({ match: /leases/, kind: 'hang', times: 1 });
  await expect(read({ timeoutMs: 300 })).rejects.toMatchObject({ code: 'kubernetes-timeout' });
  lab.fault({ match: /leases/, kind: 'http500', times: 1 });
  await expect(read()).rejects.toMatchObject({ code: 'kubernetes-500' });
  await expect(connected().read('us-west-2', signal)).rejects.toThrow('The Postgres of us-west-2 has no lease.');
});

test('gets by with its role, which gives nothing else', async () => {
  used.clear();
  await read();
  expect([...used]).toEqual(['get leases']);
  const rules = parseAllDocuments(ROLE).flatMap((one) => (one.toJS() as { rules?: object[] }).rules ?? []);
  expect(rules).toEqual([
    { apiGroups: ['coordination.k8s.io'], resources: ['leases'], resourceNames: ['postgres'], verbs: ['get'] },
  ]);
  await expect(read({ name: 'another' })).rejects.toMatchObject({ code: 'kubernetes-403' });
});
