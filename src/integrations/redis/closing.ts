/**
 * Closes a master that is about to be replaced, so that it stays closed when nobody is left to demote it: from the order
 * on it takes no write with fewer replicas than it has now (`min-replicas-to-write`), and the one that is promoted is
 * the first it loses. Where the order comes to nothing the replica stays, and writes go on. What was configured before
 * stands in a key, so that whoever comes later can set it back.
 */
import type { Connection } from './client.ts';
import type { Sighting } from './observe.ts';

const KEY = 'regent:closed';
const TO_WRITE = 'min-replicas-to-write';
const MAX_LAG = 'min-replicas-max-lag';
/** Redis' own default, s: at 0 it would count nobody. */
const USUAL_LAG = '10';

/** What a master was configured to before it was closed. */
export type Closed = { node: string; toWrite: string; maxLag: string };

/** What the node of these names was configured to, where it is closed; a replica may still have the key of one that was. */
export async function closedAs(names: Set<string>, { read }: Pick<Connection, 'read'>): Promise<Closed | null> {
  const [node, toWrite, maxLag] = (await read('HMGET', KEY, 'node', TO_WRITE, MAX_LAG)) as (string | null)[];
  if (!node || !toWrite || !maxLag || !names.has(node)) return null;
  return (await setting(TO_WRITE, read)) === toWrite ? null : { node, toWrite, maxLag };
}

/** Writes down what is configured; the key reaches the replica like any other. null: this server does not let us ask. */
export async function noteSettings({ node, read, change }: Connection & { node: string }): Promise<Closed | null> {
  const [toWrite, maxLag] = [await setting(TO_WRITE, read), await setting(MAX_LAG, read)];
  if (!toWrite || !maxLag) return null;
  await change('HSET', KEY, 'node', node, TO_WRITE, toWrite, MAX_LAG, maxLag);
  return { node, toWrite, maxLag };
}

/** @returns whether it is closed from now on: not where we may not, and not where it has no replica to lose */
export async function close({ change }: Connection, { replicas }: Sighting, { maxLag }: Closed): Promise<boolean> {
  const online = replicas.filter(({ state }) => state === 'online').length;
  if (online === 0) return false;
  if (maxLag === '0') await unlessForbidden(change('CONFIG', 'SET', MAX_LAG, USUAL_LAG));
  return (await unlessForbidden(change('CONFIG', 'SET', TO_WRITE, online))) !== null;
}

/** Sets a node back to what it was configured to. Idempotent. */
export async function reopen({ change }: Pick<Connection, 'change'>, { toWrite, maxLag }: Closed): Promise<void> {
  await unlessForbidden(change('CONFIG', 'SET', TO_WRITE, toWrite));
  await unlessForbidden(change('CONFIG', 'SET', MAX_LAG, maxLag));
  // A Sentinel that demoted it meanwhile wrote it down closed.
  await keep({ change });
}

/** Writes what a node is now into its configuration file, where it has one: started again, it is that. */
export const keep = ({ change }: Pick<Connection, 'change'>): Promise<unknown> =>
  unlessForbidden(change('CONFIG', 'REWRITE'));

/** Said to the master, once the one that was closed is open again. */
export const forget = ({ change }: Connection): Promise<unknown> => change('DEL', KEY);

async function setting(name: string, read: Connection['read']): Promise<string | null> {
  const pair = await unlessForbidden(read('CONFIG', 'GET', name));
  return Array.isArray(pair) && pair[1] !== undefined ? String(pair[1]) : null;
}

/** Managed services and narrow users are forbidden CONFIG: null. */
async function unlessForbidden<T>(command: Promise<T>): Promise<T | null> {
  try {
    return await command;
  } catch (error) {
    if (error instanceof Error && error.name === 'ReplyError') return null;
    throw error;
  }
}
