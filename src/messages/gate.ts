/** A gate's card: the evidence for the decision, what it means, the votes so far, and the buttons while it is open. */
import { atMostText, bytesText } from '../lib/bytes.ts';
import { askedBy, chosenText, gateNode, mayExtend, otherHand, stepState, stepsOf } from '../machine/facts.ts';
import type { Context, Evidence, GateId, GateNode, GateState, PlanValues } from '../machine/types.ts';
import type { Action, Line, Message, Span } from '../ports/chat.ts';
import { isReprotect, reprotectConsequence, reprotectMeaning } from './reprotection.ts';
import { abortButton, askedAt, button, isForward, listed, route, type Scene, SIGN, who } from './scene.ts';
import { isSecondary, secondaryMeaning } from './secondary.ts';

const MOST_RECORDS = 10;

export function gate(scene: Scene): Message | null {
  const { c, facts } = scene;
  const id = String(facts['gate']);
  const node = c.nodes.find((one): one is GateNode => one.kind === 'gate' && one.id === id);
  const state = c.gates[id];
  if (!node || !state) return null;
  const title: Line = [{ bold: node.title }, ` · ${route(c)} · ${c.run}`];
  const superseded = state.round !== Number(facts['round']) || state.status === 'none';
  if (superseded)
    return { title, lines: [[`${SIGN.held} Not valid any more`, ...why(state)]], tone: 'plain', actions: [] };
  if (state.status === 'open' && !isForward(scene))
    return {
      title,
      lines: [`${SIGN.held} Nobody is asked any more: ${c.run} ${over(scene)}.`],
      tone: 'plain',
      actions: [],
    };
  return {
    title,
    lines: [
      ...unseen(node, c),
      ...meaning(node, c),
      ...chosen(node, c),
      ...evidence(node, state, c),
      ...controlPlane(node, c),
      ...votes(scene, node, state),
    ],
    tone: state.status === 'open' ? 'waiting' : state.status === 'approved' ? 'good' : 'bad',
    actions: actions(scene, node, state),
  };
}

/** Whoever approves must know that nothing but a person's word says that the region is lost. */
const unseen = ({ id }: GateNode, c: Context): Line[] =>
  c.byName === null || id === 'dns'
    ? []
    : [
        [
          `${SIGN.emergency} `,
          { bold: `NOT SEEN TO HAVE FAILED: ${c.source} was declared by its name. ` },
          who(askedBy(c)),
          ' typed it when ',
          { untrusted: `${c.byName}.` },
        ],
      ];

/** Why this target, where several regions could take over. */
function chosen({ id }: GateNode, c: Context): Line[] {
  const text = chosenText(c);
  return text === null || !['declare', 'promote'].includes(id) ? [] : [{ untrusted: text }];
}

/** Behind "not valid any more": why, as far as the state still knows, and where to look instead. */
function why(state: GateState): Span[] {
  if (state.status !== 'none') return [': it was asked again since. See the newer card in this thread.'];
  const reason = state.reason ?? '';
  return reason === '' ? [': it is asked again.'] : [': ', { untrusted: reason }, '. It is asked again.'];
}

const over = ({ c, where }: Scene): string =>
  c.end === 'takenOver' ? 'was taken over by hand' : where === 'rollingBack' ? 'is being undone' : 'has ended';

/** What happens when it is approved, and what cannot be taken back. */
function meaning(node: GateNode, c: Context): Line[] {
  const values = c.plan?.values;
  if (!values) return [];
  if (isReprotect(c)) return reprotectMeaning(c);
  if (isSecondary(c)) return secondaryMeaning(c);
  if (node.id === 'dns') {
    const changed = values.dns.map(({ name, type, old, oldTtl, new: wanted, ttl, provider }) => {
      const move =
        old?.join(' ') === wanted.join(' ')
          ? `${wanted.join(' ')} already`
          : `${old?.join(' ') ?? 'nothing'} → ${wanted.join(' ')}`;
      return `${name}  ${type}  ${move}  TTL ${oldTtl === null || oldTtl === ttl ? ttl : `${oldTtl} → ${ttl}`}  ${provider}`;
    });
    const more = changed.length - MOST_RECORDS;
    return [
      `Carried out only after ${c.target} has accepted a write.`,
      ...changed.slice(0, MOST_RECORDS).map((text): Line => ({ code: text })),
      ...(more > 0 ? [`… and ${more} more`] : []),
    ];
  }
  const risk = riskOf(node.id, c);
  if (risk !== null) return risk;
  const fence = values.fence;
  const how =
    fence.strategy === 'statefulset'
      ? `StatefulSet ${fence.ref} → 0`
      : fence.strategy === 'sql'
        ? 'SQL only: the server stays up'
        : fence.ref;
  const last = stepsOf(c, node.phase).find((step) => step.effect && step.noUndo !== null);
  if (c.mode === 'emergency')
    return [
      `What happens: ${c.source} is fenced as far as it can be reached, ${c.target} takes over with what it has. Writes that did not get there are lost.`,
      ...reliedOn(c, fence.selfFence),
      last
        ? `After “${last.title}” there is no rollback; going back is a failback.`
        : 'Every step of it can be undone.',
    ];
  return [
    `What happens: writers in ${c.source} stop, Postgres there is fenced (${how}; ${fence.strength}), ${c.target} takes over. Writes are refused meanwhile.`,
    last ? `After “${last.title}” there is no rollback; going back is a failback.` : 'Every step of it can be undone.',
  ];
}

