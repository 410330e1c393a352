/** The server that is to follow: what can be said about it without trusting it, and the files that make it a standby. */
import { chownSync, existsSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { STANDBY_CONF } from '../../postgres/configuration.ts';
import { dropSlots, serverLives } from '../../postgres/own-files.ts';
import { execute } from '../../postgres/roles.ts';
import type { Region } from './facts.ts';

/** `starting`: the process lives and takes no connection. */
export type OldPrimary = { is: 'stopped' } | { is: 'starting' } | { is: 'running'; standby: boolean };

export async function look({ postgres }: Region): Promise<OldPrimary> {
  if (!serverLives(postgres.dataDirectory)) return { is: 'stopped' };
  const rows = await execute(postgres.administration, ['SELECT pg_is_in_recovery() AS standby']).catch(() => null);
  return rows === null ? { is: 'starting' } : { is: 'running', standby: rows[0]?.['standby'] === true };
}

export const isMarkedStandby = ({ postgres }: Region): boolean =>
  existsSync(join(postgres.dataDirectory, 'standby.signal'));

/**
 * Makes a stopped server a standby from its next start on. `standby.signal` comes first: from then on nothing that
 * starts it makes it writable, whatever else is still missing.
 */
export function makeStandby({ postgres }: Region, settings: string): void {
  const { dataDirectory } = postgres;
  place(dataDirectory, 'standby.signal', '');
  place(dataDirectory, STANDBY_CONF, settings);
  dropSlots(dataDirectory);
  // The courtesy of the failover: with it the server would refuse writes on the day it is primary again.
  const auto = readFileSync(join(dataDirectory, AUTO_CONF), 'utf8');
  place(dataDirectory, AUTO_CONF, withoutReadOnly(auto));
}

const AUTO_CONF = 'postgresql.auto.conf';

/** What `ALTER SYSTEM` left, without `default_transaction_read_only`. */
export const withoutReadOnly = (text: string): string =>
  text.replaceAll(/^\s*default_transaction_read_only\b.*\n?/gim, '');

/** Whole or not at all, and the servers' own: a server that starts meanwhile reads no half file. */
function place(dataDirectory: string, name: string, text: string): void {
  const file = join(dataDirectory, name);
  if (existsSync(file) && readFileSync(file, 'utf8') === text) return;
  const { uid, gid } = statSync(dataDirectory);
  const next = `${file}.next`;
  writeFileSync(next, text, { mode: 0o600 });
  chownSync(next, uid, gid);
  renameSync(next, file);
}

/** The end of the server's log, for a sentence about why it does not come. */
export function endOfLog({ postgres }: Region): string {
  const text = existsSync(postgres.logFile) ? readFileSync(postgres.logFile, 'utf8') : '';
  return text.trim().split('\n').slice(-3).join(' | ').slice(-500);
}
