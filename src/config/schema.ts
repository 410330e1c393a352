/**
 * The shape of `dr.yml`: the one description of every key, from which come the loader's checks, the JSON Schema editors
 * use and docs/configuration.md. Every key carries its description here and nowhere else.
 *
 * The written form is the schema's input (durations as text, secrets as references, fences in short form);
 * `Config` is its output. What needs the whole file at once is in checks/, not here.
 */
import { z } from 'zod';
import { api } from './api.ts';
import { alerts, providerStatus } from './around.ts';
import { backups } from './backups.ts';
import { failback } from './failback.ts';
import {
  duration,
  durationOrNone,
  groupName,
  hostAndPort,
  hostname,
  ipMaybePort,
  name,
  nameServer,
  person,
  type SecretReader,
  secret,
  shaped,
  slackChannel,
  slackGroup,
  text,
  webAddress,
} from './fields.ts';
import { hold } from './hold.ts';
import { outside } from './notify.ts';
import { poolerTimes } from './poolers.ts';
import { reconcile } from './reconcile.ts';
import { region } from './region.ts';
import { monitoring, rules, verify } from './rules.ts';
import { scoring } from './scoring.ts';
import { stalePaths } from './stale-paths.ts';
import { state } from './state.ts';
import { ownStep } from './steps.ts';
import { timings } from './timings.ts';
import { trigger } from './trigger.ts';

export type { Fence } from './region.ts';

const regionName = () => name('a region').describe('Name of a region, as people say it and as every card prints it.');

const service = z.strictObject({
  replicas: z.int().min(0).max(10_000).describe('Pods that serve full production load.'),
  maxReplicas: z
    .int()
    .min(1)
    .max(10_000)
    .describe('The most pods /dr scale may ask for. Without it: three times `replicas`, and at least 10.')
    .exactOptional(),
  writeHeavy: z
    .boolean()
    .default(false)
    .describe('Writes a lot: stopped in the region that is left before its database is fenced.'),
  health: webAddress({ alias: true })
    .describe(
      'Address that answers 2xx when the service is healthy in one region; {alias} stands for the region’s alias.',
    )
    .exactOptional(),
  publicHealth: webAddress()
    .describe('Address that clients use, asked through DNS: answers 2xx when they are served.')
    .exactOptional(),
});

const zone = z.strictObject({
  provider: z.literal('route53').describe('Who runs the zone.'),
  zone: shaped(/^Z[A-Z0-9]{1,31}$/, 'the id of a hosted zone', 'the id, like Z0123456789ABCDEFGHIJ').describe(
    'Id of the hosted zone.',
  ),
  zoneName: hostname().describe('Name of the zone: every record lies in it.'),
  authorities: z
    .array(nameServer())
    .min(1)
    .describe('Name servers that answer for the zone. Without it they are looked up.')
    .exactOptional(),
  endpoint: webAddress().describe('Address of the provider’s API where it is not the usual one.').exactOptional(),
  propagation: duration()
    .describe(
      'How long the provider usually takes until its own servers answer a change: shown where people wait for it. Never a limit.',
    )
    .exactOptional(),
  records: z
    .array(
      z.strictObject({
        name: hostname().describe('Full name of the record.'),
        type: z.enum(['A', 'AAAA', 'CNAME']).describe('Kind of record.'),
        ttl: z
          .int()
          .min(1)
          .max(2_147_483_647)
          .describe('Seconds a resolver may keep the answer: how long clients go on to the old region.'),
        values: z
          .record(z.string(), z.array(text()).min(1))
          .describe('For each region but a witness what the name answers when that region serves.'),
      }),
    )
    .min(1)
    .describe('Records that move with a failover.'),
});

/** What is not said of a gate of an emergency is as the promotion's. */
const gateOf = (requesterMayVote: boolean) =>
  z
    .strictObject({
      approvers: z.array(person()).prefault([]).describe('Who may vote: group:NAME or user:ID.'),
      votes: z.int().min(0).max(20).default(1).describe('Approvals needed, each by another person.'),
      requesterMayVote: z
        .boolean()
        .default(requesterMayVote)
        .describe('Whether the person who asked for the run may vote.'),
      timeout: duration().prefault('5m').describe('How long people are given to decide.'),
      onTimeout: z
        .enum(['escalate', 'deny', 'approve'])
        .default('escalate')
        .describe('What happens then: escalate asks others, deny holds the run, approve goes on without them.'),
      required: z.boolean().default(true).describe('false: nobody is asked, the evidence alone decides.'),
      escalateTo: z.array(person()).prefault([]).describe('Who is asked when time runs out: group:NAME or user:ID.'),
    })
    .prefault({});
