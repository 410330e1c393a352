import { done } from '../ports/answer.ts';
import { askData } from './data-answers.ts';
import { defineCheck } from './step.ts';

/** The queries that will be compared, tried before anybody waits for them: a refused one would be found in the outage. */
export const dataAskable = defineCheck({
  id: 'data-askable',
  title: 'Try the queries about the data',
  about: {
    does: 'Asks both databases the queries of `verify.data` while everything still runs, so that a wrong one is found now and not while writes are refused. The answers are not compared yet: writes go on.',
    asks: 'All queries, in {source} and in {target}. Done when both sides answer them.',
    whenItStops: [
      '“is refused”, “did not end in time”: the named query is no plain SELECT, lacks a right, or is too slow. Grant the right, then press Retry. Skipped, the same query stops the run later, with writes refused.',
      'No answer: that Postgres is not reachable from here.',
    ],
  },
  phase: 'assessing',
  after: ['source-is-primary'],
  budgetMs: 60_000,
  uses: ['database'],
  when: (system) => system.consistency.length > 0,
  async check({ database, source, target, system, signal }) {
    const asking = [source, target].map(async (region) => ({
      region,
      asked: await askData(database, region, system.consistency, signal),
    }));
    for (const { region, asked } of await Promise.all(asking))
      if ('refused' in asked && asked.refused.is === 'notDone')
        return { ...asked.refused, why: `${region}: ${asked.refused.why}` };
    const asked = system.consistency.length;
    return done({ asked }, `${asked} ${asked === 1 ? 'query' : 'queries'} answered in both regions`);
  },
});
