/**
 * Watching the regions: every few seconds each of them is looked at from every place there is, what the places agree
 * upon is folded into a stage, and the last thing its database said is remembered. It decides nothing and tells nobody:
 * proposals.ts does.
 */
import { sentenceOf } from '../lib/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { DatabaseView } from '../ports/database.ts';
import type { RegionHealth, Watch } from '../ports/watch.ts';
import type { Ports } from '../steps/step.ts';
import { limited } from './limit.ts';
import { isIsolated, type Limits, type Look, newest } from './look.ts';
import { askRegion, type WatchedRegion } from './questions.ts';
import { agreement, counted, failureOf, isDoubted, readings, type Sight, scoreOf, sightOf } from './seen.ts';
import { observe, quiet, type Stage, type TriggerPolicy, type TriggerState } from './trigger.ts';
import { askRemote, type Remote, standbyLook } from './vantages.ts';
import { DatabaseMemory } from './wal.ts';

export type WatchWorld = {
  regions: WatchedRegion[];
  remotes: Remote[];
  ports: Pick<Ports, 'probe' | 'cluster' | 'database' | 'cache' | 'metrics'>;
  hasCache: boolean;
  /** Query for the share of failed requests; null where none is configured. */
  errorRateQuery: string | null;
  limits: Limits;
  policy: TriggerPolicy;
  /** How many places must agree at least. */
  agree: number;
  /** How often every region is looked at, ms. */
  everyMs: number;
  /** How long each question may take, ms. */
  callMs: number;
  clock: Clock;
  log: { info(fields: object, message: string): void; warn(fields: object, message: string): void };
  stop: AbortSignal;
};

/** What Regent calls its own view. */
export const OWN = 'Regent';

type Known = {
  trigger: TriggerState;
  score: number | null;
  /** When somebody could last say something. */
  at: number | null;
  /** What stood the last time anything was wrong, kept as long as its stage. */
  failure: RegionHealth['failure'];
  vantages: RegionHealth['vantages'];
  sights: Sight[];
  answering: string[];
  memory: DatabaseMemory;
};

const unseen = (): Known => ({
  trigger: quiet,
  score: null,
  at: null,
  failure: null,
  vantages: { names: [], agree: 0, needed: 1 },
  sights: [],
  answering: [],
  memory: new DatabaseMemory(),
});

export class RegionWatch implements Watch {
  readonly #world: WatchWorld;
  readonly #regions: Map<string, Known>;
  readonly #listeners: (() => void)[] = [];
  #round: Promise<void> | null = null;
  #loop: Promise<void> = Promise.resolve();
  #isolated = false;
  /** How far each standby had received the log at the look before. */
  readonly #received = new Map<string, string>();
  /** Why a remote place said nothing, so that it is logged once. */
  readonly #mute = new Map<string, string>();

  constructor(world: WatchWorld) {
    this.#world = world;
    this.#regions = new Map(world.regions.map(({ name }) => [name, unseen()]));
  }

