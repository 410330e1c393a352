/** What every message of a run is made from: the state as it is when the message is sent, and the time. */

import type { Json } from '../lib/json.ts';
import { gateState, noReturn, stepsOf, toUndo } from '../machine/facts.ts';
import {
  type Context,
  FAILBACK,
  type GateNode,
  LOST_SECONDARY,
  PHASES,
  REPROTECT,
  type StepNode,
  type StepState,
} from '../machine/types.ts';
import type { Usual } from '../policy/estimate.ts';
import type { Progress } from '../ports/answer.ts';
import type { Action, Span } from '../ports/chat.ts';
import type { Halt } from './halt.ts';
import type { Unprotected } from './reprotection.ts';
import type { WayBack } from './way-back.ts';

/** How far a step is that takes its time; null where nobody can say yet. */
export type StepProgress = Progress & { perSecond: number | null; leftMs: number | null };

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
  /** Who coordinates in a disaster: `group:S1`, `user:U1`. */
  coordinators?: string[];
  /** Of steps that are under way, by their ids. */
  progress?: Record<string, StepProgress>;
  /** Nothing new is sent, for any run, while this stands. */
  halt?: Halt | null;
  /** Nothing follows the region that serves, since the last move. */
  unprotected?: Unprotected | null;
  /** What going back would cost while it is watched; absent where nobody was asked. */
  wayBack?: WayBack | null;
  /** How long steps usually take, ms by their ids: of past runs. */
  usual?: Usual;
  /** What the house does after a run, from the configuration. */
  followUps?: string[];
};

/** The signs: few, always the same, never alone (UX rule 8). */
export const SIGN = {
  done: '✔',
  running: '▶',
  held: '⏸',
  notDone: '✖',
  unknown: '❓',
  halted: '⏹',
  refused: '⛔',
  planned: '🔶',
  emergency: '🔴',
} as const;

/** What clients miss: a planned run holds writes back, a region that is lost serves nobody. */
export const outageWord = ({ mode }: Pick<Context, 'mode'>): string => (mode === 'planned' ? 'writes refused' : 'down');

/** On its way through the phases: not being undone, not ended. Only then is anything decided or aborted. */
export const isForward = ({ where }: Pick<Scene, 'where'>): boolean => (PHASES as readonly string[]).includes(where);

/** The gates a decision is owed at now. */
export const openGates = (scene: Scene): GateNode[] =>
  isForward(scene)
    ? scene.c.nodes.filter(
        (node): node is GateNode => node.kind === 'gate' && gateState(scene.c, node.id).status === 'open',
      )
    : [];

/** Who is asked at a gate now: its approvers and, once escalated, those it was escalated to. */
export const askedAt = (c: Context, gate: GateNode): Span[] =>
  listed((gateState(c, gate.id).escalated ? [...gate.approvers, ...gate.escalateTo] : gate.approvers).map(who));

/** It goes home. */
export const isFailback = ({ runbook }: Pick<Context, 'runbook'>): boolean => runbook === FAILBACK;

export const route = ({ source, target, ...c }: Pick<Context, 'source' | 'target'> & { runbook?: string }): string =>
  c.runbook === LOST_SECONDARY
    ? `${source} out of service, ${target} serves`
    : c.runbook === REPROTECT
      ? `${source} follows ${target}`
      : `${source} → ${target}`;
export const kindOf = (c: Context): string =>
  c.runbook === LOST_SECONDARY || c.runbook === REPROTECT
    ? 'nothing is promoted'
    : c.mode !== 'planned'
      ? 'emergency failover'
      : isFailback(c)
        ? 'failback'
        : 'planned switchover';
export const modeSign = (c: Context): string => (c.mode === 'planned' ? SIGN.planned : SIGN.emergency);

/** A person (`U1`) by mention, a group (`group:S1`) likewise; what Regent did by itself by its name. */
export function who(id: string): Span {
  if (id === 'runner') return 'Regent';
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

/** What a run goes on without, in a step's own words; null for one that ended as it should. */
export function warningOf({ evidence }: StepState): string | null {
  const warning = evidence?.['warning'];
  return typeof warning === 'string' && warning !== '' ? warning : null;
}

export function stepSign(state: StepState): string {
  switch (state.status) {
    case 'done':
    case 'alreadyDone':
      if (warningOf(state) !== null) return SIGN.notDone;
      // Nothing waits for what is owed: over for this run, and not done there yet.
      return state.evidence?.['owed'] === true || state.evidence?.['leftOut'] !== undefined ? '·' : SIGN.done;
    case 'undone':
      return '↩';
    case 'intended':
    case 'undoIntended':
      return SIGN.running;
    case 'notDone':
      // A part of it is over, and the next one not begun yet.
      return state.evidence?.['underWay'] === true ? SIGN.running : SIGN.notDone;
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

/** Where the way back is gone: what took it, said wherever an abort would otherwise be offered. */
export function noWayBack({ c }: Scene): string | null {
  const last = noReturn(c);
  return last === undefined ? null : `Abort is no longer possible: “${last.title}” may have taken place.`;
}

/** Aborting, where it is possible now; one click opens the list of what is undone. */
export const abortButton = (scene: Scene): Action[] =>
  isForward(scene) && noReturn(scene.c) === undefined
    ? [button('abort', toUndo(scene.c).length > 0 ? 'Abort and undo…' : 'Abort…', scene.c, {}, { style: 'danger' })]
    : [];
