/**
 * The lab's caching resolver: what clients ask, so that a DNS switch reaches them one TTL after it reached the
 * authority. With a pace the cache runs faster than the clock (`ttlDivisor`); the TTLs it reports stay in the records'
 * own seconds and count down faster, so that everyone who divides their waits by the same pace is right.
 */
import type { LookupFunction } from 'node:net';
import type { Answer } from 'dns-packet';
import { type Asked, ask, valuesOf } from './client.ts';
import { watched } from './faults.ts';
import type { CachedAnswer, Resolver, ResolverOptions } from './types.ts';
import { startWire, type WireReply } from './wire.ts';
import { plainName } from './zones.ts';

type Entry = { rcode: 'NOERROR' | 'NXDOMAIN'; answers: Answer[]; authorities: Answer[]; storedAt: number; ttl: number };

const MAX_HOPS = 8;

export async function startResolver(options: ResolverOptions): Promise<Resolver> {
  const { upstream, ttlDivisor = 1, timeoutMs = 1000 } = options;
  const cache = new Map<string, Entry>();
  const expiresAt = (entry: Entry) => entry.storedAt + (entry.ttl * 1000) / ttlDivisor;
  const asking = new Map<string, Promise<Entry>>();

  /** Out of the cache or from the authority: one rrset, or a CNAME in its place, or that there is nothing. */
  const fetchOne = async (name: string, type: string): Promise<Entry> => {
    const key = `${name} ${type}`;
    const held = cache.get(key);
    if (held !== undefined && expiresAt(held) > Date.now()) return held;
    const running =
      asking.get(key) ?? ask(upstream, name, type, timeoutMs).then((asked) => store(key, name, type, asked));
    asking.set(key, running);
    return running.finally(() => asking.delete(key));
  };
  const store = (key: string, name: string, type: string, asked: Asked): Entry => {
    if (asked.rcode !== 'NOERROR' && asked.rcode !== 'NXDOMAIN') throw new Error(`${upstream} says ${asked.rcode}`);
    // Only what belongs to the name itself: the rest of a chain is asked for and cached under its own name and TTL.
    const own = asked.answers.filter(
      (answer) =>
        plainName(answer.name) === name && (type === 'ANY' || answer.type === type || answer.type === 'CNAME'),
    );
    const ttls = (own.length > 0 ? own : asked.authorities).map((answer) => ('ttl' in answer ? (answer.ttl ?? 0) : 0));
    const rcode = own.length > 0 || asked.rcode === 'NOERROR' ? 'NOERROR' : 'NXDOMAIN';
    const authorities = own.length > 0 ? [] : asked.authorities;
    const ttl = ttls.length > 0 ? Math.min(...ttls) : 0;
    const entry: Entry = { rcode, answers: own, authorities, storedAt: Date.now(), ttl };
    if (entry.ttl > 0) cache.set(key, entry);
    return entry;
  };
  const left = (entry: Entry): number => {
    const spent = ((Date.now() - entry.storedAt) * ttlDivisor) / 1000;
    return Math.max(0, Math.ceil(entry.ttl - spent));
  };
  const aged = (answers: Answer[], entry: Entry): Answer[] =>
    answers.map((answer) => (answer.type === 'OPT' ? answer : { ...answer, ttl: left(entry) }));

  const resolve = async (asked: string, type: string): Promise<WireReply> => {
    const answers: Answer[] = [];
    let name = plainName(asked);
    for (let hops = 0; hops < MAX_HOPS; hops += 1) {
      const entry = await fetchOne(name, type);
      answers.push(...aged(entry.answers, entry));
      const alias = type === 'CNAME' || type === 'ANY' ? undefined : valuesOf(entry.answers, 'CNAME')[0];
      if (alias === undefined) {
        return { rcode: entry.rcode, answers, authorities: aged(entry.authorities, entry), aa: false, ra: true };
      }
      name = plainName(alias);
    }
    throw new Error(`${asked} is a chain of more than ${MAX_HOPS} CNAMEs`);
  };

  const failed: WireReply = { rcode: 'SERVFAIL', answers: [], authorities: [], aa: false, ra: true };
  const watch = watched(({ name, type }) => resolve(name, type).catch(() => failed));
  const wire = await startWire(watch.handle, options.port ?? 0);

  const resolve4 = async (name: string): Promise<string[]> => {
    const reply = await watch.handle({ name, type: 'A', recursionDesired: true }, 'udp');
    if (reply === null || (reply.rcode !== 'NOERROR' && reply.rcode !== 'NXDOMAIN')) throw failure('ESERVFAIL', name);
    if (reply.rcode === 'NXDOMAIN') throw failure('ENOTFOUND', name);
    const values = valuesOf(reply.answers, 'A');
    if (values.length === 0) throw failure('ENODATA', name);
    return values;
  };
  const lookup: LookupFunction = (hostname, lookupOptions, callback) => {
    resolve4(hostname).then(
      (values) => {
        if (lookupOptions.all)
          callback(
            null,
            values.map((address) => ({ address, family: 4 })),
          );
        else callback(null, values[0]!, 4);
      },
      (error: NodeJS.ErrnoException) => callback(error, '', 4),
    );
  };
  const cached = (): CachedAnswer[] =>
    [...cache].map(([key, entry]) => {
      const [name, type] = key.split(' ') as [string, string];
      return { name, type, values: valuesOf(entry.answers, type), expiresAt: expiresAt(entry) };
    });
  return {
    port: wire.port,
    server: `127.0.0.1:${wire.port}`,
    resolve4,
    lookup,
    cached,
    flush: () => cache.clear(),
    queries: watch.queries,
    fault: watch.fault,
    clearFaults: watch.clearFaults,
    close: wire.close,
  };
}

const failure = (code: string, name: string): NodeJS.ErrnoException =>
  Object.assign(new Error(`the lab's resolver says ${code} for ${name}`), { code, hostname: name });
