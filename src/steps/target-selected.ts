import { scoresText, selectionLines } from '../policy/scoring.ts';
import { type Answer, done } from '../ports/answer.ts';
import { defineCheck } from './step.ts';

/** Shows how the target was chosen: measured once, when the run was asked for, as people who approve must see the same. */
export const targetSelected = defineCheck({
  id: 'target-selected',
  title: 'Choose where to go from {source}',
  about: {
    does: 'Shows why {target} takes over where several regions could: each gets a score out of its health, its room, how quickly it answers and how fresh its data are, and the best is taken. In an emergency only the standby that holds most of the log can be chosen: whatever else another has to offer, it would cost writes. Regions that cannot take over are named with the reason. Only where there are several to choose from.',
    asks: 'Takes what was measured when the run was asked for (`scoring` says what counts how much), and looks at what watching the regions has found since. Done unless {target} counts as down by now. Where a person named the target it only says so.',
    whenItStops: [
      '“looks down since”: something has happened to {target} as well. Abort, and ask again: another region is chosen then, or name one with `to:`.',
    ],
  },
  phase: 'assessing',
  budgetMs: 60_000,
  uses: ['watch'],
  when: (system) => Object.keys(system.regions).length > 2,
  async check({ watch, target, selection }): Promise<Answer> {
    const { stage } = watch.health(target) ?? {};
    const evidence =
      selection == null
        ? { selected: target }
        : { selected: target, at: selection.at, lines: selectionLines(selection) };
    if (stage === 'confirmed' || stage === 'failed')
      return { is: 'notDone', why: `${target} looks down since it was chosen: ${stage}`, evidence };
    return done(evidence, selection == null ? `${target}, named by whoever asked` : scoresText(selection.scored));
  },
});
