/**
 * The world that is moved, in a few fields, and the steps that move it. It loses calls and answers, acts late, and
 * writes down who did what to it; what may never happen to it is told as a violation.
 */
import { IntegrationError } from '../../../src/lib/errors.ts';
import { type Answer, done, notDone } from '../../../src/ports/answer.ts';
import type { JournalRow } from '../../../src/ports/journal.ts';
import { defineCheck, defineGate, defineStep, type Runbook, type StepDefinition } from '../../../src/steps/step.ts';
import type { Process, Random, Scheduler } from './scheduler.ts';
import type { Variant } from './variants.ts';

export type State = {
  frozen: boolean;
  replicas: number;
  script: boolean;
  writers: number;
  fenced: boolean;
  promoted: boolean;
  cacheMoved: boolean;
  dns: 'east' | 'west';
};
export type Leader = Process & { token: () => number };
/** What only the region that is left can answer. */
const OF_SOURCE = ['stop', 'fence', 'fence-lost', 'fenced'];

export class World {
  readonly state: State;
  readonly atFirst: State;
  readonly violations: string[] = [];
  /** Every committed event, in order. */
  readonly journal: JournalRow[] = [];
  writeProven = false;
  calm = false;
  /** The region that is left answers nobody and takes no orders. */
  gone = false;
  effects = 0;
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly variant: Variant;
  readonly #outside: Process = { name: 'world', state: 'awake', frozenAt: 0 };
  readonly #late = new Map<string, number>();

  constructor(scheduler: Scheduler, random: Random, variant: Variant) {
    this.scheduler = scheduler;
    this.random = random;
    this.variant = variant;
    this.state = {
      frozen: false,
      replicas: random.chance(0.2) ? 3 : 1,
      script: random.chance(0.1),
      writers: 3,
      fenced: false,
      promoted: false,
      cacheMoved: false,
      dns: 'east',
    };
    this.atFirst = { ...this.state };
  }

