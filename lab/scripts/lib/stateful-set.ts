/** The StatefulSet that starts and stops a region's Postgres, by its cluster's own API. */
import type { Region } from './facts.ts';

/** How many pods are wanted. @throws Error when the cluster does not say */
export const wantedPods = async (region: Region): Promise<number> => (await call(region, 'GET', '')).spec.replicas ?? 0;

/** Sets how many pods are wanted; the cluster starts or stops them afterwards. */
export async function wantPods(region: Region, replicas: number): Promise<void> {
  await call(region, 'PATCH', '/scale', { spec: { replicas } });
}

type Answer = { spec: { replicas?: number } };

async function call(
  { name, kubernetes, postgres }: Region,
  method: string,
  sub: string,
  body?: object,
): Promise<Answer> {
  const { url, token, namespace } = kubernetes;
  const path = `/apis/apps/v1/namespaces/${namespace}/statefulsets/${postgres.statefulset}${sub}`;
  const what = `${method} ${path} at the cluster of ${name}`;
  const response = await fetch(`${url}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { 'content-type': 'application/merge-patch+json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(10_000),
  }).catch((error: Error) => {
    throw new Error(`${what} got no answer: ${error.message}.`);
  });
  if (!response.ok) throw new Error(`${what} answered ${response.status}: ${(await response.text()).slice(0, 300)}`);
  return (await response.json()) as Answer;
}
