/** The time box: from the begin of the phase, by the journal's clock, so that every Regent counts the same. */
import type { Clock } from '../../ports/clock.ts';
import type { StepFacts } from '../step.ts';
import type { Known } from './known.ts';

/** How long after its end what was ended may still be dying: two seconds until it is killed, and a look. */
export const DYING_MS = 5000;

export type Box = { ms: number; leftMs: number };

/** Null: there is none, or a planned run was let go on past it. */
export function boxOf({ own, mode, system, clock }: StepFacts & { clock: Clock }, { boxOver }: Known): Box | null {
  const ms = system.state?.boxMs[mode] ?? null;
  if (ms === null || own?.phaseAt == null || (mode === 'planned' && boxOver)) return null;
  return { ms, leftMs: own.phaseAt + ms - clock.now() };
}

export const isOver = (box: Box | null): boolean => box !== null && box.leftMs <= 0;
