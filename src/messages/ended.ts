/** The end of a run, broadcast: what is now true, how long it took, what it cost. */
import { clockText } from '../lib/duration.ts';
import type { Line, Message } from '../ports/chat.ts';
import { route, type Scene, SIGN } from './scene.ts';

/** The one line of an ended run. */
export function endedLine({ c }: Scene): Line {
  const at = c.endedAt ?? 0;
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

const outageMs = (c: Scene['c']): number | null =>
  c.outage.from === null || c.outage.to === null ? null : c.outage.to - c.outage.from;

export function ended(scene: Scene): Message {
  const { c } = scene;
  const lines: Line[] = [];
  if (c.end === 'completed') {
    const proof = c.steps['prove-replicated']?.summary;
    if (proof) lines.push(`Nothing acknowledged is missing: ${proof}.`);
    lines.push(`${c.source} is fenced and no longer a standby: ${c.target} is unprotected until it is one again.`);
  }
  if (c.end === 'rolledBack') lines.push(`What was changed has been put back; ${c.target} is as it was before.`);
  return {
    title: [{ bold: c.run }, ` · ${route(c)} · `, ...[endedLine(scene)].flat()],
    lines,
    tone: c.end === 'completed' ? 'good' : 'plain',
    actions: [],
  };
}
