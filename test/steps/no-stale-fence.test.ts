/** What an earlier run has left in the target: each is found by asking, named, and lifted by setting a state. */
import { beforeEach, expect, it } from 'vitest';
import { noStaleFence } from '../../src/steps/no-stale-fence.ts';
import { staleFences } from '../../src/steps/stale-fences.ts';
import { silence } from './securing-world.ts';
import { type Stage, stage, wordsOf } from './stage.ts';
import { workload } from './world.ts';

let here: Stage;
beforeEach(async () => {
  here = await stage();
});
const found = () =>
  staleFences(here.ports, { region: 'west', serving: 'east', system: here.system }, new AbortController().signal);
const set = (region: string, name: string, wanted: number) => {
  here.state.workloads[region]![name] = workload(name, wanted, { kind: 'statefulset' });
};

const deploy = (name: string, east: number, west: number) => {
  here.state.workloads['east']![name] = workload(name, east);
  here.state.workloads['west']![name] = workload(name, west);
};

it('done: nothing is left there', async () => {
  expect(wordsOf(await here.check(noStaleFence))).toBe('done: nothing keeps west from serving');
});

/** Each as it is left, what is said of it, and what lifting it calls. */
const LEFT: [string, () => void, string, string[]][] = [
  [
    'read-only',
    () => {
      here.state.servers['west']!.readOnly = true;
    },
    'default_transaction_read_only on in Postgres',
    ['read-only west false'],
  ],
  [
    // The catalog is the primary's.
    'closed databases',
    () => {
      here.state.servers['west']!.closedDatabases = ['eden'];
    },
    'eden closed to connections',
    ['reopen east'],
  ],
  [
    'cordoned nodes',
    () => {
      here.state.secured.nodes['west']![1]!.schedulable = false;
    },
    '1 of 2 nodes cordoned: n2',
    ['uncordon west n2'],
  ],
  [
    'the policy',
    () => {
      here.state.secured.policies['west regent-fence'] = 'yes';
    },
    'NetworkPolicy regent-fence',
    ['allow west regent-fence'],
  ],
  [
    // Somebody has changed it: still ours, and still in the way of something.
    'the policy with an exception',
    () => {
      here.state.secured.policies['west regent-fence'] = 'other';
    },
    'NetworkPolicy regent-fence',
    ['allow west regent-fence'],
  ],
  [
    'tags',
    () => {
      here.state.secured.labels['west regent.dev/review'] = 'eden-3';
    },
    'tagged for review (regent.dev/review)',
    ['label west regent.dev/review null'],
  ],
  [
    'a stateful set at 0',
    () => {
      set('east', 'queue', 3);
      set('west', 'queue', 0);
    },
    'StatefulSet queue at 0',
    ['scale west queue 3'],
  ],
  [
    // As `stop-source` leaves what is not moved: nobody would scale it up again.
    'deployments at 0',
    () => {
      for (const name of ['a-mail', 'b-report', 'c-export', 'd-import']) deploy(name, 2, 0);
    },
    'Deployment a-mail, b-report, c-export and 1 more at 0',
    ['a-mail', 'b-report', 'c-export', 'd-import'].map((name) => `scale west ${name} 2`),
  ],
];
it.each(LEFT)('%s: named, and lifted by setting a state', async (_, leave, says, calls) => {
  leave();
  const answer = await here.check(noStaleFence);
  expect(wordsOf(answer)).toBe(`notDone: left in west: ${says}`);
  expect(answer).toMatchObject({ final: true, evidence: { fences: [says], lift: true } });
  const before = here.state.calls.length;
  for (const { lift } of (await found()).fences) await lift!(new AbortController().signal);
  const made = here.state.calls.slice(before).filter((call) => !call.startsWith('annotate'));
  expect(made).toEqual(calls);
});

it('Postgres that was stopped is not started by lifting a fence: it would start as a primary', async () => {
  set('east', 'postgres', 1);
  set('west', 'postgres', 0);
  here.state.servers['west']!.down = true;
  const answer = await here.check(noStaleFence);
  expect(wordsOf(answer)).toBe(
    'notDone: left in west: StatefulSet postgres at 0, Postgres with it: make it a standby first',
  );
  expect(answer.evidence).toMatchObject({ lift: false });
});

it('a stateful set that is at 0 where it serves too is no fence', async () => {
  set('east', 'old', 0);
  set('west', 'old', 0);
  expect((await here.check(noStaleFence)).is).toBe('done');
});

it('a deployment that is moved may be at 0: the run scales it up', async () => {
  deploy('api', 3, 0);
  expect((await here.check(noStaleFence)).is).toBe('done');
});

it('what is meant to be at 0 where it does not serve is no fence', async () => {
  here = await stage(undefined, { mayDiffer: ['statefulset/queue', 'deployment/mail'] });
  set('east', 'queue', 3);
  set('west', 'queue', 0);
  deploy('mail', 2, 0);
  expect((await here.check(noStaleFence)).is).toBe('done');
  deploy('report', 1, 0);
  expect(wordsOf(await here.check(noStaleFence))).toBe('notDone: left in west: Deployment report at 0');
});

it('who does not answer is not taken for free of fences', async () => {
  silence(here.ports, 'cluster', 'west');
  const answer = await here.check(noStaleFence);
  expect(answer.is).toBe('unknown');
  expect(wordsOf(answer)).toContain('nobody can say what stands in west');
});
