/** Waiting for what a server does by itself, and plain requests to it: for the tests of the lab's Kubernetes. */
import { setTimeout as wait } from 'node:timers/promises';

/** Asks again until the value is accepted; after the deadline the last value goes to `accept` and is returned as it is. */
export async function eventually<T>(ask: () => T | Promise<T>, accept: (value: T) => boolean, ms = 8000): Promise<T> {
  const deadline = performance.now() + ms;
  for (;;) {
    const value = await ask();
    if (accept(value) || performance.now() > deadline) return value;
    await wait(5);
  }
}

export type Answer = { status: number; contentType: string; body: unknown; text: string };

/** One request; the body of the answer is parsed where it is JSON. */
export async function ask(
  url: string,
  method: string,
  path: string,
  { token, type, body }: { token?: string; type?: string; body?: unknown } = {},
): Promise<Answer> {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: {
      ...(token ? { authorization: `Bearer ${token}` } : {}),
      ...(type ? { 'content-type': type } : {}),
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const contentType = response.headers.get('content-type') ?? '';
  const isJson = contentType === 'application/json' && !path.includes('watch=');
  return { status: response.status, contentType, body: isJson ? JSON.parse(text) : text, text };
}

/** A deployment or statefulset with one container of these requests. */
export function workload(
  kind: 'Deployment' | 'StatefulSet',
  name: string,
  replicas: number,
  requests: Record<string, string> = {},
) {
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: { name, labels: { app: name } },
    spec: {
      replicas,
      ...(kind === 'StatefulSet' ? { serviceName: name } : {}),
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { containers: [{ name, image: `eden/${name}:1.4.2`, resources: { requests } }] },
      },
    },
  };
}
