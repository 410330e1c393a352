/** The four ways to patch an object: merge, strategic merge, JSON patch, and (simplified) server-side apply. */
import { badRequest, Failure } from './failures.ts';

type Fields = { [key: string]: unknown };
const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** RFC 7386: null deletes, lists are replaced whole. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isFields(patch)) return patch;
  const result: Fields = isFields(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = mergePatch(result[key], value);
  }
  return result;
}

/** Lists whose items are merged by a key; every other list is replaced. */
const MERGE_KEYS: Record<string, string> = {
  containers: 'name',
  initContainers: 'name',
  volumes: 'name',
  env: 'name',
  imagePullSecrets: 'name',
  ports: 'containerPort',
  volumeMounts: 'mountPath',
  conditions: 'type',
  ownerReferences: 'uid',
  taints: 'key',
};

/** Kubernetes' own merge: known lists by key, `$patch: delete | replace`. */
export function strategicMerge(target: unknown, patch: unknown): unknown {
  if (!isFields(patch)) return patch;
  if (patch['$patch'] === 'replace') return without(patch, '$patch');
  const result: Fields = isFields(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    const mergeKey = MERGE_KEYS[key];
    if (value === null) delete result[key];
    else if (Array.isArray(value) && mergeKey && value.every(isFields)) {
      result[key] = mergeLists(Array.isArray(result[key]) ? result[key] : [], value, mergeKey);
    } else result[key] = strategicMerge(result[key], value);
  }
  return result;
}

function mergeLists(target: unknown[], patch: Fields[], mergeKey: string): unknown[] {
  const result = [...target];
  for (const item of patch) {
    const at = result.findIndex((one) => isFields(one) && one[mergeKey] === item[mergeKey]);
    if (item['$patch'] === 'delete') {
      if (at >= 0) result.splice(at, 1);
    } else if (at >= 0) result[at] = strategicMerge(result[at], item);
    else result.push(item);
  }
  return result;
}

const without = (fields: Fields, key: string): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([name]) => name !== key));

type Operation = { op: string; path: string; from?: string; value?: unknown };

/** RFC 6902. @throws Failure 400 on an object body, 422 on an operation that does not fit. */
export function jsonPatch(target: unknown, operations: unknown): unknown {
  if (!Array.isArray(operations)) {
    throw badRequest('json: cannot unmarshal object into Go value of type jsonpatch.Patch');
  }
  const result = structuredClone(target);
  for (const operation of operations as Operation[]) applyOperation(result, operation);
  return result;
}

function applyOperation(document: unknown, { op, path, from, value }: Operation): void {
  const place = locate(document, path);
  if (op === 'test') {
    if (JSON.stringify(place.read()) !== JSON.stringify(value)) refuse(`testing value ${path} failed`);
  } else if (op === 'add') place.add(value);
  else if (op === 'replace') {
    if (place.read() === undefined) refuse(`replace operation does not apply: doc is missing key: ${path}`);
    place.set(value);
  } else if (op === 'remove') {
    if (place.read() === undefined) refuse(`remove operation does not apply: doc is missing path: ${path}`);
    place.remove();
  } else if ((op === 'copy' || op === 'move') && from !== undefined) {
    const source = locate(document, from);
    const taken = structuredClone(source.read());
    if (op === 'move') source.remove();
    locate(document, path).add(taken);
  } else throw badRequest(`Unexpected kind: ${op}`);
}

function locate(document: unknown, path: string) {
  const keys = path
    .split('/')
    .slice(1)
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
  const last = keys.pop() ?? '';
  const parent = keys.reduce<unknown>((at, key) => (at as Fields | undefined)?.[key], document);
  if (typeof parent !== 'object' || parent === null) {
    throw refusal(`the server rejected our request due to an error in our request: no such path ${path}`);
  }
  const fields = parent as Fields;
  const index = Array.isArray(parent) ? (last === '-' ? parent.length : Number(last)) : -1;
  return {
    read: () => (Array.isArray(parent) ? parent[index] : fields[last]),
    set: (value: unknown) => {
      if (Array.isArray(parent)) parent[index] = value;
      else fields[last] = value;
    },
    add: (value: unknown) => {
      if (Array.isArray(parent)) parent.splice(index, 0, value);
      else fields[last] = value;
    },
    remove: () => {
      if (Array.isArray(parent)) parent.splice(index, 1);
      else delete fields[last];
    },
  };
}

const refusal = (message: string) => new Failure(422, 'Invalid', message, {});
function refuse(message: string): never {
  throw refusal(message);
}

/**
 * Server-side apply without ownership conflicts: what the manager applied before and no longer names goes,
 * what it names now is set. `before` is its last applied configuration.
 */
export function applyConfiguration(target: Fields, before: unknown, config: Fields): Fields {
  return strategicMerge(prune(target, before, config), config) as Fields;
}

function prune(target: unknown, before: unknown, config: unknown): Fields {
  const result: Fields = isFields(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(isFields(before) ? before : {})) {
    const next = isFields(config) ? config[key] : undefined;
    if (next === undefined) delete result[key];
    else if (isFields(value)) result[key] = prune(result[key], value, next);
  }
  return result;
}
