/**
 * The loop: after every append and after every restart it asks the machine what is due and does what is not already
 * being done here. It keeps no state of its own; killed at any point, the next start goes on from the journal.
 */
import { sentenceOf, UserError } from '../lib/errors.ts';
import { lengthText } from '../lib/utc.ts';
import { due, forceDue, gateDeadlines, type Work, workKey } from '../machine/due.ts';
import { askable, askedBy, currentPlan, gateNode, inFlight, nodeOf, stepState } from '../machine/facts.ts';
import {
  type Context,
  type Evidence,
  type GateNode,
  type GateState,
  LOST_SECONDARY,
  type Plan,
} from '../machine/types.ts';
import { makePlan } from '../steps/planning.ts';
import type { Runbook } from '../steps/step.ts';
import type { NewEvent, RunView } from './ledger.ts';
import { StepWork, type StepWorld } from './step-work.ts';
import { switchOf } from './switching.ts';
import { within } from './time.ts';

export type Log = {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
};
export type EngineWorld = StepWorld & { runbooks: Record<string, Runbook>; log: Log };

const RUNNER = 'runner';
const DECLARE = 'declare';
/** How long the world is asked before a plan counts as impossible to make, ms. */
const PLAN_BUDGET = 60_000;
/** The longest the loop sleeps without being woken: a safety net, not a rhythm. */
const IDLE_MS = 5_000;

/** What is begun while a halt stands: looking at what was sent, planning, asking people. Some checks write to know. */
const sendsNothing = (work: Work): boolean => ['settle', 'plan', 'openGate'].includes(work.do);

export class Engine {
  readonly #world: EngineWorld;
  readonly #doing = new Map<string, Promise<void>>();
  #wake: () => void = () => {};
  #loop: Promise<void> = Promise.resolve();

