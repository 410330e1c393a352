/** Going home is the planned run, and asks more before anybody decides. */
import { expect, it } from 'vitest';
import { failback } from '../../../src/steps/runbooks/failback.ts';
import { planned } from '../../../src/steps/runbooks/planned.ts';
import { nodesFor } from '../../../src/steps/step.ts';
import { system } from '../system.ts';

const home = system(undefined, { failback: { soakMs: 60_000, network: { url: 'https://probe/{source}/{target}' } } });
const nodes = nodesFor(failback, home, 'west', 'east');
const OWN = ['network-open', 'soak-passed'];

it('has every node of the planned run, in its order, and two before them', () => {
  const without = nodes.filter(({ id }) => !OWN.includes(id));
  const other = nodesFor(planned, home, 'west', 'east');
  expect(without.map(({ id }) => id)).toEqual(other.map(({ id }) => id));
  for (const one of without.filter(({ id }) => id !== 'promote'))
    expect(one).toEqual(other.find(({ id }) => id === one.id));
  expect(nodes.filter(({ id }) => OWN.includes(id)).map(({ id, phase }) => `${phase} ${id}`)).toEqual(
    OWN.map((id) => `validating ${id}`),
  );
});

it('is decided on only when they were asked', () => {
  expect(nodes.find(({ id }) => id === 'promote')!.after).toEqual(expect.arrayContaining(OWN));
  expect(planned.nodes.find(({ id }) => id === 'promote')!.after).not.toEqual(expect.arrayContaining(OWN));
});

it('names the regions the other way round', () => {
  expect(nodes.find(({ id }) => id === 'no-stale-fence')!.title).toBe('See that no fence is left in east');
});
