import { sentenceOf } from '../lib/errors.ts';
import { type Answer, done, type Evidence, notDone, unknown } from '../ports/answer.ts';
import {
  type ByPooler,
  hasPoolers,
  heldBy,
  letGo,
  lookAt,
  namesOf,
  PAUSES,
  pausedOf,
  poolersOf,
  silentText,
} from './pooling.ts';
import { defineStep } from './step.ts';

/** Why this process did not hold clients back, by run and attempt: said where the poolers can only say that it is so. */
const refusals = new Map<string, string>();
const keyOf = ({ run, attempt }: { run: string; attempt: number }): string => `${run} ${attempt}`;

/**
 * Clients wait instead of failing while the database moves. A courtesy that is never worth the move: tried once, and
 * who is held back is let go again by `monitor/pool-keeper.ts` whatever becomes of the run.
 */
export const pausePools = defineStep({
  id: PAUSES,
  title: 'Hold clients back at the poolers of {source}',
  about: {
    does: 'Sends `PAUSE` to every PgBouncer of {source}: transactions under way may end (`poolers.wait`), new ones wait until their server takes writes again. They wait for `poolers.pause` at the longest, and are let go at every end of the run, by a halt, and where Regent starts anew. All poolers or none. Only where poolers are configured.',
    asks: 'Reads each console. Done when every database is paused and no connection to a server is left. What somebody else had paused already is left to them.',
    whenItStops: [
      'It does not hold the run: what it could not do is said, clients are let go, and the run goes on; they then see the outage as an error.',
      '“did not end within”: a transaction was open too long, or the pooler pools by session, where PAUSE waits for clients to leave. `SHOW CLIENTS` names them.',
      '“admin access needed”: add the user of its url to `admin_users` (docs/pooler.md).',
    ],
  },
  phase: 'promoting',
  repeat: 'idempotent',
  // As before the step after it: nobody is held back for a move that must be asked about again.
  requires: { steps: ['replication-lag'], gate: 'promote' },
  budgetMs: 30_000,
  callMs: 25_000,
  // No clock: nobody is refused yet, and where it comes to nothing writes go on being served.
  onFailure: 'continue',
  uses: ['pooler'],
  when: hasPoolers,
  async check({ pooler, system, source, run, attempt, own, beforeOf, signal }): Promise<Answer> {
    const names = poolersOf(system, [source]);
    const { seen, silent } = await lookAt(pooler, names, signal);
    if (silent.length > 0) return unknown(silentText(silent));
    const spared: ByPooler = Object.fromEntries(seen.map((look) => [look.pooler, pausedOf(look)]));
    const before = beforeOf(PAUSES);
    const evidence: Evidence = { poolers: names, spared: before?.['spared'] ?? spared };
    if (seen.length === 0) return done(evidence, `${source} has no poolers`);
    const wanted = seen.map((look) => ({
      pooler: look.pooler,
      databases: look.view.databases.filter((one) => heldBy(look, before).includes(one.name) || !one.paused),
    }));
    const open = wanted.flatMap(({ databases }) => databases.filter(({ paused }) => !paused));
    const busy = wanted.flatMap(({ databases }) => databases.filter((one) => one.paused && one.connections > 0));
    if (open.length === 0 && busy.length === 0) {
      const waiting = wanted.flatMap(({ databases }) => databases).reduce((sum, one) => sum + one.waiting, 0);
      return done(
        { ...evidence, waiting },
        `${counted(names.length, 'pooler')} paused, ${counted(waiting, 'client')} waiting; let go after ${system.poolers!.pauseMs / 1000} s at the latest`,
      );
    }
    // Tried, and let go again: once more would only make clients wait once more.
    if (own?.underWay && open.length > 0) {
      const why = refusals.get(keyOf({ run, attempt })) ?? 'clients are not held back, or were let go again';
      return { is: 'notDone', why, evidence, final: true, again: false };
    }
    const list = wanted.map((one) => ({ ...one, databases: one.databases.map(({ name }) => name) }));
    return notDone(`PAUSE ${namesOf(list)}`, evidence);
  },
  async run({ pooler, system, source, run, attempt, beforeOf, signal }) {
    const { seen } = await lookAt(pooler, poolersOf(system, [source]), signal);
    const before = beforeOf(PAUSES);
    const list = seen.map((look) => {
      const ours = heldBy(look, before);
      const databases = look.view.databases.filter(({ name, paused }) => !paused || ours.includes(name));
      return { pooler: look.pooler, databases: databases.map(({ name }) => name) };
    });
    const came = await Promise.allSettled(
      list.map((one) => pooler.pause(one.pooler, one.databases, system.poolers!.waitMs, signal)),
    );
    const failed = came.filter((one) => one.status === 'rejected').map(({ reason }) => sentenceOf(reason));
    if (failed.length === 0) return undefined;
    refusals.set(keyOf({ run, attempt }), `${failed.join(' ')} Clients are not held back.`);
    // Who waits at one pooler while others fail at the next waits for nothing.
    await letGo(pooler, list, signal);
    return undefined;
  },
  async undo({ pooler, system, source, before, signal }) {
    const { seen, silent } = await lookAt(pooler, poolersOf(system, [source]), signal);
    const held = seen.map((look) => ({ pooler: look.pooler, databases: heldBy(look, before) }));
    await letGo(pooler, held, signal);
    // Of one that is silent the end of the run asks again.
    return { resumed: held.filter(({ databases }) => databases.length > 0), silent: silent.map((one) => one.pooler) };
  },
});

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;
