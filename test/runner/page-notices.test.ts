/** What the status page announces ahead of time, over a real journal and a server that checks what it is sent. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { poll } from '../../lab/lib/poll.ts';
import { startStatuspage } from '../../lab/statuspage/server.ts';
import type { StatuspageLab } from '../../lab/statuspage/types.ts';
import { sqliteJournal } from '../../src/integrations/sqlite-journal/journal.ts';
import { statuspage } from '../../src/integrations/statuspage/status-page.ts';
import type { StatusPage } from '../../src/ports/status-page.ts';
import { Ledger } from '../../src/runner/ledger.ts';
import { PageNotices } from '../../src/runner/page-notices.ts';
import { handClock } from '../support/hand-clock.ts';

const HOUR = 3_600_000;
const NOW = Date.parse('2026-11-20T12:00:00Z');
const FROM = NOW + 48 * HOUR;
const TOKEN = 'statuspage-key-51d2';
const within = { withinMs: 10_000 };

let lab: StatuspageLab;
const running: { stop: AbortController; keeper: PageNotices }[] = [];
beforeEach(async () => {
  lab = await startStatuspage({
    pageId: 'pg1',
    keys: [TOKEN],
    components: { c1: 'API', c2: 'Vault' },
    limit: { requests: 1000, windowMs: 1000 },
    now: () => NOW,
  });
});
afterEach(async () => {
  for (const one of running.splice(0)) await ended(one);
  await lab.close();
});
async function ended({ stop, keeper }: (typeof running)[number]): Promise<void> {
  stop.abort();
  await keeper.stopped();
}

async function room() {
  const clock = handClock(NOW);
  const journal = sqliteJournal({ path: ':memory:' });
  const ledger = new Ledger(journal, clock);
  await ledger.open('test');
  const port = statuspage({
    url: lab.url,
    pageId: 'pg1',
    token: TOKEN,
    components: { api: 'c1', vault: 'c2' },
    timeoutMs: 5000,
    everyMs: 1,
    againMs: 5,
  });
  const start = (over: Partial<StatusPage> = {}) => {
    const stop = new AbortController();
    const keeper = new PageNotices({
      page: { ...port, ...over },
      components: ['api', 'vault'],
      organization: 'eden',
      staging: false,
      journal,
      clock,
      log: { info() {}, warn() {} },
      callMs: 5000,
      stop: stop.signal,
    });
    ledger.onNote(() => keeper.wake());
    keeper.start();
    const one = { stop, keeper };
    running.push(one);
    return { keeper, end: () => ended(one) };
  };
  const told = { slot: 'notice:1', name: 'notice', facts: {}, broadcast: false };
  return {
    clock,
    start,
    give: (from = FROM) =>
      ledger.note(
        {
          type: 'NOTICE_GIVEN',
          actor: 'person:UANA',
          data: { source: 'us-west-2', target: 'us-east-1', from, until: from + 4 * HOUR, reason: 'secret plans' },
        },
        null,
        [told],
      ),
    withdraw: (n: number) =>
      ledger.note({ type: 'NOTICE_WITHDRAWN', actor: 'person:UANA', data: { n, reason: '' } }, null, [told]),
  };
}
const announcedOnce = () => poll('nothing is announced', () => lab.incidents().length === 1, within);
const posts = () => lab.calls().filter(({ operation }) => operation === 'createIncident').length;
const asked = () => lab.calls().filter(({ operation }) => operation === 'listScheduled').length;

it('announces a notice that is given, in words for customers, and takes it back when it is withdrawn', async () => {
  const here = await room();
  const { keeper } = here.start();
  await here.give();
  await announcedOnce();
  const [seen] = lab.incidents();
  expect(seen).toMatchObject({
    name: 'Eden: planned maintenance',
    status: 'scheduled',
    scheduled: { from: FROM, until: FROM + 4 * HOUR },
    components: ['c1', 'c2'],
  });
  expect(seen!.updates.map(({ body }) => body)).toEqual([
    'Between 2026-11-22 12:00:00 UTC and 2026-11-22 16:00:00 UTC Eden moves to another region.\nReading works all the time. Saving pauses for some seconds once.',
  ]);
  await poll('the notice does not say so', () => keeper.onPage(1)?.is === 'announced', within);
  await here.withdraw(1);
  await poll('it is not taken back', () => lab.incidents()[0]!.status === 'completed', within);
  expect(lab.incidents()[0]!.updates.at(-1)!.body).toBe(
    'This maintenance does not take place: nothing will be noticed between 2026-11-22 12:00:00 UTC and 2026-11-22 16:00:00 UTC.',
  );
});

it('a new process repeats nothing, and does what the one before it still owed', async () => {
  const here = await room();
  const first = here.start();
  await here.give();
  await here.give();
  await poll('they are not announced', () => first.keeper.onPage(2) !== null, within);
  await first.end();
  await here.withdraw(1);
  await here.give();
  here.start();
  await poll('what is owed was not told', () => lab.incidents().length === 3, within);
  await poll('it is not taken back', () => lab.incidents()[0]!.status === 'completed', within);
  expect(lab.incidents().map(({ status }) => status)).toEqual(['completed', 'scheduled', 'scheduled']);
  expect(posts()).toBe(3);
  // Of what has been told the page is not even asked: three announced, one taken back.
  expect(asked()).toBe(4);
});

it('an answer that is lost is no second announcement; until it works the notice says why it does not', async () => {
  const here = await room();
  lab.fault({ kind: 'cut-after', times: 1, operation: 'createIncident' });
  const { keeper } = here.start();
  await here.give();
  await poll('the failure is not said', () => keeper.onPage(1)?.is === 'failed', within);
  await poll(
    'it is not tried again',
    async () => {
      await here.clock.advance(1000);
      return keeper.onPage(1)?.is === 'announced';
    },
    within,
  );
  expect([lab.incidents().length, posts()]).toEqual([1, 1]);
});

it('what was never announced is not taken back, and what has begun is not announced', async () => {
  const here = await room();
  await here.give();
  await here.withdraw(1);
  await here.give(NOW - HOUR);
  await here.give();
  here.start();
  await announcedOnce();
  expect([posts(), asked()]).toEqual([1, 1]);
});
