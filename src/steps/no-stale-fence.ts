import { type Answer, done, unknown } from '../ports/answer.ts';
import { staleFences } from './stale-fences.ts';
import { defineCheck } from './step.ts';

/** A fence that is forgotten shows itself after the promotion, when there is no way back. */
export const noStaleFence = defineCheck({
  id: 'no-stale-fence',
  title: 'See that no fence is left in {target}',
  about: {
    does: 'Looks for what an earlier run, or somebody in a hurry, has left in {target} to keep it from serving. Promoted with one of them, it would refuse its clients when there is no way back any more. Nothing is lifted by itself.',
    asks: 'Asks Postgres in {target} whether it is read-only and which databases refuse connections, and its cluster for cordoned nodes, the policy `regent-fence`, the tags of a review, and what is at 0 there and runs in {source}: stateful sets, and deployments that the run does not scale up itself. What `rules.mayDiffer` names is left out. Done when there is none.',
    whenItStops: [
      'The card names each fence. Lift them on purpose: press *Lift…*, or `/dr lift {target} reason:"…"`. What was lifted, by whom and why is in the journal, and the run goes on.',
      '“make it a standby first”: Postgres in {target} was stopped as a primary and would start as one. Make it a standby of {source}, then press Retry.',
      'One of them is meant to stay, like a node that is under repair: skip this with that as the reason. What is always at 0 in a standby region: add `statefulset/NAME` or `deployment/NAME` to `rules.mayDiffer` for the next time.',
    ],
  },
  phase: 'validating',
  budgetMs: 60_000,
  uses: ['database', 'cluster'],
  proves: false,
  async check({ database, cluster, source, target, system, signal }): Promise<Answer> {
    const { fences, silent } = await staleFences(
      { database, cluster },
      { region: target, serving: source, system },
      signal,
    );
    const evidence = {
      fences: fences.map(({ says }) => says),
      lift: fences.some(({ lift }) => lift !== null),
    };
    // Waiting lifts nothing: it holds at once, and somebody decides.
    if (fences.length > 0)
      return { is: 'notDone', why: `left in ${target}: ${evidence.fences.join('; ')}`, evidence, final: true };
    return silent.length > 0
      ? unknown(`nobody can say what stands in ${target}: ${silent.join('; ')}`, { ...evidence, silent })
      : done(evidence, `nothing keeps ${target} from serving`);
  },
});
