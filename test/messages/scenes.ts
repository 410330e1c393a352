/** Runs told as stories over the real planned runbook, and a message of them as text one can read. */
import { whereIs } from '../../src/machine/due.ts';
import type { Evidence, Plan, PlanNode } from '../../src/machine/types.ts';
import type { Scene } from '../../src/messages/scene.ts';
import { MESSAGES } from '../../src/messages/table.ts';
import type { Line, Message, Span } from '../../src/ports/chat.ts';
import { stage } from '../steps/stage.ts';
import { type Story, story } from '../support/machine.ts';

/** As one could read it: people `@U1`, groups `@SSRE`, times as seconds of the story, typed text in ‹ ›. */
const spanText = (span: Span): string => {
  if (typeof span === 'string') return span;
  if ('untrusted' in span) return `‹${span.untrusted}›`;
  if ('bold' in span) return span.bold;
  if ('code' in span) return `\`${span.code}\``;
  if ('person' in span) return `@${span.person}`;
  if ('group' in span) return `@${span.group}`;
  if ('time' in span) return `${span.time / 1000} s`;
  return `${span.text} <${span.link}>`;
};
export const lineText = (line: Line): string => [line].flat().map(spanText).join('');

/** Title, lines, small print and buttons: `[Approve]` the primary one in capitals of its style. */
export function text(message: Message | null): string[] {
  if (message === null) return ['(nothing)'];
  const buttons = message.actions.map(({ label, style }) => `[${label}${style === undefined ? '' : `: ${style}`}]`);
  return [
    lineText(message.title),
    ...message.lines.map(lineText),
    ...(message.footnote === undefined ? [] : [`(${lineText(message.footnote)})`]),
    ...(buttons.length === 0 ? [] : [buttons.join(' ')]),
  ];
}

export const CONTACTS = { coordinator: 'Cy, +1 555 0100' };

export const sceneOf = (told: Story, facts: Scene['facts'] = {}, later = 0): Scene => ({
  c: told.c,
  where: whereIs(told.snapshot),
  now: told.at + later,
  facts,
  contacts: CONTACTS,
});

export const message = (name: string, told: Story, facts: Scene['facts'] = {}, later = 0): Message | null =>
  MESSAGES[name]!(sceneOf(told, facts, later));
export const read = (name: string, told: Story, facts: Scene['facts'] = {}, later = 0): string[] =>
  text(message(name, told, facts, later));

/** The plan of a small system: two deployments, two records, a StatefulSet to fence. */
const staged = (await stage()).plan;
/** The runbook's spine: the scenes stay as they are, and so do their times, when it is given another step. */
const SPINE = [
  ...['source-is-primary', 'replication-lag', 'redis-in-sync', 'target-healthy', 'target-capacity'],
  ...['scale-up-target', 'target-endpoints', 'promote', 'dns', 'read-only-source', 'stop-writers', 'fence-source'],
  ...['prove-fence', 'prove-replicated', 'promote-postgres', 'reopen-target', 'switch-redis', 'prove-target-writable'],
  ...['switch-dns', 'dns-answers', 'public-health'],
];
const spine = ({ id }: PlanNode): boolean => SPINE.includes(id);
export const plan: Plan = {
  ...staged,
  nodes: staged.nodes
    .filter(spine)
    .map((node): PlanNode => ({ ...node, after: node.after.filter((id) => SPINE.includes(id)) })),
};
export const without = (...ids: string[]): PlanNode[] => plan.nodes.filter((node) => !ids.includes(node.id));

/** What the checks before the decision saw, by step. */
const SEEN: Record<string, Evidence> = {
  'replication-lag': { lagSeconds: 0.2, lagBytes: 1400, boundSeconds: 5 },
  'redis-in-sync': { bytesBehind: 0, linkUp: true, trouble: [] },
  'target-healthy': { nodes: 2, nodesNotReady: [], podsReady: 1, podsWanted: 1, trouble: [] },
  'config-parity': { deployments: 2, configMaps: 2, secrets: 1, leftOut: [], differences: 0, trouble: [] },
  'target-capacity': { podsToStart: 4, podsAsked: 5, nodesReady: 2, nodes: 2 },
};

/** Asked for and planned. */
export const begun = (own: Plan = plan): Story => story().request(own.nodes).planned(own);

/** Checked, both gates open, the target scaled up: the usual moment of the decision. */
export function asked(own: Plan = plan): Story {
  const told = begun(own);
  for (const node of own.nodes)
    if (node.kind === 'step' && ['validating', 'assessing'].includes(node.phase))
      told.take({
        type: 'STEP_ALREADY_DONE',
        step: node.id,
        evidence: SEEN[node.id] ?? {},
        summary: 'as it should be',
      });
  for (const gate of ['promote', 'dns'])
    told.take({
      type: 'GATE_OPENED',
      gate,
      hash: own.hash,
      deadline: told.at + 301_000,
      evidence: gate === 'promote' ? SEEN : {},
    });
  return told;
}

export const vote = (
  told: Story,
  gate: string,
  by: string,
  kind: 'approve' | 'deny' = 'approve',
  reason: string | null = null,
) => told.take({ type: 'VOTED', gate, hash: plan.hash, by, vote: kind, reason });
export const decide = (
  told: Story,
  gate: string,
  decision: 'approved' | 'denied' | 'expired',
  how: 'votes' | 'timeout' | 'policy' = 'votes',
  reason: string | null = null,
) => told.take({ type: 'GATE_DECIDED', gate, hash: plan.hash, decision, how, reason });

/** Both gates approved by Bo, the target scaled up, the fence next. */
export function approved(own: Plan = plan): Story {
  const told = asked(own);
  for (const gate of ['promote', 'dns']) {
    told.take({ type: 'VOTED', gate, hash: own.hash, by: 'UBO', vote: 'approve', reason: null });
    told.take({ type: 'GATE_DECIDED', gate, hash: own.hash, decision: 'approved', how: 'votes', reason: null });
  }
  return told.finish('scale-up-target').found('target-endpoints');
}

/** Approved, with the scaling skipped: an override of Bo's. */
export function skipped(): Story {
  const told = asked();
  for (const gate of ['promote', 'dns']) told.decide(gate, 'approved');
  return told
    .intend('scale-up-target')
    .notDone('scale-up-target')
    .take({ type: 'STEP_SKIPPED', step: 'scale-up-target', by: 'UBO', reason: 'scaled by hand' })
    .found('target-endpoints');
}

export const fenced = (told: Story = approved()): Story =>
  told.finish('read-only-source', 'stop-writers', 'fence-source').found('prove-fence', 'prove-replicated');
export const promoted = (told?: Story): Story =>
  fenced(told).finish('promote-postgres', 'switch-redis').found('prove-target-writable');
export const completed = (told?: Story): Story =>
  promoted(told).finish('switch-dns').found('dns-answers', 'public-health');
