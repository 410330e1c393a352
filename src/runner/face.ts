/** The runner as commands see it: what is, and what may be asked for. Every change goes through the ledger. */
import { sentenceOf } from '../lib/errors.ts';
import {
  type Announcement,
  type Context,
  FAILBACK,
  LOST_SECONDARY,
  type Mode,
  type Plan,
  REPROTECT,
} from '../machine/types.ts';
import type { Halt } from '../messages/halt.ts';
import { type Answer, unknown } from '../ports/answer.ts';
import type { Posted } from '../ports/chat.ts';
import type { Clock } from '../ports/clock.ts';
import { type DatabaseView, isFollowing } from '../ports/database.ts';
import type { Journal, JournalEntry } from '../ports/journal.ts';
import type { Notice } from '../ports/records.ts';
import { makePlan } from '../steps/planning.ts';
import { ONLY_DECLARED } from '../steps/runbooks/lost-secondary.ts';
import { nodesFor, type Ports, type Runbook, type StepDefinition, type StepFacts } from '../steps/step.ts';
import type { System } from '../steps/system.ts';
import { type Choice, chooseTarget } from './choosing.ts';
import { Halting } from './halt.ts';
import type { Appended, Ledger, NewEvent, RunView } from './ledger.ts';
import { journalRecords, movesOf } from './records.ts';
import { switchOf, type Wish } from './switching.ts';
import { heeding, within } from './time.ts';

type Role = 'primary' | 'standby' | 'unknown';

export type DryRun = {
  plan: Plan;
  /** Each step's own check, asked now: what it found, or what it would change. */
  steps: { id: string; title: string; phase: string; effect: boolean; answer: Answer }[];
};

/** A run that is only watched and ends with the request. `lost`: its target, where that is declared lost. */
export type Ends = { run: string; why: string; lost: string | null };
/** What else a request carries. */
export type Begun = Partial<Pick<Context, 'selection' | 'byName' | 'forceAfterMs' | 'strategy'>> & {
  ends?: Ends | null;
};

/** Who declares where the configuration lets the trigger do it. */
export const RUNNER = 'runner';

export type FaceWorld = {
  ledger: Ledger;
  journal: Journal;
  clock: Clock;
  system: System;
  ports: Ports;
  runbooks: Record<string, Runbook>;
  callMs: number;
  stop: AbortSignal;
};

export class Face {
  readonly #world: FaceWorld;
  /** Stopping every new effect, of any run, and lifting that. */
  readonly halting: Halting;
  constructor(world: FaceWorld) {
    this.#world = world;
    this.halting = new Halting(world.ledger, () => world.clock.now());
  }

  /** The halt that stands; null while none does. */
  get halt(): Halt | null {
    return this.halting.standing;
  }

  /** What is seen of the regions. */
  get watch(): Ports['watch'] {
    return this.#world.ports.watch;
  }
  get system(): System {
    return this.#world.system;
  }
  now(): number {
    return this.#world.clock.now();
  }
  active(): RunView | undefined {
    return this.#world.ledger.active();
  }
  /** Every run, oldest first. */
  all(): RunView[] {
    return this.#world.ledger.all();
  }
  last(): RunView | undefined {
    return this.#world.ledger.all().at(-1);
  }
  view(run: string): RunView | undefined {
    return this.#world.ledger.view(run);
  }
  headlineOf(run: string): Promise<Posted | null> {
    return this.#world.journal.posted(run, 'headline');
  }

