/** The scale subresource: a view of a workload's replicas, and the only thing Regent ever writes. */
import { badRequest, Failure, invalid, negativeReplicas } from './failures.ts';
import { selectorText } from './selectors.ts';
import type { KubeObject, Workload } from './types.ts';

export type Scale = KubeObject & { spec: { replicas?: number }; status: { replicas: number; selector: string } };

/** Zero wanted replicas are left out of `spec`, as the real server does. */
export function scaleOf(object: KubeObject): Scale {
  const workload = object as Workload & { status: { replicas?: number } };
  const { name, namespace, uid, resourceVersion, creationTimestamp } = workload.metadata;
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, ...(namespace ? { namespace } : {}), uid, resourceVersion, creationTimestamp },
    spec: workload.spec.replicas === 0 ? {} : { replicas: workload.spec.replicas },
    status: { replicas: workload.status.replicas ?? 0, selector: selectorText(workload.spec.selector) },
  };
}

/** The wanted replicas of a written Scale. @throws Failure 422 on a negative number or a value of another type. */
export function replicasOf(scale: Scale, patched: boolean): number {
  const wanted: unknown = scale.spec?.replicas ?? 0;
  if (typeof wanted !== 'number' || !Number.isInteger(wanted)) {
    throw patched ? wrongType(scale) : badRequest('Scale in version "v1" cannot be handled as a Scale');
  }
  if (wanted < 0) throw invalid('Scale', 'autoscaling', scale.metadata.name, [negativeReplicas(wanted)]);
  return wanted;
}

/** The decoder's own complaint, with its window of 10 and 50 bytes around the place. */
function wrongType(scale: Scale): Failure {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = scale.metadata;
  const text = JSON.stringify({
    apiVersion: scale.apiVersion,
    kind: scale.kind,
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: scale.spec,
    status: scale.status,
  });
  const head = text.indexOf('"replicas":') + '"replicas":'.length + 1;
  const around = (bytes: number) => text.slice(Math.max(0, head - bytes), head + bytes);
  const message = `Invalid value: ${JSON.stringify(text)}: v1.Scale.Spec: v1.ScaleSpec.Replicas: readUint32: unexpected character: \uFFFD, error found in #10 byte of ...|${around(10)}|..., bigger context ...|${around(50)}|...`;
  return new Failure(422, 'Invalid', ` "" is invalid: patch: ${message}`, {
    causes: [{ reason: 'FieldValueInvalid', message, field: 'patch' }],
  });
}
