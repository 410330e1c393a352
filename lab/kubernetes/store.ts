/**
 * What etcd is to the real server: the objects, one rising resourceVersion, and everybody who watches.
 * Objects handed out are never changed afterwards: every update stores a new one.
 */
import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { alreadyExists, conflict, notFound } from './failures.ts';
import { type Resource, resourceNamed } from './resources.ts';
import type { KubeObject } from './types.ts';

export type Change = { type: 'ADDED' | 'MODIFIED' | 'DELETED'; resource: Resource; object: KubeObject };

export type Draft = Omit<KubeObject, 'metadata'> & {
  apiVersion: string;
  kind: string;
  metadata: Partial<KubeObject['metadata']>;
};

export type Store = {
  /** The newest resourceVersion given out. */
  version(): string;
  get<T extends KubeObject = KubeObject>(plural: string, namespace: string | undefined, name: string): T | undefined;
  /** Sorted by namespace and name, as the real server lists. */
  list<T extends KubeObject = KubeObject>(plural: string, namespace?: string): T[];
  /** @throws Failure 409 when the name is taken. With `dryRun` nothing is kept. */
  create(plural: string, draft: Draft, dryRun?: boolean): KubeObject;
  /** Changes one object; nothing is written when nothing changed. @throws Failure 404, or 409 when `expected` is stale. */
  update<T extends KubeObject = KubeObject>(
    plural: string,
    namespace: string | undefined,
    name: string,
    change: (draft: T) => void,
    options?: { expected?: string | undefined; dryRun?: boolean | undefined },
  ): T;
  remove(plural: string, namespace: string | undefined, name: string): KubeObject | undefined;
  onChange(listener: (change: Change) => void): () => void;
};

const keyOf = (namespace: string | undefined, name: string) => `${namespace ?? ''}/${name}`;

export function createStore(now: () => number): Store {
  const tables = new Map<string, Map<string, KubeObject>>();
  const listeners = new Set<(change: Change) => void>();
  let version = 100;

  const table = (plural: string): Map<string, KubeObject> => {
    const found = tables.get(plural) ?? new Map<string, KubeObject>();
    tables.set(plural, found);
    return found;
  };
  const emit = (change: Change) => {
    for (const listener of [...listeners]) listener(change);
  };
  const nextVersion = () => {
    version += 1;
    return String(version);
  };

  return {
    version: () => String(version),
    get: <T extends KubeObject>(plural: string, namespace: string | undefined, name: string) =>
      table(plural).get(keyOf(namespace, name)) as T | undefined,
    list: <T extends KubeObject>(plural: string, namespace?: string) =>
      [...table(plural).entries()]
        .filter(([, object]) => namespace === undefined || object.metadata.namespace === namespace)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([, object]) => object as T),
    create(plural, draft, dryRun = false) {
      const resource = resourceNamed(plural);
      const { name, namespace } = draft.metadata as { name: string; namespace?: string };
      if (table(plural).has(keyOf(namespace, name))) throw alreadyExists(resource, name);
      const object = structuredClone({
        ...draft,
        metadata: {
          ...draft.metadata,
          name,
          uid: randomUUID(),
          resourceVersion: dryRun ? String(version) : nextVersion(),
          ...(resource.generation ? { generation: 1 } : {}),
          creationTimestamp: timestamp(now()),
        },
      }) as KubeObject;
      if (dryRun) return object;
      table(plural).set(keyOf(namespace, name), object);
      emit({ type: 'ADDED', resource, object });
      return object;
    },
    update<T extends KubeObject>(
      plural: string,
      namespace: string | undefined,
      name: string,
      change: (draft: T) => void,
      { expected, dryRun = false }: { expected?: string | undefined; dryRun?: boolean | undefined } = {},
    ): T {
      const resource = resourceNamed(plural);
      const before = table(plural).get(keyOf(namespace, name));
      if (!before) throw notFound(resource, name);
      if (expected !== undefined && expected !== '' && expected !== before.metadata.resourceVersion) {
        throw conflict(resource, name);
      }
      const after = structuredClone(before) as T;
      change(after);
      Object.assign(after.metadata, pinned(before));
      for (const map of ['labels', 'annotations'] as const) {
        if (Object.keys(after.metadata[map] ?? { some: '' }).length === 0) delete after.metadata[map];
      }
      if (isDeepStrictEqual(before, after)) return before as T;
      if (resource.generation && !isDeepStrictEqual(before['spec'], after['spec'])) {
        after.metadata.generation = (before.metadata.generation ?? 1) + 1;
      }
      if (dryRun) return after;
      after.metadata.resourceVersion = nextVersion();
      table(plural).set(keyOf(namespace, name), after);
      emit({ type: 'MODIFIED', resource, object: after });
      return after;
    },
    remove(plural, namespace, name) {
      const object = table(plural).get(keyOf(namespace, name));
      if (!object) return undefined;
      table(plural).delete(keyOf(namespace, name));
      const last = { ...object, metadata: { ...object.metadata, resourceVersion: nextVersion() } };
      emit({ type: 'DELETED', resource: resourceNamed(plural), object: last });
      return last;
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** What no update may change. */
function pinned({ metadata }: KubeObject): Partial<KubeObject['metadata']> {
  const { name, namespace, uid, resourceVersion, generation, creationTimestamp } = metadata;
  return {
    name,
    uid,
    resourceVersion,
    creationTimestamp,
    ...(namespace === undefined ? {} : { namespace }),
    ...(generation === undefined ? {} : { generation }),
  };
}

/** `2026-11-20T16:26:37Z`: whole seconds, as the API prints times. */
export const timestamp = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`;

/** Microseconds, as leases and events print them. */
export const microTime = (ms: number): string => `${new Date(ms).toISOString().slice(0, 23)}000Z`;
