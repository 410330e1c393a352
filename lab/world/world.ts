/**
 * The whole two-region world on one machine: everything real that Regent talks to, made from config/eden.yml.
 * `startWorld` gives it back running, without Regent; `close` leaves no process and no file behind.
 */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { startAuthority } from '../dns/authority.ts';
import { startResolver } from '../dns/resolver.ts';
import type { Authority, Resolver } from '../dns/types.ts';
import type { KubernetesLab } from '../kubernetes/start.ts';
import { freePort } from '../lib/free-port.ts';
import { type Relay, startRelay } from '../lib/relay.ts';
import { startPostgresPair } from '../postgres/pair.ts';
import { execute, REGENT_FOR_QUESTIONS } from '../postgres/roles.ts';
import type { PostgresPair } from '../postgres/types.ts';
import { redisAvailability } from '../redis/availability.ts';
import { startRedis } from '../redis/lab.ts';
import type { RedisLab } from '../redis/types.ts';
import { startRoute53 } from '../route53/server.ts';
import type { Route53Lab } from '../route53/types.ts';
import { startIngress } from '../services/ingress.ts';
import { type RegionRuntime, startRegion } from '../services/region.ts';
import { TASK_TABLES } from '../services/tasks.ts';
import { startSlack } from '../slack/server.ts';
import type { SlackLab } from '../slack/types.ts';
import { startAgent } from './agent.ts';
import { startCluster } from './clusters.ts';
import { noTrouble, type Trouble } from './disaster.ts';
import { dataRegions, EDEN_PATH, type EdenFile, readEden } from './eden.ts';
import { overlayOf } from './overlay.ts';
import { APP_TOKEN, BOT_TOKEN, channels, PEOPLE, SIGNING_SECRET, usergroups } from './people.ts';
import { fillCache, fillDatabase } from './product-data.ts';
import { manifestEvents, manifestScopes } from './scopes.ts';
import { endScripts, writeScripts } from './scripts.ts';
import { type Curtain, curtain, startWays, type Ways } from './ways.ts';
import { startWitnessRegion, type WitnessRegion } from './witness-region.ts';

/** How Slack reaches Regent. */
export type Transport = 'socket' | 'http';

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
  pace: number;
  latencyMs: number;
  softFence: boolean;
  /** Default: as config/eden.yml says. */
  fence?: FenceKind;
  /** Default socket. */
  transport?: Transport;
  /** Default: a world in which everything lives. */
  disaster?: DisasterOptions;
  say: (line: string) => void;
};

export type World = {
  readonly eden: EdenFile;
  readonly pace: number;
  readonly transport: Transport;
  /** First the region that serves at the start, then the other. */
  readonly regions: [string, string];
  readonly dir: string;
  readonly slack: SlackLab;
  readonly postgres: PostgresPair;
  readonly redis: RedisLab | null;
  readonly clusters: Record<string, KubernetesLab>;
  readonly authority: Authority;
  readonly resolver: Resolver;
  readonly route53: Route53Lab;
  /** Relays before Regent's own connections: latency, and answers held back on demand. */
  readonly relays: { postgres: Record<string, Relay>; route53: Relay };
  readonly addresses: Record<string, string>;
  readonly ingressPort: number;
  /** Null in a world that is not made for disasters. */
  readonly ways: Ways | null;
  readonly witness: WitnessRegion | null;
  readonly curtain: Curtain;
  readonly trouble: Trouble;
  /** What Regent is started with. */
  readonly regent: { config: string; overlay: string; journal: string; env: Record<string, string> };
  close(): Promise<void>;
};

const PASSWORD = 'lab-only';
const TOKEN = 'lab-kubernetes-token';
const DATABASE = 'eden_vault';

