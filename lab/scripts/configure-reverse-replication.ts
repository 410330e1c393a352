/**
 * configure_reverse_replication.sh --source=<region that is primary now> --target=<region it left>: makes the old
 * primary, which was stopped cleanly, a streaming standby of the new one. It is never started writable: it is marked
 * as a standby while it is down, and only then its StatefulSet is scaled to 1.
 *
 * --check only asks: status 0 when it streams, 1 when it surely does not, 2 when nobody can say.
 * --copy-anew throws its data aside and copies the primary's: for a server that cannot follow as it is.
 */
import { basename } from 'node:path';
import { poll } from '../lib/poll.ts';
import { type Lineage, whyNotFollow } from '../postgres/ancestry.ts';
import { lsnValue, readControlFile } from '../postgres/control-file.ts';
import { lineageOf, makeSlot, standbySettings } from '../postgres/standby.ts';
import { askRedis } from '../redis/ask.ts';
import type { Region } from './lib/facts.ts';
import { endOfLog, isMarkedStandby, look, makeStandby } from './lib/old-primary.ts';
import { say } from './lib/progress.ts';
import { Refusal, type Report, runScript } from './lib/script.ts';
import { copyAnew as anew, servers } from './lib/standby-files.ts';
import { wantedPods, wantPods } from './lib/stateful-set.ts';
import { askStreaming, endOfWal } from './lib/streaming.ts';

/** How long a stop, and without --within a start and catching up, may take, ms. */
const STOP_WITHIN_MS = 60_000;
const STREAM_WITHIN_MS = 120_000;

async function answer(primary: Region, old: Region): Promise<{ report: Report; status: number }> {
  const said = (status: number, summary: string) => ({ report: { summary, streams: status === 0 }, status });
  const seen = await look(old);
  if (seen.is === 'running' && !seen.standby) return said(1, `Postgres in ${old.name} runs and is no standby`);
  if (seen.is === 'stopped' && !isMarkedStandby(old))
    return said(1, `Postgres in ${old.name} is stopped and not marked as a standby`);
  if (seen.is === 'stopped' && old.postgres.start === null && (await wanted(old)) === 0)
    return said(1, `Postgres in ${old.name} is marked as a standby; its StatefulSet is at 0`);
  if (seen.is !== 'running') return said(2, `Postgres in ${old.name} is not up yet`);
  const streaming = await askStreaming(primary, old).catch(() => null);
  if (streaming === null) return said(2, `Postgres in ${primary.name} does not answer, or is no primary`);
  return streaming.streams
    ? said(0, `${old.name} streams from ${primary.name}`)
    : said(2, `Postgres in ${old.name} is a standby and does not stream yet`);
}

const wanted = (region: Region): Promise<number | null> => wantedPods(region).catch(() => null);

type Wanted = { copyAnew: boolean; withinMs: number };

async function configure(primary: Region, old: Region, { copyAnew, withinMs }: Wanted): Promise<Report> {
  const lineage = await lineageOf(servers(primary)).catch((error: Error) => {
    throw new Refusal(
      `Postgres in ${primary.name} does not answer as a primary: ${error.message}. Nothing was changed in ${old.name}.`,
    );
  });
  if (!(await comesByItself(old))) {
    if (copyAnew) await stop(old);
    else await refuseUnlessItCanFollow(old, primary, lineage);
    await makeSlot(servers(primary), old.name);
    if (copyAnew) say({ note: `what ${old.name} held is kept as ${basename(await anew(primary, old))}` });
    makeStandby(old, standbySettings(old.name, servers(primary)));
    await start(old);
  }
  const bytes = await catchUp(primary, old, withinMs);
  return { summary: `${old.name} streams from ${primary.name}${await redisSays(primary, old)}`, bytes };
}

/** Whether an earlier attempt came so far that only waiting is left. */
async function comesByItself(old: Region): Promise<boolean> {
  const seen = await look(old);
  if (seen.is === 'running') return seen.standby;
  if (!isMarkedStandby(old)) return false;
  return seen.is === 'starting' || (old.postgres.start === null && ((await wanted(old)) ?? 0) > 0);
}