/** What counts as the fence where nobody answers: people approve it with the plan. */
const reliedOn = ({ source }: Context, self: PlanValues['fence']['selfFence']): Line[] =>
  self === undefined
    ? []
    : [
        `If nothing of ${source} answers, its self-fence counts: a server that cannot renew its lease ${self.lease} stops itself within ${self.withinMs / 1000} s. Proven when that lease has run out for so long; else a person is asked.`,
      ];

/** What is risked with a decision that only an emergency knows. */
function riskOf(gate: string, c: Context): Line[] | null {
  const { source, target, plan, switched } = c;
  const { attempt: seen, lease } = stepState(c, 'prove-fence').evidence ?? {};
  switch (gate) {
    case 'declare':
      return [
        ...(switched === null
          ? []
          : [
              [
                'It began as a planned run. ',
                who(switched.by),
                ' wants it to go on as an emergency: ',
                { untrusted: `“${switched.reason}”` },
              ] satisfies Line,
              `Given up with that: ${switched.gaveUp}`,
            ]),
        `What it means: ${source} counts as lost. ${target} is made ready at once, and its promotion is asked for next.`,
        'Nothing is stopped or promoted by this alone.',
      ];
    case 'unverified-fence':
      if (seen === 'refused')
        return [
          `${source} refuses writes now, and its Postgres still runs: it was to be stopped, and only its databases could be closed.`,
          `Whoever opens them again there, or a restore, makes it take writes that ${target} lacks. Regent closes them anew as long as it can reach it.`,
          `Approve if that is enough, or once you have stopped Postgres there by hand.`,
        ];
      return [
        `Nobody can say whether ${source} still takes writes: it could not be reached to be fenced, and it does not answer.`,
        ...(typeof lease === 'string' ? [{ untrusted: lease } satisfies Span] : []),
        `If it does, both regions will hold writes that the other lacks, and people will have to reconcile them by hand.`,
        `Approve only if you know from elsewhere that ${source} is down, or if waiting costs more than that.`,
      ];
    case 'data-loss':
      return [
        `More would be lost than was promised (objectives.rpo: ${plan?.bounds.lagSeconds ?? '?'} s). What is lost does not come back by itself.`,
        `If ${source} can be reached again in time, nothing of it needs to be lost.`,
      ];
    default:
      return null;
  }
}

/** What may be lost: approved as this bound, asked again if it is worse by then. */
const lossOf = ({ lossSeconds, lossBytes, boundSeconds }: Evidence): string =>
  typeof lossSeconds !== 'number' || typeof lossBytes !== 'number'
    ? 'writes lost: NOBODY CAN SAY how many'
    : `writes lost: at most ${atMostText({ seconds: lossSeconds, bytes: lossBytes })} (RPO ${boundSeconds} s)`;

/** A check that may be skipped: what it saw is so when it saw no trouble; nothing seen is not so. */
const isSo = ({ trouble }: Evidence): boolean => Array.isArray(trouble) && trouble.length === 0;

/** What the checks saw, each number with its unit and bound. */
function evidence(node: GateNode, state: GateState, c: Context): Line[] {
  if (node.id === 'dns') return [];
  const parts: string[] = [];
  const lag = state.evidence['replication-lag'];
  if (lag)
    parts.push(
      `lag ${Number(lag['lagSeconds']).toFixed(1)} s, ${bytesText(Number(lag['lagBytes']))} (bound ${lag['boundSeconds']} s)`,
    );
  const loss = state.evidence['loss-measured'];
  if (loss) parts.push(lossOf(loss));
  const redis = state.evidence['redis-in-sync'];
  if (redis)
    parts.push(
      isSo(redis) ? `Redis in sync, ${bytesText(Number(redis['bytesBehind']))} behind` : 'Redis NOT seen in sync',
    );
  const health = state.evidence['target-healthy'];
  if (health) parts.push(isSo(health) ? `${c.target} healthy` : `${c.target} NOT seen healthy`);
  const parity = state.evidence['config-parity'];
  if (parity) parts.push(isSo(parity) ? 'both regions configured alike' : 'regions NOT seen configured alike');
  const monitored = state.evidence['target-monitored'];
  if (monitored) parts.push(isSo(monitored) ? `${c.target} monitored` : `${c.target} NOT seen monitored`);
  const capacity = state.evidence['target-capacity'];
  if (capacity)
    parts.push(
      `room for ${capacity['podsToStart']} more pods of ${capacity['podsAsked']} asked, ${capacity['nodesReady']} of ${capacity['nodes']} nodes ready`,
    );
  if (parts.length === 0) return [];
  return [['Seen at ', { time: state.openedAt ?? 0 }, `: ${parts.join(' · ')}`]];
}

