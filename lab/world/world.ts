/**
 * A whole world on one machine: everything real that Regent talks to, made from a configuration file of the project.
 * `startWorld` gives it back running, without Regent; `close` leaves no process and no file behind.
 */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { Authority, Resolver } from '../dns/types.ts';
import type { KubernetesLab } from '../kubernetes/start.ts';
import { closers } from '../lib/closers.ts';
import { freePort } from '../lib/free-port.ts';
import { type Relay, startRelay } from '../lib/relay.ts';
import type { PostgresVersion } from '../postgres/programs.ts';
import type { PostgresCluster } from '../postgres/types.ts';
import { redisAvailability } from '../redis/availability.ts';
import type { RedisLab } from '../redis/types.ts';
import type { Route53Lab } from '../route53/types.ts';
import type { Nova } from '../services/nova.ts';
import type { SlackLab } from '../slack/types.ts';
import { fenceOf, startAgent } from './agent.ts';
import { type Around, aroundOverlay, portsOf, startAround } from './around.ts';
import { noTrouble, type Trouble } from './disaster.ts';
import { environmentOf } from './environment.ts';
import { dataRegions, readWorldFile, type WorldFile, witnessIn } from './file.ts';
import { WORLDS, type WorldKind, type WorldName } from './kinds.ts';
import { type Leases, startLeases } from './leases.ts';
import { startNames } from './names.ts';
import { startNovaIn } from './nova.ts';
import { overlayOf } from './overlay.ts';
import { POOLER_VARIABLE, startPooler, type WorldPooler, withPooler } from './pooler.ts';
import { endScripts, writeScripts } from './scripts.ts';
import { startSites, TOKEN, writeKubeconfigs } from './sites.ts';
import { startStores } from './stores.ts';
import { type Curtain, startWays, type Ways } from './ways.ts';
import { startWitnessRegion, WITNESS, type WitnessRegion } from './witness-region.ts';
import { startWorkspace } from './workspace.ts';

/** How Slack reaches Regent. */
export type Transport = 'socket' | 'http';

/** Who knows the master of Redis: the Sentinels, or the nodes alone. */
export type RedisKind = 'sentinel' | 'direct';

/** How Regent is told to fence the region it leaves. */
export type FenceKind = 'statefulset' | 'http' | 'sql';

/** What a world made for disasters has beside the others: ways that can be cut, a witness region, and a trigger. */
export type DisasterOptions = {
  trigger: 'propose' | 'declare';
  /** What happens when nobody decides in time. */
  onTimeout: 'escalate' | 'approve';
  /** How long the Sentinels wait before they call a Redis down, ms; absent: as the lab's usually do. */
  sentinelDownAfterMs?: number;
};

export type WorldOptions = {
  /** Default eden. */
  world?: WorldName;
  /** Default 18; 15 brings pg_rewind and pg_basebackup. */
  postgres?: PostgresVersion;
  pace: number;
  latencyMs: number;
  softFence: boolean;
  /** Default: as the configuration file says. */
  fence?: FenceKind;
  /** Default sentinel. */
  redis?: RedisKind;
  /** Default socket. */
  transport?: Transport;
  /** Default false: whether a PgBouncer stands before Postgres, for clients of its own. */
  pooler?: boolean;
  /** Default false: the run makes the region it leaves a standby by a script of the house, and not by Regent's own phase. */
  standbyBuiltIn?: boolean;
  /** Default: a world in which everything lives. */
  disaster?: DisasterOptions;
  say: (line: string) => void;
};

export type World = {
  readonly kind: WorldKind;
  readonly file: WorldFile;
  readonly pace: number;
  readonly transport: Transport;
  /** The regions with data: first the one that serves at the start, then the one it is left for, then the others. */
  readonly regions: [string, string, ...string[]];
  readonly dir: string;
  readonly slack: SlackLab;
  readonly postgres: PostgresCluster;
  readonly redis: RedisLab | null;
  /** Null where none was asked for. */
  readonly pooler: WorldPooler | null;
  readonly clusters: Record<string, KubernetesLab>;
  readonly authority: Authority;
  readonly resolver: Resolver;
  readonly route53: Route53Lab;
  /** Relays before Regent's own connections: latency, and answers held back on demand. */
  readonly relays: { postgres: Record<string, Relay>; route53: Relay };
  readonly addresses: Record<string, string>;
  readonly ingressPort: number;
  /** What the writer posts to, and where the application's database stands in a region. */
  readonly product: { writerUrl: string; database(region: string): string };
  /** What stands outside of all regions. */
  readonly around: Around;
  /** What only NovaCron has; null in other worlds. */
  readonly nova: Nova | null;
  /** Null where no server stops itself. */
  readonly leases: Leases | null;
  /** Null in a world that is not made for disasters. */
  readonly ways: Ways | null;
  /** Null where the file has no witness region and the world is not made for disasters. */
  readonly witness: WitnessRegion | null;
  readonly curtain: Curtain;
  readonly trouble: Trouble;
  /** What Regent is started with. */
  readonly regent: { config: string; overlay: string; journal: string; env: Record<string, string> };
  close(): Promise<void>;
};

/** Regions beyond the second are farther away, ms for each answer of their Postgres. */
const FAR_MS = 40;

