import { IntegrationError } from '../lib/errors.ts';
import { done, notDone } from '../ports/answer.ts';
import { FREEZE_ANNOTATION, freezeText, isOf, marksIn, quoted } from './freezing.ts';
import { defineStep } from './step.ts';

type Marks = Record<string, string | null>;

const entriesOf = (marks: Marks): [string, string][] =>
  Object.entries(marks).flatMap(([region, value]): [string, string][] => (value === null ? [] : [[region, value]]));
/** Marks that are not this run's: `east is frozen already: “…”`. */
const foreignIn = (marks: Marks, run: string): string[] =>
  entriesOf(marks)
    .filter(([, value]) => !isOf(run, value))
    .map(([region, value]) => `${region} is frozen already: ${quoted(value)}`);

/** What is deployed in the middle of a move lands in one region and is missing in the other. */
export const freezeChanges = defineStep({
  id: 'freeze-changes',
  title: 'Freeze changes in {source} and {target}',
  about: {
    does: 'Marks the namespace of both clusters with the annotation `regent.dev/change-freeze`, naming the run, and tells the developers’ channel. Nobody is kept out by it: pipelines and people look for it. It is lifted at every end of the run. It may be skipped with a reason.',
    asks: 'Reads the annotation in both clusters. Done when both carry this run’s. A freeze of somebody else is never overwritten.',
    whenItStops: [
      '“is frozen already”: somebody else, or an earlier run, has frozen it. Ask whoever the text names. Where nobody needs it any more take it away with `kubectl annotate namespace NAMESPACE regent.dev/change-freeze-`, then press Retry.',
      'Their freeze stands and serves as well: skip this with that as the reason. Regent then leaves theirs alone.',
      '“refused to patch namespace”: Regent lacks that right in the cluster; deploy/kubernetes-role.yml has all of them.',
    ],
  },
  phase: 'preparing',
  repeat: 'idempotent',
  budgetMs: 30_000,
  uses: ['cluster'],
  async check({ cluster, run, source, target, signal }) {
    const marks = await marksIn(cluster, [source, target], signal);
    const frozen = entriesOf(marks)
      .filter(([, value]) => isOf(run, value))
      .map(([region]) => region);
    const trouble = foreignIn(marks, run);
    const evidence = { annotation: FREEZE_ANNOTATION, frozen, trouble };
    if (trouble.length > 0) return { ...notDone(trouble.join('; '), evidence), final: true };
    const missing = [source, target].filter((region) => !frozen.includes(region));
    if (missing.length === 0) return done(evidence, `${source} and ${target} carry ${FREEZE_ANNOTATION}`);
    return notDone(`${FREEZE_ANNOTATION} in ${missing.join(' and ')}: nothing → ${run}`, evidence);
  },
  async run({ cluster, run, source, target, signal }) {
    const marks = await marksIn(cluster, [source, target], signal);
    const trouble = foreignIn(marks, run);
    if (trouble.length > 0)
      throw new IntegrationError(`${trouble.join('; ')}.`, {
        code: 'freeze-taken',
        hint: 'It was left as it is.',
        system: 'kubernetes',
        operation: 'freeze changes',
        effect: 'none',
      });
    const text = freezeText(run, source, target);
    await Promise.all(
      [source, target]
        .filter((region) => marks[region] === null)
        .map((region) => cluster.annotate(region, FREEZE_ANNOTATION, text, signal)),
    );
    return undefined;
  },
  async undo({ cluster, run, source, target, signal }) {
    const marks = await marksIn(cluster, [source, target], signal);
    const ours = entriesOf(marks).filter(([, value]) => isOf(run, value));
    await Promise.all(ours.map(([region]) => cluster.annotate(region, FREEZE_ANNOTATION, null, signal)));
    return { lifted: ours.map(([region]) => region) };
  },
});
