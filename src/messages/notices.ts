/** Short messages in the thread: the plan, the promotion, notes, restarts, escalations, late answers. */

import { atMostText } from '../lib/bytes.ts';
import { stepNode } from '../machine/facts.ts';
import type { GateNode, Plan } from '../machine/types.ts';
import type { Line, Message } from '../ports/chat.ts';
import { reachLines } from './around.ts';
import { ownCalls } from './own-calls.ts';
import { inRunPlan, isReprotect, movesNothing, reprotectPlan } from './reprotection.ts';
import { listed, route, type Scene, SIGN, who } from './scene.ts';
import { secondaryPlan } from './secondary.ts';

const notice = (title: Message['title'], lines: Message['lines'] = [], tone: Message['tone'] = 'plain'): Message => ({
  title,
  lines,
  tone,
  actions: [],
});

export function plan({ c, facts }: Scene): Message | null {
  const { plan: now } = c;
  if (!now || now.hash !== facts['hash']) return null;
  const { values } = now;
  return notice(
    [{ bold: 'The plan' }, ` · ${route(c)} · `, { code: now.hash.slice(0, 12) }],
    movesNothing(c)
      ? [...(isReprotect(c) ? reprotectPlan(c) : secondaryPlan(c)), ...ownCalls(now)]
      : [
          `Scale up in ${c.target}: ${values.deployments.map(({ name, replicas }) => `${name} ${replicas}`).join(', ')}`,
          now.mode === 'emergency'
            ? `Fence ${c.source} as far as it answers, and the rest the moment it does`
            : `Stop in ${c.source}: ${values.stopWriters.join(', ') || 'nothing'}; fence Postgres there (${values.fence.strategy}, ${values.fence.strength})`,
          `Promote Postgres${values.cache ? ' and Redis' : ''} in ${c.target}; ${boundOf(now)}`,
          `Then ${values.dns.length} DNS records to ${c.target}`,
          ...inRunPlan(now),
          ...ownCalls(now),
        ],
  );
}

/** How far behind it may be, or how much may be lost. */
function boundOf({ mode, bounds: { lagSeconds, loss } }: Plan): string {
  if (mode === 'planned') return `lag bound ${lagSeconds} s`;
  return loss === null ? 'what would be lost is not measured yet' : `writes lost: at most ${atMostText(loss)}`;
}

export const promoted = ({ c }: Scene): Message =>
  notice(
    [`${SIGN.done} ${c.target} is primary and has accepted a write · ${c.run}`],
    [`From here there is no rollback; going back is a failback. Next: DNS.`],
    'good',
  );

export const note = ({ facts }: Scene): Message =>
  notice(['📝 ', who(String(facts['by'])), ': ', { untrusted: String(facts['text']) }]);

export function restarted({ c, facts }: Scene): Message {
  const checking = (facts['checking'] as string[]).map((id) => `“${stepNode(c, id)?.title ?? id}”`);
  const calls =
    checking.length === 0
      ? 'nothing was in flight'
      : `${checking.length} call${checking.length === 1 ? '' : 's'} being checked (${checking.join(', ')})`;
  return notice([`↻ Restarted at `, { time: Number(facts['at']) }, `: ${calls}, nothing repeated.`]);
}

export function escalated({ c, facts }: Scene): Message | null {
  const gate = c.nodes.find((node): node is GateNode => node.kind === 'gate' && node.id === facts['gate']);
  if (!gate) return null;
  const people = listed([...gate.escalateTo, ...gate.approvers].map(who));
  return notice(
    [`⏰ ${gate.title} · ${route(c)} · nobody has decided yet. `, ...people],
    ['The card is in this thread ↑'],
    'waiting',
  );
}

export const late = ({ c, facts }: Scene): Message =>
  notice([
    `A late answer about “${stepNode(c, String(facts['step']))?.title ?? facts['step']}” arrived (${String(facts['event']).toLowerCase().replaceAll('_', ' ')}). It was kept and changes nothing.`,
  ]);

/** A disaster was declared: whoever coordinates is called by name. */
export function declared({ c, coordinators = [], contacts }: Scene): Message {
  const { by, reason } = c.switched ?? { by: c.requestedBy, reason: c.reason };
  const called = coordinators.length === 0 ? [] : [...listed(coordinators.map(who)), ', you coordinate. '];
  return {
    title: [`${SIGN.emergency} `, { bold: `${c.source} is declared lost` }, ` · ${c.run} · ${route(c)}`],
    lines: [
      [...called, 'Declared by ', who(by), ': ', { untrusted: `“${reason}”` }],
      ...(c.byName === null
        ? []
        : [[{ bold: 'Not seen to have failed' }, ': ', { untrusted: `${c.byName}.` }] satisfies Line]),
      'Decisions are asked for in this thread, and shown in the channel.',
      ...reachLines(contacts),
    ],
    tone: 'bad',
    actions: [],
  };
}
