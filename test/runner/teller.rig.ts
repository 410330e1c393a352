/** A teller on a journal of its own, and everybody it tells, with a memory. */
import { afterEach } from 'vitest';
import { sqliteJournal } from '../../src/integrations/sqlite-journal/journal.ts';
import type { RunEvent } from '../../src/machine/types.ts';
import { TEMPLATES } from '../../src/messages/templates.ts';
import { told } from '../../src/messages/told.ts';
import type { Journal, OutboxRow } from '../../src/ports/journal.ts';
import type { Letter, Mail, Posted } from '../../src/ports/mail.ts';
import type { Pager } from '../../src/ports/pager.ts';
import type { StatusPage } from '../../src/ports/status-page.ts';
import { Ledger, type NewEvent } from '../../src/runner/ledger.ts';
import { Teller } from '../../src/runner/teller.ts';
import { mailWay, pagerWay, statusPageWay } from '../../src/runner/ways.ts';
import * as disaster from '../messages/emergency.ts';
import { text } from '../messages/scenes.ts';
import { handClock } from '../support/hand-clock.ts';
import type { Story } from '../support/machine.ts';

/** Everything outside, with a memory. `before` and `after` make a call fail: nothing came of it, or nobody knows. */
export function outside() {
  const log: string[] = [];
  const letters: Letter[] = [];
  const self = {
    log,
    letters,
    before: (_what: string): Promise<never> | undefined => undefined,
    after: (_what: string): void => {},
    refused: [] as Posted['refused'],
    said: (what: string) => log.filter((line) => line.startsWith(what)),
    pager: {} as Pager,
    mail: {} as Mail,
    statusPage: {} as StatusPage,
  };
  const call = async <T>(what: string, result: T): Promise<T> => {
    await self.before(what);
    log.push(what);
    self.after(what);
    return result;
  };
  self.pager = {
    trigger: ({ key, severity }) => call(`trigger ${key} ${severity}`, undefined),
    note: (_, words) => call(`note ${words}`, undefined),
    resolve: (key) => call(`resolve ${key}`, undefined),
    onCall: async () => null,
  };
  self.mail = {
    send: (letter) => {
      letters.push(letter);
      const refused = self.refused.filter(({ address }) => letter.to.includes(address));
      return call(`mail ${letter.key} to ${letter.to.length}`, { id: letter.key, accepted: letter.to, refused });
    },
  };
  self.statusPage = {
    open: (key, { components }) =>
      call(`open ${key} ${JSON.stringify(components)}`, { link: 'https://status.example/i/1', already: false }),
    update: (_, { body, status }) => call(`update ${status} ${body.split('\n')[0]}`, undefined),
    resolve: (key, { components }) => call(`end ${key} ${JSON.stringify(components)}`, undefined),
    announce: (key) => call(`announce ${key}`, { link: null, already: false }),
    takeBack: (key) => call(`take back ${key}`, undefined),
  };
  return self;
}
type Outside = ReturnType<typeof outside>;

export const running: { stop: AbortController; teller: Teller }[] = [];
afterEach(async () => {
  for (const { stop, teller } of running.splice(0)) {
    stop.abort();
    await teller.stopped();
  }
});

export async function room(
  around: Outside = outside(),
  { notes = true, only = ['pager', 'mail', 'statuspage'], engineers = false } = {},
) {
  const clock = handClock(disaster.at('14:30:00'));
  const journal = sqliteJournal({ path: ':memory:' });
  let ledger = new Ledger(journal, clock);
  await ledger.open('test');
  const drawn: OutboxRow['facts'][] = [];
  const warnings: object[] = [];
  const start = (over: Partial<Journal> = {}) => {
    const stop = new AbortController();
    const teller = new Teller({
      ledger,
      journal: { ...journal, ...over },
      clock,
      log: { info() {}, warn: (fields) => void warnings.push(fields), error() {} },
      ways: [
        pagerWay(around.pager, notes, engineers ? around.pager : null),
        mailWay(around.mail, {
          operators: ['a@x.org', 'b@x.org'],
          stakeholders: ['c@x.org'],
          engineers: engineers ? ['e@x.org'] : [],
        }),
        statusPageWay(around.statusPage, ['api']),
      ].filter(({ name }) => only.includes(name)),
      templates: TEMPLATES,
      staging: false,
      statusLink: 'https://status.example',
      linkTo: async (run) => `https://chat.example/${run}`,
      redraw: (_, { facts }) => void drawn.push(facts),
      callMs: 1000,
      stop: stop.signal,
    });
    teller.start();
    running.push({ stop, teller });
    return async () => {
      stop.abort();
      await teller.stopped();
    };
  };
  let played = 0;
  let run = '';
  /** Writes down what has happened in the story since. */
  const happens = async (story: Story) => {
    for (const event of story.events.slice(played)) {
      const { at: _, actor: __, ...rest } = event as RunEvent & { run?: string };
      const result =
        played === 0
          ? await ledger.begin(story.c.organization, 'test', () => rest as never, null)
          : await ledger.append(run, 'test', rest as NewEvent);
      if (!result.ok) throw new Error(`${event.type}: ${result.because}`);
      run = result.view.run;
      played += 1;
    }
    await clock.advance(0);
  };
  return {
    clock,
    journal,
    around,
    drawn,
    warnings,
    start,
    happens,
    /** The reply in the thread as it would read now. */
    reply: () => text(told({ facts: drawn.at(-1) ?? {} })),
    /** As after a kill: a new process on the same journal. */
    async restarted() {
      ledger = new Ledger(journal, clock);
      await ledger.open('again');
      return start();
    },
  };
}