/** @throws Refusal before anything was changed. */
async function refuseUnlessItCanFollow(old: Region, primary: Region, lineage: Lineage): Promise<void> {
  const { dataDirectory, statefulset, start } = old.postgres;
  if ((await look(old)).is !== 'stopped')
    throw new Refusal(
      `Postgres in ${old.name} is running and is no standby. Nothing was changed. Stop it cleanly first: scale its StatefulSet ${statefulset} to 0.`,
    );
  const pods = start === null ? await wantedPods(old) : 0;
  if (pods > 0)
    throw new Refusal(
      `Postgres in ${old.name} is stopped, yet its StatefulSet ${statefulset} wants ${pods} pods: it could start as a primary at any moment. Nothing was changed. Scale it to 0 first.`,
    );
  const why = whyNotFollow(readControlFile(dataDirectory), lineage);
  if (why !== null)
    throw new Refusal(
      `Postgres in ${old.name} cannot follow ${primary.name}: ${why}. Nothing was changed. Run this again with --copy-anew to give it a new copy; its old data is kept beside it.`,
    );
}

/** Ends a server whose data is given up. */
async function stop(old: Region): Promise<void> {
  if (old.postgres.start !== null && (await look(old)).is !== 'stopped')
    throw new Refusal(
      `Postgres in ${old.name} is running and no StatefulSet stops it. Stop it by hand, then run this again.`,
    );
  if (old.postgres.start === null) await wantPods(old, 0);
  await poll(`Postgres in ${old.name} does not stop`, async () => (await look(old)).is === 'stopped', {
    withinMs: STOP_WITHIN_MS,
    everyMs: 100,
  });
}

async function start(old: Region): Promise<void> {
  if (old.postgres.start === null) return await wantPods(old, 1);
  const response = await fetch(old.postgres.start, { method: 'POST', signal: AbortSignal.timeout(60_000) });
  if (!response.ok) throw new Error(`${old.postgres.start} answered ${response.status}: ${await response.text()}`);
}

/** Waits until it streams and has replayed what the primary had written when we began; bytes from its own end to there. */
async function catchUp(primary: Region, old: Region, withinMs: number): Promise<number> {
  const from = lsnValue(readControlFile(old.postgres.dataDirectory).checkpoint);
  const to = lsnValue(await endOfWal(primary));
  const total = Math.max(0, Number(to - from));
  let shown = -1;
  await poll(
    `Postgres in ${old.name} does not stream from ${primary.name}`,
    async () => {
      const { streams, replayed } = await askStreaming(primary, old);
      const at = replayed === null ? from : lsnValue(replayed);
      const done = Math.min(total, Math.max(0, Number(at - from)));
      if (done !== shown) say({ done, total, unit: 'bytes' });
      shown = done;
      return streams && at >= to;
    },
    { withinMs, everyMs: 100 },
  ).catch((error: Error) => {
    throw new Error(`${error.message} Its log ends: ${endOfLog(old)}`);
  });
  return total;
}

/** Nothing to do here: the switch made the old master a replica. Whether it is one is said. */
async function redisSays(primary: Region, old: Region): Promise<string> {
  if (old.redis === null || primary.redis === null) return '; there is no Redis';
  const { port, password } = new URL(old.redis);
  const role = await askRedis(Number(port), password === '' ? undefined : decodeURIComponent(password), 'ROLE').catch(
    () => null,
  );
  const [kind, , masterPort, link] = Array.isArray(role) ? (role as unknown[]) : [];
  if (kind !== 'slave') return `; Redis in ${old.name} is NOT seen as a replica (${kind ?? 'no answer'})`;
  if (String(masterPort) !== new URL(primary.redis).port)
    return `; Redis in ${old.name} is a replica, NOT of ${primary.name}`;
  return `; Redis in ${old.name} follows ${primary.name} (${link})`;
}

await runScript({
  name: 'configure_reverse_replication.sh',
  usage:
    'configure_reverse_replication.sh --source=<region that is primary now> --target=<region it left> [--check] [--copy-anew] [--within=<seconds>]',
  regions: ['source', 'target'],
  flags: ['check', 'copy-anew'],
  seconds: ['within'],
  async main({ region, check, flag, ms }) {
    const [primary, old] = [region('source'), region('target')];
    if (primary.name === old.name)
      throw new Refusal(`--source and --target are both ${old.name}. A server cannot follow itself.`, 2);
    if (check) return await answer(primary, old);
    return await configure(primary, old, { copyAnew: flag('copy-anew'), withinMs: ms('within', STREAM_WITHIN_MS) });
  },
});
