/**
 * One seeded run of the real ledger and engine over a real SQLite journal: processes die and are overtaken between any
 * two things they do, calls and answers are lost, people change their minds. Afterwards the journal, the outbox, the
 * state in memory and the world must tell the same story.
 */

import { sqliteJournal } from '../../../src/integrations/sqlite-journal/journal.ts';
import { replay } from '../../../src/machine/replay.ts';
import type { Journal, JournalRow, JournalTransaction } from '../../../src/ports/journal.ts';
import { Engine } from '../../../src/runner/engine.ts';
import { Halting } from '../../../src/runner/halt.ts';
import { eventOf, type Ledger } from '../../../src/runner/ledger.ts';
import { nodesFor, type Ports, stepsOf } from '../../../src/steps/step.ts';
import type { System } from '../../../src/steps/system.ts';
import { everyGate, noRules } from '../no-rules.ts';
import { compare } from './compare.ts';
import { wishOf } from './people.ts';
import { drained, type Process, random, Scheduler } from './scheduler.ts';
import { bentTransaction, ledgerOf, type Variant } from './variants.ts';
import { type Leader, World } from './world.ts';

type Running = Leader & { ledger: Ledger; stop: AbortController; ready: boolean };
export type Outcome = {
  violations: string[];
  end: string;
  events: number;
  effects: number;
  leaders: number;
  switches: number;
  /** Switched, or asked about, because time ran out. */
  forced: number;
  /** Whether somebody took the risk of a fence nobody could prove. */
  risked: boolean;
  halts: number;
  reviewed: boolean;
};

const WILD_TURNS = 400;
const MOST_TURNS = 12_000;
const RUN = 'eden-1';

