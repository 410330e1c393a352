/**
 * Two regions in memory: servers with roles and positions, workloads with pods, records with answers. The ports change
 * and read this state and nothing else, so a step is judged by what it leaves behind. A region that is `down` throws.
 */

import type { BackupReport } from '../../src/ports/backups.ts';
import type { CacheView, SentinelView } from '../../src/ports/cache.ts';
import type { Person } from '../../src/ports/chat.ts';
import type { Capacity, ClusterConfiguration, Usage, Workload } from '../../src/ports/cluster.ts';
import type {
  Beat,
  DatabaseView,
  Lag,
  OpenTransactions,
  ShutdownProof,
  WriteAttempt,
} from '../../src/ports/database.ts';
import type { DnsAnswer, DnsRecord } from '../../src/ports/dns.ts';
import type { HookResult } from '../../src/ports/hook.ts';
import type { JobState } from '../../src/ports/jobs.ts';
import type { SeenLease } from '../../src/ports/leases.ts';
import type { ProbeResult } from '../../src/ports/probe.ts';
import type { Moved, Notice, ThroughputSeen, TtlsSeen } from '../../src/ports/records.ts';
import type { RegionHealth } from '../../src/ports/watch.ts';
import type { Ports } from '../../src/steps/step.ts';
import { poolerPort, poolerState } from './pooling-world.ts';
import { securedState, securingPorts } from './securing-world.ts';

export const noAnswer = (who: string): Error => new Error(`${who} does not answer`);

type Server = DatabaseView & {
  down: boolean;
  /** What a write that gets round every courtesy meets. */
  attempt: WriteAttempt;
  prepared: number;
};

const server = (region: string, role: Server['role'], more: Partial<Server> = {}): Server => ({
  region,
  role,
  systemIdentifier: '7300000000000000001',
  timeline: 1,
  lsn: '0/3000000',
  receivedLsn: role === 'standby' ? '0/3000000' : null,
  streamingFrom: role === 'standby' ? 'east:5432' : null,
  standbys: role === 'primary' ? [{ address: 'west', state: 'streaming', replayLsn: '0/3000000' }] : [],
  readOnly: false,
  closedDatabases: [],
  version: '18.0',
  down: false,
  attempt: { outcome: 'accepted', how: 'BEGIN READ WRITE' },
  prepared: 0,
  ...more,
});

export const workload = (name: string, wanted: number, more: Partial<Workload> = {}): Workload => ({
  kind: 'deployment',
  name,
  wanted,
  readyPods: wanted,
  pods: wanted,
  upToDate: true,
  restarted: null,
  autoscaler: null,
  request: { cpu: 1, memoryBytes: 1e9 },
  unschedulable: 0,
  trouble: [],
  ...more,
});

const node = (region: string, role: CacheView['role'], more: Partial<CacheView> = {}): CacheView => ({
  region,
  role,
  address: `${region}:6379`,
  follows: role === 'replica' ? 'east:6379' : null,
  linkUp: role === 'replica' ? true : null,
  offset: 100,
  replicationId: 'r1',
  replicas: [],
  ...more,
});

const SILENT_NOT_REFUSED: WriteAttempt = { outcome: 'unreachable', how: 'no answer', connectionRefused: false };

