import { expect, it } from 'vitest';
import { freezeChanges } from '../../src/steps/freeze-changes.ts';
import { FREEZE_ANNOTATION, freezeText } from '../../src/steps/freezing.ts';
import { stage, wordsOf } from './stage.ts';

const at = (region: string): string => `${region} ${FREEZE_ANNOTATION}`;
const TEXT = freezeText('eden-1', 'east', 'west');

it('marks both clusters with the run, and sees it', async () => {
  const here = await stage();
  expect(wordsOf(await here.check(freezeChanges))).toBe(
    'notDone: regent.dev/change-freeze in east and west: nothing → eden-1',
  );
  const after = await here.does(freezeChanges);
  expect(wordsOf(after)).toBe('done: east and west carry regent.dev/change-freeze');
  expect(after.evidence).toEqual({ annotation: FREEZE_ANNOTATION, frozen: ['east', 'west'], trouble: [] });
  expect(here.state.annotations).toEqual({ [at('east')]: TEXT, [at('west')]: TEXT });
  expect(TEXT).toMatch(/^eden-1: /);
});

it('is done in one cluster only half', async () => {
  const here = await stage();
  here.state.annotations[at('east')] = TEXT;
  expect(wordsOf(await here.check(freezeChanges))).toBe('notDone: regent.dev/change-freeze in west: nothing → eden-1');
  await here.run(freezeChanges);
  expect(here.state.calls).toEqual([`annotate west ${FREEZE_ANNOTATION} ${TEXT}`]);
  expect((await here.check(freezeChanges)).is).toBe('done');
});

it.each([
  ['another run', 'eden-12: east is being moved to west', '“eden-12: east is being moved to west”'],
  ['a person', 'Friday!\n*no* deployments,\t ask Bo', '“Friday! *no* deployments, ask Bo”'],
  ['somebody long-winded', 'x'.repeat(200), `“${'x'.repeat(79)}…”`],
])('a freeze of %s is named and never overwritten', async (_who, value, words) => {
  const here = await stage();
  here.state.annotations[at('west')] = value;
  const answer = await here.check(freezeChanges);
  expect(answer).toMatchObject({ is: 'notDone', final: true, evidence: { trouble: [expect.any(String)] } });
  expect(wordsOf(answer)).toBe(`notDone: west is frozen already: ${words}`);
  // Set between the question and the call: the call looks again, and says that nothing was done.
  await expect(here.run(freezeChanges)).rejects.toMatchObject({
    message: `west is frozen already: ${words}.`,
    effect: 'none',
  });
  expect(here.state.calls).toEqual([]);
});

it('undone takes away what is of this run, and nothing else', async () => {
  const here = await stage();
  await here.does(freezeChanges);
  here.state.annotations[at('west')] = 'by hand';
  expect(await here.undo(freezeChanges)).toEqual({ lifted: ['east'] });
  expect(here.state.annotations).toEqual({ [at('west')]: 'by hand' });
  expect(await here.undo(freezeChanges)).toEqual({ lifted: [] });
});

it('does not guess where a cluster does not answer', async () => {
  const here = await stage();
  here.ports.cluster.annotation = () => Promise.reject(new Error('the API server does not answer'));
  await expect(here.check(freezeChanges)).rejects.toThrow('does not answer');
  await expect(here.run(freezeChanges)).rejects.toThrow('does not answer');
});
