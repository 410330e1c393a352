/** What stands on a person's Home, and for whom it is kept up to date: those who looked at it lately. */
import { sentenceOf } from '../lib/errors.ts';
import { hashOf } from '../lib/hash.ts';
import { whereIs } from '../machine/due.ts';
import { home } from '../messages/home.ts';
import { inRecovery } from '../messages/recovery.ts';
import type { Scene } from '../messages/scene.ts';
import { type Actor, mayOperate, mayRead, mayVote } from '../policy/authorize.ts';
import type { Message } from '../ports/chat.ts';
import type { Clock } from '../ports/clock.ts';
import type { RunView } from '../runner/ledger.ts';
import { type CommandWorld, openGates } from './command.ts';
import { reviews } from './review.ts';

/** The most runs a Home asks to be reviewed, the latest: it holds a hundred blocks. */
const REVIEWS_MAX = 5;

/** The cards of this person's Home, from the state as it is now. */
export async function homeOf(actor: Actor, world: CommandWorld): Promise<Message[]> {
  const reads = mayRead(actor);
  if (!reads.ok) return [{ title: reads.why, lines: [], tone: 'plain', actions: [] }];
  const view = world.runner.active();
  const now = world.runner.now();
  const { organization } = world.runner.system;
  const { halt } = world.runner;
  const sceneOf = ({ snapshot }: RunView): Scene => ({
    c: snapshot.context,
    where: whereIs(snapshot),
    now,
    facts: {},
    contacts: world.contacts,
  });
  const reviewing = world.runner
    .all()
    .filter(({ snapshot }) => reviews(actor, snapshot.context, world.operators))
    .slice(-REVIEWS_MAX)
    .map(sceneOf);
  // Who has said so already is not asked a second time.
  const lifting =
    halt !== null && mayOperate(actor, world.operators).ok && halt.asked.every(({ by }) => by !== actor.id);
  const unprotected = world.unprotected?.() ?? null;
  const recovering = inRecovery(world.runner.all().map(({ snapshot }) => snapshot.context));
  const seen = { unprotected, recovering, reviewing, halt, lifting, organization, now };
  if (!view) return home({ ...seen, scene: null, waiting: [], link: null, roles: await world.runner.rolesNow() });
  const c = view.snapshot.context;
  const scene = { ...sceneOf(view), halt, wayBack: world.wayBack?.(view) ?? null };
  const waiting = openGates(view).filter((gate) => mayVote(actor, c, gate).ok);
  const link = await world.linkTo(view.run);
  return home({ ...seen, scene, waiting: waiting.map(({ id }) => id), link, roles: {} });
}

export type HomesWorld = {
  cards(person: string): Promise<Message[]>;
  publish(person: string, cards: Message[], signal: AbortSignal): Promise<void>;
  clock: Clock;
  /** The least time between two rounds of redrawing, ms. */
  everyMs: number;
  callMs: number;
  warn(fields: Record<string, unknown>, message: string): void;
  stop: AbortSignal;
};

const LATELY_MS = 60 * 60_000;
/** The most who are kept up to date, and ms of a round for each: Slack draws about a hundred Homes a minute. */
const PEOPLE_MAX = 25;
const EACH_MS = 700;
const FAILED_PAUSE_MS = 5000;

/** One Home is drawn at a time, so that an older one never replaces a newer. */
export class Homes {
  readonly #world: HomesWorld;
  /** When they last opened it, in that order. */
  readonly #opened = new Map<string, number>();
  readonly #drawn = new Map<string, string>();
  #asked = new Set<string>();
  #stale = new Set<string>();
  #roundAt = 0;
  #wake: () => void = () => {};
  #loop: Promise<void> = Promise.resolve();

  constructor(world: HomesWorld) {
    this.#world = world;
  }

  start(): void {
    this.#loop = this.#run();
  }
  async stopped(): Promise<void> {
    this.#wake();
    await this.#loop;
  }

  /** Somebody looks at theirs: it is drawn at once, and kept up to date for an hour. */
  opened(person: string): void {
    const { clock } = this.#world;
    this.#opened.delete(person);
    this.#opened.set(person, clock.now());
    for (const [one, at] of this.#opened)
      if (this.#opened.size > PEOPLE_MAX || clock.now() - at > LATELY_MS) this.#forget(one);
    this.#asked.add(person);
    this.#wake();
  }

  /** The run has changed. */
  changed(): void {
    for (const person of this.#opened.keys()) this.#stale.add(person);
    this.#wake();
  }

  #forget(person: string): void {
    this.#opened.delete(person);
    this.#drawn.delete(person);
    this.#stale.delete(person);
  }

  async #run(): Promise<void> {
    const { clock, stop, everyMs } = this.#world;
    while (!stop.aborted) {
      const woken = new AbortController();
      this.#wake = () => woken.abort();
      const asked = [...this.#asked];
      this.#asked.clear();
      for (const person of asked) await this.#draw(person, true);
      const wait = this.#roundAt - clock.now();
      if (this.#stale.size > 0 && wait <= 0) {
        const round = this.#stale;
        this.#stale = new Set();
        this.#roundAt = clock.now() + Math.max(everyMs, round.size * EACH_MS);
        for (const person of round) await this.#draw(person, false);
      }
      if (this.#asked.size > 0) continue;
      await clock.sleep(
        this.#stale.size > 0 ? Math.max(1, this.#roundAt - clock.now()) : LATELY_MS,
        AbortSignal.any([woken.signal, stop]),
      );
    }
  }

  async #draw(person: string, asked: boolean): Promise<void> {
    const { clock, cards, publish, callMs, stop, warn } = this.#world;
    if (stop.aborted || (!asked && clock.now() - (this.#opened.get(person) ?? 0) > LATELY_MS))
      return this.#forget(person);
    try {
      const drawn = await cards(person);
      const hash = hashOf(drawn);
      if (!asked && this.#drawn.get(person) === hash) return;
      await publish(person, drawn, AbortSignal.any([stop, AbortSignal.timeout(callMs)]));
      this.#drawn.set(person, hash);
    } catch (error) {
      if (stop.aborted) return;
      warn({ person, error: sentenceOf(error) }, 'a Home could not be drawn');
      // Once more later, so that no button stays that leads nowhere; who opens it anew is served at once.
      if (this.#drawn.delete(person) || asked) this.#stale.add(person);
      this.#roundAt = Math.max(this.#roundAt, clock.now() + FAILED_PAUSE_MS);
    }
  }
}
