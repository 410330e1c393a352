/** A small system of two regions, as the configuration would make it. */
import type { FencePlan, System } from '../../src/steps/system.ts';
import { everyGate, noRules } from '../support/no-rules.ts';

const gate: System['gates']['promote'] = {
  votes: 1,
  approvers: ['group:SSRE'],
  requesterMayVote: false,
  timeoutMs: 300_000,
  onTimeout: 'escalate',
  escalateTo: ['user:UBOSS'],
  required: true,
};

const deployment = (name: string, replicas: number, writeHeavy: boolean): System['deployments'][number] => ({
  name,
  replicas,
  writeHeavy,
  health: `https://${name}.{alias}.example.internal/health`,
  publicHealth: `https://${name}.example.com/health`,
});

export function system(fence: FencePlan = { strategy: 'statefulset', name: 'postgres' }, more: Partial<System> = {}) {
  const made: System = {
    organization: 'eden',
    environment: 'production',
    objectives: { rtoMs: 1_800_000, rpoMs: 5000 },
    namespace: 'eden',
    regions: { east: { alias: 'primary', fence }, west: { alias: 'secondary', fence } },
    deployments: [deployment('api', 3, false), deployment('task', 2, true)],
    cache: { sentinels: true },
    records: ['api', 'task'].map((name) => ({
      provider: 'route53',
      zone: 'Z1',
      name: `${name}.example.com`,
      type: 'A',
      ttl: 60,
      values: { east: ['192.0.2.1'], west: ['192.0.2.2'] },
    })),
    gates: everyGate(gate),
    budgets: {},
    pollMs: 10,
    lagWithinMs: 1000,
    contacts: { coordinator: 'Cy, +1 555 0100' },
    ...noRules,
    ...more,
  };
  return made;
}