/** Route 53 takes changes only through us-east-1 (DESIGN §13.14): who leaves that region should know before approving. */
const controlPlane = ({ id }: GateNode, c: Context): Line[] =>
  ['promote', 'dns'].includes(id) &&
  c.source === 'us-east-1' &&
  c.plan?.values.dns.some((change) => change.provider === 'route53')
    ? ['Route 53 takes changes only through us-east-1, the region that is left: if that fails, DNS waits for people.']
    : [];

function votes({ c }: Scene, node: GateNode, state: GateState): Line[] {
  const approvals = state.votes.filter((vote) => vote.vote === 'approve');
  const by = listed(approvals.map((vote) => who(vote.by)));
  const denied = state.votes.find((vote) => vote.vote === 'deny');
  switch (state.status) {
    case 'approved':
      if (state.how === 'votes') return [[`${SIGN.done} Approved by `, ...by, ' at ', { time: state.decidedAt ?? 0 }]];
      return [[`${SIGN.done} Approved without a person at `, { time: state.decidedAt ?? 0 }, `: ${state.reason}`]];
    case 'denied':
      return [
        [
          `${SIGN.notDone} Denied by `,
          who(denied?.by ?? 'somebody'),
          ' at ',
          { time: state.decidedAt ?? 0 },
          ': ',
          { untrusted: `“${denied?.reason ?? ''}”` },
          '. Nothing more starts; nothing is undone by itself.',
        ],
      ];
    case 'expired':
      return [
        [`${SIGN.held} Timed out at `, { time: state.decidedAt ?? 0 }, '; nobody denied it. Nothing more starts.'],
      ];
    default: {
      const line: Line = [
        `Needs ${node.votes} of `,
        ...askedAt(c, node),
        ...(node.requesterMayVote ? [] : [', not ', who(askedBy(c))]),
        ...secondHand(c, node),
        ...(state.deadline === null ? [] : [', by ', { time: state.deadline }]),
        ...(state.escalated ? [' (asked again, more people)'] : []),
      ];
      return approvals.length === 0
        ? [line]
        : [line, [`${SIGN.done} `, ...by, ` · ${node.votes - approvals.length} more`]];
    }
  }
}

/** One of two decisions that are not one person's: whoever made the other is not asked for this one. */
function secondHand(c: Context, node: GateNode): Span[] {
  const other = node.votes === 1 ? otherHand(c, node.id) : null;
  if (other === null) return [];
  return [', nor ', who(other.by), `, who decided “${gateNode(c, other.gate)?.title}”`];
}

/** Two cards with one word on their buttons are mixed up. */
const LABEL: Record<GateId, string> = {
  promote: 'Approve promotion',
  dns: 'Confirm DNS',
  declare: 'Declare disaster',
  'unverified-fence': 'Promote without proof',
  'data-loss': 'Accept the loss',
  reprotect: 'Make it a standby',
};

function consequence({ id }: GateNode, c: Context): string {
  const { source, target } = c;
  if (isSecondary(c)) return `${source} is taken out of what points to it. ${target} serves on; it can be undone.`;
  switch (id) {
    case 'dns':
      return `Clients are sent to ${target}, once it has accepted a write.`;
    case 'reprotect':
      return reprotectConsequence(c);
    case 'declare':
      return `${source} counts as lost, and ${target} is made ready to take over.`;
    case 'unverified-fence':
      return `${target} is promoted though ${source} may still take writes. There is no rollback after the promotion.`;
    case 'data-loss':
      return `Writes that did not reach ${target} are given up. The promotion is asked for by itself.`;
    default:
      return `${source} stops taking writes and ${target} is promoted. There is no rollback after the promotion.`;
  }
}

function actions(scene: Scene, node: GateNode, state: GateState): Action[] {
  const { c } = scene;
  const more = { gate: node.id, hash: state.hash, round: state.round };
  if (state.status === 'open') {
    const verb = node.id === 'dns' ? 'confirm' : 'approve';
    const label = isSecondary(c) ? 'Take out of service' : (LABEL[node.id as GateId] ?? node.title);
    const confirm = {
      title: `${label}?`,
      text: consequence(node, c),
      yes: label,
      no: 'Not yet',
    };
    return [
      button(verb, label, c, more, { style: 'primary', confirm }),
      button('deny', 'Deny…', c, more),
      ...(mayExtend(c, node.id) ? [button('more', '5 more minutes', c, more)] : []),
    ];
  }
  if (state.status === 'denied' || state.status === 'expired')
    return isForward(scene) ? [button('ask', 'Ask again', c, more), ...abortButton(scene)] : [];
  return [];
}
