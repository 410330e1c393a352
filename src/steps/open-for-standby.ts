import { type Answer, done, notDone, unknown } from '../ports/answer.ts';
import { staleFences } from './stale-fences.ts';
import { defineStep } from './step.ts';

/** Behind a cordon no pod starts, and behind the policy none reaches its primary. */
export const openForStandby = defineStep({
  id: 'open-for-standby',
  title: 'Let a standby run in {source}',
  about: {
    does: 'Takes away what securing has left in {source} and a standby cannot run behind: cordoned nodes and the policy `regent-fence`. Services stay at 0 and tags stay: they are lifted before the way home, by `/dr lift {source}`. What was lifted stands in the evidence.',
    asks: 'Asks the cluster of {source} for cordoned nodes and the policy. Done when neither is there.',
    whenItStops: [
      'A node is under repair and meant to stay cordoned: skip this with that as the reason.',
      '“refused to”: Regent lacks a right in the cluster; deploy/kubernetes-role.yml has all of them.',
    ],
  },
  phase: 'securing',
  after: ['make-standby'],
  repeat: 'idempotent',
  budgetMs: 2 * 60_000,
  callMs: 20_000,
  uses: ['database', 'cluster'],
  async check({ database, cluster, source, target, system, signal }): Promise<Answer> {
    const { fences, silent } = await staleFences(
      { database, cluster },
      { region: source, serving: target, system },
      signal,
    );
    const blocking = fences.filter(({ blocks }) => blocks).map(({ says }) => says);
    if (blocking.length > 0) return notDone(`lift: ${blocking.join('; ')}`, { blocking });
    // Its Postgres is down, and is not what is asked about here.
    const unseen = silent.filter((why) => !/postgres/i.test(why));
    return unseen.length > 0
      ? unknown(`nobody can say what stands in ${source}: ${unseen.join('; ')}`)
      : done({ blocking }, `nothing keeps a standby from running in ${source}`);
  },
  async run({ database, cluster, source, target, system, signal }) {
    const { fences } = await staleFences({ database, cluster }, { region: source, serving: target, system }, signal);
    const blocking = fences.filter(({ blocks }) => blocks);
    for (const { lift } of blocking) await lift?.(signal);
    return { lifted: blocking.map(({ says }) => says) };
  },
  undo: async () => ({ kept: true }),
});
