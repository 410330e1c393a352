/**
 * Keeps what the status page announces ahead of time in step with the notices that stand: each is announced once, and
 * taken back when it is withdrawn. Best effort, retried, and in nobody's way. What was told stands in the journal as
 * tried before the first byte leaves: killed in between, it is sent again under the same key.
 */
import { sentenceOf } from '../lib/errors.ts';
import { announced, takenBack } from '../messages/page-notice.ts';
import type { Clock } from '../ports/clock.ts';
import type { Journal } from '../ports/journal.ts';
import type { StatusPage } from '../ports/status-page.ts';
import type { Log } from './engine.ts';
import { SYSTEM } from './ledger.ts';
import { type GivenNotice, noticesGiven } from './records.ts';
import { heeding, within } from './time.ts';
import { type Kept, keptIn, keptText } from './told-before.ts';

export type PageNoticesWorld = {
  page: StatusPage;
  /** Our own names of what the page shows. */
  components: string[];
  organization: string;
  staging: boolean;
  journal: Pick<Journal, 'read' | 'posted' | 'savePosted'>;
  clock: Clock;
  log: Pick<Log, 'info' | 'warn'>;
  callMs: number;
  stop: AbortSignal;
};

/** What a notice's line says of the page: it stands there, or why it does not yet. */
export type OnPage = { is: 'announced' } | { is: 'failed'; why: string };

const WHERE = 'the status page';
/** In the place of a channel: these posts stand in no chat. */
const OUTSIDE = 'outside';
const IDLE_MS = 600_000;
/** Until the next try, ms: doubling from a second, a minute at most. */
const backOff = (times: number): number => Math.min(60_000, 500 * 2 ** times);

type Word = 'announce' | 'takeBack';

export class PageNotices {
  readonly #world: PageNoticesWorld;
  #wake: () => void = () => {};
  #loop: Promise<void> = Promise.resolve();
  /** By notice. */
  readonly #shown = new Map<number, OnPage>();

  constructor(world: PageNoticesWorld) {
    this.#world = world;
  }

  start(): void {
    this.#loop = this.#run();
  }
  /** After `stop`: resolves when nothing of it is under way. */
  async stopped(): Promise<void> {
    this.#wake();
    await this.#loop;
  }
  /** A notice was given or withdrawn. */
  wake(): void {
    this.#wake();
  }
  /** Null: it has not been tried yet. */
  onPage(n: number): OnPage | null {
    return this.#shown.get(n) ?? null;
  }

  async #run(): Promise<void> {
    const { clock, stop } = this.#world;
    let failures = 0;
    while (!stop.aborted) {
      const woken = new AbortController();
      this.#wake = () => woken.abort();
      failures = (await this.#round()) ? 0 : failures + 1;
      // Being woken by the next notice must not turn waiting into hammering.
      if (failures > 0) await clock.sleep(backOff(failures), stop);
      else await clock.sleep(IDLE_MS, AbortSignal.any([woken.signal, stop]));
    }
  }

  /** Whether everything that is owed was told. */
  async #round(): Promise<boolean> {
    const { journal, clock, log, stop } = this.#world;
    let all = true;
    try {
      for (const notice of noticesGiven(await journal.read(SYSTEM))) {
        const word = await this.#owed(notice);
        if (word === null || stop.aborted) continue;
        try {
          await this.#tell(notice, word);
          if (word === 'announce') this.#shown.set(notice.n, { is: 'announced' });
          log.info({ notice: notice.n, word }, 'the status page was told of a notice');
        } catch (error) {
          if (stop.aborted) return all;
          all = false;
          this.#shown.set(notice.n, { is: 'failed', why: sentenceOf(error) });
          log.warn(
            { notice: notice.n, word, error: sentenceOf(error) },
            'the status page was not told of a notice yet',
          );
        }
      }
    } catch (error) {
      log.warn({ error: sentenceOf(error), at: clock.now() }, 'notices could not be read for the status page');
      return false;
    }
    return all;
  }

  /** What the page has to be told of it; null: nothing, or nothing any more. */
  async #owed({ n, withdrawn, from, until }: GivenNotice): Promise<Word | null> {
    const now = this.#world.clock.now();
    if (until <= now) return null;
    const before = await this.#kept(n, 'announce');
    if (before?.state === 'told') this.#shown.set(n, { is: 'announced' });
    if (withdrawn) return before !== null && (await this.#kept(n, 'takeBack'))?.state !== 'told' ? 'takeBack' : null;
    // The page takes nothing that has begun.
    return before?.state !== 'told' && from > now ? 'announce' : null;
  }

  async #tell({ n, at, from, until }: GivenNotice, word: Word): Promise<void> {
    const { page, components, organization, staging, clock, callMs, stop } = this.#world;
    // Numbers begin anew with another journal, the page goes on.
    const key = `${organization}-notice-${n}-${at}`;
    const words = { organization, staging, from, until };
    await this.#keep(n, word, 'tried');
    const { signal, release } = within(clock, callMs * 3, stop);
    try {
      await heeding(signal, async () => {
        if (word === 'announce') await page.announce(key, { ...announced(words), from, until, components }, signal);
        else await page.takeBack(key, takenBack(words), signal);
      });
    } finally {
      release();
    }
    await this.#keep(n, word, 'told');
  }

  async #kept(n: number, word: Word): Promise<Kept | null> {
    const posted = await this.#world.journal.posted(SYSTEM, slotOf(n, word));
    return posted === null ? null : keptIn(posted.ts);
  }
  #keep(n: number, word: Word, state: Kept['state']): Promise<void> {
    const kept: Kept = { state, at: this.#world.clock.now(), where: WHERE, what: word };
    return this.#world.journal.savePosted(SYSTEM, slotOf(n, word), { channel: OUTSIDE, ts: keptText(kept) });
  }
}

const slotOf = (n: number, word: Word): string => `page-notice:${n}:${word}`;
