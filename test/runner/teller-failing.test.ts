/** Telling people outside the chat where it does not get through: retried, never twice, and never in the way. */
import { describe, expect, it } from 'vitest';
import { IntegrationError } from '../../src/lib/errors.ts';
import * as disaster from '../messages/emergency.ts';
import * as move from '../messages/scenes.ts';
import { outside, room } from './teller.rig.ts';

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
