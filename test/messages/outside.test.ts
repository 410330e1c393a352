/** What people outside the chat read: the two notices of an emergency to the letter, all else in plain words. */
import { describe, expect, it } from 'vitest';
import { PLACEHOLDERS } from '../../src/config/notify.ts';
import { whereIs } from '../../src/machine/due.ts';
import { ended } from '../../src/messages/ended.ts';
import { escalation, incident, letter, note, page, type Telling, update } from '../../src/messages/outside.ts';
import type { Scene } from '../../src/messages/scene.ts';
import { filled, lengthWords, momentText, placeholders, TEMPLATES } from '../../src/messages/templates.ts';
import { type Story, step } from '../support/machine.ts';
import * as disaster from './emergency.ts';
import * as move from './scenes.ts';
import { text } from './scenes.ts';

const STATUS = 'https://status.novacron.io/incident/12345';
const telling: Telling = { templates: TEMPLATES, staging: false, status: STATUS, thread: 'https://chat.example/p1' };
const scene = (told: Story, now = told.at): Scene => ({
  c: told.c,
  where: whereIs(told.snapshot),
  now,
  facts: {},
  contacts: {},
});

const DETECTED = `CRITICAL: Region Failure Detected
Region: us-east-1
Time: 2024-01-15 14:30:00 UTC
Automated failover initiated
Estimated completion: 14:45:00 UTC
Status: https://status.novacron.io/incident/12345`;

const COMPLETED = `RESOLVED: Region Failover Completed
Original Region: us-east-1 (failed)
New Primary: us-west-2
Failover Duration: 15 minutes 32 seconds
RTO Target: 30 minutes (met)
Data Loss: 0 bytes (RPO met)
Status: https://status.novacron.io/incident/12345`;

/** At the very beginning: 2 + 1 + 5 + (1 + 1) + 3 + 2 minutes are left until service is verified. */
const begun = () => scene(disaster.emergency({ confirmed: false }), disaster.at('14:30:00'));