export async function simulate(seed: number, variant: Variant = {}): Promise<Outcome> {
  const dice = random(seed);
  const scheduler = new Scheduler();
  const world = new World(scheduler, dice, variant);
  const journal = sqliteJournal({ path: ':memory:' });
  const votes = dice.pick([1, 2]);
  const onTimeout = dice.pick(['escalate', 'deny', 'approve'] as const);
  const required = dice.chance(0.9);
  const declare = { required: dice.chance(0.8), requesterMayVote: dice.chance(0.5) };
  const forceAfterMs = dice.pick([null, null, 90_000, 300_000]);
  const policy = { votes, approvers: [], requesterMayVote: false, timeoutMs: 300_000, onTimeout, escalateTo: [] };
  const system: System = {
    organization: 'eden',
    environment: 'staging',
    objectives: { rtoMs: 1_800_000, rpoMs: 300_000 },
    namespace: 'eden',
    regions: {
      east: { alias: 'primary', fence: { strategy: 'statefulset', name: 'postgres' } },
      west: { alias: 'secondary', fence: { strategy: 'statefulset', name: 'postgres' } },
    },
    deployments: [],
    cache: null,
    records: [],
    gates: {
      ...everyGate({ ...policy, required: true }),
      promote: { ...policy, required },
      declare: { ...policy, ...declare },
    },
    budgets: {},
    pollMs: 1000,
    lagWithinMs: 1000,
    contacts: {},
    ...noRules,
  };
  const leaders: Running[] = [];

  /** The journal as one process reaches it: it can be stopped before it begins and after it has committed. */
  const journalOf = (who: Leader): Journal => ({
    ...journal,
    claim: async (holder) => {
      await scheduler.at(who, 'claim');
      return await journal.claim(holder);
    },
    transact: async <T>(work: (tx: JournalTransaction) => Promise<T>): Promise<T> => {
      await scheduler.at(who, 'begin');
      const rows: JournalRow[] = [];
      const result = await journal.transact(async (tx) => {
        const bent = bentTransaction(tx, variant, who.token);
        return await work({
          ...bent,
          append: async (...args) => {
            const appended = await bent.append(...args);
            if (args[0] === RUN) rows.push(...appended);
            return appended;
          },
        });
      });
      world.journal.push(...rows);
      await scheduler.at(who, rows.some((row) => row.type.endsWith('INTENDED')) ? 'committed intent' : 'committed');
      return result;
    },
  });

  const ports = (who: Process) =>
    ({
      database: {
        observe: async () => {
          await scheduler.at(who, 'observe');
          if (!world.calm && dice.chance(0.1)) throw new Error('no answer');
          return { systemIdentifier: '7' };
        },
      },
      dns: { plan: async () => ({ batches: [] }) },
      watch: { health: () => null },
    }) as unknown as Ports;

  function start(): Running {
    const stop = new AbortController();
    const leader = { name: `bot ${leaders.length + 1}`, state: 'awake', frozenAt: 0, stop, ready: false } as Running;
    leader.token = () => leader.ledger.token;
    const clock = scheduler.clockOf(leader, variant.ignoresSignals);
    leader.ledger = ledgerOf(journalOf(leader), clock, variant);
    leader.ledger.onLost = () => stop.abort();
    const wrong = (fields: object): void => {
      const told = JSON.stringify(fields);
      if (!told.includes('Another Regent leads')) world.violated(`${leader.name}: ${told}`);
    };
    const runbooks = world.runbooks(leader);
    const engine = new Engine({
      ledger: leader.ledger,
      clock,
      ports: ports(leader),
      system,
      steps: new Map(Object.values(runbooks).flatMap((one) => stepsOf(one).map((step) => [step.id, step]))),
      runbooks,
      callMs: 5_000,
      stop: stop.signal,
      log: { info: () => {}, warn: wrong, error: wrong },
    });
    const boot = async () => {
      await leader.ledger.open(leader.name);
      await engine.start();
      leader.ready = true;
    };
    boot().catch((error: Error) => wrong({ error: error.message }));
    leaders.push(leader);
    return leader;
  }

  function newLeader(old: Running): void {
    if (dice.chance(0.5)) scheduler.freeze(old);
    else scheduler.kill(old);
    start();
  }

  const current = () => leaders.at(-1)!;
  const begin = async (leader: Running) =>
    await leader.ledger.begin(
      'eden',
      'person:UREQ',
      () => ({
        type: 'REQUESTED',
        organization: 'eden',
        runbook: 'planned',
        mode: 'planned',
        source: 'east',
        target: 'west',
        reason: 'test',
        requestedBy: 'UREQ',
        objectives: system.objectives,
        nodes: nodesFor(world.runbooks(leader).planned, system, 'east', 'west'),
        forceAfterMs,
      }),
      'first',
    );

  /** Somebody halts, now and then; two people lift it, always. */
  const halting = async (leader: Running, halt: boolean): Promise<void> => {
    const halted = new Halting(leader.ledger, () => scheduler.now);
    const person = dice.pick(['UONE', 'UTWO', 'UTHREE']);
    deliveries += 1;
    await (halt ? halted.halt(person, 'odd', `h${deliveries}`) : halted.lift(person, 'fine', `h${deliveries}`));
  };

  let asking = false;
  let deliveries = 0;
  /** One delivery of a person's wish, now and then twice. */
  function ask(): void {
    const leader = current();
    const view = leader.ledger.view(RUN);
    asking = true;
    const work = async () => {
      const halted = leader.ledger.halts.now !== null;
      if (halted && dice.chance(0.4)) return await halting(leader, false);
      if (!halted && view && !world.calm && dice.chance(0.02)) return await halting(leader, true);
      if (!view) return await begin(leader);
      const events = wishOf(view.snapshot.context, world, leader, system);
      if (events === null) return null;
      deliveries += 1;
      const append = () => leader.ledger.append(RUN, 'person:UOPS', () => events, `d${deliveries}`);
      if (dice.chance(0.1)) void append().catch(() => undefined);
      return await append();
    };
    work()
      .catch((error: Error) => {
        if (!error.message.includes('Another Regent leads')) world.violated(`a person: ${error.message}`);
      })
      .finally(() => {
        asking = false;
      });
  }

  start();
  let turns = 0;
  const over = () => leaders.some((one) => one.ledger.view(RUN)?.snapshot.hasTag('ended') === true);
  for (; turns < MOST_TURNS && !over() && world.violations.length === 0; turns += 1) {
    await drained();
    if (turns > WILD_TURNS && !world.calm) {
      world.calm = true;
      world.gone = false;
      for (const leader of leaders) if (leader.state === 'frozen') scheduler.thaw(leader);
      continue;
    }
    const leader = current();
    if (leader.state !== 'awake') asking = false;
    const points = scheduler.points();
    const frozen = leaders.filter((one) => one.state === 'frozen');
    if (!world.calm) {
      // Where it hurts: between an intent and its effect, and between an effect and its outcome.
      const sore = points.some((point) => point.who === leader && /^(committed intent|send|sent)/.test(point.what));
      if (leader.ready && leaders.length < 12 && dice.chance(sore ? 0.06 : 0.004)) {
        asking = false;
        newLeader(leader);
        continue;
      }
      // Now and then the region that is left falls silent, and now and then it speaks again.
      if (dice.chance(world.gone ? 0.002 : 0.02)) world.gone = !world.gone;
      // Late: when the new one is in the middle of something.
      if (frozen.length > 0 && leader.ready && dice.chance(sore ? 0.2 : 0.02)) {
        scheduler.thaw(dice.pick(frozen));
        continue;
      }
    }
    if (!asking && leader.ready && dice.chance(world.calm ? 0.3 : 0.1)) {
      ask();
      continue;
    }
    if (points.length > 0 && dice.chance(0.9)) dice.pick(points).go();
    else if (!scheduler.advance() && points.length === 0 && leader.ready && !asking) ask();
  }
  // Somebody who made no override looks back on them.
  const last = current();
  if (last.ready)
    last.ledger.append(RUN, 'person:UREV', { type: 'REVIEWED', by: 'UREV', note: 'seen' }).catch(() => undefined);
  // Whoever was asleep wakes up after the end, and may still do nothing.
  for (const leader of leaders) if (leader.state === 'frozen') scheduler.thaw(leader);
  for (let rest = 0; rest < 400; rest += 1) {
    await drained();
    const points = scheduler.points();
    if (points.length > 0) points[0]!.go();
    else if (!scheduler.advance()) break;
  }
  for (const leader of leaders) leader.stop.abort();
  await drained();

  if (turns === MOST_TURNS) world.violated(`stuck: ${JSON.stringify(current().ledger.view(RUN)?.snapshot.value)}`);
  if (world.violations.length === 0)
    await compare(
      world,
      journal,
      RUN,
      leaders.flatMap((one) => one.ledger.all()),
    );
  const { end, overrides, reviewed } = replay(world.journal.map(eventOf)).snapshot.context;
  const halts = (await journal.read('system')).filter((row) => row.type === 'HALTED').length;
  for (const leader of leaders) scheduler.kill(leader);
  await journal.close();
  return {
    violations: world.violations,
    end: end ?? 'none',
    events: world.journal.length,
    effects: world.effects,
    leaders: leaders.length,
    halts,
    reviewed: reviewed !== null,
    forced: world.journal.filter(
      ({ type, data }) => type === 'SWITCH_ASKED' || (type === 'MODE_SWITCHED' && data['by'] === 'runner'),
    ).length,
    risked: world.isRiskTaken(world.journal),
    switches: overrides.filter(({ rule }) => rule.startsWith('mode')).length,
  };
}
