/** How a controller makes a pod out of its template. */
import { prepared } from '../defaults.ts';
import { resourceNamed } from '../resources.ts';
import { accountSecret } from '../seeds.ts';
import type { Draft, Store } from '../store.ts';
import type { KubeObject, PodTemplate } from '../types.ts';
import { ownerOf } from './context.ts';

type Made = { name: string; generateName?: string; labels: Record<string, string>; spec?: object };

export function podDraft(store: Store, owner: KubeObject, template: PodTemplate, made: Made): Draft {
  const namespace = owner.metadata.namespace ?? '';
  const secret = accountSecret(store, namespace);
  const mount = { name: secret, readOnly: true, mountPath: '/var/run/secrets/kubernetes.io/serviceaccount' };
  const toleration = (key: string) => ({
    key: `node.kubernetes.io/${key}`,
    operator: 'Exists',
    effect: 'NoExecute',
    tolerationSeconds: 300,
  });
  const annotations = template.metadata?.annotations;
  return prepared(resourceNamed('pods'), {
    kind: 'Pod',
    apiVersion: 'v1',
    metadata: {
      name: made.name,
      ...(made.generateName ? { generateName: made.generateName } : {}),
      namespace,
      labels: { ...template.metadata?.labels, ...made.labels },
      ...(annotations ? { annotations } : {}),
      ownerReferences: [ownerOf(owner)],
    },
    spec: {
      volumes: [{ name: secret, secret: { secretName: secret, defaultMode: 420 } }],
      ...template.spec,
      containers: template.spec.containers.map((one) => ({
        ...one,
        volumeMounts: [...(one.volumeMounts ?? []), mount],
      })),
      serviceAccountName: 'default',
      serviceAccount: 'default',
      tolerations: [toleration('not-ready'), toleration('unreachable')],
      priority: 0,
      enableServiceLinks: true,
      preemptionPolicy: 'PreemptLowerPriority',
      ...made.spec,
    },
  });
}
