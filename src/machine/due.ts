/**
 * The work that is due, as a pure question of the state: asked after every append and after every restart,
 * so that resuming is the normal path and not another one.
 */
import {
  askable,
  currentPlan,
  gateState,
  inFlight,
  maySwitch,
  runnable,
  stepState,
  stepsOf,
  toUndo,
  watched,
} from './facts.ts';
import type { Snapshot } from './replay.ts';
import { type Context, PHASES, type Phase, type Watch } from './types.ts';

export type Work =
  /** Look at the world and say what this run would do to it. */
  | { do: 'plan' }
  /** An intent without an outcome: wait for its deadline, then ask the world. Nothing is sent. */
  | { do: 'settle'; step: string; attempt: number }
  | { do: 'run'; step: string; attempt: number }
  | { do: 'undo'; step: string; attempt: number }
  | { do: 'settleUndo'; step: string; attempt: number }
  | { do: 'openGate'; gate: string; round: number };

/** Names a piece of work, so that what is already being done here is not begun again. */
export const workKey = (work: Work): string =>
  work.do === 'plan'
    ? 'plan'
    : work.do === 'openGate'
      ? `gate:${work.gate}:${work.round}`
      : `${work.do.replace(/^settle$/, 'run').replace(/^settleUndo$/, 'undo')}:${work.step}:${work.attempt}`;

/** The phase the lifecycle stands in, or the side state it is in. */
export function whereIs(
  snapshot: Snapshot,
): Phase | 'requested' | 'rollingBack' | 'finishing' | NonNullable<Context['end']> {
  const lifecycle = (snapshot.value as { lifecycle: string | { forward: Record<string, string> } }).lifecycle;
  return (typeof lifecycle === 'string' ? lifecycle : Object.keys(lifecycle.forward)[0]) as never;
}

/** On its way through the phases: not being undone, not tidying up, not ended. */
export const isForward = (snapshot: Snapshot): boolean => PHASES.includes(whereIs(snapshot) as Phase);

/** The commit window of a run of which nothing else is left to wait for; null where there is more, or none. */
export const onlyWatched = (snapshot: Snapshot): Watch | null =>
  whereIs(snapshot) === 'closing' ? watched(snapshot.context) : null;

export function due(snapshot: Snapshot): Work[] {
  const c = snapshot.context;
  const where = whereIs(snapshot);
  const settle = inFlight(c).flatMap((node): Work[] => {
    const { status, attempt } = stepState(c, node.id);
    if (status === 'intended') return [{ do: 'settle', step: node.id, attempt }];
    // Unlike settling, taking an undo up again sends something: not while anything holds, not after the end.
    return where === 'rollingBack' && c.holds.length === 0 ? [{ do: 'settleUndo', step: node.id, attempt }] : [];
  });
  if (snapshot.hasTag('ended') || where === 'requested' || c.holds.length > 0) return settle;
  const run = (phase: Phase | 'atEnd'): Work[] =>
    stepsOf(c, phase)
      .filter((node) => runnable(c, node.id, phase))
      .map((node) => ({ do: 'run', step: node.id, attempt: stepState(c, node.id).attempt + 1 }));

  if (where === 'rollingBack') {
    const next = toUndo(c)[0];
    if (settle.length > 0 || next === undefined) return settle;
    return [{ do: 'undo', step: next.id, attempt: stepState(c, next.id).attempt }];
  }
  if (where === 'finishing') return [...settle, ...run('atEnd')];
  if (!isForward(snapshot)) return settle;
  // What is in flight belongs to the plan before: the new one is made of what has become of it.
  if (currentPlan(c) === null) return settle.length > 0 ? settle : [{ do: 'plan' }];
  const ask: Work[] = c.nodes
    .filter((node) => node.kind === 'gate' && askable(c, node.id))
    .map((node) => ({ do: 'openGate', gate: node.id, round: gateState(c, node.id).round + 1 }));
  return [...settle, ...ask, ...run(where as Phase)];
}

/**
 * When a planned run is to go on as an emergency because it is not promoted yet, by the journal's clock; null where
 * nobody wanted that, or it has been asked. It runs on while anything holds: that is what it is for.
 */
export function forceDue(snapshot: Snapshot): number | null {
  const c = snapshot.context;
  const waits = isForward(snapshot) && maySwitch(c) && c.phases.promoting?.to == null;
  return waits && c.forceAfterMs !== null && c.switchAsked === null ? c.requestedAt + c.forceAfterMs : null;
}

/** Open gates and when they run out, by the journal's clock. None while anything holds: their deadlines stand still. */
export const gateDeadlines = (c: Context): { gate: string; at: number }[] =>
  c.holds.length > 0 || c.endedAt !== null
    ? []
    : Object.entries(c.gates).flatMap(([gate, { status, deadline }]) =>
        status === 'open' && deadline !== null ? [{ gate, at: deadline }] : [],
      );
