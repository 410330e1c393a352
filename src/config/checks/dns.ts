/** DNS records: one set of answers for every region with data, of the right kind, in the right zone. */
import { isIPv4, isIPv6 } from 'node:net';
import { isHostname } from '../fields.ts';
import type { Path } from '../source.ts';
import { quote, suggestion } from '../words.ts';
import { type Check, type Finding, type Loose, list, map, regionsOf, text, texts } from './reading.ts';

type Placed = { zone: Loose; record: Loose; path: Path };

function recordsOf(file: unknown): Placed[] {
  return list(map(file)['dns']).flatMap((zone, z) =>
    list(map(zone)['records']).map((record, r) => ({
      zone: map(zone),
      record: map(record),
      path: ['dns', z, 'records', r],
    })),
  );
}

export const recordNames: Check = (file) => {
  const placed = recordsOf(file);
  const lower = (value: unknown) => text(value)?.toLowerCase();
  return placed.flatMap(({ zone, record, path }, index) => {
    const name = lower(record['name']);
    const zoneName = lower(zone['zoneName']);
    if (name === undefined) return [];
    const at = [...path, 'name'];
    const findings: Finding[] = [];
    if (zoneName !== undefined && name !== zoneName && !name.endsWith(`.${zoneName}`))
      findings.push({
        path: at,
        sentence: `${name} does not lie in the zone ${zoneName}. Correct the name, or move the record to its zone.`,
      });
    if (record['type'] === 'CNAME' && name === zoneName)
      findings.push({ path: at, sentence: 'a CNAME cannot stand at the top of its zone. Use A or AAAA there.' });
    const before = placed.slice(0, index).filter((other) => lower(other.record['name']) === name);
    if (before.some((other) => other.record['type'] === record['type']))
      findings.push({
        path: at,
        sentence: `${name} ${record['type']} stands in this file a second time. Keep one of them.`,
      });
    else if (before.some((other) => other.record['type'] === 'CNAME' || record['type'] === 'CNAME'))
      findings.push({
        path: at,
        sentence: `${name} has a CNAME and another record. A CNAME stands alone: keep one of them.`,
      });
    return findings;
  });
};

const KINDS: Record<string, { fits: (value: string) => boolean; wanted: string }> = {
  A: { fits: isIPv4, wanted: 'an IPv4 address, like 203.0.113.10' },
  AAAA: { fits: isIPv6, wanted: 'an IPv6 address, like 2001:db8::10' },
  CNAME: { fits: isHostname, wanted: 'a full host name without a dot at its end' },
};

export const recordValues: Check = (file) => {
  const { all, data } = regionsOf(file);
  const names = data.map(([name]) => name);
  return recordsOf(file).flatMap(({ record, path }) => {
    if (record['values'] === undefined) return [];
    const values = map(record['values']);
    const at = (...more: (string | number)[]) => [...path, 'values', ...more];
    const findings: Finding[] = names
      .filter((name) => values[name] === undefined)
      .map((name) => ({
        path: at(name),
        sentence: `is missing: nothing is known to answer when ${name} serves. Add its values.`,
      }));
    for (const [region, given] of Object.entries(values)) {
      if (!names.includes(region)) findings.push({ path: at(region), sentence: strangeRegion(region, names, all) });
      findings.push(...valueFindings(String(record['type']), list(given), at(region)));
    }
    const answers = names.map((name) => texts(values[name]).toSorted().join(' '));
    if (answers.length > 1 && answers[0] !== '' && answers.every((answer) => answer === answers[0]))
      findings.push({
        path: at(),
        sentence:
          'every region has the same values, so a failover would move nobody. Correct them, or take the record out.',
      });
    return findings;
  });
};

function strangeRegion(region: string, names: string[], all: [string, Loose][]): string {
  return all.some(([name, { role }]) => name === region && role === 'witness')
    ? `${region} is a witness and serves nobody. Take its values out.`
    : `${quote(region)} is not a region of this file.${suggestion(region, names)} Correct it, or take it out.`;
}

function valueFindings(type: string, given: unknown[], path: Path): Finding[] {
  const kind = KINDS[type];
  if (kind === undefined) return [];
  const findings: Finding[] = given.flatMap((value, index) => {
    if (typeof value !== 'string' || value === '') return [];
    if (given.indexOf(value) < index)
      return [{ path: [...path, index], sentence: `${quote(value)} stands here a second time. Keep one of them.` }];
    return kind.fits(value)
      ? []
      : [
          {
            path: [...path, index],
            sentence: `${quote(value)} does not fit a record of type ${type}. Write ${kind.wanted}.`,
          },
        ];
  });
  if (type === 'CNAME' && given.length > 1)
    findings.push({ path, sentence: `${given.length} values, and a CNAME has exactly one. Keep one of them.` });
  return findings;
}
