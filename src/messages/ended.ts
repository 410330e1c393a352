/** The end of a run, broadcast: what is now true, how long it took, what it cost. */
import { clockText } from '../lib/duration.ts';
import { settled, stepState, stepsOf } from '../machine/facts.ts';
import type { Line, Message } from '../ports/chat.ts';
import { overrideLines, reviewLines } from './overrides.ts';
import { button, route, type Scene, SIGN } from './scene.ts';

/** The one line of an ended run. */
export function endedLine({ c }: Scene): Line {
  const at = servedAt(c) ?? c.endedAt ?? 0;
  const took = `${clockText(at - c.requestedAt)} of ${clockText(c.objectives.rtoMs)}`;
  switch (c.end) {
    case 'completed': {
      const outage = outageMs(c);
      const refused = outage === null ? 'writes were never refused' : `writes refused ${clockText(outage)}`;
      return [`${SIGN.done} ${c.target} serves since `, { time: at }, ` · ${took} · ${refused}`];
    }
    case 'rolledBack':
      return [`↩ rolled back at `, { time: at }, ` · ${c.source} serves as before · ${took}`];
    case 'aborted':
      return [`${SIGN.notDone} aborted at `, { time: at }, ` · nothing had been changed`];
    default:
      return [`${SIGN.held} taken over by hand at `, { time: at }, ' · Regent does nothing more here'];
  }
}

/** When service was verified: the recovery time ends there, what secures and closes the run lies outside it. */
export const servedAt = (c: Scene['c']): number | null =>
  c.end === 'completed' ? (c.phases.verifying?.to ?? null) : null;

const outageMs = (c: Scene['c']): number | null =>
  c.outage.from === null || c.outage.to === null ? null : c.outage.to - c.outage.from;

/** The owner's step of this id makes the region that was left a standby of the new primary. */
const REVERSE = 'reverse-replication';

function protection(c: Scene['c']): Line {
  const { status, summary } = stepState(c, REVERSE);
  if (status === 'done' || status === 'alreadyDone')
    return [`${c.source} is a standby of ${c.target} again`, ...(summary ? [': ', { untrusted: summary }] : []), '.'];
  const left = `${c.target} is unprotected until ${c.source} is a standby again.`;
  return stepState(c, 'fence-lost-source').evidence?.['owed'] === true
    ? `${c.source} did not answer and is fenced the moment it does. ${left}`
    : `${c.source} is fenced and no longer a standby: ${c.target} is unprotected until it is one again.`;
}

export function ended(scene: Scene): Message {
  const { c } = scene;
  const lines: Line[] = [];
  if (c.end === 'completed') {
    const proof = c.steps['prove-replicated']?.summary;
    if (proof) lines.push(`Nothing acknowledged is missing: ${proof}.`);
    lines.push(protection(c));
  }
  const untidied = c.plan === null ? [] : stepsOf(c, 'atEnd').filter((step) => !settled(c, step.id));
  if (untidied.length > 0) lines.push(`Left to people: ${untidied.map((step) => `“${step.title}”`).join(', ')}.`);
  if (c.end === 'rolledBack') lines.push(`What was changed has been put back; ${c.target} is as it was before.`);
  lines.push(...overrideLines(c), ...reviewLines(c));
  const left = c.end === 'completed' ? (scene.followUps ?? []) : [];
  if (left.length > 0) lines.push('Left to do:', ...left.map((one): Line => ['· ', { untrusted: one }]));
  const reviewable = c.overrides.length > 0 && c.reviewed === null;
  return {
    title: [{ bold: c.run }, ` · ${route(c)} · `, ...[endedLine(scene)].flat()],
    lines,
    tone: c.end === 'completed' ? 'good' : 'plain',
    actions: reviewable ? [button('review', 'Reviewed…', c)] : [],
  };
}
