/**
 * The card of a house rule that is not met: nothing is broken and nothing was changed, so it asks one question: do we go
 * on without it? Whoever says so is named, with the reason, until somebody else has looked at it.
 */
import { heldRules, stepState } from '../machine/facts.ts';
import type { StepNode } from '../machine/types.ts';
import type { Line, Message } from '../ports/chat.ts';
import { abortButton, button, listed, route, type Scene, SIGN, who } from './scene.ts';

const quoted = (step: StepNode): string => `“${step.title}”`;

export function ruleHold(scene: Scene, step: StepNode): Message {
  const { c, facts } = scene;
  const now = c.holds.find((one) => one.n === Number(facts['n']));
  const end = ` · ${route(c)} · ${c.run}`;
  if (!now)
    return {
      title: [`${SIGN.running} ${quoted(step)} is no longer held${end}`],
      lines: [gone(scene, step)],
      tone: 'plain',
      actions: [],
    };
  const { status } = stepState(c, step.id);
  const others = heldRules(c).filter((one) => one.step.id !== step.id);
  const all = others.length + 1;
  return {
    title: [
      `${SIGN.held} ${status === 'unknown' ? 'House rule not known to be met' : 'House rule not met'}: ${quoted(step)}${end}`,
    ],
    lines: [
      { untrusted: now.why },
      'Nothing has been changed. The move works without it; whoever goes on without it is named with the reason.',
      ...(others.length === 0
        ? []
        : [[`Held too: `, ...listed(others.map((one) => quoted(one.step))), '.'] satisfies Line]),
    ],
    tone: 'waiting',
    actions: [
      button('retry', 'Check again', c, { step: step.id }, { style: 'primary' }),
      button('override', 'Go on without it…', c, { step: step.id }),
      ...(others.length === 0 ? [] : [button('override', `Go on without all ${all}…`, c, { step: 'all' })]),
      ...abortButton(scene),
    ],
  };
}

/** How it went on: without it, by whom and why; or it is asked again. */
function gone({ c, facts }: Scene, step: StepNode): Line {
  const by = who(String(facts['by']));
  if (facts['event'] === 'STEP_SKIPPED') {
    const override = c.overrides.findLast(({ rule }) => rule === `waive ${step.id}`);
    return ['Gone on without it by ', by, ...(override ? [': ', { untrusted: `“${override.reason}”` }] : [])];
  }
  if (facts['event'] === 'STEP_RETRIED')
    return [c.holds.length > 0 ? 'Asked again, once nothing else holds, for ' : 'Asked again for ', by];
  return ['Went on after: ', String(facts['event']).toLowerCase().replaceAll('_', ' '), ' by ', by];
}
