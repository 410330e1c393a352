/** The pinned message of a run: where we are, whether it goes well, and what is wanted of whom. */
import { clockText } from '../lib/duration.ts';
import { gateNode, gatesOf, stepNode, stepState, stepsOf, toUndo } from '../machine/facts.ts';
import { PHASES, type Phase } from '../machine/types.ts';
import { expectedAt } from '../policy/estimate.ts';
import type { Action, Line, Message, Span, Tone } from '../ports/chat.ts';
import { beganAt, outageOf } from '../report/metrics.ts';
import { waitsByItself } from './again.ts';
import { endedLine } from './ended.ts';
import { haltLines } from './halt.ts';
import { overrideLines, reviewLines } from './overrides.ts';
import { reprotectButtons, unprotectedLine } from './reprotection.ts';
import {
  abortButton,
  askedAt,
  button,
  isForward,
  kindOf,
  modeSign,
  noWayBack,
  openGates,
  outageWord,
  progressOf,
  route,
  type Scene,
  SIGN,
  who,
} from './scene.ts';
import { warningLines } from './warnings.ts';
import { cutLines, watchingWords } from './watch.ts';
import { wayBackLine } from './way-back.ts';

const END_WORDS = {
  completed: 'completed',
  rolledBack: 'rolled back',
  aborted: 'aborted, nothing had been changed',
  takenOver: 'taken over by hand',
} as const;

/** States beside the phases, as people call them. */
const SIDE_WORDS: Record<string, string> = { rollingBack: 'being undone', finishing: 'tidying up' };

export function headline(scene: Scene): Message {
  const { c, where } = scene;
  const ended = c.endedAt !== null && c.end !== null;
  const back = wayBackLine(c, scene.wayBack);
  const lines: Line[] = [
    ...haltLines(scene),
    state(scene),
    bar(scene),
    clocks(scene),
    waiting(scene),
    ...(back === null ? [] : [back]),
  ];
  const footnote = isForward(scene) ? noWayBack(scene) : null;
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
    lines: [
      ...(ended ? [endedLine(scene), ...unprotectedLines(scene), state(scene)] : lines),
      ...cutLines(c),
      ...warningLines(c),
      ...overrideLines(c),
      ...reviewLines(c),
    ],
    tone,
    actions: ended ? reprotectButtons(c, scene.unprotected) : isForward(scene) ? actions(scene) : [],
    ...(footnote === null ? {} : { footnote }),
    fallback: `${scene.halt && !ended ? 'HALTED. ' : ''}${c.run}: ${route(c)}, ${ended ? END_WORDS[c.end!] : c.holds.length > 0 ? 'held' : (SIDE_WORDS[where] ?? where)}.`,
  };
}

/** Of the run that left it so, until something follows again. */
const unprotectedLines = ({ c, unprotected }: Scene): Line[] =>
  unprotected?.run === c.run ? [unprotectedLine(unprotected)] : [];

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
    if (hold.kind === 'replay')
      return [`${SIGN.held} held: `, { untrusted: hold.why }, '. See the card in the thread ↓ · ', ...asked];
    const step = stepNode(c, hold.ref);
    const title = step?.title ?? gateNode(c, hold.ref)?.title ?? 'Make the plan';
    const unknown = step?.effect && stepState(c, hold.ref).status === 'unknown';
    return [
      `${SIGN.held} held at “${title}”${unknown ? ': we do not know whether it took' : ''}. See the card in the thread ↓ · `,
      ...asked,
    ];
  }
  if (c.end === 'takenOver') return [`${SIGN.held} taken over by hand; Regent lifts what it froze · `, ...asked];
  if (where === 'rollingBack') return [`↩ undoing, ${toUndo(c).length} left · `, ...asked];
  const watching = watchingWords(c);
  if (watching !== null) return [`${SIGN.running} `, ...watching, ' · ', ...asked];
  return [`${SIGN.running} ${SIDE_WORDS[where] ?? where} · `, ...asked];
}

