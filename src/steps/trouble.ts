/**
 * Signs of trouble in a region that has just taken over, one function each. What could not be read is trouble of its
 * own: no data is not health. What nobody has set up is `unread`, and said.
 */
import { IntegrationError } from '../lib/errors.ts';
import { lengthText } from '../lib/utc.ts';
import type { Finding } from '../machine/types.ts';
import { moreReplicas } from '../policy/replicas.ts';
import type { Cluster, Usage, Workload } from '../ports/cluster.ts';
import type { Metrics } from '../ports/metrics.ts';
import type { Probe } from '../ports/probe.ts';
import { failingShare, percentBeside } from './failing-share.ts';
import type { StepFacts } from './step.ts';
import type { System } from './system.ts';
import { timeHalf } from './waiting-time.ts';

export type Sign = { findings: Finding[]; unread: string[] };
export type Handed = StepFacts & { cluster: Cluster; metrics: Metrics; probe: Probe };

const NOTHING: Sign = { findings: [], unread: [] };
const found = (findings: Finding[]): Sign => ({ findings, unread: [] });
const unread = (what: string): Sign => ({ findings: [], unread: [what] });
const sign = (id: string, words: string, more: Partial<Finding> = {}): Finding => ({
  id,
  words,
  is: 'bad',
  scale: null,
  ...more,
});

/** Fewer ready pods than wanted, and pods that find no node. More of them would not help. */
export function podTrouble(present: Workload[], names: string[]): Sign {
  const absent = names.filter((name) => !present.some((one) => one.name === name));
  const short = present.filter(({ readyPods, wanted }) => readyPods < wanted);
  return found([
    ...absent.map((name) => sign(`pods:${name}`, `${name} has no deployment`)),
    ...short.map(({ name, readyPods, wanted, unschedulable, trouble: [first] }) => {
      const room = unschedulable === 0 ? '' : `, ${unschedulable} ${unschedulable === 1 ? 'finds' : 'find'} no node`;
      const why = first === undefined ? '' : ` (${first.replace(/\.$/, '')})`;
      return sign(`pods:${name}`, `${name}: ${readyPods} of ${wanted} pods ready${room}${why}`);
    }),
  ]);
}

export async function nodeTrouble({ cluster, target, signal }: Handed): Promise<Sign> {
  const nodes = await cluster.nodes(target, signal);
  return found(
    nodes.flatMap(({ name, ready, pressure }) => {
      const signs = [...(ready ? [] : ['not ready']), ...pressure];
      return signs.length === 0 ? [] : [sign(`node:${name}`, `node ${name}: ${signs.join(', ')}`)];
    }),
  );
}

const WHAT = { cpu: 'CPU', memory: 'memory' } as const;
type Kind = keyof typeof WHAT;
type Hold = NonNullable<System['hold']>;
const bound = (atMost: number): string => `(at most ${Math.round(atMost * 100)} %)`;

/** By a configured query where there is one, else service by service by the cluster's own measure. */
export async function usageTrouble(handed: Handed, present: Workload[]): Promise<Sign> {
  const { cluster, target, system, signal } = handed;
  const hold = system.hold!;
  const kinds = Object.keys(WHAT) as Kind[];
  const measured = kinds.filter((kind) => hold[kind].query === null);
  const names = present.filter(({ wanted }) => wanted > 0).map(({ name }) => name);
  const [queried, usage] = await Promise.all([
    Promise.all(kinds.map((kind) => queriedTrouble(handed, kind, hold[kind]))),
    measured.length === 0 ? [] : cluster.usage(target, names, signal).catch(refused),
  ]);
  const what = measured.map((kind) => WHAT[kind]).join(' and ');
  if (usage === null) return together([...queried, unread(`${what}: the cluster of ${target} measures neither`)]);
  if (usage === 'refused') return together([...queried, unread(`${what}: the cluster of ${target} does not let us`)]);
  return together([
    ...queried,
    ...measured.flatMap((kind) => names.map((name) => serviceTrouble(handed.system, kind, name, usage, present))),
  ]);
}

