/**
 * Making a data directory a standby: of a cold copy, of the server's own old data, or of a running primary. On every
 * version: files, `standby.signal` and the backup functions suffice. With Debian's programs: rewind.ts.
 */
import { chownSync, cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { Client, escapeLiteral } from 'pg';
import { type Lineage, whyNotFollow } from './ancestry.ts';
import { configurationValue, STANDBY_CONF } from './configuration.ts';
import { dropSlots } from './own-files.ts';
import { execute, MAINTENANCE_DATABASE } from './roles.ts';

import { makeServerDirectory, type SystemUser } from './system-user.ts';
import type { PostgresNode } from './types.ts';

/** What belongs to one running server and not to its data. */
const NOT_COPIED = ['postmaster.pid', 'postmaster.opts', 'standby.signal', STANDBY_CONF];
const LEFT_EMPTY = ['pg_replslot', 'pg_stat_tmp', 'pg_notify', 'pg_dynshmem'];

/** The slot a region's server keeps on its primary. */
export const slotName = (region: string) => `of_${region.toLowerCase().replaceAll(/[^a-z0-9_]/g, '_')}`;

/** Copies a data directory, without what is one server's own. */
export function copyData(from: string, to: string, user: SystemUser | undefined, { wal = true } = {}): void {
  rmSync(to, { recursive: true, force: true });
  makeServerDirectory(to, user);
  const empty = wal ? LEFT_EMPTY : [...LEFT_EMPTY, 'pg_wal'];
  cpSync(from, to, {
    recursive: true,
    filter: (source) => {
      const [first, second] = relative(from, source).split(sep);
      return first === undefined || !(NOT_COPIED.includes(first) || (second !== undefined && empty.includes(first)));
    },
  });
  if (!wal) mkdirSync(join(to, 'pg_wal', 'archive_status'));
  if (user) giveTo(to, user);
}

/** The text of `standby.conf`: whom the server of a region follows, and by which slot. */
export function standbySettings(region: string, primary: Pick<PostgresNode, 'url'>): string {
  const url = new URL(primary.url('replicator', MAINTENANCE_DATABASE));
  const conninfo = `host=${url.hostname} port=${url.port} user=replicator password=${conninfoValue(decodeURIComponent(url.password))} application_name=${conninfoValue(region)} connect_timeout=3`;
  return `primary_conninfo = ${configurationValue(conninfo)}\nprimary_slot_name = ${configurationValue(slotName(region))}\n`;
}

/** Writes whom to follow. The server must be down. */
export function followInFuture(
  dataDirectory: string,
  region: string,
  primary: Pick<PostgresNode, 'url'>,
  user?: SystemUser,
): void {
  writeFileSync(join(dataDirectory, STANDBY_CONF), standbySettings(region, primary), { mode: 0o600 });
  writeFileSync(join(dataDirectory, 'standby.signal'), '', { mode: 0o600 });
  if (user)
    for (const file of [STANDBY_CONF, 'standby.signal']) chownSync(join(dataDirectory, file), user.uid, user.gid);
}

/** A physical slot that keeps the WAL from now on, once. */
export async function makeSlot(primary: Pick<PostgresNode, 'url'>, region: string): Promise<void> {
  const slot = escapeLiteral(slotName(region));
  await execute(primary.url('postgres', MAINTENANCE_DATABASE), [
    `SELECT pg_create_physical_replication_slot(${slot}, true) WHERE NOT EXISTS (SELECT FROM pg_replication_slots WHERE slot_name = ${slot})`,
  ]);
}

/** See `PostgresNode.rejoin`. */
export async function rejoin(
  node: PostgresNode,
  primary: PostgresNode,
  user: SystemUser | undefined,
): Promise<'followed' | 'cloned'> {
  await node.stop('fast');
  await makeSlot(primary, node.region);
  const follows = await liesBeforeFork(node, primary);
  if (follows) {
    dropSlots(node.dataDirectory);
  } else {
    await clone(node, primary, user);
  }
  followInFuture(node.dataDirectory, node.region, primary, user);
  await node.start();
  return follows ? 'followed' : 'cloned';
}

/** Whether the stopped server wrote nothing after the point its primary's timeline forked off. */
async function liesBeforeFork(node: PostgresNode, primary: PostgresNode): Promise<boolean> {
  return whyNotFollow(node.controlState(), await lineageOf(primary)) === null;
}

/** Bytes; a promotion adds about 50. 15 may leave a missing file out only where it is told how much to read. */
const LONGEST_HISTORY = 1_000_000;

/** A running primary's place in history, asked of it. Rejects for a standby. */
export async function lineageOf(primary: Pick<PostgresNode, 'url'>): Promise<Lineage> {
  const [row] = await execute(primary.url('postgres', MAINTENANCE_DATABASE), [
    `SELECT (SELECT system_identifier FROM pg_control_system())::text AS identifier, timeline,
            coalesce(pg_read_file('pg_wal/' || timeline || '.history', 0, ${LONGEST_HISTORY}, true), '') AS history
       FROM substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) AS timeline`,
  ]);
  return {
    systemIdentifier: String(row?.['identifier']),
    timeline: Number.parseInt(String(row?.['timeline']), 16),
    history: String(row?.['history']),
  };
}

/** A new copy of a running primary's files, made whole by its backup label. */
export async function clone(
  node: Pick<PostgresNode, 'dataDirectory'>,
  primary: Pick<PostgresNode, 'url' | 'dataDirectory'>,
  user: SystemUser | undefined,
): Promise<void> {
  const client = new Client({ connectionString: primary.url('postgres', MAINTENANCE_DATABASE), query_timeout: 60_000 });
  client.on('error', () => {});
  await client.connect();
  try {
    await client.query("SELECT pg_backup_start('lab', true)");
    copyData(primary.dataDirectory, node.dataDirectory, user, { wal: false });
    const { rows } = await client.query<{ labelfile: string }>('SELECT labelfile FROM pg_backup_stop(false)');
    const label = join(node.dataDirectory, 'backup_label');
    writeFileSync(label, rows[0]?.labelfile ?? '', { mode: 0o600 });
    if (user) chownSync(label, user.uid, user.gid);
  } finally {
    await client.end();
  }
}

const conninfoValue = (value: string) => `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

function giveTo(directory: string, user: SystemUser): void {
  chownSync(directory, user.uid, user.gid);
  for (const entry of readdirSync(directory, { recursive: true, encoding: 'utf8' }))
    chownSync(join(directory, entry), user.uid, user.gid);
}
