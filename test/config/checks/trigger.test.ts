import { expect, it } from 'vitest';
import { configWith, EYE, problemsWith } from '../helpers.ts';

it.each([
  [
    'regions: { eye: { role: witness, alias: eye } }',
    'regions.eye.probes: is missing: a witness counts for the quorum, and nothing but its probes can say whether it is up. Add probes: [{ name: …, url: … }].',
  ],
  [
    'regions: { eye: { role: witness, alias: eye, probes: [] } }',
    'regions.eye.probes: is missing: a witness counts for the quorum, and nothing but its probes can say whether it is up. Add probes: [{ name: …, url: … }].',
  ],
  [
    'trigger: { agree: 3 }',
    'trigger.agree: 3 places must agree, and only 2 look: Regent, the databases of 1 other region, 0 of vantages. Write at most 2, or add vantages.',
  ],
])('%s', (over, line) => {
  expect(problemsWith(over)).toEqual([line]);
});

it('a witness with a probe, and as many places as must agree, are good', () => {
  configWith({ over: `regions: { ${EYE} }` });
  const vantages = '[{ name: eye, url: "https://eye.example.com/look" }]';
  configWith({ over: `trigger: { agree: 3, vantages: ${vantages} }` });
  // Nobody looks, so nobody needs to agree.
  configWith({ over: 'trigger: { mode: off, agree: 9 }' });
});
