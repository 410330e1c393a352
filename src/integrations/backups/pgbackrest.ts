/**
 * The backups that pgBackRest keeps. `info` says which there are; that no WAL is missing between them it does not say
 * (it knows the first and the last segment only), so the archive is listed and counted. `verify` reads everything, is
 * therefore only run where that is asked for, and is judged by what it prints: its exit status is 0 either way.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { IntegrationError } from '../../lib/errors.ts';
import { foreignText } from '../../lib/foreign-text.ts';
import type { BackupReport, Backups } from '../../ports/backups.ts';
import { infoOf, type Judged, newestOf, type Repo } from './pgbackrest-info.ts';
import { type Listing, listed, looked, type WalLook } from './pgbackrest-wal.ts';
import { type Told, tell } from './program.ts';

export type PgbackrestOptions = {
  stanza: string;
  /** The program and the arguments before ours; default `pgbackrest`. `ssh host pgbackrest` is one, too. */
  exec?: string[];
  /** Names of our environment's variables that are handed on to it. */
  env?: string[];
  /** For each call of it. */
  timeoutMs: number;
  /** Reads all backups and all WAL and compares their checksums: minutes to hours. Without it nothing of that is done. */
  verify?: { timeoutMs: number };
  /** Size of a WAL segment, bytes; default 16 MiB, Postgres' own default. */
  walSegmentBytes?: number;
  /** After this a gap in the WAL is looked for once more, ms: segments are archived several at once. Default 2 s. */
  lookAgainMs?: number;
};

const MAX_OUTPUT = 64 * 1024 * 1024;
const LOOK_AGAIN_MS = 2000;
const SEGMENT_BYTES = 16 * 1024 * 1024;

type Run = (args: string[], timeoutMs?: number) => Promise<Told>;

/** @throws IntegrationError, effect none: it only asks. */
export function pgbackrestBackups(options: PgbackrestOptions): Backups {
  const { stanza, exec = ['pgbackrest'], env, timeoutMs, walSegmentBytes = SEGMENT_BYTES } = options;
  const fail = (code: string, why: string) =>
    new IntegrationError(`The backups of pgbackrest's stanza ${stanza} cannot be told: ${why}.`, {
      code,
      system: 'pgbackrest',
      operation: 'info',
      effect: 'none',
    });
  return {
    async report(signal) {
      const run: Run = async (args, limit = timeoutMs) => {
        // Its own log files are the business of those who take backups.
        const quiet = ['--log-level-console=off', '--log-level-stderr=error', '--log-level-file=off'];
        const argv = [...exec, `--stanza=${stanza}`, ...quiet, ...args];
        const told = await tell(argv, { env, timeoutMs: limit, maxBytes: MAX_OUTPUT }, signal);
        if (told.is === 'cancelled') throw fail('cancelled', told.why);
        return told;
      };
      const told = await run(['--output=json', 'info']);
      if (told.is !== 'ended') throw fail(`backups-${told.is}`, told.why);
      if (told.status !== 0) throw fail('backups-failed', ended(told));
      const info = infoOf(told.stdout, stanza);
      if ('problem' in info) throw fail('backups-unreadable', info.problem);

      // With several repositories the one that would be restored from: where the newest full backup is.
      const repo = info.repos.toSorted((a, b) => fullAt(b) - fullAt(a))[0]!;
      const [full, incremental] = [newestOf(repo, ['full']), newestOf(repo, ['diff', 'incr'])];
      const look = () => walOf(run, repo, stanza, walSegmentBytes);
      let wal = await look();
      if (wal.continuous === false) {
        await delay(options.lookAgainMs ?? LOOK_AGAIN_MS, undefined, { signal }).catch(() => {
          throw fail('cancelled', 'it was no longer waited for');
        });
        wal = await look();
      }
      const checks = checksumsOf(repo, full, options.verify && (await verified(run, repo, options.verify)));
      const { why: gap, ...chain } = wal;
      const unread = info.trouble.length > 0 ? `; ${info.trouble.join('; ')}` : '';
      const several = info.repos.length + info.trouble.length > 1 ? `, repo${repo.key}` : '';
      return {
        lastFull: full && { at: full.newest.at, ok: full.ok },
        lastIncremental: incremental && { at: incremental.newest.at, ok: incremental.ok },
        wal: chain,
        checksumsValid: checks.valid,
        source: `pgbackrest, stanza ${stanza}${several}${unread}`,
        why: saidOnly({ full: full?.why, incremental: incremental?.why, wal: gap, checksums: checks.why }),
      };
    },
  };
}

