/** One reply per phase, edited in place: what runs now and what each step found, with how long it took. */
import { tookText } from '../lib/duration.ts';
import { stepState, stepsOf } from '../machine/facts.ts';
import type { Context, StepNode } from '../machine/types.ts';
import type { Line, Message } from '../ports/chat.ts';
import { type Scene, SIGN, stepSign } from './scene.ts';

/** A step in one line: sign, title, how long, what was seen or what is missing. */
export function stepLine(c: Context, step: StepNode): Line {
  const state = stepState(c, step.id);
  const took = state.intendedAt !== null && state.endedAt !== null ? [tookText(state.endedAt - state.intendedAt)] : [];
  const said =
    state.status === 'skipped' ? 'skipped' : (state.summary ?? (state.status === 'intended' ? 'running' : state.why));
  const rest = [...took, ...(said ? [said] : [])].join(' · ');
  return [`${stepSign(state)} ${step.title}`, ...(rest === '' ? [] : [' · ', { untrusted: rest }])];
}

export function phase({ c, where, facts }: Scene): Message | null {
  const name = String(facts['phase']) as StepNode['phase'];
  const tried = stepsOf(c, name).filter((step) => stepState(c, step.id).status !== 'none');
  if (tried.length === 0) return null;
  const over = stepsOf(c, name).every((step) =>
    ['done', 'alreadyDone', 'skipped'].includes(stepState(c, step.id).status),
  );
  const sign = over ? SIGN.done : where === name ? SIGN.running : '·';
  return {
    title: [{ bold: `${sign} ${name === 'atEnd' ? 'tidying up' : name}` }],
    lines: tried.map((step) => stepLine(c, step)),
    tone: 'plain',
    actions: [],
  };
}

/** The same for what is undone, newest first. */
export function undo({ c }: Scene): Message | null {
  if (c.firstIntents.length === 0) return null;
  const steps = c.firstIntents.toReversed().flatMap((id) => {
    const node = c.nodes.find((one): one is StepNode => one.kind === 'step' && one.id === id);
    return node ? [node] : [];
  });
  return {
    title: [{ bold: '↩ Undoing, last first' }],
    lines: steps.map((step): Line => {
      const state = stepState(c, step.id);
      const words =
        state.status === 'undone'
          ? 'as it was'
          : state.status === 'undoIntended'
            ? 'running'
            : (state.why ?? 'to be undone');
      return [`${stepSign(state)} ${step.title} · `, { untrusted: words }];
    }),
    tone: 'plain',
    actions: [],
  };
}
