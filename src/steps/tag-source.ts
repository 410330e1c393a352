import { done, notDone } from '../ports/answer.ts';
import { REVIEW, REVIEW_NOTE } from './marks.ts';
import { owed, reach } from './reaching.ts';
import { defineStep } from './step.ts';

/** The run is of our making and fits a label; anything else is made to. */
const labelOf = (run: string): string => run.replaceAll(/[^A-Za-z0-9._-]/g, '-').slice(0, 63);

/** Whoever finds the region later must see what happened to it before they switch it on. */
export const tagSource = defineStep({
  id: 'tag-source',
  title: 'Tag {source} for review',
  about: {
    does: `Labels the namespace and every node in {source} with \`${REVIEW}\` and the run, and leaves a sentence for people in the annotation \`${REVIEW_NOTE}\` of the namespace. Workloads are not labelled: the right to do that is the right to change what they run.`,
    asks: 'Reads the labels back. Done when all carry this run; also when {source} does not answer at all: then it is owed, and done as soon as it answers.',
    whenItStops: ['“refused to”: Regent lacks a right in the cluster. Tag it by hand, or skip this with a reason.'],
  },
  phase: 'securing',
  repeat: 'idempotent',
  budgetMs: 60_000,
  callMs: 20_000,
  uses: ['cluster'],
  async check({ cluster, run, source, signal }) {
    const seen = await reach(signal, async (limit) => {
      const [labels, note] = await Promise.all([
        cluster.labels(source, REVIEW, limit),
        cluster.annotation(source, REVIEW_NOTE, limit),
      ]);
      return { labels, note };
    });
    if (!seen.answered) return owed(source, 'it is tagged', seen.why);
    const { labels, note } = seen.value;
    const missing = Object.entries(labels).flatMap(([what, value]) => (value === labelOf(run) ? [] : [what]));
    const evidence = { reached: true, owed: false, label: REVIEW, missing };
    if (missing.length === 0 && note?.startsWith(`${run}:`))
      return done(evidence, `${Object.keys(labels).length} labelled ${REVIEW}=${labelOf(run)}`);
    return notDone(
      missing.length === 0 ? `annotate namespace ${REVIEW_NOTE}` : `label ${missing.length} with ${REVIEW}`,
      evidence,
    );
  },
  async run({ cluster, run, source, target, signal }) {
    const note = `${run}: ${source} was left for ${target} in an emergency. Look at what it holds before it is started again.`;
    await Promise.all([
      cluster.label(source, REVIEW, labelOf(run), signal),
      cluster.annotate(source, REVIEW_NOTE, note, signal),
    ]);
    return undefined;
  },
  async undo({ cluster, source, signal }) {
    await Promise.all([
      cluster.label(source, REVIEW, null, signal),
      cluster.annotate(source, REVIEW_NOTE, null, signal),
    ]);
    return { removed: REVIEW };
  },
});
