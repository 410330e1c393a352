/**
 * Giving a service of the serving region another number of pods because a person says so, in a run or outside of one.
 * The wish is in the journal before the call leaves; it is done when the pods are ready. Sent once: a Regent that starts
 * anew only looks at what the one before has asked for.
 */
import { sentenceOf } from '../lib/errors.ts';
import type { Announcement } from '../machine/types.ts';
import type { ScaledFacts } from '../messages/scaled.ts';
import type { Clock } from '../ports/clock.ts';
import type { Cluster } from '../ports/cluster.ts';
import type { JournalEntry, JournalRow } from '../ports/journal.ts';
import { heeding, within } from './time.ts';

export const SCALE_INTENDED = 'SCALE_INTENDED';
export const SCALE_ENDED = 'SCALE_ENDED';
/** As long as a run gives the whole target to come up, ms. */
export const SCALE_BUDGET = 5 * 60_000;

export type Scale = Omit<ScaledFacts, 'at' | 'end'>;
/** As it stands in the journal: `key` names its card. */
type Wish = Omit<ScaledFacts, 'end'> & { key: string };

export type ScalingWorld = {
  cluster: Pick<Cluster, 'deployments' | 'scale'>;
  /** `Ledger.note`. False: this delivery has acted before. */
  note(
    entry: Pick<JournalEntry, 'type' | 'actor' | 'data'>,
    delivery: string | null,
    announcements: Announcement[],
  ): Promise<boolean>;
  rows(): Promise<JournalRow[]>;
  clock: Clock;
  pollMs: number;
  callMs: number;
  stop: AbortSignal;
  log: { error(fields: object, message: string): void };
};

const told = ({ key, ...wish }: Wish, end: ScaledFacts['end']): Announcement => ({
  slot: `scaled:${key}`,
  name: 'scaled',
  facts: { ...wish, end } as never,
  broadcast: false,
});

/** Wishes without an end, the newest of each service. Pure. */
export function openWishes(rows: Pick<JournalRow, 'type' | 'data'>[]): Wish[] {
  const open = new Map<string, Wish>();
  for (const { type, data } of rows) {
    const wish = data as unknown as Wish;
    if (type === SCALE_INTENDED) open.set(wish.service, wish);
    if (type === SCALE_ENDED && open.get(wish.service)?.key === wish.key) open.delete(wish.service);
  }
  return [...open.values()];
}

export class Scaling {
  readonly #world: ScalingWorld;
  /** By service: a newer wish ends the looking after an older one. */
  readonly #at = new Map<string, { key: string; work: Promise<void> }>();

  constructor(world: ScalingWorld) {
    this.#world = world;
  }

  /** Goes on looking after what was asked for before a restart. The ledger must be open. */
  async start(): Promise<void> {
    for (const wish of openWishes(await this.#world.rows())) this.#begin(wish, () => this.#follow(wish));
  }

  async stopped(): Promise<void> {
    await Promise.allSettled([...this.#at.values()].map(({ work }) => work));
  }

  /** Writes the wish down and lets it be done. False: this delivery has acted before. */
  async ask(scale: Scale, delivery: string): Promise<boolean> {
    const { note, clock } = this.#world;
    const at = clock.now();
    const wish: Wish = { ...scale, at, key: `${scale.service}:${at}` };
    const entry = { type: SCALE_INTENDED, actor: `person:${scale.by}`, data: wish };
    const before = openWishes(await this.#world.rows()).find(({ service }) => service === scale.service);
    if (!(await note(entry, delivery, [told(wish, null)]))) return false;
    if (before) await this.#ended(before, { done: false, why: `asked for anew: ${scale.to} pods` });
    this.#begin(wish, () => this.#send(wish));
    return true;
  }

  #begin(wish: Wish, work: () => Promise<void>): void {
    const doing = Promise.resolve()
      .then(work)
      .catch((error) => {
        this.#world.log.error({ service: wish.service, error: sentenceOf(error) }, 'a scaling could not be followed');
      });
    this.#at.set(wish.service, { key: wish.key, work: doing });
  }

  async #send(wish: Wish): Promise<void> {
    const { cluster, callMs, clock, stop } = this.#world;
    // No byte is sent after the deadline that follows from the wish's own time.
    const { signal, release } = within(clock, wish.at + callMs - clock.now(), stop);
    let error: string | null = null;
    try {
      await heeding(signal, () => cluster.scale(wish.region, 'deployment', wish.service, wish.to, signal));
    } catch (thrown) {
      error = sentenceOf(thrown);
    } finally {
      release();
    }
    await this.#follow(wish, error);
  }

  /** Looks until it is so. A call that failed may have taken all the same: the cluster says, three times over. */
  async #follow(wish: Wish, error: string | null = null): Promise<void> {
    const { clock, stop, pollMs } = this.#world;
    let unlike = 0;
    while (!stop.aborted && this.#at.get(wish.service)?.key === wish.key) {
      const { is, why } = await this.#look(wish);
      if (stop.aborted) return;
      if (is === 'ready') return await this.#ended(wish, { done: true, why: '' });
      unlike = is === 'other' ? unlike + 1 : 0;
      if (unlike >= 3) return await this.#ended(wish, { done: false, why: error ?? why });
      if (clock.now() >= wish.at + SCALE_BUDGET) return await this.#ended(wish, { done: false, why });
      await clock.sleep(pollMs, stop);
    }
  }

  async #look({ region, service, to }: Wish): Promise<{ is: 'ready' | 'waiting' | 'other' | 'unknown'; why: string }> {
    const { cluster, callMs, clock, stop } = this.#world;
    const { signal, release } = within(clock, callMs, stop);
    try {
      const [one] = await heeding(signal, () => cluster.deployments(region, [service], signal));
      if (one === undefined) return { is: 'other', why: `${region} has no deployment ${service}` };
      if (one.wanted !== to) return { is: 'other', why: `${region} wants ${one.wanted} pods of ${service}, not ${to}` };
      const ready = one.readyPods === to && one.pods === to && one.upToDate;
      const counts = `${one.readyPods} of ${to} pods ready`;
      return { is: ready ? 'ready' : 'waiting', why: [counts, ...one.trouble.slice(0, 1)].join('; ') };
    } catch (error) {
      return { is: 'unknown', why: sentenceOf(error) };
    } finally {
      release();
    }
  }

  async #ended(wish: Wish, { done, why }: { done: boolean; why: string }): Promise<void> {
    const { note, clock } = this.#world;
    const end = { at: clock.now(), done, why };
    const data = { key: wish.key, service: wish.service, region: wish.region, to: wish.to, done, why };
    await note({ type: SCALE_ENDED, actor: 'runner', data }, `scaled:${wish.key}`, [told(wish, end)]);
  }
}