export function makeWorld() {
  const state = {
    servers: { east: server('east', 'primary'), west: server('west', 'standby') } as Record<string, Server>,
    lag: { bytes: 0, seconds: 0.02, caughtUp: true, primaryLsn: '0/3000000', standbyLsn: '0/3000000' } as Lag,
    shutdown: {
      lastRecord: { type: 'CHECKPOINT_SHUTDOWN', startLsn: '0/3000028', endLsn: '0/30000A0' },
      replayedLsn: '0/30000A0',
      isShutdownCheckpoint: true,
      streamingFrom: null,
    } as ShutdownProof,
    /** Pods follow the wanted number at once; `ending` keeps them, as a slow shutdown does. */
    ending: false,
    workloads: {
      east: {
        api: workload('api', 3),
        task: workload('task', 2),
        postgres: workload('postgres', 1, { kind: 'statefulset' }),
      },
      west: {
        api: workload('api', 1),
        task: workload('task', 0),
        postgres: workload('postgres', 1, { kind: 'statefulset' }),
      },
    } as Record<string, Record<string, Workload>>,
    capacity: {
      readyNodes: 2,
      nodes: 2,
      notReady: [],
      free: [
        { node: 'n1', cpu: 4, memoryBytes: 8e9, pods: 10 },
        { node: 'n2', cpu: 4, memoryBytes: 8e9, pods: 10 },
      ],
    } as Capacity,
    usage: [] as Usage[] | null,
    cache: { east: node('east', 'master'), west: node('west', 'replica') } as Record<string, CacheView>,
    sentinels: { master: 'east:6379', answered: 3, asked: 3, quorum: true } as SentinelView | null,
    records: {} as Record<string, { ttl: number; values: string[] }>,
    /** What name servers say where it is not what the provider holds. */
    stale: {} as Record<string, Partial<DnsAnswer>>,
    servers53: ['ns-1:authority', '192.0.2.53:resolver'],
    health: {} as Record<string, Partial<ProbeResult>>,
    hook: { ok: true, status: 0, report: null, output: '' } as HookResult,
    /** What a script does to the world when it runs. */
    onHook: (_call: unknown): void => {},
    writable: null as Error | null,
    /** The heartbeat row as each region's server has it. */
    beats: {} as Record<string, Beat | null>,
    /** Regions whose Redis does not answer. */
    cacheDown: [] as string[],
    /** Open transactions by region, and what queries answer there. */
    open: {} as Record<string, OpenTransactions>,
    reads: {} as Record<string, { lsn: string; answers: string[] }>,
    configuration: {} as Record<string, ClusterConfiguration>,
    /** `region key` → value. */
    annotations: {} as Record<string, string>,
    /** `METHOD url` → what is answered instead of a 200 with an empty body. */
    sent: {} as Record<string, Partial<ProbeResult & { body: string }>>,
    metric: 0 as number | null | Error,
    jobs: {} as Record<string, JobState>,
    groups: { SSRE: ['UBO', 'UCY'] } as Record<string, string[]>,
    people: {} as Record<string, Person['kind']>,
    present: [] as string[],
    notices: [] as Notice[],
    moves: [] as Moved[],
    ttls: [] as TtlsSeen[],
    throughput: [] as ThroughputSeen[],
    /** Sessions of the product, by region. */
    clients: { east: 3, west: 3 } as Record<string, number>,
    now: 0,
    backups: null as BackupReport | null,
    watch: {} as Record<string, RegionHealth>,
    /** By region; an error is thrown. */
    leases: {} as Record<string, SeenLease | null | Error>,
    secured: securedState(),
    poolers: poolerState(),
    /** Every call that changes something, in order. */
    calls: [] as string[],
  };
  const at = (region: string): Server => {
    const one = state.servers[region]!;
    if (one.down) throw noAnswer(`Postgres in ${region}`);
    return one;
  };
  const key = ({ name, type }: Pick<DnsRecord, 'name' | 'type'>) => `${type} ${name}`;

  const securing = securingPorts(state);
  const ports: Ports = {
    evidence: securing.evidence,
    pooler: poolerPort(state),
    database: {
      observe: async (region) => {
        const { down: _down, attempt: _attempt, prepared: _prepared, ...view } = at(region);
        return view;
      },
      lag: async (primary, standby) => {
        at(primary);
        at(standby);
        return state.lag;
      },
      setReadOnly: async (region, on) => {
        at(region).readOnly = on;
        state.calls.push(`read-only ${region} ${on}`);
      },
      closeConnections: async (region) => {
        const one = at(region);
        one.closedDatabases = ['eden'];
        one.attempt = { outcome: 'refused', how: 'database is not currently accepting connections' };
        state.calls.push(`close ${region}`);
        return { ended: 4, prepared: one.prepared };
      },
      reopen: async (region) => {
        const one = at(region);
        one.closedDatabases = [];
        one.attempt = { outcome: 'accepted', how: 'BEGIN READ WRITE' };
        state.calls.push(`reopen ${region}`);
      },
      attemptWrite: async (region) => {
        const one = state.servers[region]!;
        return one.down && one.attempt.outcome === 'accepted' ? SILENT_NOT_REFUSED : one.attempt;
      },
      proveWritable: async () => {
        if (state.writable) throw state.writable;
        return { wrote: 'eden: 1', readBack: 'eden: 1' };
      },
      checkpoint: async (region) => {
        at(region);
        state.calls.push(`checkpoint ${region}`);
      },
      shutdownProof: async (standby) => {
        at(standby);
        return state.shutdown;
      },
      openTransactions: async (region) => {
        at(region);
        return state.open[region] ?? { writing: 0, oldestSeconds: 0 };
      },
      clients: async (region) => {
        at(region);
        return state.clients[region] ?? 0;
      },
      read: async (region, queries) => {
        const { lsn } = at(region);
        return state.reads[region] ?? { lsn, answers: queries.map(() => '[{"count":7}]') };
      },
      beat: async (region, time) => {
        state.beats[region] = { at: time, lsn: at(region).lsn };
        state.calls.push(`beat ${region} ${time}`);
      },
      lastBeat: async (region) => {
        at(region);
        return state.beats[region] ?? null;
      },
      promote: async (region) => {
        const one = at(region);
        one.role = 'primary';
        one.timeline += 1;
        one.streamingFrom = null;
        state.calls.push(`promote ${region}`);
      },
    },
    cache: {
      observe: async (region) => {
        if (state.cacheDown.includes(region)) throw noAnswer(`Redis in ${region}`);
        return state.cache[region]!;
      },
      sentinels: async () => state.sentinels,
      switchover: async (source, target) => {
        state.cache[source] = node(source, 'replica', { follows: `${target}:6379` });
        state.cache[target] = node(target, 'master');
        if (state.sentinels) state.sentinels = { ...state.sentinels, master: `${target}:6379` };
        state.calls.push(`switchover ${source} ${target}`);
        return { offset: 100, by: 'sentinel', pausedMs: 40, endedClients: 2 };
      },
      failover: async (target) => {
        const already = state.cache[target]!.role === 'master';
        state.cache[target] = node(target, 'master');
        if (state.sentinels) state.sentinels = { ...state.sentinels, master: `${target}:6379` };
        state.calls.push(`failover ${target}`);
        return { ordered: already ? null : state.sentinels ? 'sentinel-failover' : 'replicaof-no-one' };
      },
      demote: async (region, master) => {
        state.cache[region] = node(region, 'replica', { follows: `${master}:6379` });
        state.calls.push(`demote ${region} ${master}`);
        return { endedClients: 2 };
      },
      proveWritable: async () => ({ wrote: 'k', readBack: 'k' }),
    },
    cluster: {
      ...securing.cluster,
      workload: async (region, _kind, name) => state.workloads[region]![name] ?? null,
      deployments: async (region, names) => names.flatMap((name) => state.workloads[region]![name] ?? []),
      scale: async (region, kind, name, replicas) => {
        const one = state.workloads[region]![name];
        if (!one) throw new Error(`${region} has no ${kind} ${name}`);
        one.wanted = replicas;
        if (!state.ending) [one.pods, one.readyPods] = [replicas, replicas];
        if (name === 'postgres') state.servers[region]!.down = replicas === 0;
        state.calls.push(`scale ${region} ${name} ${replicas}`);
      },
      restart: async (region, name, mark) => {
        state.workloads[region]![name]!.restarted = mark;
        state.calls.push(`restart ${region} ${name} ${mark}`);
      },
      capacity: async () => state.capacity,
      usage: async () => state.usage,
      configuration: async (region) => state.configuration[region] ?? { images: {}, configMaps: {}, secrets: {} },
      annotation: async (region, name) => state.annotations[`${region} ${name}`] ?? null,
      annotate: async (region, name, value) => {
        if (value === null) delete state.annotations[`${region} ${name}`];
        else state.annotations[`${region} ${name}`] = value;
        state.calls.push(`annotate ${region} ${name} ${value}`);
      },
    },
    dns: {
      plan: async (wanted) => {
        const changes = wanted.flatMap((record) => {
          const old = state.records[key(record)] ?? null;
          return old?.ttl === record.ttl && old.values.join() === record.values.join() ? [] : [{ record, old }];
        });
        return { batches: changes.length === 0 ? [] : [{ provider: 'route53', zone: 'Z1', changes }] };
      },
      apply: async (plan, comment) => {
        for (const { record } of plan.batches.flatMap((batch) => batch.changes))
          state.records[key(record)] = { ttl: record.ttl, values: record.values };
        state.calls.push(`dns ${comment}`);
        return plan.batches.map(({ provider, zone }) => ({
          provider,
          zone,
          changeId: 'C1',
          state: 'pending' as const,
        }));
      },
      state: async () => 'insync',
      answers: async (record) =>
        state.servers53.map((name): DnsAnswer => {
          const [server, kind] = name.split(':') as [string, DnsAnswer['kind']];
          const { ttl, values } = state.records[key(record)] ?? { ttl: 0, values: [] };
          return { server, kind, ttl, values, error: null, ...state.stale[server] };
        }),
    },
    probe: {
      get: async (url) => ({ url, status: 200, ms: 12.4, address: '192.0.2.2', error: null, ...state.health[url] }),
      send: async ({ method, url }) => ({
        url,
        status: 200,
        ms: 12.4,
        address: '192.0.2.2',
        error: null,
        body: '',
        ...state.sent[`${method} ${url}`],
      }),
    },
    hook: {
      run: async (call) => {
        state.calls.push(`hook ${'exec' in call ? call.exec.join(' ') : `${call.http.method} ${call.http.url}`}`);
        state.onHook(call);
        return state.hook;
      },
    },
    jobs: {
      start: async (key, { exec }) => {
        state.calls.push(`job ${key} ${exec.join(' ')}`);
        state.jobs[key] ??= { is: 'running', sinceMs: 0, progress: null };
      },
      look: async (key) => state.jobs[key] ?? { is: 'never' },
    },
    metrics: {
      value: async () => {
        if (state.metric instanceof Error) throw state.metric;
        return state.metric;
      },
    },
    people: {
      membersOf: async (group) => state.groups[group] ?? [],
      person: async (id) => ({ id, name: id, kind: state.people[id] ?? 'member' }),
      isPresent: async (id) => state.present.includes(id),
    },
    watch: { health: (region) => state.watch[region] ?? null, look: async (region) => state.watch[region] ?? null },
    backups: {
      report: async () => {
        if (state.backups === null) throw new Error('the backups do not answer');
        return state.backups;
      },
    },
    leases: {
      look: async (region) => {
        const lease = state.leases[region] ?? null;
        if (lease instanceof Error) throw lease;
        return lease;
      },
    },
    records: {
      notices: async () => state.notices,
      moves: async () => state.moves,
      ttls: async () => state.ttls,
      throughput: async () => state.throughput,
    },
    clock: { now: () => state.now, sleep: async () => {} },
  };
  return { state, ports };
}
