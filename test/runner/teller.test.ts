/** Telling people outside the chat: owed by the state, and each thing once. */
import { describe, expect, it } from 'vitest';
import * as disaster from '../messages/emergency.ts';
import * as move from '../messages/scenes.ts';
import { outside, room } from './teller.rig.ts';

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
