/**
 * What follows an emergency once it is over: what was lost is written down in files of the run, anew when more is found;
 * the plan of recovery begins, and what is seen to be done is ticked off. All of it are events of the run that left the
 * region, so a restart comes to the same.
 */
import { sentenceOf } from '../lib/errors.ts';
import { hasLost, openItems } from '../machine/recovery.ts';
import type { Context, EventOf } from '../machine/types.ts';
import type { EvidenceStore } from '../ports/evidence.ts';
import type { Journal, JournalRow } from '../ports/journal.ts';
import { type Ledger, type NewEvent, SYSTEM } from './ledger.ts';

/** Every run, oldest first, and what was noted beside them of regions that were lost. */
type Known = { runs: Context[]; notes: JournalRow[] };

export type AftermathWorld = {
  ledger: Pick<Ledger, 'all' | 'append' | 'view'>;
  journal: Pick<Journal, 'read'>;
  evidence: EvidenceStore;
  /** What is to be planned, and what is seen to be done by now. */
  due(c: Context, known: Known): NewEvent[];
  /** What is written down, and what of it was found; null where the region's story is over. */
  files(
    c: Context,
    known: Known,
  ): { files: { name: string; text: string }[]; found: EventOf<'ASSESSED'>['found'] } | null;
  log: { warn(fields: object, message: string): void };
  stop: AbortSignal;
};

/** Notes the plan rests on. */
const HEEDED = ['ZOMBIE_SEEN', 'FENCE_ASSERTED', 'FENCE_SETTLED', 'FENCE_LIFTED', 'PROTECTED'];
const ACTOR = 'runner';

export class Aftermath {
  readonly #world: AftermathWorld;
  readonly #notes: JournalRow[] = [];
  #readTo = 0;
  /** What stands in the files, as it was written last: by run and name. */
  readonly #written = new Map<string, string>();
  #looking: Promise<void> | null = null;
  #again = false;
  #warned = '';

  constructor(world: AftermathWorld) {
    this.#world = world;
  }

  async stopped(): Promise<void> {
    await this.#looking;
  }

  /** After every round of looks, and when a plan changes; never throws, and what failed is tried next time. */
  considered(): void {
    if (this.#concerned().length === 0) return;
    this.#again = true;
    this.#looking ??= this.#consider().finally(() => {
      this.#looking = null;
    });
  }

  /** The newest of them, whose region may still be read; and older ones that are not ticked off. */
  #concerned(): Context[] {
    const lost = this.#world.ledger
      .all()
      // What this version cannot read to its end is not written to.
      .flatMap(({ snapshot, refused }) => (refused === null ? [snapshot.context] : []))
      .filter(hasLost);
    return lost.filter((c, index) => index === lost.length - 1 || openItems(c).length > 0);
  }

  async #consider(): Promise<void> {
    const { log, stop } = this.#world;
    while (this.#again && !stop.aborted) {
      this.#again = false;
      try {
        await this.#readNotes();
        for (const { run } of this.#concerned()) {
          await this.#plan(run);
          await this.#keep(run);
        }
        this.#warned = '';
      } catch (error) {
        const words = sentenceOf(error);
        if (words !== this.#warned) log.warn({ error: words }, 'what follows an emergency could not be written down');
        this.#warned = words;
        return;
      }
    }
  }

  async #readNotes(): Promise<void> {
    const rows = await this.#world.journal.read(SYSTEM, this.#readTo);
    this.#readTo = rows.at(-1)?.seq ?? this.#readTo;
    this.#notes.push(...rows.filter(({ type }) => HEEDED.includes(type)));
  }

  #known(): Known {
    return { runs: this.#world.ledger.all().map(({ snapshot }) => snapshot.context), notes: this.#notes };
  }

  async #plan(run: string): Promise<void> {
    const { ledger, due } = this.#world;
    // What is planned has its number only once it is written: what is done of it already is seen the second time.
    for (let round = 0; round < 2; round += 1) {
      const known = this.#known();
      if (due(ledger.view(run)!.snapshot.context, known).length === 0) return;
      await ledger.append(run, ACTOR, ({ context }) => due(context, known));
    }
  }

  async #keep(run: string): Promise<void> {
    const { ledger, evidence, files } = this.#world;
    const { context } = ledger.view(run)!.snapshot;
    const wanted = files(context, this.#known());
    if (wanted === null) return;
    const stands = await Promise.all(wanted.files.map(({ name }) => this.#stands(run, name)));
    const isKept = wanted.files.every(({ text }, index) => stands[index] === text);
    if (isKept && context.assessed !== null) return;
    const kept: EventOf<'ASSESSED'>['files'] = [];
    for (const { name, text } of wanted.files) {
      const { file, sha256 } = await evidence.keep(run, name, text);
      this.#written.set(`${run} ${name}`, text);
      kept.push({ name, file, sha256 });
    }
    await ledger.append(run, ACTOR, { type: 'ASSESSED', files: kept, found: wanted.found });
  }

  async #stands(run: string, name: string): Promise<string | null> {
    const known = this.#written.get(`${run} ${name}`);
    if (known !== undefined) return known;
    const text = (await this.#world.evidence.read(run, name))?.text ?? null;
    if (text !== null) this.#written.set(`${run} ${name}`, text);
    return text;
  }
}
