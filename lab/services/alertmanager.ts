/**
 * Alertmanager as far as it is asked which alerts fire (`GET /api/v2/alerts`), with Prometheus' part behind it: rules
 * that are asked again and again, and fire once they have held for a while. Nobody is silenced or inhibited here.
 */
import { createHash } from 'node:crypto';
import { type ApiServer, startApiServer } from '../lib/api-server.ts';

export type AlertRule = {
  name: string;
  labels: Record<string, string>;
  summary: string;
  /** Whether it holds now. A rejection is no answer: what was so stays so. */
  holds(): Promise<boolean>;
};

export type AlertmanagerLab = Pick<ApiServer, 'port' | 'calls' | 'fault' | 'clearFaults' | 'latency'> & {
  readonly url: string;
  close(): Promise<void>;
};

type Options = {
  rules: AlertRule[];
  /** Between two looks at each rule, ms. */
  everyMs: number;
  /** How long a rule has to hold before it fires, ms. */
  forMs: number;
  now?: () => number;
};

/** `severity="critical"` and `severity!="info"`; the matchers with patterns are refused, as malformed ones are. */
const MATCHER = /^\s*([A-Za-z_][A-Za-z0-9_]*)\s*(!?=)\s*"?([^"~]*)"?\s*$/;

export async function startAlertmanager({ rules, everyMs, forMs, now = Date.now }: Options): Promise<AlertmanagerLab> {
  const since = new Map<AlertRule, number>();
  let stopped = false;
  let wake = () => {};
  const watching = (async () => {
    while (!stopped) {
      await Promise.all(
        rules.map(async (rule) => {
          const holds = await rule.holds().catch(() => null);
          if (holds === false) since.delete(rule);
          else if (holds && !since.has(rule)) since.set(rule, now());
        }),
      );
      if (stopped) return;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, everyMs);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  })();

  const firing = () =>
    rules.flatMap((rule) => {
      const at = since.get(rule);
      return at === undefined || now() - at < forMs ? [] : [alert(rule, at + forMs, now())];
    });

  const server = await startApiServer({
    operationOf: (method, path) => (method === 'GET' && path === '/api/v2/alerts' ? 'alerts' : 'none'),
    perform({ operation, url }) {
      if (operation === 'none') return { status: 404, body: 'path was not found' };
      const matchers = url.searchParams.getAll('filter').map((text) => ({ text, parts: MATCHER.exec(text) }));
      const bad = matchers.find(({ parts }) => parts === null);
      if (bad !== undefined) return { status: 400, body: `bad matcher format: ${bad.text}` };
      if (url.searchParams.get('active') === 'false') return { status: 200, body: [] };
      const fits = ({ labels }: ReturnType<typeof alert>) =>
        matchers.every(({ parts }) => ((labels[parts![1]!] ?? '') === parts![3]) === (parts![2] === '='));
      return { status: 200, body: firing().filter(fits) };
    },
    busy: () => ({ status: 429, body: 'too many requests' }),
    unavailable: { status: 500, body: 'internal server error' },
    maxBytes: 1000,
  });
  return {
    port: server.port,
    url: `http://127.0.0.1:${server.port}`,
    calls: server.calls,
    fault: server.fault,
    clearFaults: server.clearFaults,
    latency: server.latency,
    async close() {
      stopped = true;
      wake();
      await Promise.all([watching, server.close()]);
    },
  };
}

/** With the members the real one answers. */
function alert({ name, labels, summary }: AlertRule, startsAt: number, now: number) {
  const all: Record<string, string> = { alertname: name, ...labels };
  return {
    annotations: { summary },
    endsAt: new Date(now + 4 * 60_000).toISOString(),
    fingerprint: createHash('sha256').update(JSON.stringify(all)).digest('hex').slice(0, 16),
    receivers: [{ name: 'on-call' }],
    startsAt: new Date(startsAt).toISOString(),
    status: { inhibitedBy: [], silencedBy: [], state: 'active' },
    updatedAt: new Date(now).toISOString(),
    generatorURL: 'http://prometheus.invalid/graph',
    labels: all,
  };
}
