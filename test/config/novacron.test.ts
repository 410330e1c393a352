import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { runbooksOf } from '../../src/app/runbooks.ts';
import { systemOf } from '../../src/app/system.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { Config } from '../../src/config/schema.ts';
import { owedOwnSteps } from '../../src/steps/own-steps.ts';
import { nodesFor } from '../../src/steps/step.ts';

const at = (path: string) => new URL(`../../${path}`, import.meta.url);
const text = readFileSync(at('config/novacron.yml'), 'utf8');

/** A value that fits for every variable the file names. */
const env = Object.fromEntries(
  [...text.matchAll(/: env:(\w+)$/gm)].map(([, name = '']) => {
    if (name.startsWith('PG_')) return [name, `postgres://regent@${name.toLowerCase()}.novacron.internal/novacron`];
    if (name.startsWith('REDIS_')) return [name, `redis://${name.toLowerCase()}.novacron.internal:6379`];
    const fits: Record<string, string> = {
      SLACK_BOT_TOKEN: 'xoxb-test',
      SLACK_APP_TOKEN: 'xapp-test',
      PAGERDUTY_ROUTING_KEY: '0'.repeat(32),
    };
    return [name, fits[name] ?? 'test'];
  }),
);

describe('config/novacron.yml', () => {
  let config: Config;
  beforeAll(() => {
    config = loadConfig({ file: 'novacron.yml', env, readFile: () => text });
  });

  it('has three regions with data, and a witness that can be seen', () => {
    expect(Object.entries(config.regions).map(([name, { role }]) => [name, role])).toEqual([
      ['us-east-1', 'primary'],
      ['us-west-2', 'secondary'],
      ['eu-west-1', 'secondary'],
      ['eu-north-1', 'witness'],
    ]);
    expect(config.regions['eu-north-1']!.probes).toHaveLength(1);
    expect(config.objectives).toEqual({ rto: 1_800_000, rpo: 300_000 });
  });

  it('declares by itself, at the thresholds and after the times of its runbook', () => {
    expect(config.trigger).toMatchObject({
      mode: 'declare',
      healthBelow: 0.3,
      for: 120_000,
      errorRateAbove: 0.5,
      errorRateFor: 60_000,
      confirmAfter: 30_000,
    });
    expect(config.scoring).toMatchObject({ health: 0.4, capacity: 0.3, latency: 0.2, freshness: 0.1 });
    expect(config.backups).toMatchObject({ fullWithin: 86_400_000, incrementalWithin: 300_000 });
  });

  it('asks people for five minutes, then goes on; what cannot be proven is never decided by time', () => {
    const { declare, promote, dns, 'unverified-fence': fence, 'data-loss': loss } = config.gates;
    expect(promote).toMatchObject({ required: true, timeout: 300_000, onTimeout: 'approve' });
    expect([declare.required, dns.required]).toEqual([false, false]);
    for (const gate of [fence, loss]) expect(gate).toMatchObject({ required: true, onTimeout: 'escalate' });
  });

  it('moves aliases of names that belong to the regions, for every address that customers use', () => {
    const [zone] = config.dns;
    expect(zone).toMatchObject({ provider: 'route53', propagation: 30_000 });
    for (const { name, type, values } of zone!.records) {
      expect(type).toBe('CNAME');
      expect(values).toEqual(
        Object.fromEntries(['us-east-1', 'us-west-2', 'eu-west-1'].map((region) => [region, [`${region}.${name}`]])),
      );
    }
    const asked = Object.values(config.services.deployments).map(({ publicHealth }) => new URL(publicHealth!).hostname);
    expect(zone!.records.map(({ name }) => name).toSorted()).toEqual(asked.toSorted());
  });

  it('carries the five kinds of state, in five minutes at most', () => {
    expect(config.state!.sources.map(({ id }) => id)).toEqual([
      'crdt',
      'consensus-logs',
      'vm-state',
      'network-topology',
      'configuration',
    ]);
    expect(config.state).toMatchObject({ rateBelow: 100_000_000, timeBox: { emergency: 300_000 } });
  });

  it('has its own steps in both runbooks, each with help; what secures the lost region is owed', () => {
    const system = systemOf(config);
    const { planned, emergency } = runbooksOf(system);
    for (const runbook of [planned, emergency]) {
      const ids = nodesFor(runbook, system, 'us-east-1', 'us-west-2').map(({ id }) => id);
      const own = config.steps.filter(({ runbooks }) => runbooks.includes(runbook.name as 'planned'));
      expect(own.filter(({ id }) => !ids.includes(id))).toEqual([]);
    }
    expect(config.steps.filter(({ help }) => help === null)).toEqual([]);
    expect(owedOwnSteps(emergency, system).map(({ id }) => id)).toEqual([
      'remove-from-load-balancers',
      'close-firewall',
      'revoke-storage',
      'power-off-nodes',
    ]);
    expect(system.usual).toEqual({ 'switch-dns': 30_000 });
  });

  it('is what the published schema describes, and names that schema in its first line', () => {
    expect(text.split('\n')[0]).toBe('# yaml-language-server: $schema=./dr.schema.json');
    const schema = JSON.parse(readFileSync(at('config/dr.schema.json'), 'utf8'));
    const validate = new Ajv2020({ strict: true, validateFormats: false }).compile(schema);
    expect(validate(parse(text)), JSON.stringify(validate.errors)).toBe(true);
  });
});
