/**
 * standby.sh look|keep|rejoin|rewind|copy --region=<region to follow again> --primary=<region that serves>: the file
 * work behind `/dr reprotect`. It stops and starts nothing: whoever calls it does, and every verb but look wants the
 * server stopped. Each may be run again.
 */
import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { forkOf, type Lineage, whyNotFollow } from '../postgres/ancestry.ts';
import { lsnValue, readControlFile } from '../postgres/control-file.ts';
import { execute } from '../postgres/roles.ts';
import { lineageOf, makeSlot, standbySettings } from '../postgres/standby.ts';
import type { Region } from './lib/facts.ts';
import { isMarkedStandby, look, makeStandby } from './lib/old-primary.ts';
import { say, startBar } from './lib/progress.ts';
import { Refusal, type Report, runScript } from './lib/script.ts';
import {
  bytesOf,
  configurationFiles,
  copyAnew,
  keepingFiles,
  logSince,
  rewindProgram,
  servers,
} from './lib/standby-files.ts';

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
    rewind: rewindProgram(old) !== null && fork !== null,
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

/** The log since the histories part, beside the data. */
async function keep(old: Region, primary: Region, run: string, pace: number): Promise<Report> {
  const { dataDirectory } = old.postgres;
  const control = readControlFile(dataDirectory);
  const fork = forkOf((await asPrimary(primary)).history, control.timeline);
  const names = logSince(dataDirectory, fork ?? '0/0');
  const to = `${dataDirectory}.kept/${run}`;
  mkdirSync(join(to, 'pg_wal'), { recursive: true, mode: 0o700 });
  mkdirSync(join(to, 'global'), { recursive: true, mode: 0o700 });
  cpSync(join(dataDirectory, 'global', 'pg_control'), join(to, 'global', 'pg_control'));
  const total = names.reduce((sum, name) => sum + statSync(join(dataDirectory, 'pg_wal', name)).size, 0);
  const bar = startBar(total, pace);
  for (const name of names) {
    const from = join(dataDirectory, 'pg_wal', name);
    cpSync(from, join(to, 'pg_wal', name));
    await bar.moved(statSync(from).size);
  }
  return {
    summary: `the log of ${old.name} since ${fork ?? 'its beginning'} is kept in ${to}`,
    kept: to,
    bytes: total,
    files: names.length,
    forkLsn: fork,
  };
}

async function rejoin(old: Region, primary: Region): Promise<Report> {
  const why = whyNotFollow(readControlFile(old.postgres.dataDirectory), await asPrimary(primary));
  if (why !== null)
    throw new Refusal(`Postgres in ${old.name} cannot follow ${primary.name}: ${why}. Nothing was changed.`);
  await follow(old, primary);
  return { summary: `${old.name} follows ${primary.name} from its next start on`, way: 'rejoin' };
}

async function rewind(old: Region, primary: Region): Promise<Report> {
  const program = rewindProgram(old);
  if (program === null) throw new Refusal('There is no pg_rewind here. Nothing was changed. Use copy.');
  const { dataDirectory } = old.postgres;
  // Before the checkpoint after its promotion the primary's control file names the old timeline: nothing to rewind.
  await execute(primary.postgres.administration, ['CHECKPOINT']);
  await keepingFiles(dataDirectory, configurationFiles(dataDirectory), () =>
    run(program, dataDirectory, primary.postgres.administration),
  );
  await follow(old, primary);
  return { summary: `${old.name} was rewound to ${primary.name} and follows it from its next start on`, way: 'rewind' };
}

/** As the files' owner: the server's programs refuse to run as root. */
async function run(program: string, dataDirectory: string, source: string): Promise<void> {
  const { uid, gid } = statSync(dataDirectory);
  const url = new URL(source);
  const conninfo = `host=${url.hostname} port=${url.port} user=${url.username} dbname=${url.pathname.slice(1)}`;
  const child = spawn(program, ['--target-pgdata', dataDirectory, '--source-server', conninfo, '--progress'], {
    cwd: '/',
    env: { ...process.env, PGPASSWORD: decodeURIComponent(url.password), LC_MESSAGES: 'C' },
    ...(process.getuid?.() === 0 ? { uid, gid } : {}),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      // `  4096/37120 kB (11%) copied`
      const at = [...text.matchAll(/(\d+)\/(\d+) kB/g)].at(-1);
      if (at) say({ done: Number(at[1]) * 1024, total: Number(at[2]) * 1024, unit: 'bytes' });
    });
  const status = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (status !== 0) throw new Error(`pg_rewind ended with ${status}: ${said.trim().split('\n').slice(-3).join(' | ')}`);
}

async function copied(old: Region, primary: Region): Promise<Report> {
  // Where it listens is its own, and stays.
  const { dataDirectory } = old.postgres;
  const names = existsSync(dataDirectory) ? configurationFiles(dataDirectory) : [];
  let aside = '';
  await keepingFiles(dataDirectory, names, async () => {
    aside = await copyAnew(primary, old);
  });
  await follow(old, primary);
  return {
    summary: `${old.name} is a new copy of ${primary.name} and follows it from its next start on; its old data is kept in ${aside}`,
    way: 'copy',
    kept: aside,
    bytes: bytesOf(dataDirectory),
  };
}

/** The slot first: from then on the primary keeps what this one will ask for. */
async function follow(old: Region, primary: Region): Promise<void> {
  await makeSlot(servers(primary), old.name);
  makeStandby(old, standbySettings(old.name, servers(primary)));
}

await runScript({
  name: 'standby.sh',
  usage: 'standby.sh look|keep|rejoin|rewind|copy --region=<region to follow again> --primary=<region that serves>',
  regions: ['region', 'primary'],
  verbs: ['look', 'keep', 'rejoin', 'rewind', 'copy'],
  asks: ['look'],
  async main({ region, verb, run: named, facts }) {
    const [old, primary] = [region('region'), region('primary')];
    if (old.name === primary.name)
      throw new Refusal(`--region and --primary are both ${old.name}. A server cannot follow itself.`, 2);
    if (verb === 'look') return await looked(old, primary);
    await refuseUnlessStopped(old);
    switch (verb) {
      case 'keep':
        return await keep(old, primary, named, facts.pace);
      case 'rejoin':
        return await rejoin(old, primary);
      case 'rewind':
        return await rewind(old, primary);
      default:
        return await copied(old, primary);
    }
  },
});
