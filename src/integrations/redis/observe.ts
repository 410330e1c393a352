/** What a data node is, by `INFO replication`, and by which address its peers know it. */
import type { CacheView } from '../../ports/cache.ts';
import { addressOf, type Connection } from './client.ts';
import { type Closed, closedAs } from './closing.ts';

/**
 * A view, every address the node may be called by (announced, as connected, and as configured), and what it was
 * configured to before it was closed.
 */
export type Sighting = CacheView & { names: Set<string>; before: Closed | null };

export async function observe(region: string, url: string, connection: Connection): Promise<Sighting> {
  const info = parseInfo(String(await connection.read('INFO', 'replication')));
  const connected = await connectedAs(connection);
  const announced = await announcedAs(connection, connected ?? addressOf(url));
  const address = announced ?? connected ?? addressOf(url);
  const replica = info['role'] !== 'master';
  const names = new Set([address, addressOf(url), ...(connected === null ? [] : [connected])]);
  const before = ((await optional(closedAs(names, connection))) as Closed | null | undefined) ?? null;
  return {
    region,
    role: replica ? 'replica' : 'master',
    address,
    names,
    before,
    closed: before !== null,
    follows: replica ? `${info['master_host']}:${info['master_port']}` : null,
    linkUp: replica ? info['master_link_status'] === 'up' : null,
    offset: Number(info[replica ? 'slave_repl_offset' : 'master_repl_offset']),
    replicationId: info['master_replid'] ?? '',
    replicas: replica ? [] : replicasIn(info),
  };
}

export function parseInfo(text: string): Record<string, string> {
  const pairs = text
    .split(/\r?\n/)
    .filter((line) => line.includes(':'))
    .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]);
  return Object.fromEntries(pairs);
}

/** `slave0: ip=127.0.0.1,port=7002,state=online,offset=434,lag=1` */
function replicasIn(info: Record<string, string>): CacheView['replicas'] {
  return Object.entries(info)
    .filter(([name]) => /^slave\d+$/.test(name))
    .map(([, text]) => {
      const of = Object.fromEntries(text.split(',').map((pair) => pair.split('=') as [string, string]));
      return { address: `${of['ip']}:${of['port']}`, state: of['state'] ?? '', offset: Number(of['offset']) };
    });
}

/** The address our connection arrived at, which is what peers see where nothing is announced. */
async function connectedAs(connection: Connection): Promise<string | null> {
  const text = await optional(connection.read('CLIENT', 'INFO'));
  return /\bladdr=(\S+:[1-9]\d*)/.exec(String(text))?.[1] ?? null;
}

/** Behind address translation a node is told what to call itself. */
async function announcedAs(connection: Connection, otherwise: string): Promise<string | null> {
  const split = otherwise.lastIndexOf(':');
  const ip = await setting(connection, 'replica-announce-ip');
  const port = await setting(connection, 'replica-announce-port');
  if (!ip && (!port || port === '0')) return null;
  return `${ip || otherwise.slice(0, split)}:${port && port !== '0' ? port : otherwise.slice(split + 1)}`;
}

async function setting(connection: Connection, name: string): Promise<string | undefined> {
  const pair = await optional(connection.read('CONFIG', 'GET', name));
  return Array.isArray(pair) ? String(pair[1] ?? '') : undefined;
}

/** Managed services forbid some commands: without them the configured address has to do. */
async function optional(question: Promise<unknown>): Promise<unknown> {
  try {
    return await question;
  } catch (error) {
    if (error instanceof Error && error.name === 'ReplyError') return undefined;
    throw error;
  }
}
