import { expect, test } from 'vitest';
import type { PeopleOutside } from '../../../lab/world/people-outside.ts';
import { toldBy, untold } from '../../../lab/world/told.ts';

type Asked = Pick<PeopleOutside, 'incidents' | 'mails' | 'pages'>;

const notify = {
  email: { user: 'regent', password: 'env:P', operators: ['ops@a.example'], stakeholders: ['all@a.example'] },
};
const incident = (status: 'triggered' | 'resolved', key = 'eden-1') => ({
  key,
  status,
  notes: [{ id: '1', content: 'moved', by: 'regent' }],
  events: status === 'resolved' ? ['trigger', 'resolve'] : ['trigger'],
});
const mail = (to: string, subject: string) => ({ recipients: [to], subject });
const page = (...states: string[]) => ({ updates: states.map((status) => ({ status })) });
const people = (incidents: object[], mails: object[], pages: object[]): Asked => ({
  incidents: () => incidents as ReturnType<Asked['incidents']>,
  mails: () => mails as ReturnType<Asked['mails']>,
  pages: () => pages as ReturnType<Asked['pages']>,
});
const both = (subject: string) => [mail('ops@a.example', subject), mail('all@a.example', subject)];

test('it counts what the servers hold', () => {
  const seen = people([incident('resolved')], both('RESOLVED: done'), [page('identified', 'resolved')]);
  expect(toldBy(seen)).toEqual({
    pages: { incidents: 1, triggered: 1, resolved: 1, open: 0, notes: 1 },
    mails: { sent: 2, subjects: ['RESOLVED: done', 'RESOLVED: done'] },
    statusPage: [['identified', 'resolved']],
  });
  expect(untold(seen, notify)).toEqual([]);
});

test('nobody was told anything', () => {
  expect(untold(people([], [], []), notify)).toEqual([
    'nobody was paged',
    'ops@a.example was not told that it is over',
    'all@a.example was not told that it is over',
    'nothing was said on the status page',
  ]);
});

test('an end that reached only some, and two incidents for one run', () => {
  const seen = people(
    [incident('triggered'), incident('resolved')],
    [...both('CRITICAL: gone'), mail('ops@a.example', 'RESOLVED: done')],
    [page('identified', 'monitoring')],
  );
  expect(untold(seen, notify)).toEqual([
    'incidents of one run were opened more than once: eden-1, eden-1',
    'the page was not resolved',
    'all@a.example was not told that it is over',
    'the status page does not say it is over',
  ]);
});

test('two runs have an incident each', () => {
  const incidents = [incident('resolved'), incident('resolved', 'eden-2')];
  expect(untold(people(incidents, both('RESOLVED: done'), [page('identified', 'resolved')]), notify)).toEqual([]);
});