describe('an emergency', () => {
  it('is told in the runbook’s words, to the letter', () => {
    expect(letter(begun(), 'stakeholders', 'begin', telling)).toEqual({
      subject: 'CRITICAL: Region Failure Detected (us-east-1, novacron-1)',
      text: DETECTED,
    });
    expect(letter(scene(disaster.completed()), 'stakeholders', 'end', telling)).toEqual({
      subject: 'RESOLVED: Region Failover Completed (us-east-1, novacron-1)',
      text: COMPLETED,
    });
  });

  it('leaves out the line of what nobody knows', () => {
    const nowhere = { ...telling, status: null };
    expect(letter(begun(), 'stakeholders', 'begin', nowhere).text).toBe(DETECTED.replace(/\nStatus: .*/, ''));
  });

  it('shows operators where to act', () => {
    expect(letter(begun(), 'operators', 'begin', telling).text).toBe(`${DETECTED}\nThread: https://chat.example/p1`);
  });

  it.each([
    [
      'missed',
      '15:01:00',
      { lossBytes: 0, lossSeconds: 0 },
      'RTO Target: 30 minutes (missed)',
      'Data Loss: 0 bytes (RPO met)',
    ],
    [
      'lost',
      '14:45:32',
      { lossBytes: 1_800_000, lossSeconds: 4.2 },
      'RTO Target: 30 minutes (met)',
      'Data Loss: at most 1.8 MB, 5 seconds of changes (RPO met)',
    ],
    [
      'lost more',
      '14:45:32',
      { lossBytes: 1, lossSeconds: 301 },
      'RTO Target: 30 minutes (met)',
      'Data Loss: at most 1 B, 5 minutes 1 second of changes (RPO missed)',
    ],
    ['unknown', '14:45:32', {}, 'RTO Target: 30 minutes (met)', 'Data Loss: unknown (RPO unknown)'],
  ])('is measured against what was promised: %s', (_, verified, loss, rto, rpo) => {
    const told = disaster.completed(verified, disaster.promoted(disaster.emergency(), loss));
    const { text } = letter(scene(told), 'operators', 'end', telling);
    expect(text).toContain(rto);
    expect(text).toContain(rpo);
  });

  it('counts from the first confirmed bad sight', () => {
    const told = disaster.emergency({ confirmed: false });
    told.take({
      type: 'STEP_ALREADY_DONE',
      step: 'failure-confirmed',
      evidence: { since: disaster.at('14:28:30') },
      summary: null,
    });
    expect(letter(scene(told), 'operators', 'begin', telling).text).toContain('Time: 2024-01-15 14:28:30 UTC');
    const over = disaster.completed('14:45:32', disaster.promoted(told));
    expect(letter(scene(over), 'operators', 'end', telling).text).toContain('Failover Duration: 17 minutes 2 seconds');
  });

  it('expects what is left: settled steps and what secures afterwards are not counted', () => {
    const expected = (at: Scene) => page(at, telling).details['expected'];
    expect(expected(begun())).toBe('2024-01-15 14:45:00 UTC');
    const later = scene(disaster.promoted());
    expect(expected(later)).toBe(momentText(later.now + 5 * 60_000));
    expect(expected(scene(disaster.completed()))).toBe(momentText(disaster.completed().at));
  });

  it('is expected sooner where past runs were quicker than what they are given', () => {
    const usual = { 'scale-up-target': 60_000, 'target-endpoints': 30_000 };
    expect(placeholders({ ...begun(), usual }, null)['estimatedCompletion']).toBe('14:41:00 UTC');
  });

  it('names the day where it is another one', () => {
    const text = filled(TEMPLATES.detected, { ...begun(), now: disaster.at('23:50:00') }, null);
    expect(text).toContain('Estimated completion: 2024-01-16 00:05:00 UTC');
  });

  it('that did not end well never says RESOLVED', () => {
    const told = disaster.emergency().abort();
    expect(letter(scene(told), 'operators', 'end', telling)).toEqual({
      subject: 'Novacron: the move from us-east-1 to us-west-2 was called off (novacron-1)',
      text: [
        'The failover from us-east-1 to us-west-2 was stopped; nothing had been changed.',
        'us-east-1 is as it was: people look after it now.',
        'It took 3 seconds.',
        'Thread: https://chat.example/p1',
      ].join('\n'),
    });
    expect(update(scene(told), 'end', telling)).toMatchObject({ status: 'identified' });
  });

  it('that failed says at which step, and where what it looked like is kept', () => {
    const nodes = [
      step('record-failure', 'assessing', { title: 'Record it' }),
      ...disaster.NODES.map((node) => (node.id === 'scale-up-target' ? { ...node, onFailure: 'rollback' } : node)),
    ] as typeof disaster.NODES;
    const told = disaster.emergency({ nodes }).intend('record-failure');
    told.take({
      type: 'STEP_DONE',
      step: 'record-failure',
      attempt: 1,
      evidence: { file: 'evidence/novacron-1/at-failure.json' },
      summary: null,
    });
    disaster.measured(told, { lossBytes: 0, lossSeconds: 0 }).approve('promote');
    told.intend('scale-up-target').notDone('scale-up-target').take(told.undoing('scale-up-target'));
    const why = [
      '“scale-up-target” failed: not so.',
      'What us-east-1 looked like as it failed is kept in evidence/novacron-1/at-failure.json.',
    ];
    expect(letter(scene(told), 'operators', 'undoing', telling)).toEqual({
      subject: 'novacron-1 has been stopped and is being undone (us-east-1 → us-west-2)',
      text: [
        'The move from us-east-1 to us-west-2 has been stopped. What it had changed is being put back, last first.',
        ...why,
        'Thread: https://chat.example/p1',
      ].join('\n'),
    });
    told.take({ type: 'UNDO_DONE', step: 'scale-up-target', attempt: 1, evidence: {} });
    const evidence = { file: 'evidence/novacron-1/at-failure.json', untouched: true };
    told.take(told.undoing('record-failure')).take({ type: 'UNDO_DONE', step: 'record-failure', attempt: 1, evidence });
    expect(letter(scene(told), 'engineers', 'end', telling).text).toContain(why.join('\n'));
    // Customers read nothing of it.
    expect(letter(scene(told), 'stakeholders', 'end', telling).text).not.toMatch(/failed:|evidence/);
    expect(escalation(scene(told), telling)).toMatchObject({
      summary: 'novacron-1 has failed: the move from us-east-1 to us-west-2 was undone',
      severity: 'critical',
      details: { failed: why.join(' '), held: 'no' },
    });
    expect(text(ended(scene(told))).slice(-2)).toEqual([
      '“scale-up-target” failed: ‹not so›',
      'What us-east-1 looked like as it failed is kept in `evidence/novacron-1/at-failure.json`.',
    ]);
  });

  it('wakes people with what they need', () => {
    expect(page(begun(), telling)).toEqual({
      summary: 'CRITICAL: Region Failure Detected: us-east-1, novacron-1 moves it to us-west-2',
      severity: 'critical',
      source: 'us-east-1',
      details: {
        run: 'novacron-1',
        from: 'us-east-1',
        to: 'us-west-2',
        kind: 'emergency',
        began: '2024-01-15 14:30:00 UTC',
        expected: '2024-01-15 14:45:00 UTC',
        held: 'no',
        reason: 'no answer from anywhere',
        message: DETECTED,
      },
    });
    expect(page(begun(), { ...telling, staging: true })).toMatchObject({
      summary: expect.stringMatching(/^\[staging\] /),
      severity: 'warning',
    });
  });

  it('stands on the status page in the same words', () => {
    expect(incident(begun(), telling)).toEqual({
      name: 'CRITICAL: Region Failure Detected',
      body: DETECTED,
      status: 'identified',
      impact: 'critical',
      state: 'majorOutage',
    });
    expect(update(scene(disaster.completed()), 'end', telling).body).toBe(COMPLETED);
    expect(update(scene(disaster.promoted()), 'promoted', telling)).toEqual({
      body: 'us-west-2 takes over: its database accepts changes again.\nCustomers: the service has been disturbed since 14:30 UTC.',
      status: 'identified',
    });
  });
});

