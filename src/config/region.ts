/** What a region is made of, and how its database is stopped when the region is left. */
import { z } from 'zod';
import { duration, name, type SecretReader, secret, text, webAddress } from './fields.ts';
import { poolers } from './poolers.ts';
import { regionProbes } from './trigger.ts';

const argv = (description: string) => z.array(text()).min(1).describe(description);

/** Within how long a server stops itself that cannot renew its lease, ms, and where that lease is read. */
export type SelfFence = { within: number; kubernetes: z.output<typeof leaseObject>; holder?: string };

/** How a region's Postgres is made unable to accept writes. */
export type Fence = (
  | { strategy: 'statefulset'; name: string }
  | { strategy: 'exec'; stop: string[]; start?: string[] }
  | { strategy: 'http'; stop: string; start?: string }
  | { strategy: 'sql' }
) & { self?: SelfFence };

const leaseObject = z
  .strictObject({
    context: text().describe('Context of the kubeconfig that leads to the cluster the lease is kept in.'),
    kubeconfig: text()
      .describe('Path of the kubeconfig, relative to this file. Without it the usual one is read.')
      .exactOptional(),
    namespace: name('a namespace').describe('Namespace of the lease.'),
    name: name('a lease').describe('Name of the lease.'),
  })
  .describe('A Lease (coordination.k8s.io/v1) in a cluster outside of this region, as that of the witness.');

/** Beside what stops a server from outside: what is known of a server that nobody can reach. */
const selfFence = {
  selfFence: duration()
    .describe(
      'Within how long this Postgres is stopped by what runs beside it once its `lease` cannot be renewed. In an emergency a region that is wholly silent then counts as fenced when Regent has read its lease unrenewed for the lease’s own duration and this time. Only for what really stops the server: Regent believes it. Shorter than trigger.cutFor, a short cut of the network already stops it.',
    )
    .exactOptional(),
  lease: z
    .strictObject({
      kubernetes: leaseObject,
      holder: text()
        .describe(
          'Who must hold it, as its holderIdentity says; what follows a _ there does not count. Needed where several regions share one lease. Without it: whoever does.',
        )
        .exactOptional(),
    })
    .describe(
      'The lease that this Postgres must renew to go on. It lasts no longer than `selfFence`. Rights: deploy/kubernetes-lease-role.yml.',
    )
    .exactOptional(),
};

const fence = z
  .union([
    z.literal('sql'),
    z.strictObject({
      statefulset: name('a StatefulSet').describe(
        'Name of the StatefulSet that runs Postgres: scaled to 0 to stop it, to 1 to start it. The strongest fence.',
      ),
      ...selfFence,
    }),
    z.strictObject({
      ...selfFence,
      exec: z
        .strictObject({
          stop: argv(
            'Program and arguments that stop Postgres, run without a shell. It prints {"state":"shut down","checkpoint":"0/…"} when the server has stopped cleanly. The program must stand in hooks.allow.',
          ),
          start: argv('Program and arguments that start it again. Without it people start it by hand.').exactOptional(),
        })
        .describe('Stops Postgres by a script of yours.'),
    }),
    z.strictObject({
      ...selfFence,
      http: z
        .strictObject({
          stop: webAddress().describe(
            'Address that stops Postgres when it is sent a POST; answers as the script prints.',
          ),
          start: webAddress().describe('Address that starts it again.').exactOptional(),
        })
        .describe('Stops Postgres by a call to an endpoint of yours.'),
    }),
  ])
  .transform((written): Fence => {
    if (written === 'sql') return { strategy: 'sql' };
    const { selfFence: within, lease } = written;
    // One without the other is refused where the whole file is looked at.
    const self = within === undefined || lease === undefined ? {} : { self: { within, ...lease } };
    if ('statefulset' in written) return { strategy: 'statefulset', name: written.statefulset, ...self };
    if ('exec' in written) return { strategy: 'exec', ...written.exec, ...self };
    return { strategy: 'http', ...written.http, ...self };
  })
  .describe(
    'What makes this Postgres unable to accept writes when the region is left: { statefulset: NAME }, { exec: { stop: [...] } }, { http: { stop: URL } }, or sql. With sql alone the old primary has to be copied anew afterwards. Beside the first three: `selfFence` and `lease`, where the server stops itself when it is cut off.',
  );

