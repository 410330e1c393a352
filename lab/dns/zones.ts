/**
 * Zones in memory and what an authoritative server says about them: pure, without a socket, so that the rules
 * (NXDOMAIN against NODATA, CNAME chasing inside our zones, REFUSED outside them) can be read in one place.
 */
import type { Answer } from 'dns-packet';
import type { LabRecordType, LabRrset, LabZone } from './types.ts';

export type Zone = { name: string; serial: number; negativeTtl: number; rrsets: Map<string, LabRrset> };

export type Reply = { rcode: 'NOERROR' | 'NXDOMAIN' | 'REFUSED'; answers: Answer[]; authorities: Answer[] };

/** Lower case, without the trailing dot: the form in which names are compared. */
export const plainName = (name: string): string => name.toLowerCase().replace(/\.$/, '');

const keyOf = (name: string, type: string): string => `${plainName(name)} ${type}`;
const within = (name: string, zone: string): boolean => name === zone || name.endsWith(`.${zone}`);

export function makeZone({ name, rrsets = [], negativeTtl = 60 }: LabZone): Zone {
  const zone: Zone = { name: plainName(name), serial: 0, negativeTtl, rrsets: new Map() };
  put(zone, rrsets);
  return zone;
}

/**
 * Replaces rrsets in one go; an empty list of values removes.
 * @throws Error on a name outside the zone or a CNAME beside other records: a lab that serves nonsense proves nothing.
 */
export function put(zone: Zone, rrsets: LabRrset[]): void {
  const next = new Map(zone.rrsets);
  for (const rrset of rrsets) {
    const name = plainName(rrset.name);
    if (!within(name, zone.name)) throw new Error(`${name} does not lie in the zone ${zone.name}`);
    if (rrset.values.length === 0) next.delete(keyOf(name, rrset.type));
    else next.set(keyOf(name, rrset.type), { ...rrset, name, values: [...rrset.values] });
  }
  const typesAt = new Map<string, string[]>();
  for (const { name, type } of next.values()) typesAt.set(name, [...(typesAt.get(name) ?? []), type]);
  for (const [name, types] of typesAt) {
    if (types.includes('CNAME') && types.length > 1) throw new Error(`${name} has a CNAME beside ${types.join(', ')}`);
  }
  zone.rrsets = next;
  zone.serial += 1;
}

/** The zone that answers for a name: the longest one it lies in. */
export function zoneOf(zones: readonly Zone[], name: string): Zone | undefined {
  return zones.filter((zone) => within(name, zone.name)).sort((a, b) => b.name.length - a.name.length)[0];
}

export function answer(zones: readonly Zone[], question: { name: string; type: string }): Reply {
  const asked = plainName(question.name);
  const home = zoneOf(zones, asked);
  if (home === undefined) return { rcode: 'REFUSED', answers: [], authorities: [] };
  const answers: Answer[] = [];
  let name = asked;
  for (let hops = 0; hops < 8; hops += 1) {
    const zone = zoneOf(zones, name);
    // A CNAME that leaves our zones: the resolver has to go on by itself.
    if (zone === undefined) return { rcode: 'NOERROR', answers, authorities: [] };
    const found = rrsetsAt(zone, name, question.type);
    const owner = name === asked ? question.name : name;
    answers.push(...found.flatMap((rrset) => answersOf(rrset, owner)));
    if (question.type === 'SOA' && name === zone.name) answers.push(soaOf(zone));
    const alias = found.length === 0 ? rrsetsAt(zone, name, 'CNAME')[0] : undefined;
    if (alias === undefined) {
      if (found.length > 0 || (question.type === 'SOA' && name === zone.name)) {
        return { rcode: 'NOERROR', answers, authorities: [] };
      }
      return { rcode: exists(zone, name) ? 'NOERROR' : 'NXDOMAIN', answers, authorities: [soaOf(zone)] };
    }
    answers.push(...answersOf(alias, owner));
    name = plainName(alias.values[0]!);
  }
  return { rcode: 'NOERROR', answers, authorities: [] };
}

function rrsetsAt(zone: Zone, name: string, type: string): LabRrset[] {
  if (type === 'ANY') return [...zone.rrsets.values()].filter((rrset) => rrset.name === name);
  const rrset = zone.rrsets.get(keyOf(name, type));
  return rrset === undefined ? [] : [rrset];
}

/** A name with something below it exists, although it has no records of its own. */
function exists(zone: Zone, name: string): boolean {
  return name === zone.name || [...zone.rrsets.values()].some((rrset) => within(rrset.name, name));
}

function soaOf(zone: Zone): Answer {
  const data = {
    mname: `ns1.${zone.name}`,
    rname: `hostmaster.${zone.name}`,
    serial: zone.serial,
    refresh: 7200,
    retry: 900,
    expire: 1_209_600,
    minimum: zone.negativeTtl,
  };
  return { type: 'SOA', name: zone.name, ttl: zone.negativeTtl, data };
}

function answersOf(rrset: LabRrset, owner: string): Answer[] {
  return rrset.values.map((value) => wireAnswer(owner, rrset.type, rrset.ttl, value));
}

export function wireAnswer(name: string, type: LabRecordType, ttl: number, value: string): Answer {
  return type === 'TXT' ? { type, name, ttl, data: [value] } : { type, name, ttl, data: plainValue(type, value) };
}

const plainValue = (type: LabRecordType, value: string): string =>
  type === 'CNAME' || type === 'NS' ? value.replace(/\.$/, '') : value;
