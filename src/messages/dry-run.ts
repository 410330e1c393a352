/** `/dr plan`: what would be done, current → new, and what is not ready. */
import type { GateNode, Plan } from '../machine/types.ts';
import type { Answer } from '../ports/answer.ts';
import type { Line, Message } from '../ports/chat.ts';
import { ownCalls } from './own-calls.ts';
import { shownBy } from './phase.ts';
import { inRunPlan } from './reprotection.ts';
import { isFailback, listed, route, SIGN, who } from './scene.ts';

type Asked = { plan: Plan; steps: { id: string; title: string; phase: string; effect: boolean; answer: Answer }[] };

export function dryRun({ plan, steps }: Asked): Message {
  // Of a change "not done" is what is to be expected; that nothing is known of its place is not.
  const notReady = steps.filter(({ effect, answer }) => answer.is === 'unknown' || (!effect && answer.is !== 'done'));
  const line = ({ title, effect, answer }: Asked['steps'][number]): Line => {
    if (answer.is === 'done')
      return [`${SIGN.done} ${title}${effect ? ' (already so)' : ''} · `, { untrusted: answer.summary ?? '' }];
    if (answer.is === 'unknown') return [`${SIGN.unknown} ${title} · `, { untrusted: answer.why }];
    return [`${effect ? SIGN.running : SIGN.notDone} ${title} · `, { untrusted: answer.why }];
  };
  const gates = plan.nodes
    .filter((node): node is GateNode => node.kind === 'gate')
    .map(
      (gate): Line =>
        gate.required
          ? [
              `Gate “${gate.title}”: ${gate.votes} of `,
              ...listed(gate.approvers.map(who)),
              ...(gate.requesterMayVote ? [] : [', not who asks']),
            ]
          : `Gate “${gate.title}”: nobody is asked, the evidence decides`,
    );
  return {
    title: [
      { bold: 'Plan' },
      ` · ${isFailback(plan) ? 'failback ' : ''}${route(plan)} · nothing was changed · `,
      { code: plan.hash.slice(0, 12) },
    ],
    lines: [
      notReady.length === 0
        ? `${SIGN.done} Ready: every check that can be asked beforehand says yes.`
        : `${SIGN.notDone} Not ready: ${notReady.map((step) => step.title).join(', ')}.`,
      ...steps.flatMap((step) => [
        line(step),
        ...shownBy({ status: step.answer.is === 'done' ? 'done' : 'none', evidence: step.answer.evidence }),
      ]),
      ...(steps.some(({ answer }) => answer.evidence['lift'] === true)
        ? [['What is left in ', plan.target, ' is lifted on purpose: ', { code: `/dr lift ${plan.target} reason:"…"` }]]
        : []),
      ...inRunPlan(plan),
      ...ownCalls(plan),
      ...gates,
      'Proofs asked during the run: the fence, the log position, a write in the target, DNS answers, public health.',
    ],
    tone: notReady.length === 0 ? 'good' : 'bad',
    actions: [],
  };
}
