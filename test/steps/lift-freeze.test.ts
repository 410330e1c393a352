import { expect, it } from 'vitest';
import { freezeChanges } from '../../src/steps/freeze-changes.ts';
import { FREEZE_ANNOTATION } from '../../src/steps/freezing.ts';
import { liftFreeze } from '../../src/steps/lift-freeze.ts';
import { type Stage, stage, wordsOf } from './stage.ts';
import { noAnswer } from './world.ts';

const at = (region: string): string => `${region} ${FREEZE_ANNOTATION}`;

/** After freeze-changes has done its work. */
async function frozen(): Promise<Stage> {
  const here = await stage();
  await here.does(freezeChanges);
  here.state.calls.length = 0;
  return here;
}
function silence(here: Stage, region: string): () => void {
  const { annotation } = here.ports.cluster;
  here.ports.cluster.annotation = (asked, key, signal) =>
    asked === region ? Promise.reject(noAnswer(`Kubernetes of ${region}`)) : annotation(asked, key, signal);
  return () => {
    here.ports.cluster.annotation = annotation;
  };
}

it('takes the mark off both clusters', async () => {
  const here = await frozen();
  expect(wordsOf(await here.check(liftFreeze))).toBe(
    'notDone: regent.dev/change-freeze in east and west: eden-1 → nothing',
  );
  expect(wordsOf(await here.does(liftFreeze))).toBe('done: east and west no longer carry this run’s');
  expect(here.state.annotations).toEqual({});
});

it('asks nobody where nothing was frozen', async () => {
  const here = await stage();
  silence(here, 'east');
  silence(here, 'west');
  expect(wordsOf(await here.check(liftFreeze))).toBe('done: nothing was frozen');
});

it('asks where a freeze was begun and nobody knows what came of it', async () => {
  const here = await stage();
  here.left.before['freeze-changes'] = { frozen: [] };
  here.state.annotations[at('west')] = 'eden-1: half done';
  expect(wordsOf(await here.does(liftFreeze))).toContain('no longer carry');
  expect(here.state.calls).toEqual([`annotate west ${FREEZE_ANNOTATION} null`]);
});

it('leaves the freeze of somebody else, and names it', async () => {
  const here = await frozen();
  here.state.annotations[at('west')] = 'eden-12: another move';
  expect(wordsOf(await here.does(liftFreeze))).toBe(
    'done: east and west no longer carry this run’s; left as found: west “eden-12: another move”',
  );
  expect(here.state.annotations).toEqual({ [at('west')]: 'eden-12: another move' });
});

it('lifts it where it can; the cluster that does not answer is not taken for lifted', async () => {
  const here = await frozen();
  const speak = silence(here, 'east');
  expect(wordsOf(await here.check(liftFreeze))).toBe(
    'notDone: regent.dev/change-freeze in west: eden-1 → nothing; Kubernetes of east does not answer',
  );
  await here.run(liftFreeze);
  expect(Object.keys(here.state.annotations)).toEqual([at('east')]);
  const answer = await here.check(liftFreeze);
  expect(wordsOf(answer)).toBe('unknown: Kubernetes of east does not answer');
  expect(answer.evidence).toEqual({ carriedBy: [], silent: ['east'] });
  speak();
  await here.run(liftFreeze);
  expect((await here.check(liftFreeze)).is).toBe('done');
  expect(here.state.annotations).toEqual({});
});

it('waits for no answer of a region that was given up, and says what is left there', async () => {
  const here = await frozen();
  silence(here, 'east');
  await here.run(liftFreeze);
  expect(wordsOf(await here.check(liftFreeze, { mode: 'emergency' }))).toBe(
    'done: west no longer carries this run’s; east does not answer: take it away there when it is back (Kubernetes of east does not answer)',
  );
  silence(here, 'west');
  expect((await here.check(liftFreeze, { mode: 'emergency' })).is).toBe('unknown');
});

it('waits as little for the target, where it was declared lost while it was only watched', async () => {
  const here = await frozen();
  silence(here, 'west');
  await here.run(liftFreeze);
  const own = { underWay: false, intendedAt: null, phaseAt: null, isLeft: false };
  expect((await here.check(liftFreeze, { own })).is).toBe('unknown');
  expect(wordsOf(await here.check(liftFreeze, { own: { ...own, lost: 'west' } }))).toBe(
    'done: east no longer carries this run’s; west does not answer: take it away there when it is back (Kubernetes of west does not answer)',
  );
  silence(here, 'east');
  expect((await here.check(liftFreeze, { own: { ...own, lost: 'west' } })).is).toBe('unknown');
});

it('tells a person how to do it by hand', async () => {
  const here = await stage();
  expect(liftFreeze.byHand?.(here.values)).toEqual([
    'kubectl --context CONTEXT annotate namespace eden regent.dev/change-freeze-',
  ]);
});