describe('a planned move', () => {
  const text = (
    told: Story,
    occasion: Parameters<typeof letter>[2],
    to: Parameters<typeof letter>[1] = 'stakeholders',
  ) => letter(scene(told), to, occasion, telling);

  it('begins, and says what customers notice', () => {
    expect(text(move.approved().finish('read-only-source').intend('stop-writers'), 'begin')).toEqual({
      subject: 'Eden: move from east to west (eden-1)',
      text: 'Eden is moving from east to west. It goes to plan.\nCustomers: reading works; saving has been paused since 00:00 UTC.',
    });
    const { text: operators } = text(move.begun(), 'begin', 'operators');
    expect(operators).toMatch(
      /\nReason: “maintenance”\nExpected to be done by \d\d:\d\d UTC, people’s decisions not counted\.\nThread: /,
    );
  });

  it('ends in each of its ways', () => {
    const done = text(move.completed(), 'end');
    expect(done.subject).toBe('Eden: moved from east to west (eden-1)');
    expect(done.text).toMatch(
      /^Eden has moved from east to west\.\nCustomers: reading works; saving was paused for \d+ seconds at 00:00 UTC\. Nothing was lost\.$/,
    );
    expect(text(move.begun().abort(), 'end')).toMatchObject({
      subject: 'Eden: the move from east to west was called off (eden-1)',
      text: 'Eden stays in east: the move to west was called off.\nCustomers: nothing is noticeable so far.',
    });
    const back = move.approved().finish('read-only-source').abort();
    back.undo(...['read-only-source', 'scale-up-target']);
    expect(text(back, 'end').subject).toBe('Eden: the move from east to west was undone (eden-1)');
    const taken = move.approved().take({ type: 'TAKEN_OVER', by: 'UBO', reason: 'I know better' });
    expect(text(taken, 'end')).toMatchObject({
      subject: 'Eden: people finish the move from east to west by hand (eden-1)',
      text: expect.stringContaining('by hand'),
    });
  });

  it('that stops says where, why, and what is possible', () => {
    const told = move.fenced().intend('promote-postgres').unknown('promote-postgres');
    const { subject, text: words } = text(told, { hold: 1 }, 'operators');
    expect(subject).toBe('eden-1 has stopped and waits for people (east → west)');
    expect(words).toMatch(
      /^Held since 00:00 UTC at “Promote the standby Postgres.*”: no answer\.\nThere is no way back any more\.\nCustomers cannot save since 00:00 UTC\./,
    );
    expect(page(scene(told), telling).summary).toBe(
      'eden-1 has stopped after the point of no return: east → west waits for people',
    );
    expect(note(scene(told), { hold: 1 })).toMatch(/^Held since .*: no answer\. It waits for people\.$/);
    expect(note(scene(told), { hold: 2 })).toBeNull();
  });

  it('shows customers nothing of what failed inside, nor what somebody typed', () => {
    const told = move.fenced().intend('promote-postgres').unknown('promote-postgres');
    const shown = [incident(scene(told), telling), update(scene(told), { hold: 1 }, telling)];
    expect(JSON.stringify(shown)).not.toMatch(/no answer|“|Postgres/);
    expect(scene(told).c.reason).toBe('maintenance');
    expect(shown[0]).toMatchObject({ body: expect.not.stringContaining('maintenance') });
    expect(shown[1]).toMatchObject({ body: expect.stringMatching(/^It takes longer than expected\./) });
  });
});

it('what may be sent twice reads the same however late', () => {
  const told = move.fenced();
  const say = (later: number) => update(scene(told, told.at + later), { hold: 1 }, telling);
  expect(say(600_000)).toEqual(say(0));
});

it('notes carry the time at which it came about', () => {
  const told = move.promoted();
  const at = told.c.phases.promoting!.to!;
  const later = scene(told, at + 7_200_000);
  expect(note(later, 'promoted')).toBe(
    '00:00 UTC: west is primary and has accepted a write. There is no way back from here.',
  );
  expect(note(later, 'moved')).toBeNull();
});

it('fills every placeholder the configuration allows', () => {
  const over = placeholders(scene(disaster.completed()), STATUS);
  const known = [...new Set([...PLACEHOLDERS.detected, ...PLACEHOLDERS.completed])];
  expect(Object.keys(over).toSorted()).toEqual(known.toSorted());
  expect(Object.values(over)).not.toContain(null);
});

it.each([
  [0, '0 seconds'],
  [1000, '1 second'],
  [932_000, '15 minutes 32 seconds'],
  [1_800_000, '30 minutes'],
  [3_661_000, '1 hour 1 minute 1 second'],
])('%i ms reads %s', (ms, words) => expect(lengthWords(ms)).toBe(words));