const gate = gateOf(false);

/** The schema, given how secrets are read. `configSchema` leaves the references as they are. */
export function makeSchema(read: SecretReader) {
  return z.strictObject({
    organization: shaped(
      /^[a-z][a-z0-9-]{0,20}$/,
      'a short name',
      'small letters, digits and hyphens, at most 21 and a letter first, like eden',
    ).describe('Short name of the system. Runs are called by it: eden-7.'),
    environment: z.enum(['production', 'staging']).describe('Which one this is. Banners and drills say so.'),
    objectives: z
      .strictObject({
        rto: duration().describe('Recovery time objective: service is back within this time.'),
        rpo: durationOrNone().describe('Recovery point objective: at most the writes of this time may be lost.'),
      })
      .describe('What was promised. Every run is measured against it.'),
    regions: z
      .record(regionName(), region(read))
      .describe('The regions: exactly one primary, at least one secondary, witnesses as you like.'),
    redis: z
      .strictObject({
        sentinels: z.array(hostAndPort()).min(1).describe('The Sentinels, host:port.').exactOptional(),
        master: text().describe('Name under which the Sentinels know the master.').exactOptional(),
        pause: duration()
          .prefault('10s')
          .describe('Longest time writes are held back during a planned switch. The pause ends by itself.'),
      })
      .describe('What Redis has in common in all regions.')
      .exactOptional(),
    poolers: poolerTimes,
    services: z
      .strictObject({
        namespace: name('a namespace').describe('Kubernetes namespace of the services, the same in every region.'),
        deployments: z
          .record(name('a deployment'), service)
          .describe('The Deployments that make up the product, by name.'),
      })
      .describe('What runs in the clusters.'),
    dns: z.array(zone).min(1).describe('The zones whose records move with a failover.'),
    resolvers: z
      .array(ipMaybePort())
      .prefault([])
      .describe(
        'Resolvers that must answer the new records before clients count as moved: IP addresses, :port where it is not 53.',
      ),
    probes: z
      .strictObject({
        resolvers: z
          .array(ipMaybePort())
          .min(1)
          .describe('Resolvers the probes ask for addresses. Without it: those of the system.')
          .exactOptional(),
      })
      .prefault({})
      .describe('How health addresses are asked.'),
    groups: z
      .record(groupName(), slackGroup())
      .prefault({})
      .describe('Slack user groups by a name of yours, written group:NAME elsewhere in this file.'),
    access: z
      .strictObject({
        operators: z
          .array(person())
          .prefault([])
          .describe('Who may start, pause and steer runs: group:NAME or user:ID. Empty: nobody.'),
      })
      .prefault({})
      .describe('Who may act. Reading is open to all full members of the workspace.'),
    gates: z
      .strictObject({
        promote: gate.describe(
          'Before the database of the other region is promoted: from there on there is no rollback.',
        ),
        dns: gate.describe('Before clients are sent to the other region.'),
        declare: gateOf(true).describe(
          'That a region has failed and an emergency is to be run. Whoever declares it has voted. Without approvers: those of promote.',
        ),
        'unverified-fence': gate.describe(
          'To promote although nobody can say whether the region that failed still takes writes. Without approvers: those of promote.',
        ),
        'data-loss': gate.describe('To lose more than objectives.rpo allows. Without approvers: those of promote.'),
        reprotect: gate.describe(
          'Before a region is made a standby again, which may throw away what only it holds. Without approvers: those of promote.',
        ),
      })
      .prefault({})
      .describe('Decisions that people make during a run.'),
    notify: z
      .strictObject({
        channel: slackChannel().describe('Id of the incidents channel. Headlines, cards and threads live there.'),
        developers: slackChannel()
          .describe('Id of the developers’ channel. They read there when a change freeze begins and ends.')
          .exactOptional(),
        stakeholders: slackChannel()
          .describe('Id of the stakeholders’ channel. Planned moves are announced there.')
          .exactOptional(),
        coordinator: z
          .array(person())
          .prefault([])
          .describe('Who coordinates in a disaster, mentioned by name when one is declared: group:NAME or user:ID.'),
        ...outside(read),
      })
      .describe('Where people are told.'),
    contacts: z
      .record(text(), text())
      .prefault({})
      .describe('Who to reach and how, by a name of yours. Shown on the cards where they are needed.'),
    slack: z
      .strictObject({
        transport: z
          .enum(['socket', 'http'])
          .default('socket')
          .describe(
            'How Slack reaches Regent: socket opens connections to Slack and needs no address of its own; http takes signed requests at /slack/events, behind something that speaks HTTPS.',
          ),
        botToken: secret(read, { pattern: /^xoxb-/, what: 'a bot token, which begins with xoxb-' })
          .describe('The app’s bot token (xoxb-…), as env:NAME or file:path.')
          .meta({ writeOnly: true }),
        appToken: secret(read, { pattern: /^xapp-/, what: 'an app-level token, which begins with xapp-' })
          .describe('The app-level token (xapp-…), as env:NAME or file:path. Needed for transport: socket.')
          .meta({ writeOnly: true })
          .exactOptional(),
        signingSecret: secret(read, {
          pattern: /^(?!xox|xapp)\S{16,}$/,
          what: 'a signing secret, which stands in the app’s settings under “Basic Information”',
        })
          .describe('The app’s signing secret, as env:NAME or file:path. Needed for transport: http.')
          .meta({ writeOnly: true })
          .exactOptional(),
        listen: z
          .strictObject({
            host: text().default('0.0.0.0').describe('Address of this machine that is listened at.'),
            port: z.int().min(1).max(65_535).default(3000).describe('Port that is listened at.'),
          })
          .prefault({})
          .describe('Where requests of Slack arrive with transport: http.'),
        apiUrl: webAddress().describe('Address of Slack’s API where it is not the usual one.').exactOptional(),
      })
      .describe('How Regent signs in to Slack, and how Slack reaches it.'),
    backups: backups(read).exactOptional(),
    api: api.exactOptional(),
    journal: z
      .strictObject({
        sqlite: text()
          .default('data/journal.sqlite')
          .describe('Path of the journal’s SQLite file, relative to the directory Regent is started in.'),
      })
      .prefault({})
      .describe('Where everything that happened is kept.'),
    hooks: z
      .strictObject({
        directory: text()
          .describe('Where relative names of programs start, and where programs run. Without it: beside this file.')
          .exactOptional(),
        allow: z
          .array(text())
          .prefault([])
          .describe('Programs that may be run, absolute or relative to `directory`. Nothing else is ever run.'),
        env: z
          .array(shaped(/^[A-Za-z_][A-Za-z0-9_]*$/, 'the name of an environment variable', 'one like AWS_PROFILE'))
          .prefault([])
          .describe('Names of environment variables handed on to them. All others are withheld.'),
        jobs: text()
          .default('data/jobs')
          .describe(
            'Directory for the records of programs that run long, relative to the directory Regent is started in.',
          ),
      })
      .prefault({})
      .describe('Scripts of yours.'),
    rules,
    failback,
    reconcile: reconcile.exactOptional(),
    monitoring,
    metrics: z
      .strictObject({
        url: webAddress({ alias: true }).describe('Its address; {alias} stands for the region’s alias.'),
        token: secret(read)
          .describe('Bearer token it wants, as env:NAME or file:path.')
          .meta({ writeOnly: true })
          .exactOptional(),
      })
      .describe('A monitoring system with Prometheus’ query API (/api/v1/query), one in each region.')
      .exactOptional(),
    alerts: alerts(read).exactOptional(),
    providerStatus,
    verify,
    hold: hold.exactOptional(),
    stalePaths: stalePaths.exactOptional(),
    trigger,
    scoring,
    state: state.exactOptional(),
    steps: z.array(ownStep).prefault([]).describe('Steps of your own, beside those every run has.'),
    followUps: z
      .array(text())
      .prefault([
        'Update the documentation: which region serves now.',
        'Write down what went wrong, and what the runbook should learn.',
        'Arrange a post-mortem where one is wanted.',
      ])
      .describe('What is left to people after a completed run, shown with its last message.'),
    timings,
  });
}

/** The schema with secrets left as references: for generators, and for tests that need no environment. */
export const configSchema = makeSchema((reference) => ({ value: reference }));

/** A configuration as the program uses it: durations in milliseconds, secrets resolved. */
export type Config = z.output<typeof configSchema>;
export type RegionConfig = Config['regions'][string];
export type Gate = Config['gates']['promote'];
export type Timings = Config['timings'];
