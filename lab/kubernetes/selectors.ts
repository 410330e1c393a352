/** Label and field selectors of lists and watches. */
import { badRequest, type Failure } from './failures.ts';
import type { Resource } from './resources.ts';
import type { KubeObject, LabelSelector } from './types.ts';

export type Matcher = (object: KubeObject) => boolean;

/** `app=web,tier!=db,env in (a,b),!legacy`. Empty text matches everything. */
export function labelMatcher(text: string): Matcher {
  const terms = text.match(/(?:[^,(]|\([^)]*\))+/g) ?? [];
  const tests = terms.map((raw) => labelTerm(raw.trim()));
  return (object) => tests.every((test) => test(object.metadata.labels ?? {}));
}

function labelTerm(term: string): (labels: Record<string, string>) => boolean {
  const set = /^(\S+)\s+(in|notin)\s+\(([^)]*)\)$/.exec(term);
  if (set) {
    const values = set[3]!.split(',').map((value) => value.trim());
    const [key, negated] = [set[1]!, set[2] === 'notin'];
    return (labels) => (labels[key] !== undefined && values.includes(labels[key])) !== negated;
  }
  const pair = /^([^=!\s]+)\s*(=|==|!=)\s*([^=!\s]*)$/.exec(term);
  if (pair) return (labels) => (labels[pair[1]!] === pair[3]) === (pair[2] !== '!=');
  const exists = /^(!?)([^=!\s]+)$/.exec(term);
  if (exists) return (labels) => (labels[exists[2]!] !== undefined) === (exists[1] === '');
  throw badRequest(`unable to parse requirement: found '${term}', expected: '=', '!=', '==', 'in', notin'`);
}

/** The selector inside a workload. */
export function selects(selector: LabelSelector, labels: Record<string, string> = {}): boolean {
  const exact = Object.entries(selector.matchLabels ?? {}).every(([key, value]) => labels[key] === value);
  return (
    exact &&
    (selector.matchExpressions ?? []).every(({ key, operator, values = [] }) => {
      const value = labels[key];
      if (operator === 'In') return value !== undefined && values.includes(value);
      if (operator === 'NotIn') return value === undefined || !values.includes(value);
      return operator === 'Exists' ? value !== undefined : value === undefined;
    })
  );
}

/** As `status.selector` of a Scale spells it. */
export const selectorText = (selector: LabelSelector): string =>
  Object.entries(selector.matchLabels ?? {})
    .map(([key, value]) => `${key}=${value}`)
    .join(',');

const FIELDS: Record<string, string[]> = {
  pods: ['spec.nodeName', 'spec.restartPolicy', 'spec.serviceAccountName', 'status.phase', 'status.podIP'],
  events: [
    ...['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion'].map((name) => `involvedObject.${name}`),
    'reason',
    'type',
    'source',
  ],
  nodes: ['spec.unschedulable'],
  namespaces: ['status.phase'],
  secrets: ['type'],
};

/** `status.phase=Pending,metadata.name!=x`; a field the resource does not index is refused, as the real server does. */
export function fieldMatcher(resource: Resource, text: string): Matcher {
  const known = ['metadata.name', 'metadata.namespace', ...(FIELDS[resource.plural] ?? [])];
  const tests = text
    .split(',')
    .filter((term) => term !== '')
    .map((term) => {
      const match = /^([^=!]+)(==?|!=)(.*)$/.exec(term);
      if (!match) throw badRequest(`invalid selector: '${term}'; can't understand '${term}'`);
      const [, field, operator, value] = match as unknown as [string, string, string, string];
      if (!known.includes(field)) throw unknownField(resource, text, field);
      return (object: KubeObject) => (String(valueAt(object, field) ?? '') === value) === (operator !== '!=');
    });
  return (object) => tests.every((test) => test(object));
}

const valueAt = (object: unknown, path: string): unknown =>
  path.split('.').reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], object);

const unknownField = (resource: Resource, text: string, field: string): Failure =>
  badRequest(
    `Unable to find "${resource.group}/${resource.version}, Resource=${resource.plural}" that match label selector "", field selector "${text}": field label not supported: ${field}`,
  );