function bar({ c, where }: Scene): Line {
  const here = PHASES.indexOf(where as Phase);
  return PHASES.filter((phase) => stepsOf(c, phase).length + gatesOf(c, phase).length > 0)
    .map((phase) => {
      const index = PHASES.indexOf(phase);
      // Undone or tidied up meanwhile: what was gone through is told by when it ended.
      if (here === -1 ? c.phases[phase]?.to != null : index < here) return `${SIGN.done} ${phase}`;
      return index === here ? `${SIGN.running} ${phase} ${progressOf(c, phase)}` : `· ${phase}`;
    })
    .join('   ');
}

function clocks(scene: Scene): Line {
  const { c, now } = scene;
  const until = c.endedAt ?? now;
  const parts: Line[] = [`${clockText(until - beganAt(c))} elapsed of ${clockText(c.objectives.rtoMs)}`];
  const { from, to } = outageOf(c);
  if (from !== null) {
    const counting = to === null && c.endedAt === null ? ' and counting' : '';
    parts.push(`${SIGN.refused} ${outageWord(c)} ${clockText((to ?? until) - from)}${counting}`);
  } else if (c.mode === 'planned') parts.push('writes go on');
  return [...parts, ...expected(scene)].flatMap((part, index): Span[] => [...(index > 0 ? [' · '] : []), part].flat());
}

/** When service is expected to be verified. What is held has no such time. */
function expected(scene: Scene): Line[] {
  const { c, where, usual = {}, now } = scene;
  const ahead = isForward(scene) && PHASES.indexOf(where as Phase) <= PHASES.indexOf('verifying');
  if (!ahead || c.holds.length > 0 || scene.halt) return [];
  const counted = openGates(scene).length > 0 ? ', people’s decisions not counted' : '';
  return [['expected by ', { time: expectedAt(c, usual, now) }, counted]];
}

/** Who is waited for, what for, until when: or nobody, said so. */
function waiting(scene: Scene): Line {
  const { c } = scene;
  const open = openGates(scene);
  const stopped = c.holds.find((hold) => hold.kind !== 'person');
  if (stopped?.kind === 'gate')
    return [`Waiting for: somebody to ask again${noWayBack(scene) === null ? ' or abort' : ''}, `, ...reach(scene)];
  if (stopped) return ['Waiting for: a decision on the held step, ', ...reach(scene)];
  if (c.holds.length > 0) return 'Waiting for: somebody to resume';
  const itself = isForward(scene) ? waitsByItself(c) : [];
  if (open.length === 0 && itself.length === 0) return 'Waiting for: nobody';
  return [
    'Waiting for: ',
    ...open.flatMap((gate, index) => {
      const state = c.gates[gate.id]!;
      const missing = gate.votes - state.votes.filter((vote) => vote.vote === 'approve').length;
      return [
        ...(index > 0 ? ['; '] : []),
        `${missing} more for “${gate.title}”, `,
        ...(state.deadline === null ? [] : ['by ', { time: state.deadline }, ', ']),
        'asked: ',
        ...askedAt(c, gate),
      ];
    }),
    ...itself.flatMap((item, index) => [open.length + index > 0 ? '; ' : '', ...item]),
  ];
}

const reach = ({ contacts }: Scene) => {
  const named = Object.entries(contacts).slice(0, 2);
  return named.length === 0
    ? ['any operator']
    : named.map(([role, how], index) => `${index > 0 ? ', ' : ''}${role}: ${how}`);
};

function actions(scene: Scene): Action[] {
  const { c } = scene;
  const paused = c.holds.some((hold) => hold.kind === 'person');
  return [
    paused ? button('resume', 'Resume', c, {}, { style: 'primary' }) : button('pause', 'Pause', c),
    ...abortButton(scene),
    button('status', 'Details', c),
  ];
}
