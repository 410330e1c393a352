/** Scaling services by hand: what the command asks of the cluster, and who follows it up. */
import type { Scales } from '../commands/scale.ts';
import type { Config } from '../config/schema.ts';
import type { Clock } from '../ports/clock.ts';
import type { Cluster } from '../ports/cluster.ts';
import type { Journal } from '../ports/journal.ts';
import type { Log } from '../runner/engine.ts';
import { type Ledger, SYSTEM } from '../runner/ledger.ts';
import { Scaling } from '../runner/scaling.ts';
import { heeding, within } from '../runner/time.ts';
import { roomIn } from '../steps/room.ts';

type World = {
  config: Pick<Config, 'timings'>;
  cluster: Cluster;
  ledger: Ledger;
  journal: Journal;
  clock: Clock;
  log: Log;
  stop: AbortSignal;
};

/** A command must be answered within three seconds. */
const LOOK_MS = 2000;

export function scalingOf({ config, cluster, ledger, journal, clock, log, stop }: World) {
  const { poll: pollMs, callTimeout: callMs } = config.timings;
  const scaling = new Scaling({
    cluster,
    note: (...args) => ledger.note(...args),
    rows: () => journal.read(SYSTEM),
    clock,
    pollMs,
    callMs,
    stop,
    log,
  });
  async function limited<T>(ask: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { signal, release } = within(clock, Math.min(LOOK_MS, callMs), stop);
    return await heeding(signal, () => ask(signal)).finally(release);
  }
  const scales: Scales = {
    now: async (region, name) => (await limited((signal) => cluster.deployments(region, [name], signal)))[0] ?? null,
    withoutRoom: (region, name, replicas) =>
      limited((signal) => roomIn(cluster, region, [{ name, replicas }], signal))
        .then(({ missing }) => missing.reduce((sum, { pods }) => sum + pods, 0))
        .catch(() => null),
    ask: (wish, delivery) => scaling.ask(wish, delivery),
  };
  return { scales, start: () => scaling.start(), stopped: () => scaling.stopped() };
}
