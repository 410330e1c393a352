/**
 * What Route 53's control plane holds of one zone, and its rules for a batch of changes: all or nothing, exact
 * equality for DELETE, nothing that could not be served. Pure; the messages name every problem of the batch.
 */
import { isIPv4, isIPv6 } from 'node:net';
import type { LabRecordType, LabRrset } from '../dns/types.ts';
import type { UnservedRrset } from './types.ts';
import { ApiError, type WantedChange } from './xml.ts';

export type Stored = Omit<UnservedRrset, 'type' | 'ttl' | 'values'> & {
  type: string;
  ttl: number | null;
  values: string[];
};

const SERVED = ['A', 'AAAA', 'CNAME', 'NS', 'TXT'];
const MAX_ELEMENTS = 1000;
const MAX_CHARACTERS = 32_000;

export const sameKey = (a: { name: string; type: string }, b: { name: string; type: string }): boolean =>
  a.name === b.name && a.type === b.type;

const simple = (record: Stored): boolean => record.alias === undefined && record.setIdentifier === undefined;

/** The records after the batch. @throws ApiError InvalidChangeBatch; then nothing has changed. */
export function changed(zoneName: string, records: Stored[], changes: WantedChange[]): Stored[] {
  const problems = [...tooMuch(changes), ...changes.flatMap(({ record }) => wrongWith(record, zoneName))];
  const keys = changes.map(({ action, record }) => `${action} ${record.type} ${record.name}`);
  for (const key of new Set(keys.filter((one, at) => keys.indexOf(one) !== at))) {
    problems.push(`The batch contains ${key} more than once`);
  }
  let next = records;
  for (const { action, record } of changes) {
    const there = next.filter((other) => sameKey(other, record));
    const label = `${record.type} ${record.name}.`;
    if (action === 'DELETE') {
      const exact = there.find((other) => simple(other) && equal(other, record));
      if (there.length === 0) problems.push(`Tried to delete ${label} but it was not found`);
      else if (exact === undefined) problems.push(`Tried to delete ${label} but its TTL or values are not those given`);
      next = next.filter((other) => other !== exact);
      continue;
    }
    if (action === 'CREATE' && there.length > 0) problems.push(`Tried to create ${label} but it already exists`);
    if (there.some((other) => other.setIdentifier !== undefined)) {
      problems.push(`${label} cannot be a simple record: records with a SetIdentifier exist under that name and type`);
    }
    next = [...next.filter((other) => !sameKey(other, record)), record];
  }
  for (const { record } of changes) {
    const types = new Set(next.filter((other) => other.name === record.name).map((other) => other.type));
    if (types.has('CNAME') && types.size > 1) {
      problems.push(`${record.type} ${record.name}. conflicts with the other records of that name: ${[...types]}`);
    }
  }
  if (problems.length > 0) throw new ApiError(400, 'InvalidChangeBatch', `[${[...new Set(problems)].join(', ')}]`);
  return next;
}

/** UPSERT counts twice, in elements and in characters. */
function tooMuch(changes: WantedChange[]): string[] {
  let [elements, characters] = [0, 0];
  for (const { action, record } of changes) {
    const weight = action === 'UPSERT' ? 2 : 1;
    elements += weight * record.values.length;
    characters += weight * record.values.join('').length;
  }
  return [
    ...(elements > MAX_ELEMENTS ? [`The batch counts ${elements} ResourceRecord elements, over ${MAX_ELEMENTS}`] : []),
    ...(characters > MAX_CHARACTERS ? [`The batch counts ${characters} characters, over ${MAX_CHARACTERS}`] : []),
  ];
}

function wrongWith({ name, type, values }: Stored, zoneName: string): string[] {
  const problems: string[] = [];
  const label = `${type} ${name}.`;
  if (name !== zoneName && !name.endsWith(`.${zoneName}`)) problems.push(`${label} does not lie in ${zoneName}.`);
  if (!SERVED.includes(type)) problems.push(`${label} is of a type the lab does not serve`);
  if (values.length === 0) problems.push(`${label} has no values`);
  if (new Set(values).size < values.length) problems.push(`${label} has a value twice`);
  if (type === 'CNAME' && values.length > 1) problems.push(`${label} has more than one value`);
  if (type === 'CNAME' && name === zoneName) problems.push(`${label} is not permitted at the apex of its zone`);
  for (const value of values) {
    const fits =
      type === 'A'
        ? isIPv4(value)
        : type === 'AAAA'
          ? isIPv6(value)
          : type === 'TXT'
            ? /^".*"$/.test(value)
            : /^[^\s]+$/.test(value);
    if (!fits) problems.push(`${label} has the value '${value}', which is not one for ${type}`);
  }
  return problems;
}

const equal = (a: Stored, b: Stored): boolean =>
  a.ttl === b.ttl && JSON.stringify([...a.values].sort()) === JSON.stringify([...b.values].sort());

/** The API lists by labels from the right (`com.example.a`), then by type, then by set identifier. */
export function inOrder(records: Stored[]): Stored[] {
  return [...records].sort((a, b) => compare(orderKey(a), orderKey(b)));
}

/** Records from a name (and type, and identifier) on. */
export function from(records: Stored[], name: string, type: string, identifier: string): Stored[] {
  const start = orderKey({ name, type, setIdentifier: identifier });
  return inOrder(records).filter((record) => compare(orderKey(record), start) >= 0);
}

const orderKey = (record: { name: string; type: string; setIdentifier?: string }): string[] => [
  record.name.split('.').reverse().join(' '),
  record.type,
  record.setIdentifier ?? '',
];

function compare(a: string[], b: string[]): number {
  for (const [at, part] of a.entries()) if (part !== b[at]) return part < (b[at] ?? '') ? -1 : 1;
  return 0;
}

/** TXT values are quoted in the API and bare in the authority. */
export const toServed = (record: Stored): LabRrset => ({
  name: record.name,
  type: record.type as LabRecordType,
  ttl: record.ttl ?? 0,
  values: record.type === 'TXT' ? record.values.map((value) => value.slice(1, -1)) : record.values,
});

export const fromServed = ({ name, type, ttl, values }: LabRrset): Stored => ({
  name,
  type,
  ttl,
  values: type === 'TXT' ? values.map((value) => `"${value}"`) : [...values],
});
