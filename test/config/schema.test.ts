import { describe, expect, it } from 'vitest';
import { configWith, problemsWith } from './helpers.ts';

const deployment = (fields: string) => `services: { deployments: { api: { ${fields} } } }`;
const fence = (written: string) => `regions: { west: { postgres: { fence: ${written} } } }`;
const MAP = 'Write its keys on lines of their own, as key: value.';

describe('broken values', () => {
  it.each([
    [
      'organization: Eden',
      'organization: "Eden" is not a short name. Write small letters, digits and hyphens, at most 21 and a letter first, like eden.',
    ],
    ['organization: 7', 'organization: 7 is read as a number, and text belongs here. Put it in quotes.'],
    [
      'environment: prodution',
      'environment: "prodution" is not known here. Did you mean production? Write production or staging.',
    ],
    ['environment: test', 'environment: "test" is not known here. Write production or staging.'],
    ['objectives: { rto: 30 }', 'objectives.rto: 30 has no unit. Write 30s for seconds or 30m for minutes.'],
    [
      'objectives: { rto: "half an hour" }',
      'objectives.rto: "half an hour" is not a duration. Write one like 30s, 5m or 1h30m.',
    ],
    ['objectives: { rto: 0s }', 'objectives.rto: 0s is no time at all. Write one like 30s or 5m.'],
    ['objectives: [30m, 5m]', `objectives: a list stands where a map belongs. ${MAP}`],
    [
      'regions: { west: { rolle: secondary } }',
      'regions.west.rolle: is not a key Regent knows. Did you mean role? Correct it, or take it out.',
    ],
    [
      'regions: { west: { alias: Two } }',
      'regions.west.alias: "Two" is not a name for an alias. Write small letters, digits and hyphens, like api-gateway.',
    ],
    [
      'regions: { West: { role: secondary } }',
      'regions.West: "West" is not a name for a region. Write small letters, digits and hyphens, like api-gateway.',
    ],
    [deployment('replicas: -1'), 'services.deployments.api.replicas: -1 is too small. The least is 0.'],
    [deployment('replicas: 1.5'), 'services.deployments.api.replicas: 1.5 is not a whole number. Write one.'],
    [
      deployment('replicas: "2"'),
      'services.deployments.api.replicas: "2" stands where a number belongs. Write it in digits, without quotes.',
    ],
    [
      deployment('writeHeavy: yes'),
      'services.deployments.api.writeHeavy: "yes" stands where true or false belongs. Write one of the two, without quotes.',
    ],
    [
      deployment('health: "https://{region}.x.org/"'),
      'services.deployments.api.health: {region} is not known here. The only placeholder is {alias}, the alias of a region.',
    ],
    [
      deployment('health: "https://{alias.x.org/"'),
      'services.deployments.api.health: {alias.x.org/ is not known here. The only placeholder is {alias}, the alias of a region.',
    ],
    [
      deployment('publicHealth: "https://{alias}.x.org/"'),
      'services.deployments.api.publicHealth: {alias} is a placeholder, and this address is the same in every region. Write it out.',
    ],
    [
      deployment('publicHealth: api.x.org'),
      'services.deployments.api.publicHealth: "api.x.org" is not a web address. Write one that begins with https:// or http://.',
    ],
    [
      deployment('publicHealth: "https://me@x.org"'),
      'services.deployments.api.publicHealth: a user or password stands in this address in plain text. Take it out.',
    ],
    ['dns: []', 'dns: the list is empty. Name at least one, or take the line out.'],
    [
      'resolvers: [dns.google]',
      'resolvers[0]: "dns.google" is not an IP address. Write one like 9.9.9.9, or 9.9.9.9:53 with its port.',
    ],
    ['resolvers: 9.9.9.9', 'resolvers: "9.9.9.9" stands alone where a list belongs. Put it in brackets: ["9.9.9.9"].'],
    ['groups: { ops: sre }', 'groups.ops: "sre" is not the id of a Slack user group. Write the id, like S0123456789.'],
    [
      'access: { operators: [U0123] }',
      'access.operators[0]: "U0123" is not a person or a group. Write group:NAME (see groups) or user:ID with a Slack id, like user:U0123456789.',
    ],
    [
      'access: { operators: ["user:S0123"] }',
      'access.operators[0]: "user:S0123" is not a person or a group. Write group:NAME (see groups) or user:ID with a Slack id, like user:U0123456789.',
    ],
    [
      'notify: { channel: "#incidents" }',
      'notify.channel: "#incidents" is not the id of a Slack channel. Write the id from the end of the channel’s details, like C0123456789.',
    ],
    [
      'gates: { dns: { onTimeout: ask } }',
      'gates.dns.onTimeout: "ask" is not known here. Write escalate, deny or approve.',
    ],
    ['gates: { dsn: {} }', 'gates.dsn: is not a key Regent knows. Did you mean dns? Correct it, or take it out.'],
    [
      'gates: { elephants: {} }',
      'gates.elephants: is not a key Regent knows. Known here: promote, dns, declare, unverified-fence, data-loss, reprotect. Correct it, or take it out.',
    ],
    [
      'contacts: { bo: 15550100 }',
      'contacts.bo: 15550100 is read as a number, and text belongs here. Put it in quotes.',
    ],
    ['contacts: { bo: "" }', 'contacts.bo: is left empty. Fill it in, or take the line out.'],
    ['timings: { poll: 0s }', 'timings.poll: 0s is no time at all. Write one like 30s or 5m.'],
    [
      'timings: { budgets: { Promote: 2m } }',
      'timings.budgets.Promote: "Promote" is not the id of a step. Write one like promote-postgres.',
    ],
    [
      'hooks: { env: ["A B"] }',
      'hooks.env[0]: "A B" is not the name of an environment variable. Write one like AWS_PROFILE.',
    ],
    [
      'redis: { sentinels: [host] }',
      'redis.sentinels[0]: "host" is not a host with its port. Write one like redis-sentinel-1.eden.internal:26379.',
    ],
  ])('%s', (over, line) => {
    expect(problemsWith(over)).toContain(line);
  });

  it('left empty are named as such', () => {
    const text = `${'organization: eden\n'}objectives:\n`;
    expect(problemsWith('', { text })).toContain('objectives: is left empty. Fill it in, or take the line out.');
  });
});

