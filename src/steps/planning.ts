/**
 * Looks at the world and says what a run would do to it: every target, wanted value, identity and old value.
 * Changes nothing. The hash covers what is intended, not what was read along the way.
 */
import { IntegrationError, UserError } from '../lib/errors.ts';
import { hashOf } from '../lib/hash.ts';
import {
  type Bounds,
  LOST_SECONDARY,
  type Mode,
  type Plan,
  type PlanNode,
  type PlanValues,
  REPROTECT,
  type Strategy,
} from '../machine/types.ts';
import type { DnsRecord } from '../ports/dns.ts';
import { measureLoss } from './loss.ts';
import { CAN_FOLLOW, IN_RUN_VERBS, reprotectCalls } from './reprotect/standing.ts';
import { scriptCalls } from './scripts.ts';
import type { Ports } from './step.ts';
import type { System } from './system.ts';

type Asked = { runbook: string; mode: Mode; source: string; target: string; nodes: PlanNode[] };
/** `strategy`: how a region is to be made a standby, where whoever asked has said so. */
type Wished = Asked & { strategy?: Strategy | null };

/** The records as they are to be when `region` serves. */
export const recordsFor = (system: System, region: string): DnsRecord[] =>
  system.records.map(({ provider, zone, name, type, ttl, values }) => ({
    provider,
    zone,
    name,
    type,
    ttl,
    values: values[region] ?? [],
  }));

/**
 * The records that answer with addresses of several regions while `target` serves, without those of `source`. Whose an
 * address is, is told from what answers when `source` serves; where nothing would be left, nobody can tell, and it stays.
 */
export const recordsWithout = (system: System, source: string, target: string): DnsRecord[] =>
  recordsFor(system, target).flatMap((record, index) => {
    const own = system.records[index]!.values[source] ?? [];
    const left = record.values.filter((value) => !own.includes(value));
    return left.length === 0 || left.length === record.values.length ? [] : [{ ...record, values: left }];
  });

/**
 * @throws IntegrationError when something the plan rests on does not answer
 * @param insist throw rather than plan an emergency without its bound because the target did not answer just now
 * @throws UserError when the two databases are not one system
 */
export async function makePlan(
  { strategy = null, ...asked }: Wished,
  system: System,
  ports: Pick<Ports, 'database' | 'dns' | 'watch'>,
  signal: AbortSignal,
  insist = false,
): Promise<Plan> {
  const { source, target } = asked;
  const leaves = asked.runbook === LOST_SECONDARY;
  const follows = asked.runbook === REPROTECT;
  const wanted = follows ? [] : leaves ? recordsWithout(system, source, target) : recordsFor(system, target);
  const emergency = asked.mode === 'emergency';
  const [from, to, dns] = await Promise.all([
    // Of a region that is lost nothing is asked: it would only be waited for.
    emergency || leaves || follows ? null : ports.database.observe(source, signal),
    ports.database.observe(target, signal),
    // Nothing is asked for where no record moves: providers refuse an empty change.
    wanted.length === 0 ? { batches: [] } : ports.dns.plan(wanted, signal),
  ]);
  if (from !== null && from.systemIdentifier !== to.systemIdentifier)
    throw new UserError(
      `The databases of ${source} and ${target} are not copies of each other (system identifiers ${from.systemIdentifier} and ${to.systemIdentifier}).`,
      { code: 'wrong-database', hint: 'Check postgres.url of both regions.' },
    );

  const changes = dns.batches.flatMap((batch) => batch.changes);
  const values: PlanValues = {
    namespace: system.namespace,
    deployments: system.deployments.map(({ name, replicas }) => ({ name, replicas })),
    stopWriters: system.deployments.filter((one) => one.writeHeavy).map((one) => one.name),
    fence: fenceValues(system, source, emergency),
    database: { systemIdentifier: to.systemIdentifier },
    cache: system.cache,
    dns: wanted.map((record) => {
      const change = changes.find(
        ({ record: other }) => other.zone === record.zone && other.name === record.name && other.type === record.type,
      );
      // No change at the provider: the old values are the wanted ones.
      const old = change ? change.old : { values: record.values, ttl: record.ttl };
      return {
        provider: record.provider,
        zone: record.zone,
        name: record.name,
        type: record.type,
        ttl: record.ttl,
        old: old?.values ?? null,
        oldTtl: old?.ttl ?? null,
        new: record.values,
      };
    }),
    targetHealth: system.deployments.flatMap(({ name, health }) =>
      health === null ? [] : [{ service: name, url: health.replaceAll('{alias}', system.regions[target]!.alias) }],
    ),
    publicHealth: system.deployments.flatMap(({ name, publicHealth }) =>
      publicHealth === null ? [] : [{ service: name, url: publicHealth }],
    ),
    scripts: { ...scriptCalls(system, source, target), ...standbyCalls(asked, system) },
    ...(follows && { strategy: strategy ?? system.regions[source]!.reprotect?.strategy ?? 'auto' }),
  };
  // What cannot be measured now is asked again by a step of its own: a plan is made all the same.
  const loss = emergency
    ? await measureLoss(ports.database, ports.watch, source, target, signal).catch(() => null)
    : null;
  if (insist && loss?.unanswered && (loss.seconds === null || loss.bytes === null))
    throw new IntegrationError(`what would be lost could not be measured: ${loss.missing.join('; ')}`, {
      code: 'loss-unmeasured',
      system: target,
      operation: 'measure the loss',
      effect: 'none',
    });
  const bounds: Bounds = {
    lagSeconds: system.objectives.rpoMs / 1000,
    loss: loss?.seconds != null && loss.bytes !== null ? { seconds: loss.seconds, bytes: loss.bytes } : null,
  };
  const plan = { ...asked, values, bounds };
  return { ...plan, hash: hashOf(plan) };
}

/** A run that moves the system may only look and let it follow as it is: its plan has no other call. */
function standbyCalls({ runbook, source, target, nodes }: Asked, system: System): PlanValues['scripts'] {
  if (runbook === REPROTECT) return reprotectCalls(system, source, target);
  const inRun = nodes.some(({ id }) => id === CAN_FOLLOW);
  return inRun ? reprotectCalls(system, source, target, IN_RUN_VERBS) : {};
}

/** That a server stops itself is relied on only where it may be that nobody else can stop it. */
function fenceValues(system: System, source: string, emergency: boolean): PlanValues['fence'] {
  const { fence, selfFence } = system.regions[source]!;
  const self = emergency && selfFence !== undefined ? { selfFence } : {};
  switch (fence.strategy) {
    case 'statefulset':
      return { strategy: 'statefulset', ref: fence.name, strength: 'strong', ...self };
    case 'exec':
      return { strategy: 'exec', ref: fence.stop.join(' '), strength: 'strong', ...self };
    case 'http':
      return { strategy: 'http', ref: fence.stop, strength: 'strong', ...self };
    case 'sql':
      return { strategy: 'sql', ref: 'ALLOW_CONNECTIONS false', strength: 'soft' };
  }
}
