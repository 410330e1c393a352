/** The keeper of whom runs hold back at poolers, over the ledger and the journal. */
import type { Config } from '../config/schema.ts';
import { PoolKeeper } from '../monitor/pool-keeper.ts';
import type { Clock } from '../ports/clock.ts';
import type { Journal } from '../ports/journal.ts';
import type { Log } from '../runner/engine.ts';
import { RUNNER } from '../runner/face.ts';
import { type Ledger, SYSTEM } from '../runner/ledger.ts';
import type { Ports } from '../steps/step.ts';
import type { System } from '../steps/system.ts';

/** One look at every pooler of a region, and one order to each: they are asked side by side. */
const LOOK_MS = 5000;

type Kept = {
  config: Config;
  system: System;
  ports: Ports;
  ledger: Ledger;
  journal: Journal;
  clock: Clock;
  log: Log;
  stop: AbortSignal;
};

export function poolKeeperOf({ config, system, ports, ledger, journal, clock, log, stop }: Kept): PoolKeeper {
  const keeper = new PoolKeeper({
    pooler: ports.pooler,
    system,
    runs: () => ledger.all().map(({ snapshot }) => snapshot.context),
    halted: () => ledger.halts.now !== null,
    tell: (run, text) => ledger.append(run, RUNNER, { type: 'NOTED', by: RUNNER, text }),
    note: (entry) => ledger.note(entry),
    rows: () => journal.read(SYSTEM),
    clock,
    log,
    everyMs: config.timings.fenceEvery,
    callMs: Math.min(config.timings.callTimeout, LOOK_MS),
    stop,
  });
  ledger.onAppend(() => keeper.considered());
  ledger.onNote(() => keeper.considered());
  return keeper;
}
