import { type Answer, done, notDone } from '../ports/answer.ts';
import { type DatabaseView, held, lsnDiff } from '../ports/database.ts';
import { type Reached, reach } from './reaching.ts';
import { defineCheck } from './step.ts';

/** What another server has that the target lacks; null where it has nothing. `fed`: the rest is on its way. */
function ahead(other: DatabaseView, target: DatabaseView, fed: boolean): string | null {
  if (other.systemIdentifier !== target.systemIdentifier) return null;
  if (other.timeline !== target.timeline)
    return other.timeline > target.timeline
      ? `${other.region} is on timeline ${other.timeline}, ${target.region} on ${target.timeline}`
      : null;
  // A primary is always ahead; how far is what the measured loss says.
  if (other.role === 'primary' || fed) return null;
  const bytes = lsnDiff(held(other), held(target));
  return bytes > 0 ? `the standby in ${other.region} is ${bytes} bytes ahead of ${target.region}` : null;
}

/** The right server, the right history, and nobody has more: promoted by mistake, the others would have to be thrown away. */
export const targetStandby = defineCheck({
  id: 'target-standby',
  title: 'See that {target} is the standby to promote',
  about: {
    does: 'Makes sure before people decide that the server to be promoted is the right one: another database, an old history or a standby that has less than another cannot be promoted by mistake.',
    asks: 'Asks Postgres in {target} who it is. Done when it is a standby of the database the plan names, has replayed all it has received, and no other region that answers has a newer history or, as a standby, more of it; of those that could not take over when {target} was chosen it is only said. Other regions have a short time to answer; those that do not are named.',
    whenItStops: [
      '“is another database”: `postgres.url` of {target} leads elsewhere. Do not promote anything before you know where.',
      '“is a primary already”: somebody promoted it, or the regions have changed roles. Read `/dr status`, look at both servers, abort.',
      '“has not replayed”: wait. If it does not move: `SELECT pg_wal_replay_resume()`, and look for `recovery_min_apply_delay` and long queries in {target}.',
      '“ahead of”, “timeline”: another region has more of the data. Abort, and fail over to that one.',
    ],
  },
  phase: 'assessing',
  after: ['failure-confirmed'],
  budgetMs: 2 * 60_000,
  uses: ['database'],
  proves: true,
  async check({ database, source, target, system, values, selection, evidenceOf, signal }): Promise<Answer> {
    const regions = Object.keys(system.regions).filter((region) => region !== target);
    const [view, others] = await Promise.all([
      database.observe(target, signal),
      Promise.all(
        regions.map(
          async (region): Promise<[string, Reached<DatabaseView>]> => [
            region,
            await reach(signal, (limit) => database.observe(region, limit)),
          ],
        ),
      ),
    ]);
    const silent = others.flatMap(([region, seen]) => (seen.answered ? [] : [region]));
    const evidence = {
      role: view.role,
      systemIdentifier: view.systemIdentifier,
      timeline: view.timeline,
      replayedLsn: view.lsn,
      receivedLsn: view.receivedLsn,
      compared: regions.filter((region) => !silent.includes(region)),
      silent,
    };
    const never = (why: string): Answer => ({ is: 'notDone', why, evidence, final: true });
    if (view.systemIdentifier !== values.database.systemIdentifier)
      return never(
        `the server that answers for ${target} is another database (${view.systemIdentifier}, the plan means ${values.database.systemIdentifier})`,
      );
    if (view.role === 'primary') {
      // A run that went on as an emergency after it had promoted asks this again.
      if (evidenceOf('promote-postgres')?.['role'] === 'primary')
        return done(evidence, `${target} was promoted by this run`);
      return never(`${target} is a primary already`);
    }
    // Two standbys of a primary that still writes are never asked at the same moment: asked again behind the fence.
    const fed = view.streamingFrom !== null && others.some(([region, seen]) => region === source && seen.answered);
    const more = others.flatMap(([region, seen]) => {
      const why = seen.answered ? ahead(seen.value, view, fed) : null;
      return why === null ? [] : [{ region, why }];
    });
    // Those that were found unable to take over when this target was chosen: what they have more counts as lost.
    const unable = new Set(selection?.scored.flatMap(({ region, total }) => (total === null ? [region] : [])));
    const better = more.filter(({ region }) => !unable.has(region));
    if (better.length > 0) return never(better.map(({ why }) => why).join('; '));
    const waiting = lsnDiff(held(view), view.lsn);
    if (waiting > 0) return notDone(`${target} has not replayed ${waiting} bytes it has received`, evidence);
    const words = [
      `standby on timeline ${view.timeline}, all replayed up to ${view.lsn}`,
      ...more.map(({ why }) => `${why}, and could not take over`),
      ...(silent.length === 0 ? [] : [`no answer from ${silent.join(', ')}`]),
    ];
    return done(
      more.length === 0 ? evidence : { ...evidence, ahead: more.map(({ region }) => region) },
      words.join('; '),
    );
  },
});