  /** Looks at once, then every `everyMs` until it is stopped. */
  start(): void {
    this.#loop = this.#run();
  }
  async stopped(): Promise<void> {
    await this.#loop;
  }
  /** Called after every round of looks. */
  onRound(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** What stood before a restart: a suspicion outlives it, and is withdrawn only by what is seen. */
  restore(region: string, stage: Stage, since: number | null): void {
    const known = this.#regions.get(region);
    if (known) known.trigger = { ...known.trigger, stage, since };
  }

  /** Nothing at all answered Regent when it last looked: it is cut off itself, and what it does not see proves nothing. */
  get isolated(): boolean {
    return this.#isolated;
  }

  health(region: string): RegionHealth | null {
    const known = this.#regions.get(region);
    if (!known) return null;
    const { trigger, score, at, failure, vantages, answering, memory } = known;
    return {
      region,
      stage: trigger.stage,
      since: trigger.since,
      wellSince: trigger.last === null || trigger.goodMs === 0 ? null : trigger.last.at - trigger.goodMs,
      at,
      score,
      failure,
      vantages,
      answering,
      database: memory.known,
    };
  }

  /** What its database said last, and when (ms since the epoch); null before it has answered. */
  lastSeen(region: string): { at: number; view: DatabaseView } | null {
    return this.#regions.get(region)?.memory.last ?? null;
  }

  /** What each place saw last, Regent's own view first. */
  sights(region: string): Sight[] {
    return this.#regions.get(region)?.sights ?? [];
  }

  /**
   * The region whose database was last seen to be the primary; where none was seen since the start, the only one that
   * has not been seen as a standby. null where that says nothing.
   */
  primary(): string | null {
    const data = this.#world.regions.filter(({ role }) => role === 'data').map(({ name }) => name);
    const last = (name: string) => this.#regions.get(name)!.memory.last;
    const primaries = data
      .filter((name) => last(name)?.view.role === 'primary')
      // Of two that were, a later timeline is the one that took over.
      .sort((a, b) => last(b)!.view.timeline - last(a)!.view.timeline || last(b)!.at - last(a)!.at);
    if (primaries[0] !== undefined) return primaries[0];
    const left = data.filter((name) => last(name) === null);
    return left.length === 1 && data.length > 1 ? left[0]! : null;
  }

  async look(region: string, signal: AbortSignal): Promise<RegionHealth | null> {
    if (!this.#regions.has(region)) return null;
    await orAborted(signal, this.#look());
    return this.health(region);
  }

  async #run(): Promise<void> {
    const { clock, everyMs, stop, log } = this.#world;
    while (!stop.aborted) {
      const before = clock.now();
      await this.#look().catch((error) => log.warn({ error: sentenceOf(error) }, 'the regions could not be looked at'));
      // However long a round takes, some time lies between two.
      await clock.sleep(Math.max(everyMs / 5, before + everyMs - clock.now()), stop);
    }
  }

  /** One round over all regions: being cut off oneself can only be told from all of them. */
  #look(): Promise<void> {
    this.#round ??= this.#lookAround().finally(() => {
      this.#round = null;
    });
    return this.#round;
  }

  async #lookAround(): Promise<void> {
    const { regions, remotes, clock, stop } = this.#world;
    const [own, remote] = await Promise.all([
      Promise.all(regions.map((region) => this.#lookOwn(region))),
      Promise.all(remotes.flatMap((place) => regions.map((region) => this.#lookRemote(place, region.name)))),
    ]);
    if (stop.aborted) return;
    const primary = this.primary();
    const now = clock.now();
    const standbys = own.flatMap(({ view }) => (primary === null ? [] : (this.#standby(view, primary, now) ?? [])));
    const looks = [...own.map(({ look }) => look), ...remote.flatMap((look) => look ?? []), ...standbys];
    this.#saysIsolated(isIsolated(own.map(({ look }) => look)));
    for (const { name } of regions) this.#fold(name, looks, now);
    for (const listener of this.#listeners) listener();
  }

  #standby(view: DatabaseView | null, primary: string, now: number): Look | null {
    if (view === null) return null;
    const look = standbyLook(view, this.#received.get(view.region) ?? null, primary, now);
    if (view.receivedLsn !== null) this.#received.set(view.region, view.receivedLsn);
    return look;
  }

  async #lookOwn(region: WatchedRegion): Promise<{ look: Look; view: DatabaseView | null }> {
    const { clock, stop } = this.#world;
    const serves = this.primary() === region.name;
    const endpoints = region.endpoints.filter(({ onlyServing = false }) => serves || !onlyServing);
    const askedAt = clock.now();
    const [{ probes, view }, errorRate] = await Promise.all([
      askRegion({ ...region, endpoints }, this.#world, stop),
      this.#errorRate(region),
    ]);
    const at = clock.now();
    if (view !== null) this.#regions.get(region.name)!.memory.saw(view, at, askedAt);
    return { look: { vantage: OWN, region: region.name, at, probes, errorRate }, view };
  }

  async #errorRate({ name, role }: WatchedRegion): Promise<number | null> {
    const { ports, errorRateQuery, clock, callMs, stop } = this.#world;
    if (errorRateQuery === null || role === 'witness') return null;
    try {
      return await limited(clock, callMs, stop, (signal) => ports.metrics.value(name, errorRateQuery, signal));
    } catch {
      // No answer is neither health nor failure.
      return null;
    }
  }

  async #lookRemote(place: Remote, region: string): Promise<Look | null> {
    const { log, stop, everyMs, callMs } = this.#world;
    const look = await askRemote(place, region, this.#world, 2 * everyMs + callMs, stop);
    const key = `${place.name} ${region}`;
    if (!('why' in look)) {
      this.#mute.delete(key);
      return look;
    }
    if (!stop.aborted && this.#mute.get(key) !== look.why)
      log.warn({ vantage: place.name, region, error: look.why }, 'another place could not be asked what it sees');
    this.#mute.set(key, look.why);
    return null;
  }

  #saysIsolated(now: boolean): void {
    const { log } = this.#world;
    if (now && !this.#isolated)
      log.warn({}, 'nothing answers in any region: Regent is cut off itself, and proposes nothing');
    if (!now && this.#isolated) log.info({}, 'something answers again: Regent is no longer cut off');
    this.#isolated = now;
  }

  #fold(region: string, looks: Look[], now: number): void {
    const { limits, policy, everyMs, callMs, regions } = this.#world;
    // Other places look at the regions with data; at a witness nobody looks but us.
    const agree = regions.find(({ name }) => name === region)?.role === 'witness' ? 1 : this.#world.agree;
    const known = this.#regions.get(region)!;
    const valid = newest(looks, region, now, 2 * everyMs + callMs);
    const read = readings(valid, limits);
    const said = read.map((one) => one.reading);
    const reading = agreement(said, agree);
    known.trigger = observe(known.trigger, reading, now, policy, isDoubted(said));
    known.sights = read.map((one) => sightOf(one.look, one.reading));
    known.score = scoreOf(valid);
    known.vantages = counted(read, agree);
    known.answering = [...new Set(known.sights.flatMap(({ good }) => good))];
    if (Object.values(reading).some((value) => value !== null)) known.at = now;
    const failure = failureOf(
      read.map((one) => one.look),
      limits,
    );
    known.failure = known.trigger.since === null ? null : (failure ?? known.failure);
  }
}

/** What was asked for, or a rejection as soon as nobody waits for it any more: the round itself goes on. */
async function orAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  let abort = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  });
  try {
    return await Promise.race([aborted, work]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
