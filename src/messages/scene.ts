/** What every message of a run is made from: the state as it is when the message is sent, and the time. */

import type { Json } from '../lib/json.ts';
import { stepsOf } from '../machine/facts.ts';
import type { Context, StepNode, StepState } from '../machine/types.ts';
import type { Action, Span } from '../ports/chat.ts';

export type Scene = {
  c: Context;
  /** The phase, or `rollingBack`, `finishing`, or how it ended. */
  where: string;
  /** By the journal's clock, ms. */
  now: number;
  /** What only the event knew. */
  facts: { [key: string]: Json };
  /** Names from the configuration: `aws-support` → how to reach them. */
  contacts: Record<string, string>;
};

/** The signs: few, always the same, never alone (UX rule 8). */
export const SIGN = {
  done: '✔',
  running: '▶',
  held: '⏸',
  notDone: '✖',
  unknown: '❓',
  refused: '⛔',
  planned: '🔶',
  emergency: '🔴',
} as const;

export const route = ({ source, target }: Pick<Context, 'source' | 'target'>): string => `${source} → ${target}`;
export const kindOf = (c: Context): string => (c.mode === 'planned' ? 'planned switchover' : 'emergency failover');
export const modeSign = (c: Context): string => (c.mode === 'planned' ? SIGN.planned : SIGN.emergency);

/** A person (`U1`) by mention, a group (`group:S1`) likewise; `runner` and the like by name. */
export function who(id: string): Span {
  const bare = id.replace(/^(person|user):/, '');
  if (bare.startsWith('group:')) return { group: bare.slice('group:'.length) };
  return /^[UW][A-Z0-9]+$/.test(bare) ? { person: bare } : bare;
}

/** `a, b and c` of spans. */
export function listed(items: Span[]): Span[] {
  return items.flatMap((item, index) =>
    index === 0 ? [item] : index === items.length - 1 ? [' and ', item] : [', ', item],
  );
}

export function stepSign(state: StepState): string {
  switch (state.status) {
    case 'done':
    case 'alreadyDone':
      return SIGN.done;
    case 'undone':
      return '↩';
    case 'intended':
    case 'undoIntended':
      return SIGN.running;
    case 'notDone':
      return SIGN.notDone;
    case 'unknown':
    case 'undoUnknown':
      return SIGN.unknown;
    case 'skipped':
      return SIGN.held;
    case 'none':
      return '·';
  }
}

export const isSettled = (state: StepState | undefined): boolean =>
  state !== undefined && ['done', 'alreadyDone', 'skipped'].includes(state.status);

/** `3/8` of a phase's steps. */
export function progressOf(c: Context, phase: StepNode['phase']): string {
  const steps = stepsOf(c, phase);
  return `${steps.filter((step) => isSettled(c.steps[step.id])).length}/${steps.length}`;
}

/** A button of a command; what travels with it says which run and which revision it was pressed on. */
export function button(
  command: string,
  label: string,
  c: Context,
  more: { [key: string]: Json } = {},
  rest: Partial<Pick<Action, 'style' | 'confirm'>> = {},
): Action {
  const suffix = Object.values(more).filter((value) => typeof value === 'string' && value.length < 40)[0];
  const id = suffix === undefined ? command : `${command}:${suffix}`;
  return { id, label, value: JSON.stringify({ run: c.run, ...more }), ...rest };
}

/** How long the rest should take, ms: the budgets are an upper bound, so usual time is told where it is known. */
export function remainingMs(c: Context, usualMs: Record<string, number>): number {
  return c.nodes
    .filter((node): node is StepNode => node.kind === 'step' && !isSettled(c.steps[node.id]))
    .reduce((sum, node) => sum + (usualMs[node.id] ?? Math.min(node.budgetMs, 30_000)), 0);
}
