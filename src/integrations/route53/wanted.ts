/**
 * What may be asked of Route 53, and what of it is a change: pure. Everything that would be refused, or would silently
 * take away something else, is refused here, before anything is sent.
 */
import { isIPv4, isIPv6 } from 'node:net';
import { ConfigError } from '../../lib/errors.ts';
import type { DnsChange, DnsRecord } from '../../ports/dns.ts';

/** A record set as Route 53 holds it; `special` says what it is beyond a plain list of values. */
export type Present = { name: string; type: string; ttl: number; values: string[]; special: string | null };

/** Route 53's own limits for one batch; an UPSERT counts twice in both. */
const MAX_ELEMENTS = 1000;
const MAX_CHARACTERS = 32_000;
const MAX_TTL = 2_147_483_647;

export const plainName = (name: string): string =>
  name
    .replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))
    .replace(/\.$/, '')
    .toLowerCase();

const refusal = (code: string, message: string, hint: string): ConfigError => new ConfigError(message, { code, hint });

/** @throws ConfigError naming the first record that cannot be asked for. */
export function checkWanted(wanted: DnsRecord[], zones: Record<string, { name: string }>): void {
  if (wanted.length === 0) {
    throw refusal('dns-empty', 'No DNS record was asked for: an empty change is refused.', 'Give at least one record.');
  }
  const seen = new Set<string>();
  for (const record of wanted) {
    const label = `${record.type} ${record.name}`;
    const zone = zones[record.zone];
    if (zone === undefined) {
      throw refusal('dns-zone', `${label} is in the zone ${record.zone}, which is not configured.`, 'Add the zone.');
    }
    const [name, apex] = [plainName(record.name), plainName(zone.name)];
    if (name !== apex && !name.endsWith(`.${apex}`)) {
      throw refusal(
        'dns-name',
        `${label} does not lie in ${zone.name} (zone ${record.zone}).`,
        'Correct the name or the zone.',
      );
    }
    if (record.type === 'CNAME' && name === apex) {
      throw refusal('dns-name', `${label} is the top of its zone, where a CNAME cannot stand.`, 'Use A or AAAA there.');
    }
    checkValues(record, label);
    const key = `${record.zone} ${record.type} ${name}`;
    if (seen.has(key))
      throw refusal('dns-twice', `${label} was asked for twice.`, 'Put all its values into one record.');
    seen.add(key);
  }
}

function checkValues({ type, ttl, values }: DnsRecord, label: string): void {
  if (values.length === 0) {
    throw refusal(
      'dns-empty',
      `${label} would have no values: an empty answer is refused.`,
      'Give at least one value.',
    );
  }
  if (new Set(values.map((value) => plainValue(type, value))).size < values.length) {
    throw refusal('dns-values', `${label} has a value twice.`, 'Remove one.');
  }
  if (type === 'CNAME' && values.length > 1) {
    throw refusal('dns-values', `${label} has ${values.length} values; a CNAME has one.`, 'Give one.');
  }
  if (!Number.isInteger(ttl) || ttl < 0 || ttl > MAX_TTL) {
    throw refusal('dns-ttl', `${label} has the TTL ${ttl}.`, 'Give whole seconds.');
  }
  const fits = { A: isIPv4, AAAA: isIPv6, CNAME: (value: string) => /^[^\s.]+(\.[^\s.]+)*\.?$/.test(value) }[type];
  const wrong = values.find((value) => !fits(value));
  if (wrong !== undefined)
    throw refusal('dns-values', `${label} has the value "${wrong}", which is not one for ${type}.`, '');
}

/** The changes that make `present` into `wanted`; none for records already as wanted. All of one zone. */
export function changesOf(wanted: DnsRecord[], present: Present[]): DnsChange[] {
  const changes = wanted.flatMap((record): DnsChange[] => {
    const name = plainName(record.name);
    const there = present.filter((other) => other.name === name);
    const special = there.find((other) => other.type === record.type && other.special !== null);
    if (special !== undefined) {
      throw refusal(
        'dns-special',
        `${record.type} ${name} in zone ${record.zone} is ${special.special}, which this change would replace or collide with.`,
        'Move it by hand, or give these clients a plain record.',
      );
    }
    const clash = there.find((other) => other.type !== record.type && [other.type, record.type].includes('CNAME'));
    if (clash !== undefined) {
      throw refusal(
        'dns-clash',
        `${record.type} ${name} in zone ${record.zone} cannot stand beside the ${clash.type} record of that name.`,
        'Remove one of them or correct the configuration.',
      );
    }
    const old = there.find((other) => other.type === record.type);
    if (old !== undefined && old.ttl === record.ttl && sameValues(record.type, old.values, record.values)) return [];
    return [{ record, old: old === undefined ? null : { ttl: old.ttl, values: old.values } }];
  });
  checkSize(changes);
  return changes;
}

/** @throws ConfigError when the changes would not fit into one batch: cutting them in two would not be atomic. */
export function checkSize(changes: DnsChange[]): void {
  const values = changes.flatMap(({ record }) => record.values);
  const [elements, characters] = [values.length * 2, values.join('').length * 2];
  if (elements <= MAX_ELEMENTS && characters <= MAX_CHARACTERS) return;
  throw refusal(
    'dns-too-large',
    `The change of zone ${changes[0]?.record.zone} counts ${elements} values and ${characters} characters (an UPSERT counts twice); Route 53 takes ${MAX_ELEMENTS} and ${MAX_CHARACTERS} at once.`,
    'Change fewer records in one run.',
  );
}

const plainValue = (type: string, value: string): string =>
  type === 'CNAME'
    ? plainName(value)
    : type === 'AAAA' && isIPv6(value)
      ? new URL(`http://[${value}]`).hostname
      : value;

function sameValues(type: string, a: string[], b: string[]): boolean {
  const plain = (values: string[]) => JSON.stringify(values.map((value) => plainValue(type, value)).sort());
  return plain(a) === plain(b);
}
