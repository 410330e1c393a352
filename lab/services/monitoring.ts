/**
 * One region's monitoring: it has counted what the region's services answered, and answers as Prometheus does, for
 * its health and for one query. Any other query it refuses in Prometheus' own form.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { bodyOf } from './body.ts';

/**
 * The share of failed requests, as a real Prometheus with usual metric names takes it. `or vector(0)`: a service that
 * has never failed has no series of failures, and without it the answer would be empty instead of 0.
 */
export const ERROR_SHARE =
  '(sum(rate(http_requests_total{code=~"5.."}[1m])) or vector(0)) / sum(rate(http_requests_total[1m]))';

export type Monitoring = {
  /** One request has been answered with this status. */
  served(status: number): void;
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>;
};

/** @param windowMs what `[1m]` lasts here @param now ms on any clock that only goes forward */
export function startMonitoring(windowMs: number, now: () => number = () => performance.now()): Monitoring {
  let counted: { at: number; failed: boolean }[] = [];
  let ever = false;

  /** As PromQL has it: empty before the first request, 0 / 0 when there were none lately. */
  function share(): string | null {
    if (!ever) return null;
    counted = counted.filter(({ at }) => at > now() - windowMs);
    return String(counted.filter(({ failed }) => failed).length / counted.length);
  }

  return {
    served(status) {
      ever = true;
      counted.push({ at: now(), failed: status >= 500 });
      // Nobody may ask for hours: what is out of the window is dropped now and then.
      if (counted.length % 10_000 === 0) share();
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
      if (query !== ERROR_SHARE)
        return json(response, 422, refusal('execution', `this monitoring knows one query: ${ERROR_SHARE}`));
      const value = share();
      const result = value === null ? [] : [{ metric: {}, value: [Date.now() / 1000, value] }];
      return json(response, 200, { status: 'success', data: { resultType: 'vector', result } });
    },
  };
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