  /** Who is primary by observation: `unknown` where the server did not answer in time. */
  async rolesNow(): Promise<Record<string, Role>> {
    return rolesIn(await this.#views());
  }

  /** The same, and which primaries `region` is a streaming standby of, on their timeline. */
  async followers(region: string): Promise<{ roles: Record<string, Role>; streams: string[] }> {
    const views = await this.#views();
    const own = views[region];
    const streams = Object.keys(views).filter(
      (one) => views[one]?.role === 'primary' && own != null && isFollowing(own, views[one]),
    );
    return { roles: rolesIn(views), streams };
  }

  /** Where the system was moved to last, by record; null where no run has moved it. */
  movedTo(): string | null {
    return movesOf(this.all().map(({ snapshot }) => snapshot.context)).at(-1)?.target ?? null;
  }

  async #views(): Promise<Record<string, DatabaseView | null>> {
    const views = await Promise.all(
      Object.keys(this.#world.system.regions).map(async (region) => {
        const { signal, release } = within(this.#world.clock, this.#world.callMs, this.#world.stop);
        const view = await heeding(signal, () => this.#world.ports.database.observe(region, signal)).catch(() => null);
        release();
        return [region, view] as const;
      }),
    );
    return Object.fromEntries(views);
  }

  /** Starts a planned run, unless one is under way. */
  begin(
    source: string,
    target: string,
    reason: string,
    person: string,
    delivery: string | null,
    more: Begun = {},
  ): Promise<Appended> {
    return this.#begin('planned', { source, target, reason, by: person, ...more }, delivery);
  }

  /** Starts a run that goes home: planned, from the region that serves, with preconditions of its own. */
  beginFailback(
    source: string,
    target: string,
    reason: string,
    person: string,
    delivery: string | null,
    more: Begun = {},
  ): Promise<Appended> {
    return this.#begin('planned', { source, target, reason, by: person, ...more }, delivery, FAILBACK);
  }

  /** Starts an emergency run: a person (or, where the configuration lets it, the trigger: `runner`) declares the disaster. */
  beginEmergency(
    source: string,
    target: string,
    reason: string,
    by: string,
    delivery: string | null,
    more: Begun = {},
  ): Promise<Appended> {
    return this.#begin('emergency', { source, target, reason, by, ...more }, delivery);
  }

  /**
   * Starts a run that takes a region out of service which does not serve; `target` is the primary, and stays it.
   * `declared`: it is said to be lost, which is looked at; else somebody only wants to do without it.
   */
  beginLostSecondary(
    source: string,
    target: string,
    reason: string,
    by: string,
    delivery: string | null,
    { declared, ...more }: Begun & { declared: boolean },
  ): Promise<Appended> {
    const without = declared ? [] : ONLY_DECLARED;
    return this.#begin('planned', { source, target, reason, by, ...more }, delivery, LOST_SECONDARY, without);
  }

  /** Starts a run that makes `source` a standby of `target`, which serves and goes on serving. */
  beginReprotect(
    source: string,
    target: string,
    reason: string,
    person: string,
    delivery: string | null,
    more: Pick<Begun, 'strategy' | 'ends'> = {},
  ): Promise<Appended> {
    return this.#begin('planned', { source, target, reason, by: person, ...more }, delivery, REPROTECT);
  }

  #begin(
    mode: Mode,
    {
      source,
      target,
      reason,
      by,
      ends = null,
      ...more
    }: { source: string; target: string; reason: string; by: string } & Begun,
    delivery: string | null,
    name: string = mode,
    without: string[] = [],
  ): Promise<Appended> {
    const { ledger, system, runbooks } = this.#world;
    const runbook = runbooks[name]!;
    return ledger.begin(
      system.organization,
      by === RUNNER ? RUNNER : `person:${by}`,
      () => ({
        type: 'REQUESTED',
        organization: system.organization,
        runbook: runbook.name,
        mode,
        source,
        target,
        reason,
        requestedBy: by,
        objectives: system.objectives,
        nodes: nodesFor(runbook, system, source, target, without),
        ...more,
      }),
      delivery,
      this.#ending(by, ends),
    );
  }