export async function startWorld({
  pace,
  latencyMs,
  softFence,
  fence = 'statefulset',
  transport = 'socket',
  disaster,
  say,
}: WorldOptions): Promise<World> {
  const eden = readEden();
  const regions = dataRegions(eden) as [string, string];
  const dir = mkdtempSync(join(tmpdir(), 'regent-lab-'));
  // Postgres runs as another user where we are root: it must be able to come through.
  chmodSync(dir, 0o755);
  const closers: (() => Promise<unknown> | unknown)[] = [() => rmSync(dir, { recursive: true, force: true })];
  const close = async () => {
    for (const one of closers.splice(0).reverse())
      await Promise.resolve(one()).catch((error: Error) => say(`while closing: ${error.message}`));
  };
  try {
    say('starting Postgres, Redis, DNS, Route 53, Kubernetes and Slack …');
    const available = redisAvailability();
    if ('why' in available) say(available.why);
    const [postgres, redis] = await Promise.all([
      startPostgresPair({
        dir: join(dir, 'postgres'),
        superuserPassword: PASSWORD,
        databases: [DATABASE],
        regions,
        // A standby that hears nothing any more should notice before the scenario is over.
        ...(disaster && { settings: { wal_receiver_timeout: `${Math.max(1500, Math.round(30_000 / pace))}ms` } }),
      }),
      startRedis({
        dir: join(dir, 'redis'),
        regions,
        sentinels: 3,
        masterName: eden.redis.master,
        password: PASSWORD,
        ...(disaster?.sentinelDownAfterMs !== undefined && { downAfterMs: disaster.sentinelDownAfterMs }),
      }),
    ]);
    closers.push(() => postgres.close());
    if (redis) closers.push(() => redis.close());
    await execute(postgres.primary.url('eden_app', DATABASE), [
      ...TASK_TABLES,
      'CREATE TABLE rogue (id bigint NOT NULL, at timestamptz NOT NULL DEFAULT now())',
      ...REGENT_FOR_QUESTIONS,
    ]);
    await fillDatabase(postgres.primary.url('eden_app', DATABASE));
    if (redis) await fillCache(redis.node(regions[0]).url);

    const addresses = Object.fromEntries(regions.map((region, index) => [region, `127.0.${index + 1}.1`]));
    const runtimes: Record<string, RegionRuntime> = {};
    for (const region of regions) {
      const runtime = startRegion({
        name: region,
        address: addresses[region]!,
        postgresUrl: postgres.node(region).url('eden_app', DATABASE),
        redisUrl: redis?.node(region).url ?? null,
        pace,
      });
      runtimes[region] = runtime;
      closers.push(() => runtime.close());
    }
    const closing = curtain();
    const ingress = await startIngress(Object.values(runtimes).map(closing.before));
    closers.push(() => ingress.close());

    const dns = eden.dns[0]!;
    const internal = [...Object.keys(eden.services.deployments), 'prometheus'].flatMap((service) =>
      regions.map((region) => ({
        name: `${service}.${eden.regions[region]!.alias}.${eden.organization}.internal`,
        type: 'A' as const,
        ttl: 60,
        values: [addresses[region]!],
      })),
    );
    const authority = await startAuthority({
      zones: [
        {
          name: dns.zoneName,
          rrsets: dns.records.map(({ name, type, ttl }) => ({ name, type, ttl, values: [addresses[regions[0]]!] })),
        },
        { name: `${eden.organization}.internal`, rrsets: internal },
      ],
    });
    closers.push(() => authority.close());
    const resolver = await startResolver({ upstream: authority.server, ttlDivisor: pace });
    closers.push(() => resolver.close());
    const route53 = await startRoute53({
      authority,
      zones: [{ id: dns.zone, name: dns.zoneName }],
      insyncMs: 10_000,
      pace,
    });
    closers.push(() => route53.close());

    const clusters: Record<string, KubernetesLab> = {};
    for (const region of regions) {
      const cluster = await startCluster({
        eden,
        region,
        serves: region === regions[0],
        runtime: runtimes[region]!,
        postgres: postgres.node(region),
        pace,
        latencyMs,
        token: TOKEN,
        softFence: softFence && region === regions[0],
      });
      clusters[region] = cluster;
      closers.push(() => cluster.close());
    }

    const witness = disaster ? await startWitnessRegion({ eden, addresses, ingressPort: ingress.port }) : null;
    if (witness) closers.push(() => witness.stop());
    const ways =
      witness &&
      (await startWays({
        regions,
        addresses,
        ingressPort: ingress.port,
        clusters,
        postgres,
        redis,
        witnessPort: witness.port,
      }));
    if (ways) closers.push(() => ways.close());
    for (const region of regions) {
      const { url, kubeconfig } = clusters[region]!;
      const reached = ways === null ? url : `http://127.0.0.1:${ways.regions[region]!.kubernetes.port}`;
      writeFileSync(join(dir, `${region}.kubeconfig`), kubeconfig(TOKEN).replace(url, reached), { mode: 0o600 });
    }

    const slackPort = transport === 'http' ? await freePort() : null;
    const slack = await startSlack({
      team: { name: 'Eden, in the lab' },
      people: PEOPLE,
      usergroups: usergroups(eden),
      channels: channels(eden),
      botToken: BOT_TOKEN,
      appToken: APP_TOKEN,
      ...(slackPort === null
        ? {}
        : { http: { signingSecret: SIGNING_SECRET, requestUrl: `http://127.0.0.1:${slackPort}/slack/events` } }),
      scopes: manifestScopes(),
      events: manifestEvents(),
      commands: ['/dr'],
      // Limits are times as well: at pace 10 a minute lasts six seconds.
      rateLimits: {
        postPerSecondPerChannel: pace,
        postPerMinute: 300 * pace,
        tier2PerMinute: 20 * pace,
        tier3PerMinute: 50 * pace,
        tier4PerMinute: 100 * pace,
      },
    });
    slack.latencyMs = latencyMs;
    closers.push(() => slack.close());

    const relays = {
      postgres: {} as Record<string, Relay>,
      route53: await startRelay(() => ({ host: '127.0.0.1', port: route53.port }), latencyMs),
    };
    closers.push(() => relays.route53.close());
    for (const region of regions) {
      const relay = await startRelay(() => ({ host: '127.0.0.1', port: postgres.node(region).port }), latencyMs);
      relays.postgres[region] = relay;
      closers.push(() => relay.close());
    }

    const agents: Record<string, string> = {};
    if (fence === 'http')
      for (const region of regions) {
        const agent = await startAgent(postgres.node(region));
        agents[region] = agent.url;
        closers.push(() => agent.close());
      }

    const scripts = writeScripts({
      dir,
      pace,
      eden,
      regions,
      postgres,
      database: DATABASE,
      redis,
      clusters,
      token: TOKEN,
      starts: Object.fromEntries(Object.entries(agents).map(([region, url]) => [region, `${url}/start`])),
    });
    // They outlive Regent: they are ended before what they work on.
    closers.push(() => endScripts({ dir }));

    mkdirSync(join(dir, 'regent'));
    const journal = join(dir, 'regent', 'journal.sqlite');
    const overlay = join(dir, 'lab.yml');
    writeFileSync(
      overlay,
      stringify(
        overlayOf(eden, {
          addresses,
          ingressPort: ways?.ingressPort ?? ingress.port,
          kubeconfigs: Object.fromEntries(regions.map((region) => [region, join(dir, `${region}.kubeconfig`)])),
          sentinels: redis ? redis.sentinels.map(({ host, port }) => `${host}:${port}`) : null,
          route53Url: `http://127.0.0.1:${relays.route53.port}`,
          authority: authority.server,
          resolver: resolver.server,
          slackApiUrl: slack.apiUrl,
          slackPort,
          journal,
          scripts,
          fences: Object.fromEntries(regions.map((region) => [region, fenceOf(fence, agents[region])])),
          ...(disaster && ways && { disaster: { ...disaster, witnessUrl: `http://127.0.0.1:${ways.witness.port}` } }),
          pace,
        }),
      ),
    );
    const through = (direct: string, relay: Relay | null | undefined): string => {
      const url = new URL(direct);
      if (relay) url.port = String(relay.port);
      return url.href;
    };
    const database = (region: string) =>
      through(postgres.node(region).url('regent', DATABASE), relays.postgres[region]);
    const cache = ({ node }: RedisLab, region: string) => through(node(region).url, ways?.regions[region]?.redis);
    const env = {
      PG_EAST: database(regions[0]),
      PG_WEST: database(regions[1]),
      ...(redis ? { REDIS_EAST: cache(redis, regions[0]), REDIS_WEST: cache(redis, regions[1]) } : {}),
      SLACK_BOT_TOKEN: BOT_TOKEN,
      ...(transport === 'http' ? { SLACK_SIGNING_SECRET: SIGNING_SECRET } : { SLACK_APP_TOKEN: APP_TOKEN }),
      AWS_ACCESS_KEY_ID: 'LABACCESSKEY',
      AWS_SECRET_ACCESS_KEY: 'lab-only',
      AWS_REGION: 'us-east-1',
    };
    return {
      eden,
      pace,
      transport,
      regions,
      dir,
      slack,
      postgres,
      redis,
      clusters,
      authority,
      resolver,
      route53,
      relays,
      addresses,
      ingressPort: ingress.port,
      ways,
      witness,
      curtain: closing,
      trouble: noTrouble(),
      regent: { config: EDEN_PATH.pathname, overlay, journal, env },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The overlay's fence of a region; undefined leaves the file's own. */
function fenceOf(kind: FenceKind, agent: string | undefined): unknown {
  if (kind === 'sql') return 'sql';
  if (kind === 'http') return { statefulset: null, http: { stop: `${agent}/stop`, start: `${agent}/start` } };
  return undefined;
}
