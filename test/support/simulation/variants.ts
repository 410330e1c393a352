/** Bugs to plant: the simulation must find each of them, or what it says of the real thing is worth nothing. */
import { stepState } from '../../../src/machine/facts.ts';
import type { Snapshot } from '../../../src/machine/replay.ts';
import type { Clock } from '../../../src/ports/clock.ts';
import type { Journal, JournalTransaction } from '../../../src/ports/journal.ts';
import { type Appended, Ledger, type NewEvent, type RunView } from '../../../src/runner/ledger.ts';

export type Variant = {
  /** A new leader does not wait until open deadlines have passed. */
  doesNotWait?: true;
  /** The journal lets an older leader write, … */
  tokenNotCompared?: true;
  /** … and an outcome counts for whatever attempt is open. */
  outcomeOfAnyAttempt?: true;
  /** A process that was frozen goes on by the clock it had, and its calls heed no deadline. */
  ignoresSignals?: true;
  /** The effect does not wait for the commit of its intent. */
  actsBeforeCommit?: true;
  /** The check of a `once` step never sees that it is done. */
  blindChecks?: true;
  promotesEarly?: true;
  undoesNothing?: true;
  announcesTwice?: true;
  /** A halt is written down, and stands in nobody's way. */
  heedsNoHalt?: true;
};

const OUTCOMES = ['STEP_DONE', 'STEP_NOT_DONE', 'STEP_UNKNOWN'];

class PlantedLedger extends Ledger {
  readonly #variant: Variant;
  constructor(journal: Journal, clock: Clock, variant: Variant) {
    super(journal, clock);
    this.#variant = variant;
    if (variant.heedsNoHalt) Object.defineProperty(this.halts, 'within', { value: async () => null });
  }
  #bent(view: RunView): RunView {
    if (!this.#variant.doesNotWait) return view;
    const { context } = view.snapshot;
    const steps = Object.fromEntries(Object.entries(context.steps).map(([id, one]) => [id, { ...one, deadline: 0 }]));
    const snapshot = Object.assign(Object.create(view.snapshot), { context: { ...context, steps } }) as Snapshot;
    return { ...view, snapshot };
  }
  override view(run: string): RunView | undefined {
    const view = super.view(run);
    return view && this.#bent(view);
  }
  override async append(
    run: string,
    actor: string,
    build: NewEvent | ((snapshot: Snapshot) => NewEvent[]),
    delivery: string | null = null,
  ): Promise<Appended> {
    const event = typeof build === 'function' ? null : build;
    if (this.#variant.outcomeOfAnyAttempt && event && 'attempt' in event && OUTCOMES.includes(event.type))
      return await super.append(
        run,
        actor,
        (snapshot) => [{ ...event, attempt: stepState(snapshot.context, event.step).attempt } as NewEvent],
        delivery,
      );
    if (this.#variant.actsBeforeCommit && event?.type === 'STEP_INTENDED') {
      void super.append(run, actor, event, delivery).catch(() => undefined);
      return { ok: true, view: super.view(run)! };
    }
    return await super.append(run, actor, build, delivery);
  }
}

export const ledgerOf = (journal: Journal, clock: Clock, variant: Variant): Ledger =>
  Object.keys(variant).length === 0 ? new Ledger(journal, clock) : new PlantedLedger(journal, clock, variant);

/** The transaction as a broken journal would hand it out. */
export function bentTransaction(tx: JournalTransaction, variant: Variant, token: () => number): JournalTransaction {
  return {
    ...tx,
    currentToken: async () => (variant.tokenNotCompared ? token() : await tx.currentToken()),
    announce: async (rows) => {
      await tx.announce(rows);
      if (variant.announcesTwice && rows.length > 0) await tx.announce([{ ...rows[0]!, key: `${rows[0]!.key}:again` }]);
    },
  };
}