  #ending(by: string, ends: Ends | null) {
    if (ends === null) return null;
    const { run, why, lost } = ends;
    const step = this.view(run)?.snapshot.context.watch?.step ?? '';
    return { run, event: (next: string) => ({ type: 'WATCH_ENDED' as const, step, by, why, next, lost }) };
  }

  /** Lets a planned run go on as an emergency, by that runbook. */
  goOnAsEmergency(run: string, wish: Wish, delivery: string | null): Promise<Appended> {
    const { ledger, runbooks, system } = this.#world;
    const emergency = runbooks['emergency']!;
    const by = `person:${wish.by}`;
    return ledger.append(run, by, ({ context }) => [switchOf(context, emergency, system, wish)], delivery);
  }

  append(
    run: string,
    person: string,
    build: NewEvent | ((snapshot: RunView['snapshot']) => NewEvent[]),
    delivery: string | null,
  ): Promise<Appended> {
    return this.#world.ledger.append(run, `person:${person}`, build, delivery);
  }

  /** Writes down what somebody asked for and was refused. Never in the way of the answer. */
  async refused(person: string, asked: string, why: string, delivery: string): Promise<void> {
    await this.#world.ledger
      .note({ type: 'REFUSED', actor: `person:${person}`, data: { asked, why } }, delivery)
      .catch(() => undefined);
  }

  /** Notices of planned moves that were not taken back, oldest first. */
  notices(): Promise<Notice[]> {
    return journalRecords(this.#world.journal).notices();
  }

  /** Writes down what belongs to no run, and tells people of it. False: this delivery has acted before. */
  note(
    person: string,
    entry: Pick<JournalEntry, 'type' | 'data'>,
    announcements: Announcement[],
    delivery: string,
  ): Promise<boolean> {
    return this.#world.ledger.note({ ...entry, actor: `person:${person}` }, delivery, announcements);
  }

  /**
   * The plan of a planned run or a failback, and every step's check, asked now. Changes nothing: check steps that must
   * write to know are left out.
   */
  async dryRun(
    source: string,
    target: string,
    selection: Context['selection'] = null,
    name: 'planned' | typeof FAILBACK = 'planned',
  ): Promise<DryRun> {
    const { clock, stop, system, ports, runbooks, callMs } = this.#world;
    const runbook = runbooks[name]!;
    const nodes = nodesFor(runbook, system, source, target);
    const { signal, release } = within(clock, callMs * 3, stop);
    try {
      const asked = { runbook: runbook.name, mode: 'planned' as const, source, target, nodes };
      const plan = await heeding(signal, () => makePlan(asked, system, ports, signal));
      const steps = runbook.nodes.filter((node): node is StepDefinition => !('kind' in node));
      const before = steps.filter((step) => nodes.some((node) => node.id === step.id) && !onlyLater(step));
      const answers = await Promise.all(
        before.map(async (step) => {
          const facts: StepFacts = {
            run: `${system.organization}-plan`,
            requestedBy: '',
            attempt: 1,
            source,
            target,
            values: plan.values,
            mode: plan.mode,
            bounds: plan.bounds,
            selection,
            system,
            signal,
            evidenceOf: () => null,
            beforeOf: () => null,
            endedOf: () => null,
          };
          const answer = await heeding(signal, () => step.check({ ...ports, ...facts })).catch(
            (error): Answer => unknown(signal.aborted ? 'no answer in time' : sentenceOf(error)),
          );
          const title = nodes.find((node) => node.id === step.id)!.title;
          return { id: step.id, title, phase: step.phase, effect: step.run !== undefined, answer };
        }),
      );
      return { plan, steps: answers };
    } finally {
      release();
    }
  }

  /**
   * Where a run goes for which nobody has named a target. `unattended`: nobody has been asked yet.
   * @throws UserError when no region can take over, each named with its reason
   */
  choose(source: string, mode: Mode, options: { unattended?: boolean } = {}): Promise<Choice> {
    return chooseTarget(this.#world, source, mode, options);
  }
}

const rolesIn = (views: Record<string, DatabaseView | null>): Record<string, Role> =>
  Object.fromEntries(Object.entries(views).map(([region, view]) => [region, view?.role ?? 'unknown']));

/**
 * Proofs that only make sense once something was done: before that their answer is always "not yet". What is done to a
 * region by what is found there once it is left. And what tidies up.
 */
const onlyLater = (step: StepDefinition): boolean =>
  step.phase === 'atEnd' ||
  step.whenLeaving !== undefined ||
  (!step.run && ['preparing', 'promoting', 'redirecting', 'verifying', 'securing', 'closing'].includes(step.phase));
