/**
 * The halt: no new effect of any run until two different people lift it. What stands is folded from the `system`
 * stream, so a restart keeps it, and it is read in the same transaction that writes an intent.
 */
import { type Halt, PEOPLE_TO_LIFT } from '../messages/halt.ts';
import type { JournalRow, JournalTransaction } from '../ports/journal.ts';
import type { Ledger } from './ledger.ts';

const SYSTEM = 'system';
/** What begins an effect, or a run that will have some. */
const EFFECTS: readonly string[] = ['STEP_INTENDED', 'UNDO_INTENDED', 'REQUESTED'];
export const isEffect = (type: string): boolean => EFFECTS.includes(type);

type State = { halt: Halt | null; count: number };
type Row = Pick<JournalRow, 'type' | 'at' | 'data'>;

/** What one row of the system stream makes of it. Pure; rows about anything else change nothing. */
export function afterRow({ halt, count }: State, { type, at, data }: Row): State {
  const said = { by: String(data['by']), at, reason: String(data['reason']) };
  if (type === 'HALTED' && halt === null) return { halt: { ...said, n: count + 1, asked: [] }, count: count + 1 };
  if (halt === null) return { halt, count };
  if (type === 'HALT_LIFTED') return { halt: null, count };
  if (type !== 'HALT_LIFT_ASKED' || halt.asked.some((one) => one.by === said.by)) return { halt, count };
  const asked = [...halt.asked, said];
  // Asked for by two is lifted, whether or not the one who wrote it down knew of the other.
  return { halt: asked.length < PEOPLE_TO_LIFT ? { ...halt, asked } : null, count };
}

/** The halt that stands after these rows of the system stream; null where none does. */
export const haltOf = (rows: Row[]): Halt | null => rows.reduce<State>(afterRow, { halt: null, count: 0 }).halt;

/** The halt as the journal has it, read up to where it has been written. */
export class Halts {
  #state: State = { halt: null, count: 0 };
  #seen = 0;

  get now(): Halt | null {
    return this.#state.halt;
  }
  /** How many there have been: names the card of each. */
  get count(): number {
    return this.#state.count;
  }
  /** Rows of the system stream, oldest first; those known already are passed over. */
  take(rows: JournalRow[]): void {
    for (const row of rows) {
      if (row.seq <= this.#seen) continue;
      this.#state = afterRow(this.#state, row);
      this.#seen = row.seq;
    }
  }
  /** What stands as of this transaction. */
  async within(tx: JournalTransaction): Promise<Halt | null> {
    if ((await tx.length(SYSTEM)) > this.#seen) this.take(await tx.read(SYSTEM, this.#seen));
    return this.now;
  }
}

export type Halted =
  | { ok: true; halt: Halt; lifted: boolean }
  | { ok: false; because: 'halted'; halt: Halt }
  | { ok: false; because: 'not-halted' }
  | { ok: false; because: 'asked-already'; halt: Halt }
  | { ok: false; because: 'duplicate' };

/** Halting and lifting, one after the other: of two who lift at once, the second completes it. */
export class Halting {
  readonly #ledger: Pick<Ledger, 'note' | 'halts'>;
  readonly #now: () => number;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(ledger: Pick<Ledger, 'note' | 'halts'>, now: () => number) {
    this.#ledger = ledger;
    this.#now = now;
  }

  get standing(): Halt | null {
    return this.#ledger.halts.now;
  }

  /** From now on nothing new is sent to the outside world, whatever run it is of. */
  halt(person: string, reason: string, delivery: string): Promise<Halted> {
    return this.#inTurn(async () => {
      const { now: halt, count } = this.#ledger.halts;
      if (halt) return { ok: false, because: 'halted', halt };
      const made = { by: person, at: this.#now(), reason, n: count + 1, asked: [] };
      return await this.#write('HALTED', person, reason, delivery, made, false);
    });
  }

  /** One of the two; whoever halted may be one of them, and needs the other. */
  lift(person: string, reason: string, delivery: string): Promise<Halted> {
    return this.#inTurn(async () => {
      const { now: halt } = this.#ledger.halts;
      if (!halt) return { ok: false, because: 'not-halted' };
      if (halt.asked.some((one) => one.by === person)) return { ok: false, because: 'asked-already', halt };
      const made = { ...halt, asked: [...halt.asked, { by: person, at: this.#now(), reason }] };
      const lifted = made.asked.length >= PEOPLE_TO_LIFT;
      return await this.#write(lifted ? 'HALT_LIFTED' : 'HALT_LIFT_ASKED', person, reason, delivery, made, lifted);
    });
  }

  async #write(
    type: string,
    person: string,
    reason: string,
    delivery: string,
    halt: Halt,
    lifted: boolean,
  ): Promise<Halted> {
    const noted = await this.#ledger.note(
      { type, actor: `person:${person}`, data: { by: person, reason } },
      delivery,
      // One card for each halt, edited as it is lifted.
      [{ slot: `halt:${halt.n}`, name: 'halt', facts: { ...halt, lifted }, broadcast: false }],
    );
    return noted ? { ok: true, halt, lifted } : { ok: false, because: 'duplicate' };
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }
}
