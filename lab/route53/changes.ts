/**
 * The way of an accepted batch: listed at once, given to the authority after `insyncMs`, INSYNC when the authority has
 * answered it over DNS. One zone's batches go one after the other, so that none overtakes.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { ask, valuesOf } from '../dns/client.ts';
import type { Authority, LabRrset } from '../dns/types.ts';
import type { LedgerBatch } from './types.ts';
import type { WantedChange } from './xml.ts';
import { type Stored, sameKey, toServed } from './zone.ts';

const POLL_MS = 15;

export type Propagation = {
  /** Starts a batch on its way; `records` are the zone's records after it. */
  start(batch: LedgerBatch, zoneName: string, changes: WantedChange[], records: Stored[]): void;
  pending(zone: string): boolean;
  close(): Promise<void>;
};

export function propagation(authority: Authority, now: () => { insyncMs: number; lostChanges: boolean }): Propagation {
  const closing = new AbortController();
  const lines = new Map<string, Promise<void>>();
  const underway: LedgerBatch[] = [];

  const carry = async (batch: LedgerBatch, zoneName: string, rrsets: LabRrset[]): Promise<void> => {
    const { insyncMs, lostChanges } = now();
    await pause(insyncMs, undefined, { signal: closing.signal });
    if (!lostChanges) {
      authority.setAll(zoneName, rrsets);
      batch.servedAt = Date.now();
      for (const rrset of rrsets) {
        while (!(await answers(authority.server, rrset))) await pause(POLL_MS, undefined, { signal: closing.signal });
      }
    }
    batch.insyncAt = Date.now();
  };
  return {
    start(batch, zoneName, changes, records) {
      const keys = changes.map(({ record }) => record);
      const rrsets = keys.map((key): LabRrset => {
        const record = records.find((other) => sameKey(other, key));
        return toServed(record ?? { ...key, values: [] });
      });
      underway.push(batch);
      const line = (lines.get(batch.zone) ?? Promise.resolve())
        .then(() => carry(batch, zoneName, rrsets))
        // Only closing ends a wait early; nothing is left to do then.
        .catch(() => undefined)
        .finally(() => underway.splice(underway.indexOf(batch), 1));
      lines.set(batch.zone, line);
    },
    pending: (zone) => underway.some((batch) => batch.zone === zone),
    async close() {
      closing.abort();
      await Promise.all(lines.values());
    },
  };
}

/** Whether the authority really answers this rrset now, over DNS. */
async function answers(server: string, { name, type, values, ttl }: LabRrset): Promise<boolean> {
  try {
    const asked = await ask(server, name, type, 500);
    const got = valuesOf(asked.answers, type).sort();
    const plain = values.map((value) => (type === 'CNAME' || type === 'NS' ? value.replace(/\.$/, '') : value)).sort();
    const ttls = asked.answers.filter((answer) => answer.type === type && 'ttl' in answer && answer.ttl !== ttl);
    return JSON.stringify(got) === JSON.stringify(plain) && ttls.length === 0;
  } catch {
    return false;
  }
}
