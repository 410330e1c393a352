/** Whether the decisions a run asks for can be made: by whom, and whether anybody on call is there. */
import { describe, expect, it } from 'vitest';
import { approversAtHand } from '../../src/steps/approvers-at-hand.ts';
import type { System } from '../../src/steps/system.ts';
import { noRules } from '../support/no-rules.ts';
import { type Stage, stage, wordsOf } from './stage.ts';
import { system } from './system.ts';

type Gate = Partial<System['gates']['promote']>;
const { gates } = system();

const asked = (gate: Gate = {}, onCall: string[] = [], second: Gate = {}): Promise<Stage> =>
  stage(undefined, {
    gates: { ...gates, promote: { ...gates.promote, ...gate }, dns: { ...gates.dns, ...second } },
    rules: { ...noRules.rules, onCall },
  });
const words = async (here: Stage) => wordsOf(await here.check(approversAtHand));

it('is always in the plan, and may be asked again for a while', () => {
  expect(approversAtHand.when).toBeUndefined();
  expect(approversAtHand).toMatchObject({ rule: true, budgetMs: 60_000, phase: 'validating' });
});

describe('enough to decide', () => {
  it('counts each gate by itself', async () => {
    const answer = await (await asked({ votes: 2 })).check(approversAtHand);
    expect(wordsOf(answer)).toBe('done: 2 for the promotion (2 needed), 2 for the DNS change (1 needed)');
    expect(answer.evidence).toEqual({
      promoteVotes: 2,
      promoteApprovers: 2,
      dnsVotes: 1,
      dnsApprovers: 2,
      onCall: 0,
      onCallPresent: [],
      trouble: [],
    });
  });
  it('counts a person once, however often named', async () => {
    const here = await asked({ votes: 3, approvers: ['group:SSRE', 'user:UBO', 'group:SLEADS'] });
    here.state.groups['SLEADS'] = ['UCY'];
    expect(await words(here)).toBe('notDone: The promotion needs 3 approvals, which can be given by UBO, UCY');
  });
  it('without who asked, unless they may vote', async () => {
    const approvers = ['user:UANA'];
    expect(await words(await asked({ approvers }))).toBe(
      'notDone: The promotion needs 1 approval, which can be given by nobody (not by who asked)',
    );
    expect(await words(await asked({ approvers, requesterMayVote: true }))).toMatch(/^done/);
  });
  it.each(['guest', 'bot', 'stranger', 'deactivated'] as const)('a %s does not count', async (kind) => {
    const here = await asked({ votes: 2 });
    here.state.people['UCY'] = kind;
    expect(await words(here)).toContain('needs 2 approvals, which can be given by UBO');
  });
  it('a gate nobody is asked at needs nobody', async () => {
    const off = { required: false, approvers: [] };
    const answer = await (await asked(off, [], off)).check(approversAtHand);
    expect(wordsOf(answer)).toBe('done: nobody is asked to decide, nobody is on call');
    expect(answer.evidence).not.toHaveProperty('promoteVotes');
  });
  it('names every gate that lacks somebody', async () => {
    expect(await words(await asked({ votes: 5 }, [], { votes: 4 }))).toContain('; the DNS change needs 4 approvals');
  });
});

describe('on call', () => {
  it('one who is active is enough', async () => {
    const here = await asked({}, ['group:SSRE', 'user:UOPS']);
    here.state.present = ['UCY'];
    const answer = await here.check(approversAtHand);
    expect(wordsOf(answer)).toContain('on call and active: UCY');
    expect(answer.evidence).toMatchObject({ onCall: 3, onCallPresent: ['UCY'] });
  });
  it('nobody active', async () => {
    const here = await asked({}, ['group:SSRE']);
    here.state.present = ['UDEE'];
    const answer = await here.check(approversAtHand);
    expect(answer).toMatchObject({ is: 'notDone', why: 'Nobody on call is active: UBO, UCY' });
    expect(answer).not.toHaveProperty('final');
    expect(answer.evidence).toMatchObject({ trouble: ['nobody on call is active: UBO, UCY'] });
  });
  it('a guest who is there does not count', async () => {
    const here = await asked({}, ['user:UGUEST']);
    here.state.people['UGUEST'] = 'guest';
    here.state.present = ['UGUEST'];
    expect(await words(here)).toBe('notDone: Nobody on call is active: nobody');
  });
});

describe('a chat that does not answer', () => {
  const silent = new Error('Slack does not answer');
  it('about a group is unknown, not nobody', async () => {
    const here = await asked();
    here.ports.people.membersOf = () => Promise.reject(silent);
    const answer = await here.check(approversAtHand);
    expect(answer.is).toBe('unknown');
    expect(wordsOf(answer)).toContain('did not answer about everybody: Slack does not answer');
  });
  it('about one person is enough of an answer where the others suffice', async () => {
    const here = await asked();
    const { person } = here.ports.people;
    here.ports.people.person = (id, signal) => (id === 'UBO' ? Promise.reject(silent) : person(id, signal));
    expect(await words(here)).toContain('done: 1 for the promotion');
    here.state.people['UCY'] = 'guest';
    expect(await words(here)).toMatch(/^unknown/);
  });
  it('about who is active: unknown unless somebody is', async () => {
    const here = await asked({}, ['group:SSRE']);
    here.ports.people.isPresent = async (id) => {
      if (id === 'UBO') throw silent;
      return here.state.present.includes(id);
    };
    expect(await words(here)).toMatch(/^unknown/);
    here.state.present = ['UCY'];
    expect(await words(here)).toMatch(/^done/);
  });
});
