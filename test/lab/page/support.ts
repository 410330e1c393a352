/** A page over a small Slack and a world set by hand; and a browser, where there is one. */
import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';
import { type Page, type PageOptions, startPage, type WorldView, type WriteView } from '../../../lab/page/server.ts';
import { startSlack } from '../../../lab/slack/server.ts';
import type { SlackLab } from '../../../lab/slack/types.ts';
import { SCOPES } from '../slack/support.ts';

export const SUGGESTED = '/dr failover us-east-1 reason:"maintenance"';

export function people(): Promise<SlackLab> {
  const named = (id: string, name: string) => ({
    id,
    name,
    realName: name.slice(0, 1).toUpperCase() + name.slice(1),
    tz: 'Europe/Berlin',
  });
  const everyone = ['U0ANA', 'U0BO', 'U0CY', 'U0DEE', 'U0EVE'];
  return startSlack({
    people: everyone.map((id) => named(id, id.slice(2).toLowerCase())),
    usergroups: [{ id: 'S0SRE', handle: 'sre', users: ['U0ANA', 'U0BO', 'U0CY'] }],
    channels: [
      { id: 'C0INC', name: 'incidents', members: everyone },
      { id: 'C0STK', name: 'eden-status', members: ['U0DEE'] },
    ],
    botToken: 'xoxb-lab',
    appToken: 'xapp-lab',
    scopes: SCOPES,
    rateLimits: { enabled: false },
  });
}

const SERVICES = {
  'api-gateway': 3,
  'vault-service': 3,
  'hub-service': 3,
  'flow-service': 3,
  'task-service': 3,
  'sync-service': 2,
  'mail-service': 2,
  'insight-service': 3,
};

/** us-east-1 serves, us-west-2 stands by with one pod of each; `writes` go to us-east-1, one every 100 ms. */
export function quietWorld(now: number, writes = 150): WorldView {
  const region = (name: string, alias: string, primary: boolean): WorldView['regions'][number] => ({
    name,
    alias,
    deployments: Object.entries(SERVICES).map(([service, wanted]) => ({
      name: service,
      wanted: primary ? wanted : wanted - (service === 'task-service' ? 0 : 1),
      ready: primary ? wanted : 1,
    })),
    database: primary
      ? { role: 'primary', lagBytes: null, timeline: 1, readOnly: false }
      : { role: 'standby', lagBytes: 1432, timeline: 1, readOnly: true },
    redis: { role: primary ? 'master' : 'replica', offset: 120_331 },
  });
  const recent: WriteView[] = Array.from({ length: writes }, (_, at) => ({
    at: now - (writes - at) * 100,
    ok: true,
    region: 'us-east-1',
    ms: 3 + ((at * 7) % 23),
  }));
  return {
    pace: 10,
    regions: [region('us-east-1', 'primary', true), region('us-west-2', 'secondary', false)],
    dns: ['api', 'app', 'auth', 'files'].map((name) => ({
      name: `${name}.eden.example.com`,
      values: ['10.1.0.5'],
      region: 'us-east-1',
    })),
    writer: { acknowledged: 1204 + writes, refused: 0, recent, outage: { since: null, lastMs: null } },
    rogue: { tried: 120, acknowledged: 120, acknowledgedAfterFence: 0 },
  };
}

export interface Stage {
  page: Page;
  world: WorldView;
  /** Says that the world was changed. */
  worldChanged(): void;
}

export async function openPage(slack: SlackLab, more: Partial<PageOptions> = {}): Promise<Stage> {
  const listeners = new Set<() => void>();
  const stage: Omit<Stage, 'page'> = {
    world: quietWorld(Date.now()),
    worldChanged: () => {
      for (const listener of listeners) listener();
    },
  };
  const page = await startPage({
    slack,
    world: () => stage.world,
    onWorldChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    suggested: SUGGESTED,
    ...more,
  });
  return Object.assign(stage, { page });
}

const PATHS = [process.env['CHROMIUM'], '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** The browser's program; undefined where there is none, which with CI=true is an error. */
export function chromiumPath(): string | undefined {
  const found = PATHS.find((path) => path !== undefined && existsSync(path));
  if (found === undefined && process.env['CI'] === 'true') {
    throw new Error('No Chromium was found: install one or name it in CHROMIUM. With CI=true it is not left out.');
  }
  return found;
}

export function startBrowser(executablePath: string): Promise<Browser> {
  return chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--force-color-profile=srgb'],
  });
}
