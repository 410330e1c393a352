/**
 * What a step that carries state has left in the journal: which stages are over, and how often one has failed. Each stage
 * is an attempt of its own, with an intent before and an outcome after it, so this is all a new Regent needs to go on.
 */
import type { Evidence } from '../../machine/types.ts';
import type { StepFacts } from '../step.ts';
import { STAGES, type Stage, type StateSource, stepIdOf } from './types.ts';

export type Known = {
  /** What each stage that is over has reported. */
  over: Partial<Record<Stage, Evidence>>;
  /** How often a stage has failed in this run, of whatever stage. */
  failed: number;
  /** The time box of a planned run has ended, and people have decided since: it counts no more. */
  boxOver: boolean;
  /** This attempt goes on with the job of an earlier one, which still ran when the run got another plan. */
  goesOn: { attempt: number; with: number } | null;
};

/** Out of the evidence of the newest outcome; nothing is known before there is one. */
export function knownOf(evidence: Evidence | null): Known {
  const { over = {}, failed = 0, boxOver = false, goesOn = null } = (evidence ?? {}) as Partial<Known>;
  return { over, failed, boxOver, goesOn };
}

/** The stage an attempt is for; undefined where all of them are over. */
export const stageOf = ({ over }: Known): Stage | undefined => STAGES.find((stage) => over[stage] === undefined);

export const knownIn = (source: StateSource, { evidenceOf }: Pick<StepFacts, 'evidenceOf'>): Known =>
  knownOf(evidenceOf(stepIdOf(source)));

/** The attempt whose job it is: mostly this one. */
export const jobAttempt = ({ goesOn }: Known, attempt: number): number =>
  goesOn !== null && goesOn.attempt === attempt ? goesOn.with : attempt;
