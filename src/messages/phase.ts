/** One reply per phase, edited in place: what runs now and what each step found, with how long it took. */
import { tookText } from '../lib/duration.ts';
import { settled, stepNode, stepState, stepsOf, toUndo } from '../machine/facts.ts';
import type { Context, StepNode, StepState } from '../machine/types.ts';
import type { Line, Message } from '../ports/chat.ts';
import { progressText } from './progress.ts';
import { type Scene, SIGN, type StepProgress, stepSign } from './scene.ts';

/** A step in one line: sign, title, how long, how far it is, what was seen or what is missing. */
export function stepLine(c: Context, step: StepNode, progress?: StepProgress): Line {
  const state = stepState(c, step.id);
  // Of what was skipped or undone later it would be the time people took.
  const timed = ['done', 'notDone', 'unknown'].includes(state.status);
  // Of work in several parts the attempt is only the last one.
  const whole = state.evidence?.['wholeMs'];
  const tookMs =
    typeof whole === 'number'
      ? whole
      : state.intendedAt !== null && state.endedAt !== null
        ? state.endedAt - state.intendedAt
        : null;
  const took = timed && tookMs !== null ? [tookText(tookMs)] : [];
  const said = state.status === 'intended' ? runningText(step, progress) : saidOf(state);
  const rest = [...took, ...(said ? [said] : [])].join(' · ');
  return [`${stepSign(state)} ${step.title}`, ...(rest === '' ? [] : [' · ', { untrusted: rest }])];
}

/** What a step has to show beside its few words, line by line: the arithmetic of a choice. */
export function shownBy({ status, evidence }: Pick<StepState, 'status' | 'evidence'>): Line[] {
  const lines = ['done', 'alreadyDone'].includes(status) ? evidence?.['lines'] : undefined;
  return Array.isArray(lines) ? lines.map((line): Line => ({ code: String(line) })) : [];
}

/** How far it is; where nobody can say, how long it usually takes. */
function runningText({ usualMs }: StepNode, progress?: StepProgress): string {
  if (progress) return progressText(progress);
  return usualMs === undefined ? 'running' : `running · usually ${tookText(usualMs)}`;
}

/** What was seen counts as long as it is so: of what is undone, or asked about again, it would be an old truth. */
function saidOf(state: StepState): string | null {
  const { status, summary, why } = state;
  switch (status) {
    case 'skipped':
      return 'skipped';
    case 'undoIntended':
      return 'being undone';
    case 'undone':
      return wasKept(state) ? 'left as it is' : 'put back as it was';
    case 'done':
    case 'alreadyDone':
      return summary;
    default:
      return why;
  }
}

/** There was nothing of it to take back: what it left is no harm. */
const wasKept = ({ evidence }: StepState): boolean => evidence?.['kept'] === true || evidence?.['untouched'] === true;

export function phase({ c, where, facts, progress = {} }: Scene): Message | null {
  const name = String(facts['phase']) as StepNode['phase'];
  // What a plan that was left has done is still so.
  const former = c.former.filter((step) => step.phase === name);
  const tried = [...former, ...stepsOf(c, name)].filter((step) => stepState(c, step.id).status !== 'none');
  if (tried.length === 0) return null;
  const over = stepsOf(c, name).every((step) => settled(c, step.id));
  const sign = over ? SIGN.done : where === name ? SIGN.running : '·';
  return {
    title: [{ bold: `${sign} ${name === 'atEnd' ? 'tidying up' : name}` }],
    lines: tried.flatMap((step) => [stepLine(c, step, progress[step.id]), ...shownBy(stepState(c, step.id))]),
    tone: 'plain',
    actions: [],
  };
}

/** The same for what is undone, newest first. */
export function undo({ c }: Scene): Message | null {
  if (c.firstIntents.length === 0) return null;
  const steps = c.firstIntents
    .toReversed()
    .flatMap((id) => stepNode(c, id) ?? [])
    .filter((step) => step.phase !== 'atEnd');
  const left = toUndo(c);
  return {
    title: [{ bold: '↩ Undoing, last first' }],
    lines: steps.map((step): Line => {
      const state = stepState(c, step.id);
      const words =
        state.status === 'undone'
          ? wasKept(state)
            ? 'left as it is'
            : 'as it was'
          : state.status === 'undoIntended'
            ? 'running'
            : state.status === 'undoUnknown'
              ? (state.why ?? 'not known')
              : left.includes(step)
                ? 'to be undone'
                : 'nothing came of it';
      return [`${stepSign(state)} ${step.title} · `, { untrusted: words }];
    }),
    tone: 'plain',
    actions: [],
  };
}
