/** The clusters of the lab's world as Regent finds them: configured alike, and open to what its role allows. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { KubernetesLab } from '../../../lab/kubernetes/start.ts';
import { startCluster } from '../../../lab/world/clusters.ts';
import { dataRegions, readWorldFile } from '../../../lab/world/file.ts';
import { kubernetesCluster } from '../../../src/integrations/kubernetes/cluster.ts';
import type { Cluster } from '../../../src/ports/cluster.ts';
import { ask } from '../kubernetes/support.ts';

const file = readWorldFile();
const [EAST, WEST] = dataRegions(file) as [string, string];
const services = Object.keys(file.services.deployments);
const { signal } = new AbortController();
const folder = mkdtempSync(join(tmpdir(), 'regent-clusters-'));
const labs: Record<string, KubernetesLab> = {};
let cluster: Cluster & { close(): Promise<void> };

beforeAll(async () => {
  for (const region of [EAST, WEST]) {
    let running = false;
    labs[region] = await startCluster({
      file,
      region,
      serves: region === EAST,
      runtime: { startPod: async () => ({ ready: async () => true, stop: async () => undefined }) },
      postgres: {
        start: async () => {
          running = true;
        },
        stop: async () => {
          running = false;
        },
        running: () => running,
      },
      pace: 10,
      latencyMs: 0,
      token: 't',
      softFence: false,
    });
    writeFileSync(join(folder, region), labs[region].kubeconfig('t'));
  }
  const of = (region: string) => ({
    kubeconfig: join(folder, region),
    context: file.regions[region]!.kubernetes!.context,
    namespace: file.services.namespace,
  });
  cluster = kubernetesCluster({ regions: { [EAST]: of(EAST), [WEST]: of(WEST) }, timeoutMs: 5000 });
});
afterAll(async () => {
  await cluster.close();
  await Promise.all(Object.values(labs).map((lab) => lab.close()));
  rmSync(folder, { recursive: true, force: true });
});

const look = (region: string) => cluster.configuration(region, services, signal);

test('both regions run the same images and are configured the same', async () => {
  const [east, west] = await Promise.all([look(EAST), look(WEST)]);
  expect(west).toEqual(east);
  expect(Object.keys(east.images).sort()).toEqual([...services].sort());
  expect(Object.keys(east.configMaps).sort()).toEqual([...services, 'feature-flags'].sort());
  expect(Object.keys(east.secrets).sort()).toEqual([...services, 'jwt'].sort());
});

test('what each cluster makes for itself is there, and differs', () => {
  const own = (region: string) =>
    labs[region]!.list('secrets')
      .filter(({ metadata: { name, namespace } }) => namespace === 'eden' && /^(sh\.helm|default-token)/.test(name))
      .map((secret) => secret['data']);
  expect(own(EAST).length).toBe(2);
  expect(own(WEST)).not.toEqual(own(EAST));
});

test('what is changed in one region shows', async () => {
  const data = { 'flags.json': '{"newSearch":false}' };
  labs[WEST]!.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'feature-flags' }, data });
  const [east, west] = await Promise.all([look(EAST), look(WEST)]);
  expect(west.configMaps['feature-flags']).not.toBe(east.configMaps['feature-flags']);
  expect({ ...west.configMaps, 'feature-flags': '' }).toEqual({ ...east.configMaps, 'feature-flags': '' });
});

test('the role the project tells people to give it is all Regent has here', async () => {
  await cluster.annotate(WEST, 'regent.dev/change-freeze', 'eden-1', signal);
  expect(await cluster.annotation(WEST, 'regent.dev/change-freeze', signal)).toBe('eden-1');
  await cluster.scale(WEST, 'deployment', services[0]!, 2, signal);
  const refused = await ask(labs[WEST]!.url, 'PATCH', '/api/v1/namespaces/eden/configmaps/feature-flags', {
    token: 't',
    type: 'application/merge-patch+json',
    body: { data: { a: 'b' } },
  });
  expect(refused.status).toBe(403);
});
