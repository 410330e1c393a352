/**
 * What runs beside a Postgres that stops itself. While its server is primary it renews a lease in a cluster elsewhere;
 * when it cannot, it stops the server in time. It starts it again only once the lease is its own: whoever took over in
 * between holds it by then. As an elector of Kubernetes does, it judges others' leases by its own clock alone.
 */
import type { PostgresNode } from './types.ts';

export type GuardOptions = {
  node: Pick<PostgresNode, 'start' | 'stop' | 'running' | 'controlState'>;
  /** What it calls itself in the lease. */
  holder: string;
  /** Where the lease is kept: the API’s address as it is reached from here, a token for it, and the lease. */
  lease: { url: string; token: string; namespace: string; name: string; durationSeconds: number };
  /** The server has stopped this long after the last renewal at the latest, ms. */
  withinMs: number;
  say: (line: string) => void;
};

export type Guard = {
  /** Ends with its server, orderly: it acts no more, the server stops, and only then is the lease given back. */
  end(stop: () => Promise<void>): Promise<void>;
  /** Ends as everything does when the power goes. */
  die(): Promise<void>;
};

type Lease = {
  metadata: { name: string; namespace?: string; resourceVersion?: string };
  spec: { holderIdentity?: string; leaseDurationSeconds?: number; acquireTime?: string; renewTime?: string };
};

/** Shares of `withinMs`: how often it renews, how long one try may take, and when it gives up. Together less than one. */
const EVERY = 0.1;
const TRY = 0.2;
const GIVES_UP = 0.6;

export function startGuard({ node, holder, lease, withinMs, say }: GuardOptions): Guard {
  const path = `/apis/coordination.k8s.io/v1/namespaces/${lease.namespace}/leases`;
  const over = new AbortController();
  /** The lease as last seen, and since when it has been that one. */
  let seen: { version: string; since: number } | null = null;
  /** When the last renewal that came through was sent; null while there is nothing to renew. */
  let renewedAt: number | null = null;
  let stoppedByUs = false;

  async function call(signal: AbortSignal, method: string, name: string, body?: Lease): Promise<Lease | null> {
    const response = await fetch(`${lease.url}${path}${name}`, {
      method,
      headers: { authorization: `Bearer ${lease.token}`, 'content-type': 'application/json' },
      signal,
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (response.status === 404 && method === 'GET') return null;
    if (!response.ok) throw new Error(`${method} of the lease: ${response.status}`);
    return JSON.parse(text) as Lease;
  }

  /** `ours`: renewed or taken. `theirs`: somebody else holds it, and it has not run out. */
  async function renew(wanted: boolean): Promise<'ours' | 'theirs' | 'free'> {
    const signal = AbortSignal.any([over.signal, AbortSignal.timeout(withinMs * TRY)]);
    const found = await call(signal, 'GET', `/${lease.name}`);
    const now = performance.now();
    const version = found?.metadata.resourceVersion ?? '';
    if (seen?.version !== version) seen = { version, since: now };
    const { holderIdentity = '', leaseDurationSeconds = 0 } = found?.spec ?? {};
    const free = holderIdentity === '' || now - seen.since > leaseDurationSeconds * 1000;
    if (holderIdentity !== holder && !free) return 'theirs';
    if (!wanted) return holderIdentity === holder ? 'ours' : 'free';
    const time = new Date().toISOString().replace('Z', '000Z');
    const spec = {
      ...found?.spec,
      holderIdentity: holder,
      leaseDurationSeconds: lease.durationSeconds,
      ...(holderIdentity !== holder && { acquireTime: time }),
      renewTime: time,
    };
    const body = {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: lease.name, ...found?.metadata },
      spec,
    };
    // Of two who take it at once one is refused: each names the version it saw.
    await (found === null ? call(signal, 'POST', '', body) : call(signal, 'PUT', `/${lease.name}`, body));
    return 'ours';
  }

  async function look(): Promise<void> {
    const primary = node.running() && node.controlState().state === 'in production';
    if (!primary && !stoppedByUs) renewedAt = null;
    if (primary) renewedAt ??= performance.now();
    const askedAt = performance.now();
    const said = await renew(primary || stoppedByUs).catch((error: Error) => error);
    if (over.signal.aborted) return;
    if (said === 'ours') {
      if (primary) renewedAt = askedAt;
      if (!stoppedByUs) return;
      stoppedByUs = false;
      say(`the lease is ${holder}’s again: its Postgres is started`);
      return await node.start();
    }
    if (!primary || !node.running()) return;
    const now = performance.now();
    // A try that took far longer than it may: the lab itself stood still, and nothing is known of the way.
    const stalled = now - askedAt > 2 * withinMs * TRY;
    if (said !== 'theirs' && (stalled || now - renewedAt! < withinMs * GIVES_UP)) return;
    const why =
      said === 'theirs'
        ? 'somebody else holds the lease'
        : `the lease cannot be renewed${said instanceof Error ? ` (${said.message})` : ''}`;
    say(`${holder} stops its Postgres: ${why}`);
    stoppedByUs = true;
    await node.stop('immediate');
  }

  async function run(): Promise<void> {
    while (!over.signal.aborted) {
      // What fails is tried again: only the server must be stopped in time, and that is no call to anybody.
      await look().catch((error: Error) => say(`the guard of ${holder}: ${error.message}`));
      await waited(withinMs * EVERY, over.signal);
    }
  }
  const running = run();

  return {
    async end(stop) {
      over.abort();
      await running;
      await stop();
      await release().catch(() => undefined);
    },
    async die() {
      over.abort();
      await running;
    },
  };

  async function release(): Promise<void> {
    const signal = AbortSignal.timeout(withinMs * TRY);
    const found = await call(signal, 'GET', `/${lease.name}`);
    if (found?.spec.holderIdentity !== holder) return;
    await call(signal, 'PUT', `/${lease.name}`, { ...found, spec: { ...found.spec, holderIdentity: '' } });
  }
}

const waited = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const finish = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', finish);
      resolve();
    };
    const timer = setTimeout(finish, ms);
    signal.addEventListener('abort', finish, { once: true });
    if (signal.aborted) finish();
  });
