/**
 * How long the records may live in caches, looked at again and again and written down: before a planned run somebody
 * may ask whether the TTLs have been short for a day, and nobody else remembers. What was not answered is not written:
 * no answer is unknown.
 */
import { sentenceOf } from '../lib/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { Dns, DnsRecord } from '../ports/dns.ts';
import { recordKey } from '../ports/records.ts';

export type TtlWatchWorld = {
  dns: Pick<Dns, 'plan'>;
  /** The records as any one region would have them; which one does not matter, their TTLs are read at the provider. */
  records: DnsRecord[];
  /** Writes a look down: seconds by `type name`. */
  note(ttls: Record<string, number>): Promise<unknown>;
  clock: Clock;
  log: { warn(fields: object, message: string): void };
  /** How often it looks, ms. */
  everyMs: number;
  /** How long one look may take, ms. */
  callMs: number;
  stop: AbortSignal;
};

/** What stands at the provider now. A record it does not have is left out. */
export async function lookAtTtls(
  dns: Pick<Dns, 'plan'>,
  records: DnsRecord[],
  signal: AbortSignal,
): Promise<Record<string, number>> {
  if (records.length === 0) return {};
  const changes = (await dns.plan(records, signal)).batches.flatMap((batch) => batch.changes);
  return Object.fromEntries(
    records.flatMap((record): [string, number][] => {
      const change = changes.find(
        ({ record: other }) => other.zone === record.zone && other.name === record.name && other.type === record.type,
      );
      // No change: what stands there is what is wanted, its TTL too.
      if (change === undefined) return [[recordKey(record), record.ttl]];
      return change.old === null ? [] : [[recordKey(record), change.old.ttl]];
    }),
  );
}

export class TtlWatch {
  readonly #world: TtlWatchWorld;
  #loop: Promise<void> = Promise.resolve();

  constructor(world: TtlWatchWorld) {
    this.#world = world;
  }

  /** Looks at once, then every `everyMs` until it is stopped. */
  start(): void {
    this.#loop = this.#run();
  }
  async stopped(): Promise<void> {
    await this.#loop;
  }

  async #run(): Promise<void> {
    const { clock, everyMs, stop } = this.#world;
    while (!stop.aborted) {
      const before = clock.now();
      await this.#look();
      await clock.sleep(before + everyMs - clock.now(), stop);
    }
  }

  async #look(): Promise<void> {
    const { dns, records, note, clock, log, callMs, stop } = this.#world;
    const over = new AbortController();
    const late = new AbortController();
    const signal = AbortSignal.any([stop, late.signal]);
    const limit = clock.sleep(callMs, AbortSignal.any([stop, over.signal])).then((): never => {
      late.abort();
      throw new Error(`no answer within ${callMs / 1000} s`);
    });
    // It loses the race whenever an answer comes.
    limit.catch(() => {});
    try {
      await note(await Promise.race([lookAtTtls(dns, records, signal), limit]));
    } catch (error) {
      if (!stop.aborted) log.warn({ error: sentenceOf(error) }, 'the TTLs could not be looked at');
    } finally {
      over.abort();
    }
  }
}
