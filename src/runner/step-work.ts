/**
 * Doing one step: ask → already done? record it : commit the intent → run → ask until it is so → record the outcome.
 * A step is done when its postcondition is observed, never because a call returned. A timeout is unknown, not failed.
 */
import { ConfigError, IntegrationError, sentenceOf } from '../lib/errors.ts';
import { whereIs } from '../machine/due.ts';
import { currentPlan, gateNode, isAnsweredFor, nodeOf, stepNode, stepState } from '../machine/facts.ts';
import type { Evidence, StepNode } from '../machine/types.ts';
import { type Answer, type Progress, unknown } from '../ports/answer.ts';
import type { Clock } from '../ports/clock.ts';
import type { Ports, StepDefinition, StepFacts } from '../steps/step.ts';
import type { System } from '../steps/system.ts';
import { goneWithout } from './gone-without.ts';
import type { Ledger, NewEvent } from './ledger.ts';
import { factsOf } from './step-facts.ts';
import { heeding, within } from './time.ts';
import { newlySeen } from './watching.ts';

export type StepWorld = {
  ledger: Ledger;
  clock: Clock;
  ports: Ports;
  system: System;
  steps: Map<string, StepDefinition>;
  /** How long one question may take, ms. */
  callMs: number;
  /** Told what a step that takes its time has done so far; null when it is over. */
  onProgress?: (run: string, step: string, progress: Progress | null) => void;
  stop: AbortSignal;
};

/** How often an effect that surely did not happen is tried again without asking anybody. */
const ATTEMPTS_UNASKED = 3;
/** How many looks in a row must say "not done" before an intent without an answer counts as proven not done. */
const LOOKS_TO_BE_SURE = 3;
const RUNNER = 'runner';

/** One step of one run, at work. */
export class StepWork {
  readonly #world: StepWorld;
  readonly #run: string;
  readonly #step: StepDefinition;

  constructor(world: StepWorld, run: string, step: StepDefinition) {
    this.#world = world;
    this.#run = run;
    this.#step = step;
  }

