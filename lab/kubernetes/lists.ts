/** Lists and watches: selectors, pages with a continue token, and the stream of changes. */
import { badRequest } from './failures.ts';
import type { Target } from './requests.ts';
import { apiVersionOf } from './resources.ts';
import { fieldMatcher, labelMatcher, type Matcher } from './selectors.ts';
import type { Change, Store } from './store.ts';
import type { KubeObject } from './types.ts';

export function matcherOf({ resource, namespace }: Target, query: URLSearchParams): Matcher {
  const byLabel = labelMatcher(query.get('labelSelector') ?? '');
  const byField = fieldMatcher(resource, query.get('fieldSelector') ?? '');
  return (object) =>
    (namespace === undefined || object.metadata.namespace === namespace) && byLabel(object) && byField(object);
}

/** The list body; its items carry neither kind nor apiVersion, as in the real server's answers. */
export function listOf(store: Store, target: Target, query: URLSearchParams): unknown {
  const { resource, namespace } = target;
  const start = startOf(query.get('continue'));
  const all = store
    .list(resource.plural, namespace)
    .filter(matcherOf(target, query))
    .filter((object) => start === undefined || keyOf(object) > start);
  const limit = Number(query.get('limit') ?? 0);
  const page = limit > 0 ? all.slice(0, limit) : all;
  const left = all.length - page.length;
  const resourceVersion = store.version();
  const more = left > 0 ? { continue: tokenOf(resourceVersion, keyOf(page.at(-1)!)), remainingItemCount: left } : {};
  return {
    kind: `${resource.kind}List`,
    apiVersion: apiVersionOf(resource),
    metadata: { resourceVersion, ...more },
    items: page.map(({ kind: _kind, apiVersion: _apiVersion, ...item }) => item),
  };
}

const keyOf = ({ metadata }: KubeObject): string => `${metadata.namespace ?? ''}/${metadata.name}`;

const tokenOf = (version: string, last: string): string =>
  Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', rv: Number(version), start: last })).toString('base64url');

function startOf(token: string | null): string | undefined {
  if (!token) return undefined;
  try {
    return (JSON.parse(Buffer.from(token, 'base64url').toString()) as { start: string }).start;
  } catch {
    throw badRequest('continue key is not valid: the token cannot be read');
  }
}

/**
 * One watch: without a resourceVersion (or with 0) it begins with everything there is, then every change.
 * An object that leaves the selection is told as DELETED. Returns the function that ends it.
 */
export function watch(store: Store, target: Target, query: URLSearchParams, send: (event: object) => void): () => void {
  const matches = matcherOf(target, query);
  const seen = new Set<string>();
  const from = query.get('resourceVersion') ?? '';
  for (const object of store.list(target.resource.plural, target.namespace).filter(matches)) {
    seen.add(keyOf(object));
    if (from === '' || from === '0') send({ type: 'ADDED', object });
    else if (Number(object.metadata.resourceVersion) > Number(from)) send({ type: 'MODIFIED', object });
  }
  return store.onChange(({ type, resource, object }: Change) => {
    if (resource.plural !== target.resource.plural) return;
    const [wasIn, isIn] = [seen.has(keyOf(object)), type !== 'DELETED' && matches(object)];
    if (isIn) seen.add(keyOf(object));
    else seen.delete(keyOf(object));
    if (isIn) send({ type: wasIn ? 'MODIFIED' : 'ADDED', object });
    else if (wasIn) send({ type: 'DELETED', object });
  });
}
