/** Telling people outside the chat: owed by the state, retried, never twice, and never in the way. */
import { afterEach, describe, expect, it } from 'vitest';
import { sqliteJournal } from '../../src/integrations/sqlite-journal/journal.ts';
import { IntegrationError } from '../../src/lib/errors.ts';
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
import * as move from '../messages/scenes.ts';
import { text } from '../messages/scenes.ts';
import { handClock } from '../support/hand-clock.ts';
import type { Story } from '../support/machine.ts';

/** Everything outside, with a memory. `before` and `after` make a call fail: nothing came of it, or nobody knows. */
function outside() {
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
  };
  return self;
}
type Outside = ReturnType<typeof outside>;

const running: { stop: AbortController; teller: Teller }[] = [];
afterEach(async () => {
  for (const { stop, teller } of running.splice(0)) {
    stop.abort();
    await teller.stopped();
  }
});

async function room(
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

describe('an emergency', () => {
  it('wakes people and writes to operators at once, and tells customers when the failure is confirmed', async () => {
    const { around, start, happens } = await room();
    start();
    const story = disaster.emergency({ confirmed: false });
    await happens(story);
    expect(around.log.toSorted()).toEqual(['mail novacron-1:mail:operators:begin to 2', 'trigger novacron-1 critical']);
    await happens(story.found('failure-confirmed'));
    expect(around.log.slice(2).toSorted()).toEqual([
      'mail novacron-1:mail:stakeholders:begin to 1',
      'open novacron-1 {"api":"majorOutage"}',
    ]);
  });

  it('tells its milestones and its end, each once', async () => {
    const { around, start, happens, reply } = await room();
    start();
    const story = disaster.emergency();
    await happens(story);
    await happens(disaster.promoted(story));
    await happens(story.finish('switch-dns'));
    await happens(disaster.completed('14:45:32', story));
    expect(around.said('note').map((line) => line.replace(/\d\d:\d\d/, 'T'))).toEqual([
      'note T UTC: us-west-2 is primary and has accepted a write. There is no way back from here.',
      'note T UTC: DNS sends clients to us-west-2.',
      'note T UTC: novacron-1 is over, moved from us-east-1 to us-west-2.',
    ]);
    expect(around.said('resolve')).toEqual(['resolve novacron-1']);
    expect(around.said('trigger')).toHaveLength(1);
    expect([...around.said('open'), ...around.said('update'), ...around.said('end')]).toEqual([
      'open novacron-1 {"api":"majorOutage"}',
      'update identified us-west-2 takes over: its database accepts changes again.',
      'update monitoring Everybody is being sent to us-west-2. We are checking that all is well.',
      'end novacron-1 {"api":"operational"}',
    ]);
    expect(around.said('mail').map((line) => line.split(':').slice(1).join(':'))).toEqual([
      'mail:operators:begin to 2',
      'mail:stakeholders:begin to 1',
      'mail:operators:end to 2',
      'mail:stakeholders:end to 1',
    ]);
    // Once the page has an address of its own, letters name it.
    expect(around.letters.at(-1)?.text).toContain('Status: https://status.example/i/1');
    expect(reply()[0]).toMatch(
      /^Told: PagerDuty incident .*, closed .* · mail to 2 operators .*, over .* · mail to 1 stakeholder .* · status page opened .*, resolved /,
    );
  });

  it('that does not end well leaves its incidents open for people', async () => {
    const { around, start, happens, warnings } = await room();
    start();
    const story = disaster.emergency();
    await happens(story);
    await happens(story.abort());
    // Nobody else is configured to be woken.
    expect(warnings).toEqual([]);
    expect(around.said('resolve')).toEqual([]);
    expect(around.said('end')).toEqual([]);
    expect(around.said('note')).toEqual([expect.stringContaining('was called off')]);
    expect(around.said('update')).toEqual([
      expect.stringContaining('The failover from us-east-1 to us-west-2 was stopped'),
    ]);
  });

  it('that has failed wakes and writes to those who find out why, once', async () => {
    const { around, start, happens, reply } = await room(outside(), { engineers: true });
    start();
    const story = disaster.measured(disaster.emergency(), { lossBytes: 0, lossSeconds: 0 });
    await happens(story.approve('promote').intend('scale-up-target').notDone('scale-up-target'));
    expect(around.said('trigger')).toEqual(['trigger novacron-1 critical']);
    await happens(story.abort());
    expect(around.said('mail').at(-1)).toMatch(/:begin to|:hold:1 to/);
    await happens(story.take(story.undoing('scale-up-target')));
    expect(around.said('mail').at(-1)).toBe('mail novacron-1:mail:operators:undoing to 2');
    await happens(story.take({ type: 'UNDO_DONE', step: 'scale-up-target', attempt: 1, evidence: {} }));
    expect(story.c.end).toBe('rolledBack');
    expect(around.said('trigger')).toEqual(['trigger novacron-1 critical', 'trigger novacron-1-failed critical']);
    expect(around.said('mail').slice(-3).toSorted()).toEqual([
      'mail novacron-1:mail:engineers:end to 1',
      'mail novacron-1:mail:operators:end to 2',
      'mail novacron-1:mail:stakeholders:end to 1',
    ]);
    expect(around.said('resolve')).toEqual([]);
    expect(reply()[0]).toMatch(/PagerDuty of the engineers .* · mail to 2 operators .* · mail to 1 engineer over /);
  });

  it('that completed wakes no engineer', async () => {
    const { around, start, happens } = await room(outside(), { engineers: true });
    start();
    const story = disaster.emergency();
    await happens(story);
    await happens(disaster.completed('14:45:32', disaster.promoted(story)));
    expect([...around.said('trigger'), ...around.said('mail')].filter((line) => /engineers|failed/.test(line))).toEqual(
      [],
    );
  });

  it('has no notes where none can be written', async () => {
    const { around, start, happens } = await room(outside(), { notes: false });
    start();
    const story = disaster.emergency();
    await happens(story);
    await happens(disaster.completed('14:45:32', disaster.promoted(story)));
    expect(around.said('note')).toEqual([]);
    expect(around.said('resolve')).toHaveLength(1);
  });
});

describe('a planned run', () => {
  it('writes to operators at once and to customers only when they notice it; it pages nobody', async () => {
    const { around, start, happens } = await room();
    start();
    const story = move.approved();
    await happens(story);
    expect(around.log).toEqual(['mail eden-1:mail:operators:begin to 2']);
    await happens(story.finish('read-only-source').intend('stop-writers'));
    expect(around.log.slice(1).toSorted()).toEqual([
      'mail eden-1:mail:stakeholders:begin to 1',
      'open eden-1 {"api":"maintenance"}',
    ]);
    expect(around.said('trigger')).toEqual([]);
  });

  it('that nobody noticed tells customers nothing at its end either', async () => {
    const { around, start, happens } = await room();
    start();
    const story = move.begun();
    await happens(story);
    await happens(story.abort());
    expect(around.log).toEqual(['mail eden-1:mail:operators:begin to 2', 'mail eden-1:mail:operators:end to 2']);
  });

  it('pages when it stops where there is no way back, and closes that when it ends well', async () => {
    const { around, start, happens } = await room();
    start();
    const story = move.fenced().intend('promote-postgres').unknown('promote-postgres');
    await happens(story);
    expect(around.said('trigger')).toEqual(['trigger eden-1 critical']);
    expect(around.said('mail eden-1:mail:operators:hold:1')).toHaveLength(1);
    await happens(story.take({ type: 'STEP_MARKED', step: 'promote-postgres', as: 'done', by: 'UBO', reason: 'seen' }));
    expect(around.said('trigger')).toHaveLength(1);
    story.finish('switch-redis').found('prove-target-writable');
    await happens(story.finish('switch-dns').found('dns-answers', 'public-health'));
    expect(around.said('resolve')).toEqual(['resolve eden-1']);
  });

  it('does not page for a stop before that, nor for a person’s pause', async () => {
    const { around, start, happens } = await room();
    start();
    const story = move.approved().intend('read-only-source').notDone('read-only-source');
    await happens(story);
    expect(around.said('mail eden-1:mail:operators:hold:1')).toHaveLength(1);
    await happens(story.retry('read-only-source').finish('read-only-source', 'stop-writers', 'fence-source'));
    await happens(story.found('prove-fence', 'prove-replicated').finish('promote-postgres').pause());
    expect(around.said('trigger')).toEqual([]);
  });

  it('does not page of a stop that is over before the page got through', async () => {
    const { around, clock, start, happens } = await room();
    around.before = (what) => {
      if (what.startsWith('trigger')) throw new Error('no route');
      return undefined;
    };
    start();
    const story = move.fenced().intend('promote-postgres').unknown('promote-postgres');
    await happens(story);
    await happens(story.take({ type: 'STEP_MARKED', step: 'promote-postgres', as: 'done', by: 'UBO', reason: 'seen' }));
    around.before = () => undefined;
    await clock.advance(600_000);
    expect(around.said('trigger')).toEqual([]);
  });
});

describe('what does not get through', () => {
  it('is tried less and less often, said in the thread, and holds up no other way', async () => {
    const { around, clock, start, happens, reply } = await room();
    let tries = 0;
    around.before = (what) => {
      if (!what.startsWith('open')) return undefined;
      tries += 1;
      throw new IntegrationError('Statuspage answered 500.', { code: 'x', system: 'statuspage', operation: 'open' });
    };
    start();
    await happens(disaster.emergency());
    expect(reply()[0]).toMatch(
      /^Told: PagerDuty incident \S+ s · mail to 2 operators .* · status page: not yet, 2nd try at /,
    );
    expect(reply()).toContain('status page, opened: ‹Statuspage answered 500.›');
    await clock.advance(600_000);
    expect(tries).toBeGreaterThan(8);
    expect(tries).toBeLessThan(20);
    expect([around.said('trigger').length, around.said('mail').length]).toEqual([1, 2]);
    around.before = () => undefined;
    await clock.advance(60_000);
    expect(around.said('open')).toHaveLength(1);
    expect(reply().join()).not.toContain('not yet');
  });

  it('by never answering is given up on after its time', async () => {
    const { around, clock, start, happens } = await room(outside(), { only: ['pager'] });
    around.before = () => new Promise(() => {});
    start();
    await happens(disaster.emergency());
    around.before = () => undefined;
    await clock.advance(2900);
    expect(around.log).toEqual([]);
    await clock.advance(1200);
    expect(around.said('trigger')).toHaveLength(1);
  });

  it('is overtaken: at the end nobody is woken, and nobody reads that it has begun', async () => {
    const { around, clock, start, happens } = await room();
    around.before = () => {
      throw new Error('no network');
    };
    start();
    const story = disaster.emergency();
    await happens(story);
    await happens(disaster.completed('14:45:32', disaster.promoted(story)));
    around.before = () => undefined;
    await clock.advance(120_000);
    expect(around.said('trigger')).toEqual([]);
    expect(around.said('resolve')).toHaveLength(1);
    expect(around.said('mail').map((line) => line.split(':').at(-1))).toEqual(['end to 2', 'end to 1']);
    // Customers noticed it, so it stands on the page: opened and ended, nothing in between.
    expect([around.said('open').length, around.said('update').length, around.said('end').length]).toEqual([1, 0, 1]);
  });

  it('is given up an hour after the end, and said so', async () => {
    const { around, clock, start, happens, reply } = await room(outside(), { only: ['mail'] });
    around.before = () => {
      throw new Error('no network');
    };
    start();
    const story = disaster.emergency({ confirmed: false });
    await happens(story);
    await happens(story.abort());
    await clock.advance(3_700_000);
    expect(reply()[0]).toMatch(/^Told: mail to 2 operators: not told, given up at /);
    around.before = () => undefined;
    await clock.advance(3_600_000);
    expect(around.log).toEqual([]);
  });

  it('of a letter some were not reached by is sent again to these alone', async () => {
    const { around, clock, start, happens, reply } = await room(outside(), { only: ['mail'] });
    around.refused = [
      { address: 'a@x.org', why: '450 busy', forNow: true },
      { address: 'c@x.org', why: '550 no such user', forNow: false },
    ];
    start();
    await happens(disaster.emergency());
    expect(reply()).toContain('mail to 2 operators: ‹a@x.org: not yet, 450 busy›');
    around.refused = [];
    await clock.advance(60_000);
    expect(around.letters.map(({ key, to }) => `${key.split(':').at(-2)} ${to.join()}`)).toEqual([
      'operators a@x.org,b@x.org',
      'stakeholders c@x.org',
      'operators a@x.org',
    ]);
    expect(reply().join()).not.toContain('450 busy');
    expect(reply()).toContain('mail to 1 stakeholder: ‹c@x.org: 550 no such user›');
  });

  it('because somebody closed the page’s incident by hand is not tried again', async () => {
    const { around, clock, start, happens, reply } = await room(outside(), { only: ['statuspage'] });
    let tries = 0;
    around.before = (what) => {
      if (!what.startsWith('update')) return undefined;
      tries += 1;
      throw new IntegrationError('Its incident is already resolved.', {
        code: 'statuspage-resolved',
        system: 'statuspage',
        operation: 'update',
      });
    };
    start();
    const story = disaster.emergency();
    await happens(story);
    await happens(disaster.promoted(story));
    await clock.advance(600_000);
    expect(tries).toBe(1);
    expect(reply()[0]).toContain('updated not told, given up at');
  });
});

describe('started again on the same journal', () => {
  it('tells nothing twice, and goes on where it was', async () => {
    const here = await room();
    const end = here.start();
    const story = disaster.emergency();
    await here.happens(story);
    await end();
    const before = here.around.log.length;
    expect(before).toBe(4);
    here.drawn.splice(0);
    await here.restarted();
    await here.clock.advance(120_000);
    expect(here.around.log).toHaveLength(before);
    // What was told last may not have reached the thread: it is drawn once more.
    expect(here.drawn).toHaveLength(1);
    expect(here.reply()[0]).toContain('PagerDuty incident');
    await here.happens(disaster.promoted(story));
    expect(here.around.said('note')).toHaveLength(1);
    expect(here.around.said('trigger')).toHaveLength(1);
  });

  it('sends what may have got there once more under the same key', async () => {
    const here = await room();
    const end = here.start();
    here.around.after = () => {
      throw new Error('the answer was lost');
    };
    await here.happens(disaster.emergency());
    await end();
    here.around.after = () => {};
    await here.restarted();
    await here.clock.advance(5000);
    const keys = here.around.letters.map(({ key }) => key);
    expect(keys).toHaveLength(4);
    expect(new Set(keys).size).toBe(2);
    expect(new Set(here.around.said('trigger'))).toEqual(new Set(['trigger novacron-1 critical']));
    await here.clock.advance(600_000);
    expect(here.around.letters).toHaveLength(4);
  });

  it('after a kill in the middle of a call makes it again, and only that one', async () => {
    const here = await room();
    const end = here.start();
    here.around.before = (what) => (what.startsWith('open') ? new Promise(() => {}) : undefined);
    await here.happens(disaster.emergency());
    expect(here.around.log).toHaveLength(3);
    await end();
    here.around.before = () => undefined;
    await here.restarted();
    await here.clock.advance(120_000);
    expect(here.around.log).toHaveLength(4);
    expect(here.around.said('open')).toHaveLength(1);
  });

  it('closes a page that may have got there although nobody knows', async () => {
    const here = await room();
    const end = here.start();
    here.around.after = (what) => {
      if (what.startsWith('trigger')) throw new Error('the answer was lost');
    };
    const story = move.fenced().intend('promote-postgres').unknown('promote-postgres');
    await here.happens(story);
    await end();
    await here.restarted();
    story.take({ type: 'STEP_MARKED', step: 'promote-postgres', as: 'done', by: 'UBO', reason: 'seen' });
    story.finish('switch-redis').found('prove-target-writable');
    await here.happens(story.finish('switch-dns').found('dns-answers', 'public-health'));
    expect(here.around.said('resolve')).toEqual(['resolve eden-1']);
  });

  it('tells nothing of runs that ended long ago', async () => {
    const here = await room();
    const story = disaster.emergency().abort();
    await here.happens(story);
    await here.clock.advance(3_600_000);
    await here.restarted();
    await here.clock.advance(120_000);
    expect(here.around.log).toEqual([]);
  });
});

describe('a journal that cannot be written', () => {
  it('is told of to nobody: what cannot be remembered is not begun', async () => {
    const here = await room();
    let writes = 0;
    here.start({
      savePosted: async () => {
        writes += 1;
        throw new Error('disk I/O error');
      },
    });
    await here.happens(disaster.emergency());
    await here.clock.advance(60_000);
    expect(here.around.log).toEqual([]);
    expect(writes).toBeLessThan(40);
    expect(here.warnings.length).toBeGreaterThan(0);
  });

  it('after it was sent does not send it again', async () => {
    const here = await room(outside(), { only: ['pager'] });
    let broken = false;
    here.around.after = () => {
      broken = true;
    };
    here.start({
      savePosted: async (...written) => {
        if (broken) throw new Error('disk I/O error');
        await here.journal.savePosted(...written);
      },
    });
    await here.happens(disaster.emergency());
    await here.clock.advance(600_000);
    expect(here.around.said('trigger')).toHaveLength(1);
  });
});
