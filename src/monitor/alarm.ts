/**
 * Makes of what is watched what people are told and asked: an event when a region is suspected, confirmed, failed or
 * well again, one card for each outage, and, where the configuration lets it, the declaration itself.
 */
import { sentenceOf } from '../lib/errors.ts';
import type { Json } from '../lib/json.ts';
import { utcText } from '../lib/utc.ts';
import type { Announcement } from '../machine/types.ts';
import type { ProposalCall } from '../messages/proposal-page.ts';
import { coolDownOf } from '../policy/cool-down.ts';
import type { JournalEntry, JournalRow } from '../ports/journal.ts';
import type { RegionHealth } from '../ports/watch.ts';
import { type CardWorld, cardOf, declaredFor, targetsOf } from './proposal-card.ts';
import {
  ACKNOWLEDGED,
  ASKED,
  afterRow,
  type Call,
  DISMISSED,
  noProposals,
  type Proposal,
  type ProposalsState,
  proposalsOf,
  RECOVERED,
  rank,
  SEEN_EVENT,
} from './proposals.ts';
import type { Stage } from './trigger.ts';

export type AlarmWorld = CardWorld & {
  watch: CardWorld['watch'] & {
    readonly isolated: boolean;
    restore(region: string, stage: Stage, since: number | null): void;
  };
  mode: 'off' | 'propose' | 'declare';
  coolDownMs: number;
  /** `Ledger.note`. */
  note(
    entry: Omit<JournalEntry, 'at' | 'deadline'>,
    delivery: string | null,
    announcements: Announcement[],
  ): Promise<boolean>;
  /** The `system` stream, oldest first. */
  rows(): Promise<JournalRow[]>;
  /** Draws a card anew though nothing was written down. */
  redraw(what: Pick<Announcement, 'slot' | 'name' | 'facts'>): void;
  /** Chooses where to go and starts the emergency run; only asked in mode `declare`. */
  declare(region: string, reason: string): Promise<{ ok: true; target: string } | { ok: false; why: string }>;
  log: { info(fields: object, message: string): void; warn(fields: object, message: string): void };
};

export class Alarm {
  readonly #world: AlarmWorld;
  #state: ProposalsState = noProposals;
  #turn: Promise<unknown> = Promise.resolve();
  /** Why the last attempt to declare came to nothing, by region. */
  readonly #declined = new Map<string, string>();
  /** What each card shows, so that it is drawn anew only when that changes. */
  readonly #shown = new Map<number, string>();

  constructor(world: AlarmWorld) {
    this.#world = world;
  }

