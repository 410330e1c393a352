/** The card of a hold: what is not known or not done, what that means, and the choices that are valid now. */
import { noReturn, stepNode, stepState, toUndo } from '../machine/facts.ts';
import type { Action, Line, Message } from '../ports/chat.ts';
import { button, route, type Scene, SIGN, who } from './scene.ts';

export function hold(scene: Scene): Message | null {
  const { c, facts } = scene;
  const now = c.holds.find((one) => one.n === Number(facts['n']));
  const ref = String(facts['ref']);
  const step = stepNode(c, ref);
  const name = step?.title ?? (ref === 'plan' ? 'making the plan' : ref);
  if (facts['kind'] === 'person') {
    return now
      ? {
          title: [`${SIGN.held} Paused by `, who(ref), ` · ${c.run}`],
          lines: [
            { untrusted: String(facts['why']) },
            'What is in flight goes on; nothing new starts. Votes still count.',
          ],
          tone: 'waiting',
          actions: [button('resume', 'Resume', c, {}, { style: 'primary' })],
        }
      : {
          title: [`${SIGN.running} Resumed by `, who(String(facts['by'])), ` · ${c.run}`],
          lines: [],
          tone: 'plain',
          actions: [],
        };
  }
  if (!now)
    return {
      title: [`${SIGN.running} “${name}” is no longer held · ${c.run}`],
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
  const state = stepState(c, ref);
  const unknown = state.status === 'unknown' || state.status === 'undoUnknown';
  const title: Line = unknown
    ? [`${SIGN.held} We do not know whether “${name}” took · ${route(c)} · ${c.run}`]
    : [`${SIGN.held} “${name}” is not done · ${route(c)} · ${c.run}`];
  const lines: Line[] = [{ untrusted: now.why }];
  if (unknown && step?.repeat === 'once')
    lines.push('It must not be sent twice. Nothing is sent again until it is known.');
  if (step?.proves) lines.push('What comes after rests on this proof: it cannot be skipped.');
  const last = noReturn(c);
  const footnote = last ? `Abort is no longer possible: “${last.title}” may have taken place.` : undefined;
  return {
    title,
    lines,
    tone: 'bad',
    actions: actions(scene, ref, unknown),
    ...(footnote === undefined ? {} : { footnote }),
  };
}

function actions({ c }: Scene, ref: string, unknown: boolean): Action[] {
  const list = [button('retry', unknown ? 'Check again' : 'Retry', c, { step: ref }, { style: 'primary' })];
  if (noReturn(c) === undefined && c.end === null)
    list.push(button('abort', toUndo(c).length > 0 ? 'Abort and undo…' : 'Abort…', c, {}, { style: 'danger' }));
  return list;
}
