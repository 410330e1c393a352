/** The pinned message of a run: where we are, whether it goes well, and what is wanted of whom. */
import { clockText } from '../lib/duration.ts';
import { gatesOf, noReturn, stepsOf, toUndo } from '../machine/facts.ts';
import { PHASES, type Phase } from '../machine/types.ts';
import type { Action, Line, Message, Tone } from '../ports/chat.ts';
import { endedLine } from './ended.ts';
import { button, kindOf, listed, modeSign, progressOf, route, type Scene, SIGN, who } from './scene.ts';

const END_WORDS = {
  completed: 'completed',
  rolledBack: 'rolled back',
  aborted: 'aborted, nothing had been changed',
  takenOver: 'taken over by hand',
} as const;

export function headline(scene: Scene): Message {
  const { c, where } = scene;
  const ended = c.endedAt !== null && c.end !== null;
  const lines: Line[] = [state(scene), bar(scene), clocks(scene), waiting(scene)];
  for (const { rule, by, reason } of c.overrides)
    lines.push(['Override: ', { code: rule }, ' by ', who(by), ', ', { untrusted: `“${reason}”` }]);
  const tone: Tone = ended
    ? c.end === 'completed'
      ? 'good'
      : 'plain'
    : c.holds.length > 0
      ? 'bad'
      : openGates(scene).length > 0
        ? 'waiting'
        : 'plain';
  return {
    title: [`${modeSign(c)} `, { bold: c.run }, ` · ${route(c)} · ${kindOf(c)}`],
    lines: ended ? [endedLine(scene), state(scene)] : lines,
    tone,
    actions: ended || where === 'rollingBack' ? [] : actions(scene),
    fallback: `${c.run}: ${route(c)}, ${ended ? END_WORDS[c.end!] : c.holds.length > 0 ? 'held' : where}.`,
  };
}

function state({ c, where }: Scene): Line {
  const asked: Line = [
    who(c.requestedBy),
    ' asked for it at ',
    { time: c.requestedAt },
    ': ',
    { untrusted: `“${c.reason}”` },
  ];
  if (c.endedAt !== null && c.end) return [`${END_WORDS[c.end]} · `, ...asked];
  const hold = c.holds[0];
  if (hold) {
    if (hold.kind === 'person') return [`${SIGN.held} paused by `, who(hold.ref), ' · ', ...asked];
    const title = c.nodes.find((node) => node.id === hold.ref)?.title ?? 'making the plan';
    return [`${SIGN.held} held at “${title}”. See the card in the thread ↓ · `, ...asked];
  }
  if (where === 'rollingBack') return [`↩ undoing, ${toUndo(c).length} left · `, ...asked];
  return [`${SIGN.running} ${where} · `, ...asked];
}

function bar({ c, where }: Scene): Line {
  const here = PHASES.indexOf(where as Phase);
  return PHASES.filter((phase) => stepsOf(c, phase).length + gatesOf(c, phase).length > 0)
    .map((phase) => {
      const index = PHASES.indexOf(phase);
      if (here === -1 || index > here) return `· ${phase}`;
      return index < here ? `${SIGN.done} ${phase}` : `${SIGN.running} ${phase} ${progressOf(c, phase)}`;
    })
    .join('   ');
}

function clocks({ c, now }: Scene): Line {
  const until = c.endedAt ?? now;
  const parts = [`${clockText(until - c.requestedAt)} elapsed of ${clockText(c.objectives.rtoMs)}`];
  const { from, to } = c.outage;
  if (from !== null)
    parts.push(`${SIGN.refused} writes refused ${clockText((to ?? now) - from)}${to === null ? ' and counting' : ''}`);
  else parts.push('writes go on');
  return parts.join(' · ');
}

const openGates = ({ c }: Scene) =>
  c.nodes.flatMap((node) => (node.kind === 'gate' && c.gates[node.id]?.status === 'open' ? [node] : []));

/** Who is waited for, what for, until when: or nobody, said so. */
function waiting(scene: Scene): Line {
  const { c } = scene;
  const open = openGates(scene);
  if (c.holds.some((hold) => hold.kind !== 'person'))
    return ['Waiting for: a decision on the held step, ', ...reach(scene)];
  if (c.holds.length > 0) return 'Waiting for: somebody to resume';
  if (open.length === 0) return 'Waiting for: nobody';
  return [
    'Waiting for: ',
    ...open.flatMap((gate, index) => {
      const state = c.gates[gate.id]!;
      const missing = gate.votes - state.votes.filter((vote) => vote.vote === 'approve').length;
      const asked = listed((state.escalated ? [...gate.approvers, ...gate.escalateTo] : gate.approvers).map(who));
      return [
        ...(index > 0 ? ['; '] : []),
        `${missing} more for “${gate.title}”, by `,
        ...(state.deadline === null ? [] : [{ time: state.deadline }]),
        ', asked: ',
        ...asked,
      ];
    }),
  ];
}

const reach = ({ contacts }: Scene) => {
  const named = Object.entries(contacts).slice(0, 2);
  return named.length === 0
    ? ['any operator']
    : named.map(([role, how], index) => `${index > 0 ? ', ' : ''}${role}: ${how}`);
};

function actions({ c }: Scene): Action[] {
  const paused = c.holds.some((hold) => hold.kind === 'person');
  const list = [paused ? button('resume', 'Resume', c, {}, { style: 'primary' }) : button('pause', 'Pause', c)];
  if (noReturn(c) === undefined)
    list.push(button('abort', toUndo(c).length > 0 ? 'Abort and undo…' : 'Abort…', c, {}, { style: 'danger' }));
  list.push(button('status', 'Details', c));
  return list;
}
