/**
 * The page on which a cloud provider says how it is, as Statuspage's public `/api/v2/status.json`. It says what the lab
 * tells it to, and nothing by itself: real ones are late too.
 */
import { startApiServer } from '../lib/api-server.ts';

export type Indicator = 'none' | 'minor' | 'major' | 'critical' | 'maintenance';

export type ProviderStatusLab = {
  readonly port: number;
  /** Its `status.json`. */
  readonly url: string;
  say(indicator: Indicator, description: string): void;
  close(): Promise<void>;
};

const ALL_WELL = 'All Systems Operational';

export async function startProviderStatus(name: string): Promise<ProviderStatusLab> {
  let status: { indicator: Indicator; description: string } = { indicator: 'none', description: ALL_WELL };
  let updated = new Date().toISOString();
  const path = '/api/v2/status.json';
  const server = await startApiServer({
    operationOf: (method, asked) => (method === 'GET' && asked === path ? 'status' : 'none'),
    perform: ({ operation }) =>
      operation === 'status'
        ? { status: 200, body: { page: { name, time_zone: 'Etc/UTC', updated_at: updated }, status } }
        : { status: 404, body: { error: 'not found' } },
    busy: () => ({ status: 429, body: { error: 'too many requests' } }),
    unavailable: { status: 500, body: { error: 'internal' } },
    maxBytes: 1000,
  });
  return {
    port: server.port,
    url: `http://127.0.0.1:${server.port}${path}`,
    say(indicator, description) {
      status = { indicator, description: indicator === 'none' ? ALL_WELL : description };
      updated = new Date().toISOString();
    },
    close: server.close,
  };
}