describe('fences', () => {
  it.each([
    ['sql', { strategy: 'sql' }],
    ['{ statefulset: pg }', { strategy: 'statefulset', name: 'pg' }],
    ['{ exec: { stop: [/s, a] } }', { strategy: 'exec', stop: ['/s', 'a'] }],
    ['{ http: { stop: "http://a.org/stop" } }', { strategy: 'http', stop: 'http://a.org/stop' }],
    [
      '{ http: { stop: "http://a.org/stop", start: "http://a.org/start" } }',
      { strategy: 'http', stop: 'http://a.org/stop', start: 'http://a.org/start' },
    ],
  ])('%s', (written, expected) => {
    const config = configWith({ over: `${fence(written)}\nhooks: { allow: [/s] }` });
    expect(config.regions['west']?.postgres?.fence).toEqual(expected);
  });

  const at = 'regions.west.postgres.fence';
  it.each([
    ['null', `${at}: is missing. Add it: what makes this Postgres unable to accept writes when the region is left:`],
    ['nosql', `${at}: "nosql" does not fit here. This is: what makes this Postgres unable to accept writes`],
    ['{ statefulset: PG }', `${at}.statefulset: "PG" is not a name for a StatefulSet.`],
    ['{ exec: { stop: [] } }', `${at}.exec.stop: the list is empty.`],
    ['{ exec: { halt: [a] } }', `${at}.exec.stop: is missing. Add it: program and arguments that stop Postgres`],
    ['{ statefulset: pg, selfFance: 30s }', `${at}.selfFance: is not a key Regent knows.`],
    [
      '{ statefulset: pg, exec: { stop: [/s] } }',
      `${at}.exec: cannot stand beside the other key of this map. Keep one of them.`,
    ],
    ['{ http: { stop: x } }', `${at}.http.stop: "x" is not a web address.`],
  ])('%s is refused', (written, beginning) => {
    expect(problemsWith(fence(written)).some((line) => line.startsWith(beginning))).toBe(true);
  });
});

it('accepts addresses and names in all their written forms', () => {
  const over = `
resolvers: [9.9.9.9, "9.9.9.9:5353", "2620:fe::fe", "[2620:fe::fe]:53"]
probes: { resolvers: ["127.0.0.1:5300"] }
access: { operators: [group:sre, "user:U0123", "user:W0123"] }
notify: { channel: G0123 }
timings: { drain: 0s, budgets: { promote-postgres: 1m30s } }
objectives: { rpo: 0s }
`;
  const config = configWith({ over });
  expect(config.resolvers).toHaveLength(4);
  expect(config.timings).toMatchObject({ drain: 0, budgets: { 'promote-postgres': 90_000 } });
  expect(config.objectives.rpo).toBe(0);
});
