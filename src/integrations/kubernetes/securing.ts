/**
 * What keeps a lost region from coming back by itself: nodes that take no pods, a policy that lets nothing through,
 * labels for whoever reviews it, and a picture of what was left. Every write sets a state and may be sent again.
 */
import type { V1NetworkPolicySpec } from '@kubernetes/client-node';
import type { Cluster } from '../../ports/cluster.ts';
import type { Apis, Region } from './client.ts';
import { statusOf } from './failure.ts';
import { everyPage } from './pages.ts';
import { pictureOf } from './snapshot.ts';
import { AS_MERGE_PATCH, withoutConflict } from './writing.ts';

type Verbs = 'nodes' | 'cordon' | 'trafficDenied' | 'denyTraffic' | 'labels' | 'label' | 'snapshot';

const PRESSURES = ['MemoryPressure', 'DiskPressure', 'PIDPressure'];

/** Of every pod, in both directions, nothing is allowed. */
const NOTHING: V1NetworkPolicySpec = { podSelector: {}, policyTypes: ['Ingress', 'Egress'] };

export function securing(regionOf: (name: string) => Region): Pick<Cluster, Verbs> {
  return {
    async nodes(regionName, signal) {
      return regionOf(regionName).call('list nodes', signal, async (apis) =>
        (await nodesOf(apis)).map(({ metadata, spec, status }) => ({
          name: metadata?.name ?? '',
          ready: (status?.conditions ?? []).some((one) => one.type === 'Ready' && one.status === 'True'),
          schedulable: spec?.unschedulable !== true,
          pressure: (status?.conditions ?? []).flatMap(({ type, status: is }) =>
            PRESSURES.includes(type) && is === 'True' ? [type] : [],
          ),
        })),
      );
    },

    async cordon(regionName, nodes, on, signal) {
      await regionOf(regionName).call('patch nodes', signal, async ({ core }) => {
        // As `kubectl uncordon` does it: the field is taken away rather than set to false.
        const body = { spec: { unschedulable: on ? true : null } };
        await each(nodes, (name) => core.patchNode({ name, body, fieldManager: 'regent' }, AS_MERGE_PATCH));
      });
    },

    async trafficDenied(regionName, name, signal) {
      const region = regionOf(regionName);
      const { namespace } = region;
      return region.call(`get networkpolicy "${name}"`, signal, async ({ networking }) => {
        try {
          const { spec } = await networking.readNamespacedNetworkPolicy({ name, namespace });
          return deniesAll(spec) ? 'yes' : 'other';
        } catch (error) {
          if (statusOf(error) === 404) return 'no';
          throw error;
        }
      });
    },

    async denyTraffic(regionName, name, on, signal) {
      const region = regionOf(regionName);
      const { namespace } = region;
      const named = { name, namespace };
      if (!on) {
        await region.call(`delete networkpolicy "${name}"`, signal, async ({ networking }) => {
          await networking.deleteNamespacedNetworkPolicy(named).catch((error: unknown) => {
            if (statusOf(error) !== 404) throw error;
          });
        });
        return;
      }
      const body = {
        apiVersion: 'networking.k8s.io/v1',
        kind: 'NetworkPolicy',
        metadata: { ...named, labels: { 'app.kubernetes.io/managed-by': 'regent' } },
        spec: NOTHING,
      };
      await region.call(`create networkpolicy "${name}"`, signal, async ({ networking }) => {
        try {
          await networking.createNamespacedNetworkPolicy({ namespace, body, fieldManager: 'regent' });
        } catch (error) {
          if (statusOf(error) !== 409) throw error;
          // It is there: whatever it allows by now is replaced whole, a patch would leave exceptions standing.
          await networking.replaceNamespacedNetworkPolicy({ ...named, body, fieldManager: 'regent' });
        }
      });
    },

    async labels(regionName, key, signal) {
      const region = regionOf(regionName);
      const { namespace: name } = region;
      return region.call(`get namespace "${name}" and list nodes`, signal, async (apis) => {
        const [{ metadata }, nodes] = await Promise.all([apis.core.readNamespace({ name }), nodesOf(apis)]);
        return Object.fromEntries([
          [`namespace ${name}`, metadata?.labels?.[key] ?? null],
          ...nodes.map((node) => [`node ${node.metadata?.name}`, node.metadata?.labels?.[key] ?? null]),
        ]) as Record<string, string | null>;
      });
    },

    async label(regionName, key, value, signal) {
      const region = regionOf(regionName);
      const { namespace: name } = region;
      await region.call(`patch namespace "${name}" and nodes`, signal, async (apis) => {
        const body = { metadata: { labels: { [key]: value } } };
        const nodes = (await nodesOf(apis)).map((node) => node.metadata?.name ?? '');
        await Promise.all([
          withoutConflict(async () => {
            await apis.core.patchNamespace({ name, body, fieldManager: 'regent' }, AS_MERGE_PATCH);
          }),
          each(nodes, (node) => apis.core.patchNode({ name: node, body, fieldManager: 'regent' }, AS_MERGE_PATCH)),
        ]);
      });
    },

    async snapshot(regionName, signal) {
      const region = regionOf(regionName);
      const what = `read the pods, events and logs of namespace "${region.namespace}"`;
      return region.call(what, signal, (apis) => pictureOf(apis, region.name, region.namespace));
    },
  };
}

const nodesOf = ({ core }: Apis) => everyPage((page) => core.listNode(page));

const each = (names: string[], patch: (name: string) => Promise<unknown>): Promise<unknown> =>
  Promise.all(
    names.map((name) =>
      withoutConflict(async () => {
        await patch(name);
      }),
    ),
  );

function deniesAll(spec: V1NetworkPolicySpec | undefined): boolean {
  const {
    podSelector,
    ingress = [],
    egress = [],
    policyTypes = [],
  } = spec ?? { podSelector: { matchLabels: { '': '' } } };
  const everyPod =
    Object.keys(podSelector?.matchLabels ?? {}).length === 0 && (podSelector?.matchExpressions ?? []).length === 0;
  const both = ['Ingress', 'Egress'].every((type) => policyTypes.includes(type));
  return everyPod && both && ingress.length === 0 && egress.length === 0;
}
