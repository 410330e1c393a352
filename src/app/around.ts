/** What others say of an outage, as the configuration names them. */
import type { Config } from '../config/schema.ts';
import { alertmanagerAlerts } from '../integrations/alertmanager/alerts.ts';
import { providerStatus } from '../integrations/provider-status/provider-status.ts';
import { Surveyor } from '../monitor/around.ts';
import type { RegionWatch } from '../monitor/watch.ts';
import type { Clock } from '../ports/clock.ts';
import { measureLoss } from '../steps/loss.ts';
import type { Ports } from '../steps/step.ts';

/** Longer than this nobody waits who is to decide. */
const CALL_MS = 2000;
/** Status pages are made for people: nothing is asked of them more often than they would. */
const QUIET_EVERY_MS = 60_000;
const TROUBLE_EVERY_MS = 15_000;

type World = { config: Config; ports: Ports; watch: RegionWatch; clock: Clock; stop: AbortSignal };

export function surveyor({ config, ports, watch, clock, stop }: World): Surveyor {
  const { alerts, providerStatus: pages, probes, regions, timings } = config;
  const timeoutMs = Math.min(CALL_MS, timings.callTimeout);
  const resolvers = probes.resolvers ? { resolvers: probes.resolvers } : {};
  const data = Object.keys(regions).filter((region) => regions[region]!.role !== 'witness');
  return new Surveyor({
    alerts:
      alerts === undefined
        ? null
        : alertmanagerAlerts({
            url: alerts.url,
            ...(alerts.token === undefined ? {} : { token: alerts.token }),
            filter: alerts.filter,
            ...resolvers,
            timeoutMs,
          }),
    providers:
      pages.length === 0 ? null : { names: pages, pages: providerStatus({ pages, timeoutMs, now: clock.now }) },
    troubled: () => data.filter((region) => watch.primary() === region && watch.health(region)?.since != null),
    async loss(region, signal) {
      const found = await Promise.all(
        data
          .filter((one) => one !== region)
          .map(async (target) => {
            const { seconds, bytes } = await measureLoss(ports.database, watch, region, target, signal);
            return seconds === null || bytes === null ? [] : [{ target, seconds, bytes }];
          }),
      );
      return found.flat().sort((a, b) => a.seconds - b.seconds || a.bytes - b.bytes)[0] ?? null;
    },
    quietEveryMs: QUIET_EVERY_MS,
    troubleEveryMs: Math.max(TROUBLE_EVERY_MS, config.trigger.every),
    callMs: timeoutMs,
    clock,
    stop,
  });
}
