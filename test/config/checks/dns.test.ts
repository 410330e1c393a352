import { expect, it } from 'vitest';
import { configWith, EYE, problemsWith } from '../helpers.ts';

const zone = (...records: string[]) =>
  `dns: [{ provider: route53, zone: Z123, zoneName: example.com, records: [${records.join(', ')}] }]`;
const a = (name: string, values: string, type = 'A') =>
  `{ name: ${name}, type: ${type}, ttl: 60, values: { ${values} } }`;
const MOVES = 'east: [203.0.113.1], west: [203.0.113.2]';
const HOSTS = 'east: [one.example.net], west: [two.example.net]';
const at = 'dns[0].records[0]';

it.each([
  [
    a('api.example.com', 'east: [203.0.113.1]'),
    `${at}.values.west: is missing: nothing is known to answer when west serves. Add its values.`,
  ],
  [
    a('api.example.com', `${MOVES}, wets: [203.0.113.3]`),
    `${at}.values.wets: "wets" is not a region of this file. Did you mean west? Correct it, or take it out.`,
  ],
  [
    a('api.example.com', `${MOVES}, eye: [203.0.113.3]`),
    `${at}.values.eye: eye is a witness and serves nobody. Take its values out.`,
  ],
  [
    a('api.example.com', 'east: [203.0.113.1], west: ["2001:db8::1"]'),
    `${at}.values.west[0]: "2001:db8::1" does not fit a record of type A. Write an IPv4 address, like 203.0.113.10.`,
  ],
  [
    a('api.example.com', 'east: [203.0.113.1], west: [203.0.113.256]'),
    `${at}.values.west[0]: "203.0.113.256" does not fit a record of type A. Write an IPv4 address, like 203.0.113.10.`,
  ],
  [
    a('api.example.com', 'east: ["2001:db8::1"], west: [203.0.113.2]', 'AAAA'),
    `${at}.values.west[0]: "203.0.113.2" does not fit a record of type AAAA. Write an IPv6 address, like 2001:db8::10.`,
  ],
  [
    a('api.example.com', 'east: [one.example.net], west: [203.0.113.2]', 'CNAME'),
    `${at}.values.west[0]: "203.0.113.2" does not fit a record of type CNAME. Write a full host name without a dot at its end.`,
  ],
  [
    a('api.example.com', 'east: [one.example.net], west: [two.example.net, too.example.net]', 'CNAME'),
    `${at}.values.west: 2 values, and a CNAME has exactly one. Keep one of them.`,
  ],
  [
    a('api.example.com', 'east: [203.0.113.1, 203.0.113.1], west: [203.0.113.2]'),
    `${at}.values.east[1]: "203.0.113.1" stands here a second time. Keep one of them.`,
  ],
  [
    a('api.example.com', 'east: [203.0.113.1], west: [203.0.113.1]'),
    `${at}.values: every region has the same values, so a failover would move nobody. Correct them, or take the record out.`,
  ],
  [
    a('api.example.org', MOVES),
    `${at}.name: api.example.org does not lie in the zone example.com. Correct the name, or move the record to its zone.`,
  ],
  [
    a('notexample.com', MOVES),
    `${at}.name: notexample.com does not lie in the zone example.com. Correct the name, or move the record to its zone.`,
  ],
  [a('example.com', HOSTS, 'CNAME'), `${at}.name: a CNAME cannot stand at the top of its zone. Use A or AAAA there.`],
  [
    a('api.example.com.', MOVES),
    `${at}.name: "api.example.com." is not a full host name. Write one like api.eden.example.com, without a dot at its end.`,
  ],
  [
    a('api.example.com', 'east: [], west: [203.0.113.2]'),
    `${at}.values.east: the list is empty. Name at least one, or take the line out.`,
  ],
  [`{ name: api.example.com, type: A, ttl: 0, values: { ${MOVES} } }`, `${at}.ttl: 0 is too small. The least is 1.`],
  [
    `{ name: api.example.com, type: TXT, ttl: 1, values: { ${MOVES} } }`,
    `${at}.type: "TXT" is not known here. Write A, AAAA or CNAME.`,
  ],
])('%s', (record, line) => {
  expect(problemsWith(`${zone(record)}\nregions: { ${EYE} }`)).toEqual([line]);
});

it.each([
  [
    'A',
    MOVES,
    'API.example.com'.toLowerCase(),
    'dns[0].records[1].name: api.example.com A stands in this file a second time. Keep one of them.',
  ],
  [
    'CNAME',
    HOSTS,
    'api.example.com',
    'dns[0].records[1].name: api.example.com has a CNAME and another record. A CNAME stands alone: keep one of them.',
  ],
])('a name twice, the second time as %s', (type, values, name, line) => {
  expect(problemsWith(zone(a('api.example.com', MOVES), a(name, values, type)))).toEqual([line]);
});

it('accepts A beside AAAA, the top of the zone, a wildcard and a CNAME', () => {
  configWith({
    over: zone(
      a('example.com', MOVES),
      a('example.com', 'east: ["2001:db8::1"], west: ["2001:db8::2"]', 'AAAA'),
      a('"*.example.com"', MOVES),
      a('www.example.com', HOSTS, 'CNAME'),
    ),
  });
});
