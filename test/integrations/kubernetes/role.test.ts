/**
 * deploy/kubernetes-role.yml is what people are told to apply: the adapter must get by with it, and every right in it
 * must be one the adapter uses.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import type { Attempt } from '../../../lab/kubernetes/failures.ts';
import { rightsIn } from '../../../lab/kubernetes/rbac.ts';
import { type KubernetesLab, startKubernetes } from '../../../lab/kubernetes/start.ts';
import { kubernetesCluster } from '../../../src/integrations/kubernetes/cluster.ts';
import type { Cluster } from '../../../src/ports/cluster.ts';
import { workload } from '../../lab/kubernetes/support.ts';

const YAML = readFileSync(new URL('../../../deploy/kubernetes-role.yml', import.meta.url), 'utf8');
const { signal } = new AbortController();

type Rule = { apiGroups: string[]; resources: string[]; verbs: string[] };
/** One line for each right given: `list apps/deployments in eden`. */
function given(): string[] {
  const roles = parseAllDocuments(YAML).map(
    (one) => one.toJS() as { metadata: { namespace?: string }; rules?: Rule[] },
  );
  return roles.flatMap(({ metadata: { namespace = 'the cluster' }, rules = [] }) =>
    rules.flatMap(({ apiGroups, resources, verbs }) =>
      apiGroups.flatMap((group) =>
        resources.flatMap((resource) => verbs.map((verb) => `${verb} ${group}/${resource} in ${namespace}`)),
      ),
    ),
  );
}
const asked = ({ verb, resource: { group, plural }, sub, namespace = 'the cluster' }: Attempt): string =>
  `${verb} ${group}/${plural}${sub === undefined ? '' : `/${sub}`} in ${namespace}`;

let lab: KubernetesLab;
let cluster: Cluster & { close(): Promise<void> };
const used = new Set<string>();
const refused = new Set<string>();
const folder = mkdtempSync(join(tmpdir(), 'regent-role-'));

beforeAll(async () => {
  const may = rightsIn(YAML);
  lab = await startKubernetes({
    name: 'primary',
    namespace: 'eden',
    tokens: { t: 'regent' },
    nodes: [{ name: 'n', cpu: '4', memory: '8Gi', pods: 110 }],
    delays: { controllerMs: 5, readyMs: 60_000 },
    measure: () => ({ cpu: '10m', memory: '20Mi' }),
    may: (attempt) => {
      const allowed = may(attempt);
      (allowed ? used : refused).add(asked(attempt));
      return allowed;
    },
  });
  lab.apply(workload('Deployment', 'api', 1));
  lab.apply(workload('Deployment', 'hub-service', 1));
  lab.apply(workload('StatefulSet', 'postgres', 1));
  const kubeconfig = join(folder, 'config');
  writeFileSync(kubeconfig, lab.kubeconfig('t'));
  cluster = kubernetesCluster({
    regions: { east: { kubeconfig, context: 'primary', namespace: 'eden' } },
    timeoutMs: 5000,
  });
});
afterAll(async () => {
  await cluster.close();
  await lab.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Everything the port can be asked. Nothing is ready here, so the warnings are read too. */
const CALLS: Record<keyof Cluster, () => Promise<unknown>> = {
  workload: async () => [
    await cluster.workload('east', 'deployment', 'api', signal),
    await cluster.workload('east', 'statefulset', 'postgres', signal),
  ],
  deployments: () => cluster.deployments('east', ['api'], signal),
  scale: async () => {
    await cluster.scale('east', 'deployment', 'api', 2, signal);
    await cluster.scale('east', 'statefulset', 'postgres', 0, signal);
  },
  restart: () => cluster.restart('east', 'hub-service', 'eden-1', signal),
  capacity: () => cluster.capacity('east', signal),
  usage: () => cluster.usage('east', ['api'], signal),
  configuration: () => cluster.configuration('east', ['api'], signal),
  annotation: () => cluster.annotation('east', 'regent.dev/change-freeze', signal),
  annotate: () => cluster.annotate('east', 'regent.dev/change-freeze', 'eden-1', signal),
  workloads: () => cluster.workloads('east', signal),
  nodes: () => cluster.nodes('east', signal),
  cordon: () => cluster.cordon('east', ['n'], true, signal),
  trafficDenied: () => cluster.trafficDenied('east', 'regent-fence', signal),
  denyTraffic: async () => {
    // The second time it is there already, and is replaced.
    for (const on of [true, true, false]) await cluster.denyTraffic('east', 'regent-fence', on, signal);
  },
  labels: () => cluster.labels('east', 'regent.dev/review', signal),
  label: () => cluster.label('east', 'regent.dev/review', 'eden-1', signal),
  snapshot: () => cluster.snapshot('east', signal),
};

test.each(Object.entries(CALLS))('%s gets by with the role', async (_verb, call) => {
  await expect(call().then(() => 'done')).resolves.toBe('done');
});

test('the role has every right that is asked for, and none that is not needed', async () => {
  for (const call of Object.values(CALLS)) await call();
  expect([...used].sort()).toEqual(given().sort());
  // Some calls get by without a right (warnings only explain): they ask for it all the same.
  expect([...refused]).toEqual([]);
});

test('another namespace, another user and what changes manifests are refused', () => {
  const may = rightsIn(YAML);
  const patch = (resource: object, more: object = {}): Attempt =>
    ({ user: 'regent', verb: 'patch', namespace: 'eden', name: 'eden', resource, ...more }) as Attempt;
  const namespaces = { group: '', plural: 'namespaces' };
  expect(may(patch(namespaces))).toBe(true);
  expect(may(patch(namespaces, { user: 'somebody' }))).toBe(false);
  expect(may(patch(namespaces, { namespace: 'other', name: 'other' }))).toBe(false);
  expect(may(patch(namespaces, { name: 'other' }))).toBe(false);
  expect(may(patch({ group: 'apps', plural: 'deployments' }, { name: 'api' }))).toBe(false);
  const policies = { group: 'networking.k8s.io', plural: 'networkpolicies' };
  expect(may(patch(policies, { verb: 'delete', name: 'regent-fence' }))).toBe(true);
  expect(may(patch(policies, { verb: 'delete', name: 'allow-dns' }))).toBe(false);
  expect(may(patch(policies, { verb: 'update', name: 'allow-dns' }))).toBe(false);
  expect(may(patch({ group: '', plural: 'secrets' }, { verb: 'list', namespace: 'other' }))).toBe(false);
});
