import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { loadConfig } from '../../src/config/load.ts';
import type { Config } from '../../src/config/schema.ts';

const at = (path: string) => new URL(`../../${path}`, import.meta.url);
const text = readFileSync(at('config/eden.yml'), 'utf8');
const env = {
  PG_EAST: 'postgres://regent@postgres.primary.eden.internal:5432/eden_vault',
  PG_WEST: 'postgres://regent@postgres.secondary.eden.internal:5432/eden_vault',
  REDIS_EAST: 'redis://redis.primary.eden.internal:6379',
  REDIS_WEST: 'redis://redis.secondary.eden.internal:6379',
  SLACK_BOT_TOKEN: 'xoxb-test',
  SLACK_APP_TOKEN: 'xapp-test',
  PAGERDUTY_ROUTING_KEY: '0123456789abcdef0123456789abcdef',
  PAGERDUTY_TOKEN: 'token',
  SMTP_PASSWORD: 'secret',
  STATUSPAGE_TOKEN: 'token',
};

/** The runbook's replica counts. */
const REPLICAS = {
  'api-gateway': 3,
  'vault-service': 3,
  'hub-service': 3,
  'flow-service': 3,
  'task-service': 3,
  'monitor-service': 2,
  'sync-service': 2,
  'insight-service': 2,
};

describe('config/eden.yml', () => {
  let config: Config;
  beforeAll(() => {
    config = loadConfig({ file: 'eden.yml', env, readFile: () => text });
  });

  it('has the eight services with their replica counts, and stops the two that write', () => {
    const { namespace, deployments } = config.services;
    expect(namespace).toBe('eden');
    expect(Object.fromEntries(Object.entries(deployments).map(([name, service]) => [name, service.replicas]))).toEqual(
      REPLICAS,
    );
    const writers = Object.keys(deployments).filter((name) => deployments[name]?.writeHeavy);
    expect(writers.toSorted()).toEqual(['flow-service', 'task-service']);
    for (const [name, service] of Object.entries(deployments)) {
      expect(service.health).toBe(`https://${name}.{alias}.eden.internal/health`);
      expect(service.publicHealth).toBe(`https://${name}.eden.example.com/health`);
    }
  });

  it('has the two regions under their fixed aliases and contexts', () => {
    const seen = Object.entries(config.regions).map(([name, { role, alias, kubernetes }]) => [
      name,
      role,
      alias,
      kubernetes?.context,
    ]);
    expect(seen).toEqual([
      ['us-east-1', 'primary', 'primary', 'primary'],
      ['us-west-2', 'secondary', 'secondary', 'secondary'],
    ]);
    expect(config.redis).toEqual({
      sentinels: [1, 2, 3].map((n) => `redis-sentinel-${n}.eden.internal:26379`),
      master: 'eden-master',
      pause: 10_000,
    });
  });

  it('moves a record for every public health address, and the two the runbook looks up', () => {
    const records = config.dns.flatMap((zone) => zone.records);
    const names = records.map(({ name }) => name);
    const asked = Object.values(config.services.deployments).map(({ publicHealth }) => new URL(publicHealth!).hostname);
    expect(names.toSorted()).toEqual([...asked, 'api.eden.example.com', 'vault.eden.example.com'].toSorted());
    expect(records.every(({ type, ttl }) => type === 'A' && ttl === 60)).toBe(true);
  });

  it('asks one approval of the SRE group at both gates', () => {
    for (const gate of [config.gates.promote, config.gates.dns])
      expect(gate).toMatchObject({ approvers: ['group:sre'], votes: 1, required: true, requesterMayVote: false });
    expect(config.access.operators).toEqual(['group:sre']);
  });

  it('is what the published schema describes, and names that schema in its first line', () => {
    expect(text.split('\n')[0]).toBe('# yaml-language-server: $schema=./dr.schema.json');
    const schema = JSON.parse(readFileSync(at('config/dr.schema.json'), 'utf8'));
    const validate = new Ajv2020({ strict: true, validateFormats: false }).compile(schema);
    expect(validate(parse(text)), JSON.stringify(validate.errors)).toBe(true);
    expect(validate({ ...parse(text), slack: { botToken: 'xoxb-plain', appToken: 'env:A' } })).toBe(false);
  });
});
