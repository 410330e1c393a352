/**
 * standby.sh look|keep|rejoin|rewind|copy --region=<region to follow again> --primary=<region that serves>
 * [--tables=<table>,…]: the file work behind `/dr reprotect`. It stops and starts nothing (but keep, which reads a server
 * alone and aside where tables are named): whoever calls it does, and every verb but look wants the server stopped. Each
 * may be run again.
 */
import { forkOf, type Lineage, whyNotFollow } from '../postgres/ancestry.ts';
import { lsnValue, readControlFile } from '../postgres/control-file.ts';
import { keepWal } from '../postgres/keep.ts';
import { baseBackup, rewind } from '../postgres/rewind.ts';
import { lineageOf, makeSlot, standbySettings } from '../postgres/standby.ts';
import type { Region } from './lib/facts.ts';
import { rowsOnlyIn, transactionsIn } from './lib/listing.ts';
import { isMarkedStandby, look, makeStandby } from './lib/old-primary.ts';
import { type Bar, say, startBar } from './lib/progress.ts';
import { Refusal, type Report, runScript } from './lib/script.ts';
import { bytesOf, configurationFiles, copyAnew, keepingFiles, servers } from './lib/standby-files.ts';

async function looked(old: Region, primary: Region): Promise<Report> {
  const seen = await look(old);
  const { dataDirectory } = old.postgres;
  const lineage = await asPrimary(primary);
  const control = readControlFile(dataDirectory);
  const running = seen.is === 'running' && !seen.standby;
  const why = running ? 'it runs as a primary of its own' : whyNotFollow(control, lineage);
  const fork = forkOf(lineage.history, control.timeline);
  const own = fork === null ? null : Number(lsnValue(control.checkpoint) - lsnValue(fork));
  return {
    summary: why ?? 'it can follow as it is',
    state: seen.is,
    marked: isMarkedStandby(old),
    follows: why === null,
    why: why ?? '',
    rewind: old.postgres.programs.tools !== null && fork !== null,
    // Of one that was not stopped cleanly the control file knows only the last checkpoint.
    divergedBytes: why === null ? 0 : own !== null && own > 0 && control.state === 'shut down' ? own : null,
    bytes: bytesOf(dataDirectory),
    timeline: control.timeline,
    forkLsn: fork,
  };
}

const asPrimary = (primary: Region): Promise<Lineage> =>
  lineageOf(servers(primary)).catch((error: Error) => {
    throw new Refusal(
      `Postgres in ${primary.name} does not answer as a primary: ${error.message}. Nothing was changed.`,
      2,
    );
  });

async function refuseUnlessStopped(old: Region): Promise<void> {
  if ((await look(old)).is !== 'stopped')
    throw new Refusal(`Postgres in ${old.name} runs. Nothing was changed. Stop it first.`);
}

/** The log since the histories part, beside the data; what was committed in it, and the rows of these tables. */
async function keep(old: Region, primary: Region, { run, pace, tables }: Keeping): Promise<Report> {
  const { dataDirectory } = old.postgres;
  await asPrimary(primary);
  const to = `${dataDirectory}.kept/${run}`;
  let [bar, at]: [Bar | null, number] = [null, 0];
  const wal = await keepWal({ dataDirectory }, servers(primary), to, async (bytes, of) => {
    bar ??= startBar(of, pace);
    await bar.moved(bytes - at);
    at = bytes;
  });
  const { transactions, why } = await transactionsIn(wal, old);
  // Last: reading it starts the server, which writes log of its own.
  const listed = await rowsOnlyIn(old, primary, tables, to);
  const reasons = [why, listed.why].filter((one) => one !== null);
  return {
    summary: `the log of ${old.name} since ${wal.fork ?? 'its beginning'} is kept in ${to}`,
    kept: to,
    files: wal.segments.length,
    bytes: wal.bytes,
    forkLsn: wal.fork,
    transactions,
    tables: listed.tables,
    why: reasons.length === 0 ? null : reasons.join('; '),
  };
}
type Keeping = { run: string; pace: number; tables: string[] };

async function rejoin(old: Region, primary: Region): Promise<Report> {
  const why = whyNotFollow(readControlFile(old.postgres.dataDirectory), await asPrimary(primary));
  if (why !== null)
    throw new Refusal(`Postgres in ${old.name} cannot follow ${primary.name}: ${why}. Nothing was changed.`);
  await follow(old, primary);
  return { summary: `${old.name} follows ${primary.name} from its next start on`, way: 'rejoin' };
}

async function rewound(old: Region, primary: Region): Promise<Report> {
  if (old.postgres.programs.tools === null)
    throw new Refusal('There is no pg_rewind here. Nothing was changed. Use copy.');
  await rewind(servers(old), servers(primary), drawn);
  await follow(old, primary);
  return { summary: `${old.name} was rewound to ${primary.name} and follows it from its next start on`, way: 'rewind' };
}

/** `  4096/37120 kB (11%) copied`, as the server's programs say it. */
function drawn(text: string): void {
  const at = [...text.matchAll(/(\d+)\/(\d+) kB/g)].at(-1);
  if (at) say({ done: Number(at[1]) * 1024, total: Number(at[2]) * 1024, unit: 'bytes' });
}

async function copied(old: Region, primary: Region): Promise<Report> {
  const aside =
    old.postgres.programs.tools === null
      ? await clonedFiles(old, primary)
      : (await baseBackup(servers(old), servers(primary), drawn)).oldDirectory;
  await follow(old, primary);
  return {
    summary: `${old.name} is a new copy of ${primary.name} and follows it from its next start on; its old data is kept in ${aside}`,
    way: 'copy',
    kept: aside,
    bytes: bytesOf(aside),
  };
}

/** Without pg_basebackup. Where it listens is its own, and stays. @returns where its old data are */
async function clonedFiles(old: Region, primary: Region): Promise<string> {
  const { dataDirectory } = old.postgres;
  let aside = '';
  await keepingFiles(dataDirectory, configurationFiles(dataDirectory), async () => {
    aside = await copyAnew(primary, old);
  });
  return aside;
}

/** The slot first: from then on the primary keeps what this one will ask for. */
async function follow(old: Region, primary: Region): Promise<void> {
  await makeSlot(servers(primary), old.name);
  makeStandby(old, standbySettings(old.name, servers(primary)));
}

await runScript({
  name: 'standby.sh',
  usage:
    'standby.sh look|keep|rejoin|rewind|copy --region=<region to follow again> --primary=<region that serves> [--tables=<table>,…]',
  regions: ['region', 'primary'],
  lists: ['tables'],
  verbs: ['look', 'keep', 'rejoin', 'rewind', 'copy'],
  asks: ['look'],
  async main({ region, verb, run, list, facts }) {
    const [old, primary] = [region('region'), region('primary')];
    if (old.name === primary.name)
      throw new Refusal(`--region and --primary are both ${old.name}. A server cannot follow itself.`, 2);
    if (verb === 'look') return await looked(old, primary);
    await refuseUnlessStopped(old);
    switch (verb) {
      case 'keep':
        return await keep(old, primary, { run, pace: facts.pace, tables: list('tables') });
      case 'rejoin':
        return await rejoin(old, primary);
      case 'rewind':
        return await rewound(old, primary);
      default:
        return await copied(old, primary);
    }
  },
});
