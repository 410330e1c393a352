/**
 * One region's monitoring: it has counted what the region's services answered and how long each answer took, and
 * answers as Prometheus does, for its health and for a few queries. Any other it refuses in Prometheus' own form.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { bodyOf } from './body.ts';

/**
 * The share of failed requests, as a real Prometheus with usual metric names takes it. `or vector(0)`: a service that
 * has never failed has no series of failures, and without it the answer would be empty instead of 0.
 */
export const ERROR_SHARE =
  '(sum(rate(http_requests_total{code=~"5.."}[1m])) or vector(0)) / sum(rate(http_requests_total[1m]))';

/** How many requests are answered in a second, but for the question whether all is well. */
export const REQUEST_RATE = 'sum(rate(http_requests_total{handler!="/health"}[1m]))';

/** What 95 % of answers stay under, in seconds, out of the buckets client libraries have by default. */
export const P95 = 'histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket[1m])))';
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export type Monitoring = {
  /** One request has been answered with this status, after so many ms. `handler`: what was asked for, its path. */
  served(status: number, ms: number, handler: string): void;
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>;
};

/** @param windowMs what `[1m]` lasts here @param now ms on any clock that only goes forward */
export function startMonitoring(windowMs: number, now: () => number = () => performance.now()): Monitoring {
  let counted: { at: number; failed: boolean; seconds: number; handler: string }[] = [];
  let ever = false;

  function lately() {
    counted = counted.filter(({ at }) => at > now() - windowMs);
    return counted;
  }

  /** As PromQL has it: empty before the first request, 0 / 0 when there were none lately. */
  const queries: Record<string, () => number> = {
    [ERROR_SHARE]: () => lately().filter(({ failed }) => failed).length / counted.length,
    [REQUEST_RATE]: () => lately().filter(({ handler }) => handler !== '/health').length / (windowMs / 1000),
    [P95]: () =>
      quantile(
        0.95,
        lately().map(({ seconds }) => seconds),
      ),
  };

  return {
    served(status, ms, handler) {
      ever = true;
      counted.push({ at: now(), failed: status >= 500, seconds: ms / 1000, handler });
      // Nobody may ask for hours: what is out of the window is dropped now and then.
      if (counted.length % 10_000 === 0) lately();
    },
    async handle(request, response) {
      const url = new URL(request.url ?? '/', 'http://prometheus');
      if (url.pathname === '/-/healthy') return text(response, 'Prometheus Server is Healthy.\n');
      if (url.pathname !== '/api/v1/query') return json(response, 404, refusal('not_found', 'there is nothing here'));
      if (request.method !== 'GET' && request.method !== 'POST')
        return json(response, 405, refusal('bad_data', `${request.method} is not allowed`));
      const form = request.method === 'POST' ? new URLSearchParams(await bodyOf(request)) : url.searchParams;
      const query = form.get('query') ?? '';
      if (query.trim() === '')
        return json(response, 400, refusal('bad_data', 'invalid parameter "query": unexpected end of input'));
      const ask = queries[query];
      if (ask === undefined)
        return json(
          response,
          422,
          refusal('execution', `this monitoring knows only ${Object.keys(queries).join(', ')}`),
        );
      const result = ever ? [{ metric: {}, value: [Date.now() / 1000, String(ask())] }] : [];
      return json(response, 200, { status: 'success', data: { resultType: 'vector', result } });
    },
  };
}

/** As Prometheus reckons it: within the bucket where it falls as if evenly spread, and never past the last bound. */
function quantile(q: number, seconds: number[]): number {
  if (seconds.length === 0) return Number.NaN;
  const rank = q * seconds.length;
  const upTo = (bound: number) => seconds.filter((one) => one <= bound).length;
  const index = BUCKETS.findIndex((bound) => upTo(bound) >= rank);
  if (index === -1) return BUCKETS.at(-1)!;
  const low = BUCKETS[index - 1] ?? 0;
  const below = index === 0 ? 0 : upTo(low);
  return low + ((BUCKETS[index]! - low) * (rank - below)) / (upTo(BUCKETS[index]!) - below);
}

const refusal = (errorType: string, error: string) => ({ status: 'error', errorType, error });

function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

function text(response: ServerResponse, body: string): void {
  response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' });
  response.end(body);
}