const VERB = '{verb}';

/** How a region's Postgres is made a standby again. */
const reprotect = z
  .strictObject({
    exec: z
      .array(text())
      .min(1)
      .refine((words) => words.some((word) => word.includes(VERB)), {
        error: 'nothing says what is to be done. Add {verb}, as in [./standby.sh, "{verb}", "--region={source}"].',
      })
      .describe(
        'Program and arguments, run without a shell. {verb} becomes look, keep, rejoin, rewind or copy; {source} is this region, {target} the one that serves, {tables} those of `reconcile` with commas between them. look only looks, within 20 s, and prints {"state":"stopped"|"starting"|"running", "marked": whether it starts as a standby, "follows": whether it can follow as it is, "why", "rewind": whether it can be rewound, "divergedBytes", "bytes"}. keep puts aside what only this server has and prints {"kept": where, "files", "bytes", "forkLsn": where the histories part, "transactions": {"count", "firstAt", "lastAt" in ms since 1970}, "tables": [{"table", "key": its columns, "rows": how many only this server has, "file": where their keys stand}], "why": what could not be listed, and why}; keys go into the file and never into what is printed. The others make the stopped server a standby, slot and all, and do not start it. Each may be run again. Lines of JSON {"done": n, "total": n, "unit": "bytes"} become a bar. The program must stand in hooks.allow.',
      ),
    strategy: z
      .enum(['auto', 'rejoin', 'rewind', 'copy'])
      .default('auto')
      .describe(
        'auto: as it is where it was stopped cleanly and wrote nothing of its own, else rewound where that is possible, else a new copy. Or always the one named.',
      ),
    timeout: duration().prefault('2h').describe('How long keep, rejoin, rewind and copy may take, each.'),
    inRun: z
      .boolean()
      .default(true)
      .describe(
        'Whether a planned run or a failback that leaves this region makes it a standby once the target serves: only as it is, by look and rejoin, so that nothing is thrown away. Where it cannot follow as it is, the run goes on and says so, and `/dr reprotect` asks. false: only that command does it. An emergency never does.',
      ),
  })
  .transform(({ timeout, ...rest }) => ({ ...rest, timeoutMs: timeout }))
  .describe(
    'How this Postgres becomes a standby again once the region was left, by `/dr reprotect` or within a planned run: by a program of yours.',
  );

/** One region, as it is written. */
export const region = (read: SecretReader) =>
  z.strictObject({
    role: z
      .enum(['primary', 'secondary', 'witness'])
      .describe(
        'How the region began: primary (exactly one), secondary, or witness (holds no data, only looks). Who is primary now is observed, not configured.',
      ),
    alias: name('an alias').describe(
      'Fixed name of the region in host names and scripts, written {alias} there. A failover never swaps aliases.',
    ),
    probes: regionProbes,
    kubernetes: z
      .strictObject({
        context: text().describe('Context of the kubeconfig that leads to this region’s cluster.'),
        kubeconfig: text()
          .describe('Path of the kubeconfig, relative to this file. Without it the usual one is read.')
          .exactOptional(),
      })
      .describe('The region’s cluster. Every region but a witness has one.')
      .exactOptional(),
    postgres: z
      .strictObject({
        url: secret(read, { pattern: /^postgres(ql)?:\/\//, what: 'a postgres:// address' })
          .describe('Address of the region’s Postgres with its user, as env:NAME or file:path.')
          .meta({ writeOnly: true }),
        databases: z
          .array(text())
          .min(1)
          .describe('Databases of the application. Without it: all but the templates.')
          .exactOptional(),
        fence,
        reprotect: reprotect.exactOptional(),
        poolers: poolers(read).exactOptional(),
      })
      .describe('The region’s Postgres. Every region but a witness has one.')
      .exactOptional(),
    redis: z
      .strictObject({
        url: secret(read, { pattern: /^rediss?:\/\//, what: 'a redis:// or rediss:// address' })
          .describe('Address of the region’s Redis, as env:NAME or file:path.')
          .meta({ writeOnly: true }),
      })
      .describe('The region’s Redis. In every region but a witness, or in none.')
      .exactOptional(),
  });
