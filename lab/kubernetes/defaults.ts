/** What the API server fills in and what it refuses when an object is written. */
import { type Cause, invalid, negativeReplicas } from './failures.ts';
import type { Resource } from './resources.ts';
import { selects } from './selectors.ts';
import type { Draft } from './store.ts';
import type { Deployment, Pod, PodTemplate, StatefulSet } from './types.ts';

type Fields = { [key: string]: unknown };

/** The object as it is stored when it is first created: defaults set, status emptied. */
export function prepared(resource: Resource, draft: Draft): Draft {
  const object: Draft = withDefaults(resource, draft);
  if (resource.plural === 'deployments') return { ...object, status: {} };
  if (resource.plural === 'statefulsets' || resource.plural === 'replicasets') {
    return { ...object, status: { replicas: 0 } };
  }
  if (resource.plural === 'horizontalpodautoscalers') {
    return { ...object, status: { currentReplicas: 0, desiredReplicas: 0 } };
  }
  if (resource.plural === 'namespaces') {
    return { ...object, spec: { finalizers: ['kubernetes'] }, status: { phase: 'Active' } };
  }
  if (resource.plural === 'pods') return { ...object, status: { phase: 'Pending', qosClass: qosClass(object) } };
  return object;
}

/** Defaults alone: what a PUT or PATCH goes through too. */
export function withDefaults(resource: Resource, draft: Draft): Draft {
  const spec = (draft['spec'] ?? {}) as Fields;
  if (resource.plural === 'deployments') {
    const given = (spec['strategy'] ?? {}) as Fields;
    const strategy =
      given['type'] === 'Recreate'
        ? { type: 'Recreate' }
        : {
            type: 'RollingUpdate',
            rollingUpdate: { maxUnavailable: '25%', maxSurge: '25%', ...(given['rollingUpdate'] as object) },
          };
    const defaults = { replicas: 1, revisionHistoryLimit: 10, progressDeadlineSeconds: 600 };
    return { ...draft, spec: { ...defaults, ...spec, template: template(spec), strategy } };
  }
  if (resource.plural === 'replicasets') return { ...draft, spec: { replicas: 1, ...spec, template: template(spec) } };
  if (resource.plural === 'statefulsets') {
    const defaults = {
      replicas: 1,
      podManagementPolicy: 'OrderedReady',
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } },
      revisionHistoryLimit: 10,
    };
    return { ...draft, spec: { ...defaults, ...spec, template: template(spec) } };
  }
  if (resource.plural === 'pods') return { ...draft, spec: podSpec(spec) };
  if (resource.plural === 'horizontalpodautoscalers') {
    return { ...draft, spec: { minReplicas: 1, targetCPUUtilizationPercentage: 80, ...spec } };
  }
  if (resource.plural === 'secrets') {
    const { stringData, data, ...rest } = draft as Draft & { stringData?: Record<string, string>; data?: object };
    const encoded = Object.entries(stringData ?? {}).map(([key, value]) => [
      key,
      Buffer.from(value).toString('base64'),
    ]);
    return { type: 'Opaque', ...rest, data: { ...data, ...Object.fromEntries(encoded) } } as unknown as Draft;
  }
  return draft;
}

function template(spec: Fields): unknown {
  const given = (spec['template'] ?? {}) as { metadata?: Fields; spec?: Fields };
  return { ...given, metadata: { creationTimestamp: null, ...given.metadata }, spec: podSpec(given.spec ?? {}) };
}

function podSpec(spec: Fields): Fields {
  const container = (one: Fields): Fields => ({
    resources: {},
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    imagePullPolicy: /:(?!latest$)[^/]+$/.test(String(one['image'])) ? 'IfNotPresent' : 'Always',
    ...one,
  });
  return {
    restartPolicy: 'Always',
    terminationGracePeriodSeconds: 30,
    dnsPolicy: 'ClusterFirst',
    securityContext: {},
    schedulerName: 'default-scheduler',
    ...spec,
    containers: ((spec['containers'] ?? []) as Fields[]).map(container),
    ...(spec['initContainers'] ? { initContainers: (spec['initContainers'] as Fields[]).map(container) } : {}),
  };
}

const qosClass = (draft: Draft): string => {
  const pod = draft as unknown as Pod;
  return pod.spec.containers.some((one) => Object.keys(one.resources?.requests ?? {}).length > 0)
    ? 'Burstable'
    : 'BestEffort';
};

/** @throws Failure 422 with every cause found. */
export function validate(resource: Resource, draft: Draft): void {
  if (resource.plural !== 'deployments' && resource.plural !== 'statefulsets') return;
  const { spec } = draft as unknown as Deployment | StatefulSet;
  const causes: Cause[] = [];
  if (spec.replicas < 0) causes.push(negativeReplicas(spec.replicas));
  if (!spec.selector) {
    causes.push({ reason: 'FieldValueRequired', message: 'Required value', field: 'spec.selector' });
  } else if (!selects(spec.selector, labelsOf(spec.template))) {
    causes.push({
      reason: 'FieldValueInvalid',
      message: `Invalid value: map[string]string${JSON.stringify(labelsOf(spec.template))}: \`selector\` does not match template \`labels\``,
      field: 'spec.template.metadata.labels',
    });
  }
  if (spec.template.spec.containers.length === 0) {
    causes.push({ reason: 'FieldValueRequired', message: 'Required value', field: 'spec.template.spec.containers' });
  }
  if (causes.length > 0) throw invalid(resource.kind, resource.group, draft.metadata.name ?? '', causes);
}

const labelsOf = (podTemplate: PodTemplate): Record<string, string> => podTemplate.metadata?.labels ?? {};
