/** The end of a run, broadcast: what is now true, how long it took, what it cost. */
import { clockText } from '../lib/duration.ts';
import { isPassedOn, settled, stepState, stepsOf } from '../machine/facts.ts';
import type { StepState } from '../machine/types.ts';
import type { Line, Message } from '../ports/chat.ts';
import { beganAt, outageOf, servedAt } from '../report/metrics.ts';
import { failedStep, keptPicture } from './failed.ts';
import { overrideLines, reviewLines } from './overrides.ts';
import { isReprotect, keptLines, movesNothing, reprotectButtons, standing } from './reprotection.ts';
import { button, outageWord, route, type Scene, SIGN, warningOf } from './scene.ts';
import { isSecondary, protectionNow } from './secondary.ts';
import { measureLines } from './success.ts';
import { warningLines } from './warnings.ts';
import { cutLines } from './watch.ts';

/** The one line of an ended run. */
export function endedLine({ c }: Scene): Line {
  const at = servedAt(c) ?? c.endedAt ?? 0;
  const took = `${clockText(at - beganAt(c))} of ${clockText(c.objectives.rtoMs)}`;
  switch (c.end) {
    case 'completed': {
      if (movesNothing(c)) return [`${SIGN.done} ${standing(c)}`];
      const { from, to } = outageOf(c);
      const refused =
        from === null || to === null ? 'writes were never refused' : `${outageWord(c)} ${clockText(to - from)}`;
      const lost = c.watch?.cut?.lost != null;
      // What it says of the region is no longer so.
      const serves = lost ? `${SIGN.held} ${c.target} served from ` : `${SIGN.done} ${c.target} serves since `;
      return [serves, { time: at }, ...(lost ? [' until it was lost'] : []), ` · ${took} · ${refused}`];
    }
    case 'rolledBack':
      if (movesNothing(c)) return [`↩ rolled back at `, { time: at }, ` · ${standing(c)}`];
      return [
        `↩ rolled back at `,
        { time: at },
        // Of a region that looked lost nobody knows whether it serves.
        c.mode === 'emergency' ? ` · ${c.source} was not left · ${took}` : ` · ${c.source} serves as before · ${took}`,
      ];
    case 'aborted':
      return [`${SIGN.notDone} aborted at `, { time: at }, ` · nothing had been changed`];
    default:
      return [`${SIGN.held} taken over by hand at `, { time: at }, ' · Regent does nothing more here'];
  }
}

/** The run's own proof that the region that was left follows. */
const FOLLOWS = 'standby-follows';
/** The owner's step of this id makes the region that was left a standby of the new primary. */
const REVERSE = 'reverse-replication';

const wentWell = (state: StepState): boolean =>
  ['done', 'alreadyDone'].includes(state.status) &&
  warningOf(state) === null &&
  state.evidence?.['leftOut'] === undefined;

function protection(c: Scene['c']): Line {
  const made = [FOLLOWS, REVERSE].map((id) => stepState(c, id)).find(wentWell);
  if (made !== undefined) {
    const { summary } = made;
    return [`${c.source} is a standby of ${c.target} again`, ...(summary ? [': ', { untrusted: summary }] : []), '.'];
  }
  if (warningOf(stepState(c, FOLLOWS)) !== null)
    return `${c.source} was started as a standby and is not seen to follow: ${c.target} is UNPROTECTED until it does. Else /dr reprotect ${c.source}.`;
  const left = `${c.target} is UNPROTECTED until ${c.source} is a standby again: /dr reprotect ${c.source}.`;
  const { owed, reached } = stepState(c, 'fence-lost-source').evidence ?? {};
  if (owed === true && reached === true)
    return `${c.source} answered in part: what could not be fenced there is fenced the moment it answers. ${left}`;
  return owed === true
    ? `${c.source} did not answer and is fenced the moment it does. ${left}`
    : `${c.source} is fenced and no longer a standby: ${left}`;
}

/** What there is to find out why it did not end as it should. */
function failure(c: Scene['c']): Line[] {
  const failed = failedStep(c);
  const kept = keptPicture(c);
  return [
    ...(failed === null ? [] : [[`“${failed.step.title}” failed: `, { untrusted: failed.state.why ?? '' }]]),
    ...(kept === null ? [] : [[`What ${c.source} looked like as it failed is kept in `, { code: kept }, '.']]),
  ];
}

export function ended(scene: Scene): Message {
  const { c } = scene;
  const lines: Line[] = [];
  if (c.end === 'completed') {
    lines.push(...cutLines(c));
    const proof = c.steps['prove-replicated']?.summary;
    if (proof) lines.push(`Nothing acknowledged is missing: ${proof}.`);
    lines.push(
      ...(isReprotect(c) ? keptLines(c) : isSecondary(c) ? [protectionNow(c)] : [protection(c), ...measureLines(c)]),
    );
  }
  const cut = isPassedOn(c) ? stepsOf(c, 'closing').filter((step) => !settled(c, step.id)) : [];
  if (cut.length > 0) lines.push(`Not done any more: ${cut.map((step) => `“${step.title}”`).join(', ')}.`);
  const untidied = c.plan === null ? [] : stepsOf(c, 'atEnd').filter((step) => !settled(c, step.id));
  if (untidied.length > 0) lines.push(`Left to people: ${untidied.map((step) => `“${step.title}”`).join(', ')}.`);
  if (c.end === 'rolledBack') lines.push(`What was changed has been put back; ${c.target} is as it was before.`);
  if (c.end !== 'completed') lines.push(...failure(c));
  lines.push(...warningLines(c), ...overrideLines(c), ...reviewLines(c));
  const left = c.end === 'completed' && !movesNothing(c) ? (scene.followUps ?? []) : [];
  if (left.length > 0) lines.push('Left to do:', ...left.map((one): Line => ['· ', { untrusted: one }]));
  const reviewable = c.overrides.length > 0 && c.reviewed === null;
  return {
    title: [{ bold: c.run }, ` · ${route(c)} · `, ...[endedLine(scene)].flat()],
    lines,
    tone: c.end === 'completed' ? 'good' : 'plain',
    actions: [...reprotectButtons(c, scene.unprotected), ...(reviewable ? [button('review', 'Reviewed…', c)] : [])],
  };
}
