/**
 * What workloads run on and are configured by, as the port describes it: images in words, ConfigMaps and Secrets as
 * digests. The contents are read to be compared and go no further than this file.
 */
import type { V1ConfigMap, V1Deployment, V1Secret } from '@kubernetes/client-node';
import { hashOf } from '../../lib/hash.ts';
import type { ClusterConfiguration } from '../../ports/cluster.ts';

/** The cluster's own certificate bundle, given to every namespace. */
const ROOT_CERTIFICATES = 'kube-root-ca.crt';
/** Tokens belong to the cluster that made them. */
const ACCOUNT_TOKEN = 'kubernetes.io/service-account-token';
/** Helm's history of releases (Secrets, or ConfigMaps where it is told so): each cluster has had its own. */
const HELM_RELEASE = 'sh.helm.release.v1.';

/** Deployments that were not asked for are left out, and so is what every cluster makes for itself. */
export function configurationOf(
  names: string[],
  deployments: V1Deployment[],
  configMaps: V1ConfigMap[],
  secrets: V1Secret[],
): ClusterConfiguration {
  const asked = deployments.filter((one) => names.includes(nameOf(one)));
  const foreign = (one: V1ConfigMap | V1Secret) => nameOf(one).startsWith(HELM_RELEASE);
  return {
    images: Object.fromEntries(asked.map((one) => [nameOf(one), imagesOf(one)])),
    configMaps: digests(configMaps.filter((one) => nameOf(one) !== ROOT_CERTIFICATES && !foreign(one))),
    secrets: digests(secrets.filter((one) => one.type !== ACCOUNT_TOKEN && !foreign(one))),
  };
}

const nameOf = ({ metadata }: Pick<V1ConfigMap, 'metadata'>): string => metadata?.name ?? '';

/** Init containers too: one that migrates a schema had better be the same. */
function imagesOf({ spec }: V1Deployment): string[] {
  const pod = spec?.template.spec;
  return [...(pod?.initContainers ?? []), ...(pod?.containers ?? [])]
    .map(({ name, image }) => `${name}=${image ?? ''}`)
    .sort();
}

/** Of the contents alone: labels, versions and being immutable change nothing of what a pod reads. */
const digests = (objects: Pick<V1ConfigMap, 'metadata' | 'data' | 'binaryData'>[]): Record<string, string> =>
  Object.fromEntries(
    objects.map((one) => [nameOf(one), hashOf({ data: one.data ?? {}, binaryData: one.binaryData ?? {} })]),
  );
