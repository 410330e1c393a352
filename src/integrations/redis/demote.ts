/**
 * A master that came back after another was made: it follows that one from now on, and whoever was connected to it is
 * cut off. What it had accepted in between is gone with that: the resynchronisation replaces its data.
 */
import { type Call, type Endpoint, withConnection } from './client.ts';
import { type Closed, keep, reopen } from './closing.ts';

/**
 * Idempotent: one that follows `host:port` already is left alone, its clients too. `before`: what it was configured to
 * before a switch closed it. @returns how many clients it ended
 */
export async function demote(source: Endpoint, master: string, before: Closed | null, call: Call): Promise<number> {
  const colon = master.lastIndexOf(':');
  const [host, port] = [master.slice(0, colon), master.slice(colon + 1)];
  return withConnection(source, call, async ({ read, change }) => {
    const role = await read('ROLE');
    const follows = Array.isArray(role) && role[0] === 'slave' && `${role[1]}:${role[2]}` === master;
    if (!follows) await change('REPLICAOF', host, port);
    const ended = follows ? 0 : Number(await change('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes'));
    if (before) await reopen({ change }, before);
    else await keep({ change });
    return ended;
  });
}