  /** Reads what stood before a restart, and hands it back to the watch. Before the watch is started. */
  async start(): Promise<void> {
    this.#state = proposalsOf(await this.#world.rows());
    for (const { region, stage, since } of Object.values(this.#state.standing))
      this.#world.watch.restore(region, stage, since);
  }

  /** What stands now, oldest first. */
  standing(): Proposal[] {
    return Object.values(this.#state.standing).sort((a, b) => a.n - b.n);
  }

  /** To what people were called, oldest first. */
  calls(): ProposalCall[] {
    return this.#state.calls.map((call) => (call.over === null ? { ...call, over: this.#overByRun(call) } : call));
  }
  /** A run that was declared for it has an incident of its own; once the region was left there is nothing to decide. */
  #overByRun({ proposal, region, askedAt }: Call): ProposalCall['over'] {
    const { watch } = this.#world;
    const runs = this.#world.runs();
    const own = declaredFor(proposal, runs);
    if (own && (own.endedAt === null || own.requestedAt >= askedAt))
      return { how: 'run', run: own.run, at: Math.max(own.requestedAt, askedAt) };
    const last = runs.findLast(({ source }) => source === region);
    const isLeft = ![null, region].includes(watch.primary());
    if (!last?.endedAt || last.endedAt < askedAt || !isLeft) return null;
    return { how: 'left', run: last.run, at: last.endedAt };
  }
  /** Draws the card of a proposal anew: what was told outside the chat has changed. */
  told(n: number): void {
    const call = this.#state.calls.findLast((one) => one.n === n);
    if (call) this.#draw(call.proposal, call.recoveredAt);
  }

  /** Takes what the watch has found since: after every round. Never throws; what could not be written is next time. */
  async consider(): Promise<void> {
    try {
      await this.#inTurn(async () => {
        for (const { name } of this.#world.regions) await this.#considerRegion(name);
      });
    } catch (error) {
      this.#world.log.warn({ error: sentenceOf(error) }, 'what was seen of the regions could not be written down');
    }
  }

  /** `n`: the card that was pressed. */
  dismiss(n: number, person: string, delivery: string): Promise<'done' | 'gone' | { already: string } | 'duplicate'> {
    return this.#inTurn(async () => {
      const own = this.standing().find((one) => one.n === n);
      if (!own) return 'gone';
      const { dismissed, region, stage } = own;
      if (dismissed?.stage === stage) return { already: dismissed.by };
      const data = { n, region, stage, by: person };
      const noted = await this.#write(DISMISSED, data, region, { actor: `person:${person}`, delivery });
      return noted ? 'done' : 'duplicate';
    });
  }

  /** Somebody has looked at what happened: the trigger may act again once its time has passed. */
  acknowledge(
    person: string,
    reason: string,
    delivery: string,
  ): Promise<{ is: 'done'; run: string; until: number | null } | { is: 'nothing' } | { is: 'duplicate' }> {
    return this.#inTurn(async () => {
      const waits = this.#coolDown();
      if (waits.over || waits.acknowledged) return { is: 'nothing' };
      const { run, until } = waits;
      const noted = await this.#note(
        { type: ACKNOWLEDGED, data: { by: person, run, reason } },
        { actor: `person:${person}`, delivery },
        () => [],
      );
      for (const { region } of this.standing()) this.#redraw(region);
      return noted ? { is: 'done', run, until } : { is: 'duplicate' };
    });
  }

  async #considerRegion(region: string): Promise<void> {
    const { watch, log } = this.#world;
    const health = watch.health(region);
    if (health === null || health.at === null) return;
    const own = this.#state.standing[region];
    const { stage } = health;
    if (stage === 'quiet') {
      if (!own) return;
      log.info({ region }, 'a region that looked down answers again');
      this.#declined.delete(region);
      await this.#write(
        RECOVERED,
        { n: own.n, region, since: own.since, recoveredAt: health.wellSince ?? health.at },
        region,
      );
      return;
    }
    // What a run stops on purpose is no outage: nobody is to declare a disaster over it.
    if (own === undefined && this.#isExplained(health)) return;
    if (own === undefined || rank(stage) > rank(own.stage)) {
      log.warn({ region, stage, seen: health.failure?.seen.slice(0, 10) ?? [] }, 'a region looks down');
      await this.#write(SEEN_EVENT[stage], this.#seen(health), region);
    }
    await this.#declareByItself(region);
    await this.#askPeople(region);
    this.#redraw(region);
  }

  /** Once it is confirmed that people must decide they are called to it: of a blip, or of what a run has taken up, nobody. */
  async #askPeople(region: string): Promise<void> {
    const { mode, watch, clock, freshMs } = this.#world;
    const own = this.#state.standing[region];
    if (!own || mode === 'off' || rank(own.stage) < rank(mode === 'declare' ? 'failed' : 'confirmed')) return;
    const health = watch.health(region);
    if (watch.isolated || !health?.at || clock.now() - health.at > freshMs) return;
    const { n, stage, dismissed } = own;
    if (dismissed?.stage === stage || !this.#card(own, null).asks) return;
    if (this.calls().some((call) => call.n === n && call.over === null)) return;
    // Where Regent declares it by itself, it is the run that calls people.
    if (mode === 'declare' && !this.#isLeftToPeople(own)) return;
    const seen = health.failure?.seen.slice(0, 10) ?? [];
    const data = { n, region, stage, seen, why: mode === 'declare' ? this.#byItself(own) : null };
    await this.#note({ type: ASKED, data }, { actor: 'runner', delivery: null }, () => []);
  }

  #isLeftToPeople(own: Proposal): boolean {
    const { region } = own;
    return this.#inTheWay(own) !== null || this.#target(region) === null || this.#declined.has(region);
  }

  /**
   * A run is leaving it, or the newest that concerned it has left it: another region serves. Of a planned run that has
   * stopped nothing yet no trouble can come; nor can it ever make everything there fall silent.
   */
  #isExplained({ region, failure }: RegionHealth): boolean {
    const { runs, watch } = this.#world;
    const last = runs().findLast(({ source }) => source === region);
    if (last === undefined) return false;
    if (last.endedAt !== null) return watch.primary() !== region;
    return last.planned ? last.planned.hasStopped && failure?.kind !== 'network' : true;
  }

  /** What is written down with a stage: what was seen from where. */
  #seen(health: RegionHealth): { [key: string]: Json } {
    const { region, since, failure, score, vantages } = health;
    return {
      region,
      since,
      kind: failure?.kind ?? null,
      seen: failure?.seen.slice(0, 20) ?? [],
      score,
      agree: vantages.agree,
      needed: vantages.needed,
      sights: this.#world.watch.sights(region) as unknown as Json,
    };
  }

  async #declareByItself(region: string): Promise<void> {
    const { declare, log } = this.#world;
    const own = this.#state.standing[region];
    if (own?.stage !== 'failed' || this.#inTheWay(own) !== null) return;
    if (this.#target(region) === null) return;
    const health = this.#world.watch.health(region);
    const { kind = 'network', seen: all = [] } = health?.failure ?? {};
    const seen = kind === 'network' ? 'nothing in it answers' : all.slice(0, 3).join('; ');
    const reason = `${region} has failed since ${utcText(own.since)}: ${seen}`;
    const declared = await declare(region, reason);
    if (declared.ok) {
      this.#declined.delete(region);
      log.warn({ region, target: declared.target }, 'the trigger has declared a disaster');
      return;
    }
    if (this.#declined.get(region) !== declared.why)
      log.warn({ region, why: declared.why }, 'the trigger could not declare a disaster');
    this.#declined.set(region, declared.why);
  }

  /** Why Regent declares nothing by itself for this outage now; null where nothing stands in the way. */
  #inTheWay({ region, dismissed }: Proposal): string | null {
    const { mode, watch, runs, clock, freshMs } = this.#world;
    if (mode !== 'declare') return 'Regent starts nothing by itself: a person declares it.';
    const no = 'Regent does not declare it by itself:';
    if (dismissed !== null) return `${no} a person has said not now.`;
    if (watch.primary() !== region) return `${no} nobody has seen that ${region} is the primary.`;
    if (watch.isolated) return `${no} Regent is cut off itself.`;
    const at = watch.health(region)?.at ?? null;
    if (at === null || clock.now() - at > freshMs) return `${no} nobody can say what is so now.`;
    const active = runs().find((one) => one.endedAt === null);
    if (active) return `${no} ${active.run} is under way.`;
    const waits = this.#coolDown();
    if (!waits.over) {
      const time = waits.until === null ? [] : [`not before ${utcText(waits.until)}`];
      const said = waits.acknowledged ? [] : ['not before somebody has said /dr acknowledge'];
      return `${no} ${waits.run} ended lately; ${[...time, ...said].join(', and ')}.`;
    }
    return null;
  }

  #byItself(own: Proposal): string {
    const why = this.#inTheWay(own);
    if (why !== null) return why;
    if (this.#target(own.region) === null) return 'Regent does not declare it by itself: there is nowhere to go.';
    const declined = this.#declined.get(own.region);
    if (declined !== undefined) return `Regent could not declare it by itself: ${declined}`;
    return 'Regent declares it by itself once it counts as failed. “Not now” keeps it from that.';
  }

  #coolDown() {
    const { runs, coolDownMs, clock } = this.#world;
    return coolDownOf(runs(), this.#state.acknowledgedAt, coolDownMs, clock.now());
  }

  #target(region: string): string | null {
    return targetsOf(region, this.#world).find(({ why }) => why === null)?.region ?? null;
  }

  /** Only what it says is compared: the moment of each look would draw the card anew every few seconds. */
  #redraw(region: string): void {
    const own = this.#state.standing[region];
    if (own) this.#draw(own, null);
  }
  #draw(own: Proposal, recoveredAt: number | null): void {
    if (this.#world.mode === 'off') return;
    const card = this.#card(own, recoveredAt);
    if (this.#shown.get(own.n) === card.hash) return;
    this.#shown.set(own.n, card.hash);
    this.#world.redraw(card.what);
  }

  #card(own: Proposal, recoveredAt: number | null) {
    return cardOf(own, recoveredAt, this.#byItself(own), this.#world);
  }

  /** Writes an event about a region's proposal down, with its card as it is then. */
  #write(
    type: string,
    data: { [key: string]: Json },
    region: string,
    by: { actor: string; delivery: string | null } = { actor: 'runner', delivery: null },
  ): Promise<boolean> {
    const before = this.#state.standing[region];
    return this.#note({ type, data }, by, (after) => {
      const own = after.standing[region] ?? before;
      if (!own || this.#world.mode === 'off') return [];
      const recoveredAt = type === RECOVERED ? Number(data['recoveredAt']) : null;
      const { hash, what } = this.#card(own, recoveredAt);
      this.#shown.set(own.n, hash);
      return [{ ...what, broadcast: false }];
    });
  }

  async #note(
    entry: { type: string; data: { [key: string]: Json } },
    { actor, delivery }: { actor: string; delivery: string | null },
    announced: (after: ProposalsState) => Announcement[],
  ): Promise<boolean> {
    const after = afterRow(this.#state, { ...entry, at: this.#world.clock.now() });
    if (!(await this.#world.note({ ...entry, actor }, delivery, announced(after)))) return false;
    this.#state = after;
    return true;
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }
}