  constructor(world: EngineWorld) {
    this.#world = world;
    world.ledger.onAppend(() => this.#wake());
    world.ledger.onNote(() => this.#wake());
  }

  /** Says of every run under way that it goes on after a restart, then begins the loop. The ledger must be open. */
  async start(): Promise<void> {
    for (const view of this.#world.ledger.all()) {
      if (view.snapshot.hasTag('ended') || view.length === 0) continue;
      const checking = inFlight(view.snapshot.context).map((node) => node.id);
      await this.#world.ledger.append(view.run, RUNNER, { type: 'RESTARTED', checking });
    }
    this.#loop = this.#run();
  }

  /** Waits until what was under way has seen the stop signal. */
  async stopped(): Promise<void> {
    this.#wake();
    await this.#loop;
    await Promise.allSettled(this.#doing.values());
  }

  async #run(): Promise<void> {
    const { ledger, clock, stop, log } = this.#world;
    while (!stop.aborted) {
      const woken = new AbortController();
      this.#wake = () => woken.abort();
      let nextAt = clock.now() + IDLE_MS;
      for (const view of ledger.all()) {
        if (view.refused !== null) continue;
        const halted = ledger.halts.now !== null;
        for (const work of due(view.snapshot)) if (!halted || sendsNothing(work)) this.#begin(view.run, work);
        for (const { gate, at } of gateDeadlines(view.snapshot.context)) {
          if (at > clock.now()) nextAt = Math.min(nextAt, at);
          else
            await this.#gateRanOut(view, gate).catch((error) => {
              log.error({ run: view.run, gate, error: sentenceOf(error) }, 'a gate that ran out could not be decided');
            });
        }
        const forceAt = halted ? null : forceDue(view.snapshot);
        if (forceAt === null) continue;
        if (forceAt > clock.now()) nextAt = Math.min(nextAt, forceAt);
        else
          await this.#boxRanOut(view).catch((error) => {
            log.error({ run: view.run, error: sentenceOf(error) }, 'nobody could be asked about an emergency');
          });
      }
      await clock.sleep(nextAt - clock.now(), AbortSignal.any([woken.signal, stop]));
    }
  }

  #begin(run: string, work: Work): void {
    const key = `${run}/${workKey(work)}`;
    if (this.#doing.has(key)) return;
    const { log, clock, stop } = this.#world;
    const doing = this.#do(run, work)
      .catch(async (error) => {
        log.error({ run, work: key, error: sentenceOf(error) }, 'work failed where it never should');
        // A bug must not become a busy loop.
        await clock.sleep(1000, stop);
      })
      .finally(() => {
        this.#doing.delete(key);
        this.#wake();
      });
    this.#doing.set(key, doing);
  }

  async #do(run: string, work: Work): Promise<void> {
    if (work.do === 'plan') return await this.#plan(run);
    if (work.do === 'openGate') return await this.#openGate(run, work.gate, work.round);
    const step = this.#world.steps.get(work.step);
    if (step === undefined) throw new Error(`this version has no step ${work.step}`);
    const stepWork = new StepWork(this.#world, run, step);
    switch (work.do) {
      case 'run':
        return await stepWork.perform(work.attempt);
      case 'settle':
        return await stepWork.settle(work.attempt);
      case 'undo':
        return await stepWork.undo(work.attempt, false);
      case 'settleUndo':
        return await stepWork.undo(work.attempt, true);
    }
  }

  async #plan(run: string): Promise<void> {
    const { ledger, clock, stop, system, ports, callMs } = this.#world;
    const until = clock.now() + PLAN_BUDGET;
    // A bound on the loss that one busy moment kept from being measured must not be missing from what people approve.
    const boundUntil = clock.now() + 2 * callMs;
    while (!stop.aborted) {
      const c = ledger.view(run)!.snapshot.context;
      if (currentPlan(c) !== null || c.end !== null) return;
      const { runbook, mode, source, target, nodes, strategy } = c;
      const { signal, release } = within(clock, callMs, stop);
      try {
        const insist = clock.now() < boundUntil;
        const asked = { runbook, mode, source, target, nodes, strategy };
        const plan: Plan = await makePlan(asked, system, ports, signal, insist);
        return void (await ledger.append(run, RUNNER, { type: 'PLANNED', plan }));
      } catch (error) {
        if (stop.aborted) return;
        if (error instanceof UserError || clock.now() >= until)
          return void (await ledger.append(run, RUNNER, { type: 'PLAN_UNKNOWN', why: sentenceOf(error) }));
      } finally {
        release();
      }
      await clock.sleep(system.pollMs, stop);
    }
  }

  async #openGate(run: string, id: string, round: number): Promise<void> {
    const { ledger, clock } = this.#world;
    const lacksBound = isBoundMissing(ledger.view(run)!.snapshot.context);
    // Asked again because something was no longer so: only on evidence that is so now, and new.
    if ((round > 1 || lacksBound) && (await this.#boundsMoved(run))) return;
    // Measured by now, yet not in the plan: nobody approves a loss without its number. What is in flight ends first.
    if (lacksBound) return await clock.sleep(this.#world.system.pollMs, this.#world.stop);
    const fresh = round === 1 ? {} : await this.#evidenceNow(run, id);
    if (fresh === null) return;
    await ledger.append(run, RUNNER, (snapshot) => {
      const c = snapshot.context;
      const gate = gateNode(c, id);
      const hash = c.plan?.hash;
      if (gate === undefined || hash === undefined) return [];
      const evidence = Object.fromEntries(
        gate.after.map((step) => [step, fresh[step] ?? stepState(c, step).evidence ?? {}]),
      );
      const open: NewEvent = { type: 'GATE_OPENED', gate: id, hash, deadline: clock.now() + gate.timeoutMs, evidence };
      const approved = (how: 'votes' | 'policy', why: string | null): NewEvent => ({
        type: 'GATE_DECIDED',
        gate: id,
        hash,
        decision: 'approved',
        how,
        reason: why,
      });
      // What nobody could prove is never answered for by nobody.
      if (!gate.required && gate.standsInFor === null)
        return [open, approved('policy', 'the configuration does not require it')];
      if (id !== DECLARE) return [open];
      if (c.switched !== null && !c.switched.voted) return [open];
      if (c.switched === null && c.requestedBy === RUNNER)
        return [open, approved('policy', 'trigger.mode lets Regent declare it')];
      // Asked for by whoever may have meant the other direction: nothing of theirs was declared lost.
      const isDeclared = c.runbook !== LOST_SECONDARY || nodeOf(c, 'failure-confirmed') !== undefined;
      if (!gate.requesterMayVote || !isDeclared) return [open];
      // Whoever declares a disaster, or wants a run to go on as one, has voted with that.
      const { reason } = c.switched ?? c;
      const vote: NewEvent = { type: 'VOTED', gate: id, hash, by: askedBy(c), vote: 'approve', reason };
      return gate.votes <= 1 ? [open, vote, approved('votes', null)] : [open, vote];
    });
  }

  /** In an emergency what may be lost is part of the plan: asked again, it is asked with the bound as it is now. */
  async #boundsMoved(run: string): Promise<boolean> {
    const { ledger, clock, stop, system, ports, callMs } = this.#world;
    const c = ledger.view(run)!.snapshot.context;
    if (c.mode !== 'emergency' || c.plan === null || inFlight(c).length > 0) return false;
    const { runbook, mode, source, target, nodes } = c;
    const { signal, release } = within(clock, callMs, stop);
    try {
      const plan = await makePlan({ runbook, mode, source, target, nodes }, system, ports, signal);
      return plan.hash !== c.plan.hash && (await ledger.append(run, RUNNER, { type: 'PLANNED', plan })).ok;
    } catch {
      // It cannot be measured now: the old plan stands, and its checks say what is the matter.
      return false;
    } finally {
      release();
    }
  }

  /** Asks the gate's check steps until each says yes; null when the gate is no longer to be asked. */
  async #evidenceNow(run: string, id: string): Promise<{ [step: string]: Evidence } | null> {
    const { ledger, clock, stop, system, steps } = this.#world;
    const evidence: { [step: string]: Evidence } = {};
    for (const stepId of gateNode(ledger.view(run)!.snapshot.context, id)?.after ?? []) {
      const step = steps.get(stepId);
      if (step === undefined || step.run) continue;
      const work = new StepWork(this.#world, run, step);
      for (;;) {
        if (stop.aborted || !askable(ledger.view(run)!.snapshot.context, id)) return null;
        const answer = await work.ask();
        evidence[stepId] = answer.evidence;
        // What may be skipped holds nothing up: its evidence says that it is not so, and people decide with that.
        if (answer.is === 'done' || !step.proves) break;
        await clock.sleep(system.pollMs, stop);
      }
    }
    return evidence;
  }

  /** By configuration: ask more people once, then expire; or deny; or approve. Never says "denied" for "timed out". */
  async #gateRanOut(view: RunView, id: string): Promise<void> {
    const { ledger, clock } = this.#world;
    await ledger.append(view.run, RUNNER, (snapshot) => {
      const c = snapshot.context;
      const gate = gateNode(c, id);
      const hash = c.plan?.hash;
      if (gate === undefined || hash === undefined) return [];
      const state = c.gates[id];
      if (state?.status !== 'open' || state.deadline === null || state.deadline > clock.now()) return [];
      // What nobody could prove is a person's to answer for, not time's.
      const then = gate.standsInFor !== null && gate.onTimeout === 'approve' ? 'escalate' : gate.onTimeout;
      if (then === 'escalate' && !state.escalated)
        return [{ type: 'GATE_ESCALATED', gate: id, deadline: clock.now() + gate.timeoutMs }];
      const approve = then === 'approve';
      const reason = `${nobodyIn(state)}: ${approve ? 'approved by policy' : 'not approved'} (${settingOf(gate)})`;
      return [
        { type: 'GATE_DECIDED', gate: id, hash, decision: approve ? 'approved' : 'expired', how: 'timeout', reason },
      ];
    });
  }

  /** Its time box is over: people are asked about an emergency; where the configuration asks nobody, it goes on as one. */
  async #boxRanOut(view: RunView): Promise<void> {
    const { ledger, clock, system, runbooks, ports } = this.#world;
    await ledger.append(view.run, RUNNER, (snapshot) => {
      const at = forceDue(snapshot);
      const { context: c } = snapshot;
      const { emergency } = runbooks;
      if (at === null || at > clock.now() || emergency === undefined) return [];
      const why = `It was to go on as an emergency if it was not promoted ${lengthText(c.forceAfterMs ?? 0)} after it was asked for.`;
      const { declare } = system.gates;
      // What somebody has paused waits for people too.
      const isPaused = c.holds.some(({ kind }) => kind === 'person');
      if (declare.required || isPaused) return [{ type: 'SWITCH_ASKED', why, asks: declare.approvers }];
      const { stage } = ports.watch.health(c.source) ?? {};
      const byName =
        stage === 'confirmed' || stage === 'failed'
          ? null
          : `the run was asked for, with a time box of ${lengthText(c.forceAfterMs ?? 0)}`;
      return [switchOf(c, emergency, system, { by: RUNNER, reason: why, vote: false, byName })];
    });
  }
}

const nobodyIn = ({ openedAt, deadline }: GateState): string =>
  `nobody decided within ${lengthText((deadline ?? 0) - (openedAt ?? 0))}`;
const settingOf = ({ id, onTimeout }: GateNode): string => `gates.${id}.onTimeout: ${onTimeout}`;

/** What would be lost was measured after the plan was made without it. */
const isBoundMissing = (c: Context): boolean => {
  const { status, evidence } = stepState(c, 'loss-measured');
  const isMeasured = ['done', 'alreadyDone'].includes(status) && typeof evidence?.['lossBytes'] === 'number';
  return c.mode === 'emergency' && c.plan !== null && c.plan.bounds.loss === null && isMeasured;
};