const fullAt = (repo: Repo): number => {
  const full = newestOf(repo, ['full']);
  return full?.ok ? full.newest.at : -1;
};

const saidOnly = (why: { [Key in keyof BackupReport['why']]: string | undefined }): BackupReport['why'] =>
  Object.fromEntries(Object.entries(why).filter(([, text]) => text !== undefined));

type Ended = Extract<Told, { is: 'ended' }>;
/** `ERROR: [055]: unable to open missing file …`: its first line says what, the others what to try. */
const ended = ({ status, stderr }: Ended): string => {
  const said = foreignText(stderr.trim().split('\n')[0]);
  return `it ended with status ${status ?? 'none'}${said === '' ? '' : `, saying: ${said}`}`;
};

/** The WAL from the last full backup on; without one, all there is. */
async function walOf(run: Run, repo: Repo, stanza: string, segmentBytes: number): Promise<WalLook> {
  const none: WalLook = { continuous: null, from: null, to: null, toAt: null, why: undefined };
  if (repo.archiveId === null) return { ...none, why: 'no WAL has been archived' };
  const path = `archive/${stanza}/${repo.archiveId}`;
  const where = `--repo=${repo.key}`;
  const told = await run([where, '--output=json', '--recurse', 'repo-ls', path]);
  const listing: Listing | null = told.is === 'ended' && told.status === 0 ? listed(told.stdout, segmentBytes) : null;
  if (listing === null) {
    const why = told.is !== 'ended' ? told.why : told.status === 0 ? 'its list is not understood' : ended(told);
    return { ...none, why: `the archive could not be listed: ${why}` };
  }
  const history = async (name: string): Promise<string | null> => {
    const read = await run([where, 'repo-get', `${path}/${name}`]);
    return read.is === 'ended' && read.status === 0 ? read.stdout : null;
  };
  const full = newestOf(repo, ['full'])?.newest.wal ?? null;
  return looked(listing, { start: full?.start ?? null, least: repo.backups.at(-1)?.wal?.stop ?? null }, history);
}

type Verified = { valid: boolean | null; why: string };

/** `status: ok` is the only good answer; whatever else it prints is shown by its first lines that say what is wrong. */
async function verified(run: Run, repo: Repo, { timeoutMs }: { timeoutMs: number }): Promise<Verified> {
  const told = await run([`--repo=${repo.key}`, '--output=text', '--verbose', 'verify'], timeoutMs);
  if (told.is !== 'ended') return { valid: null, why: `pgbackrest verify: ${told.why}` };
  const status = /^\s*status: (\w+)/m.exec(told.stdout)?.[1];
  const wrong = told.stdout.split('\n').flatMap((line, at, all) => {
    const counts = [...line.matchAll(/(missing|checksum invalid|size invalid|other): [1-9]\d*/g)].map(([text]) => text);
    const of = /(?:backup|archiveId): ([^\s,]+)/.exec(all[at - 1] ?? '')?.[1];
    return counts.length > 0 ? [`${of ?? 'somewhere'} has ${counts.join(', ')}`] : [];
  });
  const said = wrong.slice(0, 3).join('; ');
  if (status === 'error' || wrong.length > 0)
    return { valid: false, why: `pgbackrest verify says ${foreignText(said || 'that the repository is damaged')}` };
  if (status === 'ok' && told.status === 0) return { valid: true, why: 'pgbackrest verify read them all' };
  return { valid: null, why: `pgbackrest verify did not say: ${ended(told)}` };
}

/** Without `verify`: what was found when they were taken, from the full one on that would be restored. */
function checksumsOf(
  { backups }: Repo,
  full: Judged | null,
  verify: Verified | undefined,
): { valid: boolean | null; why: string | undefined } {
  const counted = backups.filter(({ at }) => full === null || at >= full.newest.at);
  const flawed = counted.findLast((backup) => backup.flawed === true);
  if (flawed !== undefined) return { valid: false, why: `pgbackrest found wrong page checksums in ${flawed.label}` };
  if (verify !== undefined) return verify;
  if (counted.length === 0) return { valid: null, why: 'there is no backup' };
  if (counted.some((backup) => backup.flawed === null))
    return { valid: null, why: 'pages were not checked when they were taken; turn on checksum-page, or verify here' };
  return { valid: true, why: 'those of pages, when they were taken' };
}
