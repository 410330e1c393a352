/** What stands beside an outage: what fires, what providers say, what is given up, who to reach. */
import { expect, it } from 'vitest';
import { aroundLines, givenUp, reachLines } from '../../src/messages/around.ts';
import type { Alert } from '../../src/ports/alerts.ts';
import type { Surroundings } from '../../src/ports/surroundings.ts';
import { lineText } from './scenes.ts';

const alert = (name: string, more: Partial<Alert> = {}): Alert => ({
  name,
  severity: 'critical',
  since: 60_000,
  labels: {},
  summary: null,
  ...more,
});
const lines = (more: Partial<Surroundings>) =>
  aroundLines({ alerts: null, providers: [], loss: null, ...more }).map((line) => lineText(line).replace(/[‹›]/g, ''));

it('the alerts that fire, the gravest first, as many as fit', () => {
  const firing = [alert('RegionDown', { summary: 'east is dark' }), ...'abcdef'.split('').map((name) => alert(name))];
  expect(lines({ alerts: { at: 90_000, firing } })).toEqual([
    '7 alerts fire, asked at 90 s:',
    '· critical RegionDown since 60 s: east is dark',
    '· critical a since 60 s',
    '· critical b since 60 s',
    '· critical c since 60 s',
    '· critical d since 60 s',
    '… and 2 more',
  ]);
  expect(lines({ alerts: { at: 90_000, firing: [alert('x', { severity: null, since: null })] } })).toEqual([
    '1 alert fires, asked at 90 s:',
    '· x',
  ]);
});

it('none that fires is something else than no answer, and neither than none configured', () => {
  expect(lines({ alerts: { at: 90_000, firing: [] } })).toEqual(['No alert fires, asked at 90 s.']);
  expect(lines({ alerts: { at: 90_000, silent: 'no answer within 2 s' } })).toEqual([
    '❓ Which alerts fire is not known: no answer within 2 s',
  ]);
  expect(lines({})).toEqual([]);
});

it('what the providers say of themselves; no answer is not known', () => {
  const said = (state: 'ok' | 'trouble' | 'unknown', sentence: string) => ({ name: 'AWS', url: '', state, sentence });
  expect(
    lines({
      providers: [said('ok', 'AWS: all well.'), said('trouble', 'AWS: outage.'), said('unknown', 'AWS: no answer.')],
    }),
  ).toEqual(['AWS: all well.', '✖ AWS: outage.', '❓ not known: AWS: no answer.']);
});

it('what is given up, as a bound in seconds and bytes where it was measured', () => {
  const loss = { target: 'west', seconds: 4.2, bytes: 1_800_000, at: 90_000 };
  expect(givenUp('east', null, loss).map(lineText)).toEqual([
    'Given up: writes of east that had not reached the other region are lost: at most 4.2 s, 1.8 MB in west, measured at 90 s. It is measured again before the promotion is asked for.',
  ]);
  expect(givenUp('east', null).map(lineText)).toEqual([
    'Given up: writes of east that had not reached the other region are lost. How much is measured before the promotion is asked for.',
  ]);
});

it('who to reach: whoever an outage needs first', () => {
  const contacts = {
    'dns-provider': 'd',
    security: 's',
    'aws-support': 'a',
    escalation: 'e',
    lawyers: 'l',
    'dr-coordinator': 'c',
  };
  expect(reachLines(contacts)).toEqual([
    'Who to reach: dr-coordinator c · escalation e · dns-provider d · aws-support a · security s · lawyers l',
  ]);
  expect(reachLines({})).toEqual([]);
});
