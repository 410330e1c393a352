/** The card of a hold: what is not known or not done, what that means, and the choices that are valid now. */
import { mayLook, maySwitch, mayWait, stepNode, stepState } from '../machine/facts.ts';
import type { Action, Line, Message } from '../ports/chat.ts';
import { ruleHold } from './rule-hold.ts';
import { abortButton, button, isForward, noWayBack, route, type Scene, SIGN, who } from './scene.ts';
import { switchButton } from './switch.ts';
import { scaleButtons } from './watch.ts';

export function hold(scene: Scene): Message | null {
  const { c, facts } = scene;
  const now = c.holds.find((one) => one.n === Number(facts['n']));
  const ref = String(facts['ref']);
  const step = stepNode(c, ref);
  const name = step?.title ?? (ref === 'plan' ? 'Make the plan' : ref);
  if (facts['kind'] === 'person') {
    return now
      ? {
          title: [`${SIGN.held} Paused by `, who(ref), ` · ${route(c)} · ${c.run}`],
          lines: [
            ...(facts['why'] === 'paused' ? [] : [{ untrusted: `“${facts['why']}”` }]),
            'What is in flight goes on; nothing new starts. Votes still count.',
          ],
          tone: 'waiting',
          actions: [button('resume', 'Resume', c, {}, { style: 'primary' })],
        }
      : {
          title: [`${SIGN.running} Resumed by `, who(String(facts['by'])), ` · ${route(c)} · ${c.run}`],
          lines: [],
          tone: 'plain',
          actions: [],
        };
  }
  if (step?.rule) return ruleHold(scene, step);
  if (!now)
    return {
      title: [`${SIGN.running} “${name}” is no longer held · ${route(c)} · ${c.run}`],
      lines: [
        [
          'Went on after: ',
          String(facts['event']).toLowerCase().replaceAll('_', ' '),
          ' by ',
          who(String(facts['by'])),
        ],
      ],
      tone: 'plain',
      actions: [],
    };
  const { status } = stepState(c, ref);
  const unknown = status === 'unknown' || status === 'undoUnknown';
  const said =
    facts['kind'] === 'replay'
      ? 'This version of Regent does not understand the run so far'
      : status === 'undoUnknown'
        ? `We do not know whether “${name}” is undone`
        : status === 'unknown' && step?.effect
          ? `We do not know whether “${name}” took`
          : status === 'unknown'
            ? `“${name}” has no answer`
            : `“${name}” is not done`;
  const title: Line = [`${SIGN.held} ${said} · ${route(c)} · ${c.run}`];
  const lines: Line[] = [{ untrusted: now.why }];
  if (status === 'unknown' && step?.repeat === 'once')
    lines.push('It must not be sent twice. Nothing is sent again until it is known.');
  const byHand = stepState(c, ref).evidence?.['byHand'];
  if (Array.isArray(byHand) && byHand.length > 0) {
    lines.push('By hand, then mark it done:');
    for (const one of byHand) lines.push({ code: String(one) });
  }
  if (step?.proves) lines.push('What comes after rests on this proof: it cannot be skipped.');
  const footnote = noWayBack(scene);
  return {
    title,
    lines,
    tone: 'bad',
    actions: actions(scene, ref, unknown),
    ...(footnote === null ? {} : { footnote }),
  };
}

/** What lets it go on by itself: a look, some more time, another try. Only the last may send anything. */
function onwards({ c, facts }: Scene, ref: string): Action[] {
  if (facts['kind'] === 'replay') return [button('resume', 'Resume', c, {}, { style: 'primary' })];
  const look = (style: { style?: 'primary' }) => button('check', 'Check now', c, { step: ref }, style);
  if (mayWait(c, ref)) return [look({ style: 'primary' }), button('more', '5 more minutes', c, { step: ref })];
  const again = stepState(c, ref).status === 'undoUnknown' ? 'Undo again' : 'Retry';
  return [button('retry', again, c, { step: ref }, { style: 'primary' }), ...(mayLook(c, ref) ? [look({})] : [])];
}

function actions(scene: Scene, ref: string, unknown: boolean): Action[] {
  const { c, facts } = scene;
  const state = stepState(c, ref);
  const node = stepNode(c, ref);
  const failed = state.status === 'notDone' || state.status === 'unknown';
  const more: Action[] = [];
  // Fences of an earlier run: lifted only on purpose.
  if (failed && state.evidence?.['lift'] === true) more.push(button('lift', 'Lift…', c, { region: c.target }));
  if (node && failed && node.effect) {
    more.push(button('mark', 'Mark done…', c, { step: ref, as: 'done' }));
    if (unknown)
      more.push({ ...button('mark', 'Mark not done…', c, { step: ref, as: 'notDone' }), id: `mark:${ref}:notDone` });
  }
  const lost = unknown && node?.noUndo !== null;
  if (node && failed && !node.proves && !lost) more.push(button('skip', 'Skip…', c, { step: ref }));
  // For a region that does not answer any more a planned run would wait for ever.
  const waits = facts['kind'] === 'step' && isForward(scene) && maySwitch(c) && c.phases.promoting?.to == null;
  const other = waits ? [switchButton(c, {})] : [];
  // What may help is offered where it is missed.
  const scale = c.watch?.step === ref ? scaleButtons(scene) : [];
  return [
    ...scale,
    ...onwards(scene, ref),
    ...more,
    ...other,
    button('takeover', 'Take over…', c),
    ...abortButton(scene),
  ];
}