  violated(what: string): void {
    this.violations.push(`${what} (at ${this.scheduler.now})`);
  }
  /** The last event about a step that a process could have acted on. */
  #lastIntent(step: string, type: string): JournalRow | undefined {
    return this.journal.findLast((row) => row.type === type && row.data['step'] === step);
  }
  /** Whether some call of it may still have an effect. */
  mayStillAct(step: string): boolean {
    const last = this.journal.findLast((row) => row.data['step'] === step && row.deadline !== null);
    return (this.#late.get(step) ?? 0) > 0 || (last?.deadline ?? 0) >= this.scheduler.now;
  }

  async ask(who: Leader, step: string, signal: AbortSignal, isDone: () => boolean): Promise<Answer> {
    await this.scheduler.at(who, `ask ${step}`);
    if (this.gone && OF_SOURCE.includes(step)) throw new Error('silence');
    if (!this.calm && this.random.chance(0.03)) return await this.#never(signal);
    if (!this.calm && this.random.chance(0.06)) throw new Error('connection reset');
    const answer = isDone();
    await this.scheduler.at(who, `asked ${step}`);
    return answer ? done({ seen: true }) : notDone('not so yet', { ...this.state });
  }

  /** A call that changes something: it may be lost, answered badly, or act after its sender gave up. */
  async send(who: Leader, step: string, kind: 'run' | 'undo', signal: AbortSignal, act: () => void): Promise<void> {
    await this.scheduler.at(who, `send ${step}`);
    if (!this.variant.ignoresSignals) signal.throwIfAborted();
    if (this.gone && OF_SOURCE.includes(step)) throw new Error('silence');
    const land = () => {
      this.#witness(who, step, kind);
      this.effects += 1;
      act();
    };
    const fate = this.calm ? 1 : this.random.next();
    if (fate < 0.06) throw new IntegrationError('refused', { code: 'x', system: 's', operation: 'o', effect: 'none' });
    if (fate < 0.1) throw new Error('connection reset before it arrived');
    if (fate < 0.15) {
      const deadline = this.#lastIntent(step, kind === 'run' ? 'STEP_INTENDED' : 'UNDO_INTENDED')?.deadline ?? 0;
      const left = Math.max(0, deadline - this.scheduler.now);
      void this.#later(step, Math.floor(this.random.next() * left), land);
      throw new Error('connection reset; it acts later');
    }
    land();
    await this.scheduler.at(who, `sent ${step}`);
    if (fate < 0.25) throw new Error('answer lost');
    if (fate < 0.3) await this.#never(signal);
  }

  async #later(step: string, ms: number, land: () => void): Promise<void> {
    this.#late.set(step, (this.#late.get(step) ?? 0) + 1);
    await this.scheduler.clockOf(this.#outside).sleep(ms);
    this.#late.set(step, this.#late.get(step)! - 1);
    land();
  }
  #never(signal: AbortSignal): Promise<never> {
    return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }));
  }

  /** What is true of every effect the moment it happens. */
  #witness(who: Leader, step: string, kind: 'run' | 'undo'): void {
    const told = `${kind} ${step} by ${who.name}`;
    const intent = this.#lastIntent(step, kind === 'run' ? 'STEP_INTENDED' : 'UNDO_INTENDED');
    if (!intent || intent.token !== who.token()) this.violated(`${told}: no intent of its own in the journal`);
    else if ((intent.deadline ?? 0) < this.scheduler.now) this.violated(`${told}: after its deadline`);
    const newer = this.journal.find((row) => row.token > who.token() && row.data['step'] === step);
    if (newer) this.violated(`${told}: a newer leader had ${newer.type} already`);
    if (kind === 'undo') return;
    if (step === 'script' && this.state.script) this.violated(`${told}: it was done, and is a toggle`);
    if (step === 'cache' && this.state.cacheMoved) this.violated(`${told}: it was done, and is a toggle`);
    if (step === 'promote-db' && intent && !this.#mayPromote(intent)) this.violated(`${told}: before the fence`);
    if (step === 'promote-db' && this.#isOneHand()) this.violated(`${told}: one person alone has decided all of it`);
    if (step === 'dns-records' && !this.writeProven) this.violated(`${told}: before a proven write`);
  }

  /** The fence stands and was proven under the plan the order is of; or somebody has taken that risk under it. */
  #mayPromote(intent: JournalRow): boolean {
    const before = this.journal.slice(0, this.journal.indexOf(intent));
    const ofPlan = before.slice(before.findLastIndex(({ type }) => type === 'MODE_SWITCHED') + 1);
    const proven = ofPlan.some(
      ({ type, data }) => data['step'] === 'fenced' && ['STEP_DONE', 'STEP_ALREADY_DONE'].includes(type),
    );
    return this.isRiskTaken(ofPlan) || (this.state.fenced && proven);
  }
  /** Whoever let it be promoted, and whoever took the risk of the fence nobody proved, are one person. */
  #isOneHand(): boolean {
    const people = (gate: string): string[] => {
      const of = this.journal.filter(({ data }) => data['gate'] === gate);
      const opened = of.slice(of.findLastIndex(({ type }) => type === 'GATE_OPENED'));
      const decided = opened.find(({ type }) => type === 'GATE_DECIDED')?.data;
      if (decided?.['decision'] !== 'approved' || decided['how'] !== 'votes') return [];
      return opened.filter(({ data }) => data['vote'] === 'approve').map(({ data }) => String(data['by']));
    };
    const [promote, risk] = [people('promote'), people('unverified-fence')];
    return promote.length > 0 && risk.length > 0 && new Set([...promote, ...risk]).size === 1;
  }
  isRiskTaken(rows: JournalRow[]): boolean {
    const last = rows.findLast(({ type, data }) => type === 'GATE_DECIDED' && data['gate'] === 'unverified-fence');
    return last?.data['decision'] === 'approved' && last.data['how'] === 'votes';
  }

  /** The planned runbook as one process has it, and the emergency's: without the region that is left. */
  runbooks(who: Leader): { planned: Runbook; emergency: Runbook } {
    const { variant } = this;
    const base = { uses: [] as const, budgetMs: 60_000, callMs: 8_000 };
    const sets = <K extends keyof State>(
      id: string,
      field: K,
      to: State[K],
      more: Pick<StepDefinition, 'phase' | 'repeat'> & Partial<StepDefinition>,
    ): StepDefinition =>
      defineStep({
        ...base,
        id,
        title: id,
        check: ({ signal }) =>
          this.ask(who, id, signal, () => this.state[field] === to && !(variant.blindChecks && more.repeat === 'once')),
        run: async ({ signal }) => {
          await this.send(who, id, 'run', signal, () => {
            this.state[field] = to;
          });
          return {};
        },
        undo: async ({ signal, before }) => {
          await this.send(who, id, 'undo', signal, () => {
            if (!variant.undoesNothing) this.state[field] = before[field] as State[K];
          });
          return {};
        },
        ...more,
      } as Parameters<typeof defineStep>[0]);
    const impossible = { undo: { impossible: 'no way back' } };
    const asks = (id: string, phase: StepDefinition['phase'], after: string[], isDone: () => boolean, proves = true) =>
      defineCheck({
        ...base,
        id,
        title: id,
        phase,
        after,
        proves,
        check: ({ signal }) => this.ask(who, id, signal, isDone),
      });
    const lag = asks('lag', 'assessing', [], () => this.calm || this.random.chance(0.9));
    const scale = sets('scale', 'replicas', 3, { phase: 'preparing', repeat: 'idempotent' });
    const fenced = {
      ...asks('fenced', 'promoting', ['fence', 'fence-lost'], () => this.state.fenced),
      budgetMs: 15_000,
    };
    const lost = sets('fence-lost', 'fenced', true, { phase: 'promoting', repeat: 'idempotent' });
    // Ordered into silence it counts as owed: the proof says what that is worth.
    const owing: StepDefinition = {
      ...lost,
      check: async (handed) =>
        await lost.check(handed).catch((error: Error): Answer => {
          if (!this.gone || handed.beforeOf('fence-lost') === null) throw error;
          return done({ owed: true });
        }),
    };
    const after = [
      sets('promote-db', 'promoted', true, {
        phase: 'promoting',
        repeat: 'verifiable',
        after: variant.promotesEarly ? [] : ['fenced'],
        requires: { steps: variant.promotesEarly ? ['lag'] : ['fenced', 'lag'], gateFor: { lag: 'promote' } },
        ...impossible,
      }),
      sets('cache', 'cacheMoved', true, { phase: 'promoting', repeat: 'once', after: ['promote-db'], ...impossible }),
      asks('written', 'promoting', ['promote-db'], () => {
        this.writeProven ||= this.state.promoted;
        return this.state.promoted;
      }),
      sets('dns-records', 'dns', 'west', { phase: 'redirecting', repeat: 'idempotent', after: ['written'] }),
    ];
    const emergency: Runbook = {
      name: 'emergency',
      nodes: [
        asks('failed', 'validating', [], () => true),
        defineGate({ id: 'declare', title: 'declare', phase: 'assessing', after: ['failed'] }),
        lag,
        scale,
        defineGate({ id: 'promote', title: 'promote', phase: 'promoting', after: ['lag'] }),
        defineGate({ id: 'dns', title: 'dns', phase: 'redirecting', after: ['lag'] }),
        owing,
        fenced,
        defineGate({
          id: 'unverified-fence',
          title: 'unverified',
          phase: 'promoting',
          after: ['fence-lost'],
          standsInFor: { step: 'fenced', is: 'unknown' },
        }),
        ...after,
      ],
    };
    const planned: Runbook = {
      name: 'planned',
      nodes: [
        asks('primary', 'validating', [], () => true),
        lag,
        defineGate({ id: 'promote', title: 'promote', phase: 'promoting', after: ['primary', 'lag'] }),
        defineGate({ id: 'dns', title: 'dns', phase: 'redirecting', after: ['lag'] }),
        sets('freeze', 'frozen', true, { phase: 'preparing', repeat: 'idempotent', onFailure: 'rollback' }),
        scale,
        sets('script', 'script', true, { phase: 'preparing', repeat: 'once', after: ['scale'] }),
        sets('stop', 'writers', 0, { phase: 'promoting', repeat: 'idempotent', clock: 'writes-stop' }),
        sets('fence', 'fenced', true, { phase: 'promoting', repeat: 'verifiable', after: ['stop'] }),
        fenced,
        ...after,
        sets('lift', 'frozen', false, { phase: 'atEnd', repeat: 'idempotent' }),
      ],
    };
    return { planned, emergency };
  }
}
