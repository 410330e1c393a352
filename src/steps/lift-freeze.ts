import { done, notDone, unknown } from '../ports/answer.ts';
import type { Cluster } from '../ports/cluster.ts';
import { byHand, FREEZE_ANNOTATION, isOf, quoted } from './freezing.ts';
import { reach } from './reaching.ts';
import { defineStep } from './step.ts';

type Look = { region: string; value: string | null; silent: string | null };

/** Each region by itself: one that is lost must not keep the freeze on the other. */
const lookAt = (cluster: Cluster, regions: string[], signal: AbortSignal): Promise<Look[]> =>
  Promise.all(
    regions.map((region) =>
      // In its own short time: silence would else use up the call of both.
      reach(signal, (limit) => cluster.annotation(region, FREEZE_ANNOTATION, limit)).then(
        (seen): Look =>
          seen.answered ? { region, value: seen.value, silent: null } : { region, value: null, silent: seen.why },
        (error: Error): Look => ({ region, value: null, silent: error.message }),
      ),
    ),
  );

/** Every end passes here. A freeze that is forgotten is ignored the next time. */
export const liftFreeze = defineStep({
  id: 'lift-freeze',
  title: 'Lift the change freeze',
  about: {
    does: 'Takes this run’s annotation `regent.dev/change-freeze` off both clusters, however the run ended, and tells the developers’ channel. A freeze of somebody else stays.',
    asks: 'Reads the annotation in both clusters. Done when neither carries this run’s; of a region given up in an emergency, or declared lost while it was watched, no answer is waited for. Where this run never froze anything nobody is asked.',
    whenItStops: [
      'A cluster does not answer, as one that was lost will not: it has been lifted in the other. Press Retry when it answers again; or skip this, and take the annotation away later with `kubectl annotate namespace NAMESPACE regent.dev/change-freeze-`.',
      '“refused to patch namespace”: Regent lacks that right in the cluster; deploy/kubernetes-role.yml has all of them.',
    ],
  },
  phase: 'atEnd',
  repeat: 'idempotent',
  budgetMs: 60_000,
  byHand: ({ namespace }) => [byHand(namespace)],
  uses: ['cluster'],
  async check({ cluster, run, source, target, mode, own, evidenceOf, beforeOf, signal }) {
    if (evidenceOf('freeze-changes') === null && beforeOf('freeze-changes') === null)
      return done({ carriedBy: [], silent: [] }, 'nothing was frozen');
    const looks = await lookAt(cluster, [source, target], signal);
    const ours = looks.filter(({ value }) => value !== null && isOf(run, value)).map(({ region }) => region);
    const silent = looks.filter((one) => one.silent !== null);
    const evidence = { carriedBy: ours, silent: silent.map(({ region }) => region) };
    const words = silent.map((one) => one.silent).join('; ');
    // What answers is lifted now, whatever the other does.
    if (ours.length > 0)
      return notDone(
        [`${FREEZE_ANNOTATION} in ${ours.join(' and ')}: ${run} → nothing`, ...(words === '' ? [] : [words])].join(
          '; ',
        ),
        evidence,
      );
    // For a region that was given up nothing waits: whoever brings it back finds the mark, and reads here whose it is.
    const givenUp = own?.lost ?? (mode === 'emergency' ? source : null);
    if (silent.length > 0 && silent.every(({ region }) => region === givenUp))
      return done(
        evidence,
        `${givenUp === source ? target : source} no longer carries this run’s; ${givenUp} does not answer: take it away there when it is back (${words})`,
      );
    if (silent.length > 0) return unknown(words, evidence);
    const others = looks.flatMap(({ region, value }) => (value === null ? [] : [`${region} ${quoted(value)}`]));
    const gone = `${source} and ${target} no longer carry this run’s`;
    return done(evidence, others.length === 0 ? gone : `${gone}; left as found: ${others.join(', ')}`);
  },
  async run({ cluster, run, source, target, signal }) {
    const looks = await lookAt(cluster, [source, target], signal);
    await Promise.all(
      looks
        .filter(({ value }) => value !== null && isOf(run, value))
        .map(({ region }) => cluster.annotate(region, FREEZE_ANNOTATION, null, signal)),
    );
    return undefined;
  },
  // The run is over by then: nothing comes after it that would want the freeze back.
  undo: async () => ({}),
});
