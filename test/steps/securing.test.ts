/** What secures a region that was left: each step by itself, on a region that answers, is half there, or is gone. */
import { describe, expect, it } from 'vitest';
import { cordonSource } from '../../src/steps/cordon-source.ts';
import { denySource } from '../../src/steps/deny-source.ts';
import { stopSource } from '../../src/steps/stop-source.ts';
import { tagSource } from '../../src/steps/tag-source.ts';
import { forbidden, silence } from './securing-world.ts';
import { stage, wordsOf } from './stage.ts';

describe.each([cordonSource, stopSource, denySource, tagSource])('$id', (step) => {
  it('of a region that does not answer is done for this run, and owed', async () => {
    const here = await stage();
    silence(here.ports, 'cluster', 'east');
    const answer = await here.check(step);
    expect(wordsOf(answer)).toMatch(
      /^done: east does not answer: nothing could be ordered there; .* as soon as it answers$/,
    );
    expect(answer.evidence).toMatchObject({ reached: false, owed: true, silent: 'cluster does not answer.' });
    expect(here.state.calls).toEqual([]);
  });

  it('that is refused says so, and is not taken for silence', async () => {
    const here = await stage();
    const refuse = () => Promise.reject(forbidden('do that'));
    Object.assign(here.ports.cluster, { nodes: refuse, workloads: refuse, trafficDenied: refuse, labels: refuse });
    await expect(here.check(step)).rejects.toThrow('refused to do that (403 Forbidden)');
  });

  it('run twice leaves the same, touches the source alone, and is undone to what was', async () => {
    const here = await stage();
    const before = structuredClone({ ...here.state.secured, workloads: here.state.workloads });
    const answer = await here.does(step);
    expect([answer.is, answer.evidence['owed']]).toEqual(['done', false]);
    await here.run(step);
    expect((await here.check(step)).is).toBe('done');
    expect(here.state.calls.filter((call) => !/^\w+ east /.test(call))).toEqual([]);
    await here.undo(step);
    const { nodes, policies, labels } = here.state.secured;
    expect({ nodes, policies, labels }).toEqual({
      nodes: before.nodes,
      policies: before.policies,
      labels: before.labels,
    });
    expect(Object.values(here.state.workloads['east']!).map((one) => one.wanted)).toEqual(
      Object.values(before.workloads['east']!).map((one) => one.wanted),
    );
  });
});

describe('the nodes', () => {
  it('that were cordoned by somebody else stay so when it is undone', async () => {
    const here = await stage();
    here.state.secured.nodes['east']![1]!.schedulable = false;
    expect(wordsOf(await here.does(cordonSource))).toBe('done: 2 nodes take no more pods');
    expect(await here.undo(cordonSource)).toEqual({ uncordoned: ['n1'] });
    expect(here.state.secured.nodes['east']!.map((one) => one.schedulable)).toEqual([true, false]);
  });
});

describe('the services', () => {
  it('are all of them, Postgres too, and those at 0 already are not started by the undo', async () => {
    const here = await stage();
    here.state.workloads['east']!['task']!.wanted = 0;
    Object.assign(here.state.workloads['east']!['task']!, { pods: 0 });
    expect(wordsOf(await here.check(stopSource))).toBe('notDone: api 3 → 0, postgres 1 → 0');
    expect(wordsOf(await here.does(stopSource))).toBe('done: 3 workloads at 0, no pod left');
    expect(await here.undo(stopSource)).toEqual({ restored: { 'deployment/api': 3, 'statefulset/postgres': 1 } });
  });

  it('whose pods do not end are on lost nodes after a minute: said, and owed', async () => {
    const here = await stage();
    here.state.ending = true;
    expect(wordsOf(await here.does(stopSource))).toContain('api: 3 pods ending');
    here.state.now += 59_999;
    expect((await here.check(stopSource)).is).toBe('notDone');
    here.state.now += 1;
    const answer = await here.check(stopSource);
    expect(wordsOf(answer)).toContain('their nodes seem lost');
    expect(answer.evidence).toMatchObject({ owed: true, trouble: [expect.stringContaining('They do not end')] });
  });
});

describe('the traffic', () => {
  it('is denied anew where somebody made the policy allow something', async () => {
    const here = await stage();
    here.state.secured.policies['east regent-fence'] = 'other';
    expect(wordsOf(await here.check(denySource))).toBe(
      'notDone: NetworkPolicy regent-fence allows something: write it anew',
    );
    expect(wordsOf(await here.does(denySource))).toBe('done: NetworkPolicy regent-fence denies all traffic');
  });
});

describe('the tags', () => {
  it('carry the run, and a sentence for whoever finds them', async () => {
    const here = await stage();
    await here.does(tagSource);
    expect(here.state.secured.labels).toEqual({ 'east regent.dev/review': 'eden-1' });
    expect(here.state.annotations['east regent.dev/review-note']).toBe(
      'eden-1: east was left for west in an emergency. Look at what it holds before it is started again.',
    );
  });
  it('of an earlier run are replaced', async () => {
    const here = await stage();
    here.state.secured.labels['east regent.dev/review'] = 'eden-0';
    expect(wordsOf(await here.check(tagSource))).toBe('notDone: label 3 with regent.dev/review');
    expect(wordsOf(await here.does(tagSource))).toBe('done: 3 labelled regent.dev/review=eden-1');
  });
});