export async function startWorld(options: WorldOptions): Promise<World> {
  const { pace, latencyMs, softFence, fence = 'statefulset', transport = 'socket', disaster, say } = options;
  const sentinels = options.redis === 'direct' ? 0 : 3;
  const kind = WORLDS[options.world ?? 'eden'];
  const file = readWorldFile(kind);
  const regions = dataRegions(file);
  const dir = mkdtempSync(join(tmpdir(), 'regent-lab-'));
  // Postgres runs as another user where we are root: it must be able to come through.
  chmodSync(dir, 0o755);
  const { keep, close } = closers(say);
  keep(() => rmSync(dir, { recursive: true, force: true }));
  try {
    say('starting Postgres, Redis, DNS, Route 53, Kubernetes and Slack …');
    const available = redisAvailability();
    if ('why' in available) say(available.why);
    const { postgres, redis } = await startStores({
      dir,
      kind,
      file,
      regions,
      version: options.postgres,
      pace,
      sentinels,
      disaster,
      keep,
    });
    const pooler = options.pooler ? await startPooler({ dir, kind, regions, postgres, keep }) : null;
    const leases = await startLeases({ dir, file, regions, pace, keep, say });
    const sites = await startSites({ kind, file, regions, postgres, redis, pace, latencyMs, softFence, leases, keep });
    const { addresses, ingressPort, clusters } = sites;
    const names = await startNames({ file, addresses, serving: regions[0], pace, keep });
    const around = await startAround({ dir, kind, file, postgres, addresses, ingressPort, pace, keep });

    const witnessName = witnessIn(file) ?? (disaster ? WITNESS : null);
    const witness =
      witnessName === null ? null : await startWitnessRegion({ name: witnessName, file, addresses, ingressPort });
    if (witness) keep(() => witness.stop());
    const outsidePorts = portsOf(around);
    const ways =
      disaster && witness
        ? await startWays({
            regions,
            addresses,
            ingressPort,
            clusters,
            postgres,
            redis,
            witnessPort: witness.port,
            outsidePorts,
          })
        : null;
    if (ways) keep(() => ways.close());
    const { slack, port: slackPort } = await startWorkspace({ file, name: kind.workspace, transport, pace, latencyMs });
    keep(() => slack.close());

    const relays = {
      postgres: {} as Record<string, Relay>,
      route53: await startRelay(() => ({ host: '127.0.0.1', port: names.route53.port }), latencyMs),
    };
    keep(() => relays.route53.close());
    for (const [index, region] of regions.entries()) {
      const away = latencyMs + (index > 1 ? FAR_MS : 0);
      const relay = await startRelay(() => ({ host: '127.0.0.1', port: postgres.node(region).port }), away);
      relays.postgres[region] = relay;
      keep(() => relay.close());
    }

    const agents: Record<string, string> = {};
    if (fence === 'http')
      for (const region of regions) {
        const agent = await startAgent(postgres.node(region));
        agents[region] = agent.url;
        keep(() => agent.close());
      }

    const trouble = noTrouble();
    const sited = { dir, kind, file, regions, postgres, redis, leases, addresses, ingressPort, pace };
    const nova = kind.name === 'novacron' ? await startNovaIn({ ...sited, trouble }) : null;
    if (nova) keep(() => nova.close());
    const starts = Object.fromEntries(Object.entries(agents).map(([region, url]) => [region, `${url}/start`]));
    const { database } = kind;
    const scripts = writeScripts({
      ...sited,
      database,
      clusters,
      token: TOKEN,
      scripts: kind.scripts,
      ...(nova && { nova: nova.facts }),
      starts,
    });
    // They outlive Regent: they are ended before what they work on.
    keep(() => endScripts({ dir }));

    mkdirSync(join(dir, 'regent'));
    const journal = join(dir, 'regent', 'journal.sqlite');
    const overlay = join(dir, 'lab.yml');
    const at = overlayOf(file, {
      addresses,
      ingressPort: ways?.ingressPort ?? ingressPort,
      kubeconfigs: writeKubeconfigs(dir, clusters, (region) => ways?.regions[region]?.kubernetes.port),
      sentinels: redis ? redis.sentinels.map(({ host, port }) => `${host}:${port}`) : null,
      route53Url: `http://127.0.0.1:${relays.route53.port}`,
      authority: names.authority.server,
      resolver: names.resolver.server,
      slackApiUrl: slack.apiUrl,
      slackPort,
      apiPort: file.api === undefined ? null : await freePort(),
      journal,
      scripts,
      fences: Object.fromEntries(regions.map((region) => [region, fenceOf(fence, agents[region])])),
      leases,
      standbyBuiltIn: options.standbyBuiltIn ?? false,
      witnessUrl: witness && `http://127.0.0.1:${ways?.witness.port ?? witness.port}`,
      disaster,
      around: aroundOverlay(around, file, (port) => ways?.outside[port]?.port ?? port),
      pace,
    });
    writeFileSync(overlay, stringify(pooler ? withPooler(at) : at));
    const before = {
      postgres: (region: string) => relays.postgres[region] ?? null,
      redis: (region: string) => ways?.regions[region]?.redis ?? null,
    };
    const env = {
      ...environmentOf({ kind, file, regions, postgres, redis, transport, before }),
      ...around.people.env,
      ...scripts.env,
      ...(pooler && { [POOLER_VARIABLE]: pooler.bouncer.console() }),
    };
    return {
      kind,
      file,
      pace,
      transport,
      regions,
      dir,
      slack,
      postgres,
      redis,
      pooler,
      clusters,
      ...names,
      relays,
      addresses,
      ingressPort,
      product: {
        writerUrl: `http://${kind.writer}.${file.dns[0]!.zoneName}:${ingressPort}`,
        database: (region) => postgres.node(region).url(kind.application, database),
      },
      around,
      nova,
      leases,
      ways,
      witness,
      curtain: sites.curtain,
      trouble,
      regent: { config: kind.file.pathname, overlay, journal, env },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