/** A right that was not given is a decision of whoever gave the others. */
function refused(error: unknown): 'refused' {
  if (error instanceof IntegrationError && error.code === 'kubernetes-403') return 'refused';
  throw error;
}

async function queriedTrouble({ metrics, target, signal }: Handed, kind: Kind, { query, atMost }: Hold[Kind]) {
  if (query === null) return NOTHING;
  const share = await metrics.value(target, query, signal);
  if (share === null) return found([sign(kind, `no data about ${WHAT[kind]} of ${target}`, { is: 'unknown' })]);
  return share <= atMost
    ? NOTHING
    : found([sign(kind, `${percentBeside(share, atMost)} of ${WHAT[kind]} of ${target} in use ${bound(atMost)}`)]);
}

function serviceTrouble(system: System, kind: Kind, name: string, usage: Usage[], present: Workload[]): Sign {
  const id = `${kind}:${name}`;
  const one = usage.find((other) => other.name === name);
  if (one === undefined) return found([sign(id, `${name}: ${WHAT[kind]} not measured`, { is: 'unknown' })]);
  const { used, of } = one[kind];
  if (of === null || of === 0) return unread(`${WHAT[kind]} of ${name}: its pods have neither limits nor requests`);
  const { atMost } = system.hold![kind];
  const share = used / of;
  if (share <= atMost) return NOTHING;
  const words = `${name}: ${percentBeside(share, atMost)} of its ${WHAT[kind]} in use ${bound(atMost)}`;
  // So many that what is used now leaves a fifth of the bound free.
  return found([sign(id, words, { scale: scaleOf(system, name, share / (atMost * 0.8), present) })]);
}

function scaleOf(system: System, name: string, over: number, present: Workload[]): Finding['scale'] {
  const service = system.deployments.find((one) => one.name === name);
  const workload = present.find((one) => one.name === name);
  const replicas = service && workload ? moreReplicas(over, service, workload) : null;
  return replicas === null ? null : { service: name, replicas };
}

export async function requestTrouble({ metrics, system, target, signal }: Handed): Promise<Sign> {
  if (system.errorRate === null) return unread('failed requests: verify.errorRate is not set');
  const answer = await failingShare(metrics, system.errorRate, target, signal);
  return answer.is === 'done' ? NOTHING : found([sign('requests', answer.why, { is: isOf(answer.is) })]);
}

/** The slowest service, where it is known, may be given half as many pods again. */
export async function latencyTrouble(handed: Handed, present: Workload[]): Promise<Sign> {
  const { system } = handed;
  if (system.performance === null) return unread('response times: verify.performance is not set');
  const { is, words, evidence } = await timeHalf(handed, system.performance.p95);
  const slowest = evidence['slowest'];
  const scale = is === 'notDone' && typeof slowest === 'string' ? scaleOf(system, slowest, 1.5, present) : null;
  return is === 'done' ? NOTHING : found([sign('latency', words, { is: isOf(is), scale })]);
}

const isOf = (is: 'notDone' | 'unknown'): Finding['is'] => (is === 'notDone' ? 'bad' : 'unknown');

export const together = (signs: Sign[]): Sign => ({
  findings: signs.flatMap(({ findings }) => findings),
  unread: signs.flatMap((one) => one.unread),
});

/** One sign, or that it could not be read. */
export const orUnknown = (id: string, what: string, asked: Promise<Sign>): Promise<Sign> =>
  asked.catch((error: unknown) => {
    const why = error instanceof Error ? error.message.replace(/\.$/, '') : 'no answer';
    return found([sign(id, `${what}: ${why}`, { is: 'unknown' })]);
  });

export const watchedText = (ms: number): string => `watched for ${lengthText(ms)}`;