  get #context() {
    return this.#world.ledger.view(this.#run)!.snapshot.context;
  }
  get #node(): StepNode {
    return stepNode(this.#context, this.#step.id)!;
  }

  /** Until when it must be seen: the step's budget, or what a person gave this attempt. */
  get #budgetMs(): number {
    return stepState(this.#context, this.#step.id).within ?? this.#node.budgetMs;
  }

  get #pauseMs(): number {
    return this.#step.everyMs?.(this.#world.system) ?? this.#world.system.pollMs;
  }

  /** Somebody asked for a look and nothing else: what is not done then is said, never sent. */
  get #lookOnly(): boolean {
    return stepState(this.#context, this.#step.id).within === 0;
  }

  /** Another plan is wanted, and waits for what this one has under way. */
  get #isLeft(): boolean {
    return currentPlan(this.#context) === null;
  }

  /** Asks a step's check; whatever goes wrong is "unknown". */
  async ask(step: StepDefinition = this.#step): Promise<Answer> {
    const { signal, release } = within(this.#world.clock, this.#world.callMs, this.#world.stop);
    try {
      const answer = await heeding(signal, () => step.check(this.#handed(signal, step.id)));
      const progress = answer.is === 'unknown' ? answer.progress : undefined;
      this.#world.onProgress?.(this.#run, step.id, progress ?? null);
      return answer;
    } catch (error) {
      return unknown(signal.aborted ? `no answer within ${this.#world.callMs / 1000} s` : sentenceOf(error));
    } finally {
      release();
    }
  }

  /** Due work `run`: from the first question to the outcome. */
  async perform(attempt: number): Promise<void> {
    // Asked under one plan, it is not begun under another.
    const hash = this.#context.plan?.hash ?? '';
    const asked = await this.#askUntilActionable(attempt);
    if (asked === null) return;
    const requires = await this.#required(attempt);
    if (requires === null) return;

    const { clock } = this.#world;
    const callMs = this.#step.callMs ?? this.#world.callMs;
    const deadline = clock.now() + callMs;
    const begun = await this.#append({
      type: 'STEP_INTENDED',
      step: this.#step.id,
      attempt,
      hash,
      before: asked.evidence,
      requires,
      deadline,
    });
    if (!begun) return;
    const left = deadline - clock.now();
    let error: string | null = left > 0 ? null : 'its time was over before it was sent';
    let report: Evidence = {};
    // From when on "not done" is proof: at once where nothing was sent or an answer came, else when the call is surely over.
    let sureAt = clock.now();
    if (error === null) {
      const { signal, release } = within(clock, left, this.#world.stop);
      try {
        report = (await heeding(signal, async () => this.#step.run?.(this.#handed(signal)))) ?? {};
      } catch (thrown) {
        const nothingSent =
          thrown instanceof ConfigError || (thrown instanceof IntegrationError && thrown.effect === 'none');
        if (!nothingSent) sureAt = deadline;
        error =
          signal.aborted && !this.#world.stop.aborted ? `no answer within ${callMs / 1000} s` : sentenceOf(thrown);
      } finally {
        release();
      }
    }
    // Stopping now writes nothing: the next start finds the intent and asks the world.
    if (this.#world.stop.aborted) return;
    await this.#observe(attempt, report, error, sureAt);
  }

  /** Due work `settle`: an intent found without an outcome. Nothing is sent; the world is asked once the call is surely over. */
  async settle(attempt: number): Promise<void> {
    const { clock, stop } = this.#world;
    const { deadline } = stepState(this.#context, this.#step.id);
    await clock.sleep((deadline ?? 0) - clock.now(), stop);
    const until = clock.now() + this.#budgetMs;
    let looks = 0;
    while (!stop.aborted && this.#isOut(attempt)) {
      const answer = await this.ask();
      for (const seen of newlySeen(this.#context, this.#step.id, answer)) await this.#append(seen);
      if (answer.is === 'done') return void (await this.#done(attempt, answer));
      looks = answer.is === 'notDone' ? looks + 1 : 0;
      if (answer.final) return void (await this.#append(this.#finally(attempt, answer)));
      const hurried = this.#hurried(attempt, answer, looks, false);
      if (hurried !== null) return void (await this.#append(hurried));
      // Of a check nothing was ever sent: no proof is needed that nothing came of it, it is asked as long as there is time.
      if (this.#step.run && looks >= LOOKS_TO_BE_SURE)
        return void (await this.#append({ ...this.#failed('STEP_NOT_DONE', attempt, answer), again: true }));
      if (clock.now() >= until)
        return void (await this.#append(
          answer.is === 'notDone' && !this.#step.run
            ? { ...this.#failed('STEP_NOT_DONE', attempt, answer), again: false }
            : this.#failed('STEP_UNKNOWN', attempt, answer),
        ));
      await clock.sleep(this.#pauseMs, stop);
    }
  }

  /**
   * Undoes it, again and again within the budget: restoring a state is safe to repeat. Each call has its own intent,
   * so that a new leader knows how long one may still be under way.
   */
  async undo(attempt: number, resumed: boolean): Promise<void> {
    const { clock, stop, system } = this.#world;
    const state = stepState(this.#context, this.#step.id);
    if (resumed) await clock.sleep((state.deadline ?? 0) - clock.now(), stop);
    const until = clock.now() + this.#node.budgetMs;
    while (!stop.aborted) {
      const deadline = clock.now() + (this.#step.callMs ?? this.#world.callMs);
      if (!(await this.#append({ type: 'UNDO_INTENDED', step: this.#step.id, attempt, deadline }))) return;
      const { signal, release } = within(clock, deadline - clock.now(), stop);
      try {
        const { undo } = this.#step;
        if (typeof undo !== 'function') throw new Error('it cannot be undone');
        if (clock.now() >= deadline) throw new Error('its time was over before it was sent');
        const handed = { ...this.#handed(signal), before: state.before ?? {} };
        const evidence = await heeding(signal, () => undo(handed));
        return void (await this.#append({ type: 'UNDO_DONE', step: this.#step.id, attempt, evidence }));
      } catch (error) {
        if (stop.aborted) return;
        if (clock.now() >= until)
          return void (await this.#append({
            type: 'UNDO_UNKNOWN',
            step: this.#step.id,
            attempt,
            why: sentenceOf(error),
          }));
      } finally {
        release();
      }
      await clock.sleep(system.pollMs, stop);
    }
  }

  /** Asks until there is something to do about it. null: an outcome was written, or it is no longer due. */
  async #askUntilActionable(attempt: number): Promise<Answer | null> {
    const { clock, stop } = this.#world;
    const until = clock.now() + this.#budgetMs;
    const lookOnly = this.#lookOnly;
    while (!stop.aborted && this.#stillDue(attempt)) {
      const asked = this.#context.plan?.hash;
      const answer = await this.ask();
      // An answer is of the plan it was asked under.
      if (this.#context.plan?.hash !== asked) continue;
      for (const seen of newlySeen(this.#context, this.#step.id, answer)) await this.#append(seen);
      if (answer.is === 'done') {
        const { evidence, summary = null } = answer;
        await this.#append({ type: 'STEP_ALREADY_DONE', step: this.#step.id, evidence, summary });
        return null;
      }
      if (answer.is === 'notDone' && this.#step.run && !lookOnly) return answer;
      if (answer.final || clock.now() >= until) {
        await this.#append(
          // Of an effect nothing was sent: unknown is then only a reason not to begin.
          answer.is === 'unknown' && !this.#step.run
            ? this.#failed('STEP_UNKNOWN', attempt, answer)
            : { ...this.#failed('STEP_NOT_DONE', attempt, answer), again: false },
        );
        return null;
      }
      await clock.sleep(this.#pauseMs, stop);
    }
    return null;
  }

  /** Asks what must still hold, right before the intent. null: it does not, and that was written. */
  async #required(attempt: number): Promise<{ [step: string]: Evidence } | null> {
    const evidence: { [step: string]: Evidence } = {};
    const { steps = [], gate: gateOfAll, gateFor = {} } = this.#step.requires ?? {};
    for (const id of steps) {
      if (nodeOf(this.#context, id) === undefined) continue;
      const answer = await this.ask(this.#world.steps.get(id)!);
      evidence[id] = answer.evidence;
      // Nobody can prove it, and somebody has answered for that by name.
      if (answer.is === 'done' || isAnsweredFor(this.#context, id, answer.is)) {
        // What was answered for is this much, not more.
        if (answer.is === 'done' || answer.evidence['worseThanApproved'] !== true) continue;
      }
      // A gate nobody is asked at would be approved again at once, and again: then the step holds.
      const gate = gateNode(this.#context, gateFor[id] ?? gateOfAll ?? '');
      const why = `“${nodeOf(this.#context, id)!.title}”: ${answer.why}`;
      if (answer.is === 'notDone' && gate?.required) await this.#append({ type: 'GATE_REOPENED', gate: gate.id, why });
      else
        await this.#append({
          type: 'STEP_NOT_DONE',
          step: this.#step.id,
          attempt,
          why,
          evidence: answer.evidence,
          again: false,
        });
      return null;
    }
    return evidence;
  }

  /** After the call: asks until the postcondition is seen or the budget ends. */
  async #observe(attempt: number, report: Evidence, error: string | null, sureAt: number): Promise<void> {
    const { clock, stop, system } = this.#world;
    const intendedAt = stepState(this.#context, this.#step.id).intendedAt!;
    const until = Math.max(sureAt, intendedAt + this.#node.budgetMs);
    const half = intendedAt + this.#node.budgetMs / 2;
    let looks = 0;
    while (!stop.aborted) {
      const sure = clock.now() >= sureAt;
      const answer = await this.ask();
      if (answer.is === 'done') return void (await this.#done(attempt, answer, report));
      looks = answer.is === 'notDone' && sure ? looks + 1 : 0;
      if (answer.final && sure) return void (await this.#append(this.#finally(attempt, answer)));
      const hurried = sure ? this.#hurried(attempt, answer, looks, error === null) : null;
      if (hurried !== null) return void (await this.#append(hurried));
      // The call failed and the world says, again and again, that nothing came of it.
      if (error !== null && looks >= LOOKS_TO_BE_SURE) {
        const again = this.#node.repeat !== 'once' && attempt < ATTEMPTS_UNASKED;
        const failed = this.#failed('STEP_NOT_DONE', attempt, { ...answer, why: error } as Answer);
        return void (await this.#append({ ...failed, again }));
      }
      if (error === null && answer.is === 'notDone' && this.#step.resend && attempt === 1 && clock.now() >= half) {
        const evidence = { ...answer.evidence, unseen: true };
        return void (await this.#append({
          ...this.#failed('STEP_NOT_DONE', attempt, { ...answer, evidence }),
          again: true,
        }));
      }
      if (clock.now() >= until) {
        const why =
          error === null ? answer : ({ ...answer, why: `${error}; ${'why' in answer ? answer.why : ''}` } as Answer);
        return void (await this.#append(
          answer.is === 'unknown'
            ? this.#failed('STEP_UNKNOWN', attempt, why)
            : { ...this.#failed('STEP_NOT_DONE', attempt, why), again: false },
        ));
      }
      await clock.sleep(system.pollMs, stop);
    }
  }

  /**
   * What another plan waits for: an outcome as soon as nothing more can come of the call, and never a surer one than is
   * known. Of what the new nodes lack nobody needs to know more; an accepted toggle may still take.
   */
  #hurried(attempt: number, answer: Answer, looks: number, accepted: boolean): NewEvent | null {
    if (!this.#isLeft || this.#step.run === undefined) return null;
    const mayYetTake = accepted && this.#node.repeat === 'once';
    if (looks >= LOOKS_TO_BE_SURE && !mayYetTake)
      return { ...this.#failed('STEP_NOT_DONE', attempt, answer), again: true };
    const nobodyWaits = nodeOf(this.#context, this.#step.id) === undefined;
    return nobodyWaits && (answer.is === 'unknown' || mayYetTake)
      ? this.#failed('STEP_UNKNOWN', attempt, answer)
      : null;
  }

  #done(attempt: number, answer: Answer & { is: 'done' }, report: Evidence = {}): Promise<boolean> {
    const { summary = null } = answer;
    // The run's own report wins: a check may know less than the one who did it.
    return this.#append({
      type: 'STEP_DONE',
      step: this.#step.id,
      attempt,
      evidence: { ...answer.evidence, ...report },
      summary,
    });
  }

  /** Waiting will not change it: tried again where that does no harm, else held at once. */
  #finally(attempt: number, answer: Answer): NewEvent {
    const counted = this.#node.repeat !== 'once' && attempt < ATTEMPTS_UNASKED;
    const wanted = answer.is === 'notDone' && answer.again !== undefined ? answer.again : counted;
    const again = this.#step.run !== undefined && wanted && !this.#lookOnly;
    return answer.is === 'unknown'
      ? this.#failed('STEP_UNKNOWN', attempt, answer)
      : { ...this.#failed('STEP_NOT_DONE', attempt, answer), again };
  }

  #failed<T extends 'STEP_NOT_DONE' | 'STEP_UNKNOWN'>(type: T, attempt: number, answer: Answer) {
    const why = 'why' in answer ? answer.why : '';
    // Whoever reads the card may have to do it by hand: exactly how travels with the failure.
    const { plan } = this.#context;
    const byHand = plan === null ? undefined : this.#step.byHand?.(plan.values);
    const evidence: Evidence = byHand === undefined ? answer.evidence : { ...answer.evidence, byHand };
    return { type, step: this.#step.id, attempt, why, evidence };
  }

  /** Its intent still waits for an outcome: a question may have become void meanwhile. */
  #isOut(attempt: number): boolean {
    const state = stepState(this.#context, this.#step.id);
    return state.status === 'intended' && state.attempt === attempt;
  }

  /** Not begun meanwhile, and its phase not left: an abort or another plan ends the asking too. */
  #stillDue(attempt: number): boolean {
    const { snapshot } = this.#world.ledger.view(this.#run)!;
    const { status, attempt: known } = stepState(snapshot.context, this.#step.id);
    const phase = stepNode(snapshot.context, this.#step.id)?.phase;
    const here = whereIs(snapshot) === (phase === 'atEnd' ? 'finishing' : phase);
    return here && ['none', 'notDone'].includes(status) && known + 1 === attempt;
  }

  async #append(event: NewEvent): Promise<boolean> {
    const written = goneWithout(event, this.#node, (attempt) => this.#isOut(attempt));
    return (await this.#world.ledger.append(this.#run, RUNNER, written)).ok;
  }

  #handed(signal: AbortSignal, step: string = this.#step.id): Ports & StepFacts {
    const { ports, system } = this.#world;
    return { ...ports, ...factsOf(this.#context, step, { run: this.#run, system, signal }) };
  }
}
