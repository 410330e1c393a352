/**
 * What stands outside of all regions and is told things, or asked: the people outside the chat, and, where the
 * configuration names them, Alertmanager, the cloud provider's status page and the host of the backups.
 */
import { join } from 'node:path';
import type { Keep } from '../lib/closers.ts';
import type { PostgresCluster } from '../postgres/types.ts';
import { type AlertmanagerLab, startAlertmanager } from '../services/alertmanager.ts';
import { type ProviderStatusLab, startProviderStatus } from '../services/provider-status.ts';
import { type BackupHost, startBackups } from './backups.ts';
import type { WorldFile } from './file.ts';
import type { WorldKind } from './kinds.ts';
import { type PeopleOutside, startPeopleOutside } from './people-outside.ts';
import { lookAt } from './witness-region.ts';

export type Around = {
  people: PeopleOutside;
  alertmanager: AlertmanagerLab | null;
  provider: ProviderStatusLab | null;
  backups: BackupHost | null;
};

type Options = {
  dir: string;
  kind: WorldKind;
  file: WorldFile;
  postgres: PostgresCluster;
  addresses: Record<string, string>;
  ingressPort: number;
  pace: number;
  keep: Keep;
};

export async function startAround(options: Options): Promise<Around> {
  const { dir, kind, file, postgres, pace, keep } = options;
  const people = await startPeopleOutside(file.notify, { dir, pace });
  keep(() => people.close());
  const alertmanager = file.alerts === undefined ? null : await startAlerts(options);
  if (alertmanager) keep(() => alertmanager.close());
  const [page] = file.providerStatus ?? [];
  const provider = page === undefined ? null : await startProviderStatus(page.name);
  if (provider) keep(() => provider.close());
  const backups =
    file.backups === undefined
      ? null
      : await startBackups({
          directory: join(dir, 'backups'),
          database: kind.database,
          // Standbys first, the farthest one before the others: who serves is left alone.
          servers: [...[...postgres.standbys].reverse(), postgres.primary],
          everyMs: Math.max(500, 60_000 / pace),
        });
  if (backups) keep(() => backups.close());
  return { people, alertmanager, provider, backups };
}

/** One alert a region: nobody who asks there from outside gets an answer. */
const startAlerts = ({ file, addresses, ingressPort, pace }: Options): Promise<AlertmanagerLab> =>
  startAlertmanager({
    rules: Object.keys(addresses).map((region) => ({
      name: 'RegionUnreachable',
      labels: { severity: 'critical', region },
      summary: `Nothing in ${region} answers from outside`,
      async holds() {
        const seen = await lookAt(region, { name: 'prometheus', file, addresses, ingressPort });
        return seen?.probes.every((probe) => probe.seen === 'silent') ?? false;
      },
    })),
    everyMs: Math.max(250, 15_000 / pace),
    forMs: 15_000 / pace,
  });

/** The ports all of these stand at. */
export const portsOf = ({ people, alertmanager, provider, backups }: Around): number[] => [
  people.pagerduty.port,
  people.mail.port,
  people.statuspage.port,
  ...[alertmanager, provider, backups].flatMap((one) => one?.port ?? []),
];

/** For the overlay: where each of them is reached, through `reached` where Regent goes another way. */
export function aroundOverlay(
  { people, alertmanager, provider, backups }: Around,
  file: WorldFile,
  reached: (port: number) => number,
): object {
  const through = (direct: string): string => {
    const url = new URL(direct);
    url.port = String(reached(Number(url.port)));
    return url.href.replace(/\/$/, '');
  };
  return {
    notify: people.notify(reached),
    ...(alertmanager && { alerts: { url: through(alertmanager.url) } }),
    ...(provider && {
      providerStatus: file.providerStatus!.map(({ name }) => ({ name, url: through(provider.url) })),
    }),
    ...(backups && {
      backups: { manifest: { url: through(backups.url), file: null, directory: backups.directory } },
    }),
  };
}
