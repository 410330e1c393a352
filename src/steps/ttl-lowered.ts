import { lengthText, utcText } from '../lib/utc.ts';
import { type Answer, done, notDone, unknown } from '../ports/answer.ts';
import { recordKey } from '../ports/records.ts';
import { defineCheck } from './step.ts';

const MOST_RECORDS = 3;
const someOf = (list: string[]): string =>
  list.length <= MOST_RECORDS
    ? list.join('; ')
    : `${list.slice(0, MOST_RECORDS).join('; ')}; and ${list.length - MOST_RECORDS} more`;

/** Neither answer changes by waiting in front of it: what was not seen yesterday stays unseen. */
const never = (answer: Answer): Answer => (answer.is === 'done' ? answer : { ...answer, final: true });

type Look = { at: number; ttl: number };

/**
 * From when on one record has been looked at without a gap, up to now: the earliest look of that stretch. Null where
 * not even the latest look is recent enough.
 */
function seenSince(looks: Look[], now: number, mostGapMs: number): Look | null {
  let since: Look | null = null;
  for (const look of looks.toReversed()) {
    if ((since?.at ?? now) - look.at > mostGapMs) break;
    since = look;
  }
  return since;
}

/**
 * Whether clients will follow the switch quickly: every record short-lived for long enough that no cache holds an older,
 * longer answer. Only what Regent itself has seen counts (monitor/ttl-watch.ts).
 */
export const ttlLowered = defineCheck({
  id: 'ttl-lowered',
  title: 'Have short DNS TTLs beforehand',
  about: {
    does: 'Looks whether the records have been short-lived for long enough. A resolver keeps an answer for as long as its TTL said when it asked, so clients follow the switch only as fast as the TTLs of yesterday allow. It is a rule of the house: a named person may go on without it with a reason.',
    asks: 'Reads what Regent has written down of the TTLs at the provider, look by look, and what the plan has just seen. Done when every record was short-lived in every look for as long as the rule says, without a gap between the looks.',
    whenItStops: [
      '“had a TTL of”: lower it at the provider and come back when the rule’s time has passed. If it cannot wait, go on without it: clients then follow up to that TTL later, and say so in the reason.',
      '“unknown before”: Regent has not looked for long enough, because it is new, was stopped, or the provider did not answer. Whoever keeps the records can tell how long they have been short; go on without it with that as the reason.',
    ],
  },
  phase: 'validating',
  rule: true,
  budgetMs: 0,
  when: ({ rules, records }) => rules.ttl !== null && records.length > 0,
  uses: ['records', 'clock'],
  async check({ records, clock, values, system }) {
    const rule = system.rules.ttl;
    if (rule === null) return done({});
    const now = clock.now();
    const start = now - rule.forMs;
    const looks = await records.ttls();
    const found = values.dns.map((record) => {
      const key = recordKey(record);
      const mine = looks.flatMap(({ at, ttls }): Look[] => (ttls[key] === undefined ? [] : [{ at, ttl: ttls[key] }]));
      const since = seenSince(mine, now, rule.lookEveryMs * 2);
      const first = mine.findLast(({ at }) => at < start);
      // The look before the time asked for says how that time began, unless nobody looked for long in between.
      const from = first !== undefined && since !== null && since.at <= first.at ? first.at : start;
      const atPlan: Look[] = record.oldTtl === null ? [] : [{ at: now, ttl: record.oldTtl }];
      const long = [...mine.filter(({ at }) => at >= from), ...atPlan].findLast(({ ttl }) => ttl > rule.atMostSeconds);
      const shortSince = mine.find(({ at }) => long !== undefined && at > long.at);
      return { name: record.name, long, shortSince, since };
    });
    const tooLong = found.flatMap(({ name, long, shortSince }) =>
      long === undefined ? [] : [{ name, ...long, shortSince }],
    );
    const unseen = found.filter(({ since }) => since === null || since.at > start);
    const evidence = {
      records: found.length,
      mostSeconds: rule.atMostSeconds,
      hoursAsked: Math.round((rule.forMs / 3_600_000) * 10) / 10,
      looks: looks.filter(({ at }) => at >= start).length,
      tooLong: tooLong.map(({ name, ttl, at }) => ({ name, ttlSeconds: ttl, lastSeen: utcText(at) })),
    };
    const asked = `${rule.atMostSeconds} s or less for ${lengthText(rule.forMs)}`;
    if (tooLong.length > 0) {
      const each = tooLong.map(({ name, ttl, at, shortSince }) =>
        at === now
          ? `${name} has a TTL of ${ttl} s now`
          : `${name} had a TTL of ${ttl} s, last seen at ${utcText(at)}${shortSince ? `; short since ${utcText(shortSince.at)}` : ''}`,
      );
      return never(notDone(`${someOf(each)}. Asked: ${asked}.`, evidence));
    }
    if (unseen.length > 0) {
      const from = unseen.map(({ since }) => since?.at ?? now);
      const before = Math.max(...from);
      const names = unseen.length === found.length ? 'The TTLs' : someOf(unseen.map(({ name }) => name));
      return never(unknown(`${names}: unknown before ${utcText(before)}. Asked: ${asked}.`, evidence));
    }
    return done(evidence, `${found.length} records, ${asked}`);
  },
});
