/** State that is carried to the target, as the configuration says it: plain data. */

/** One after the other; what is not whole is never applied. */
export const STAGES = ['snapshot', 'transfer', 'validate', 'apply'] as const;
export type Stage = (typeof STAGES)[number];

export type StateSource = {
  id: string;
  /** As people say it: `CRDT state`. */
  title: string;
  /** What it is for, for whoever is on call. */
  help: string | null;
  /** The runbooks that carry it. */
  runbooks: string[];
  stages: Record<Stage, { exec: string[] } | { start: string; status: string }>;
  repeat: 'once' | 'idempotent';
  /** How long one stage may take, ms. */
  timeoutMs: number;
};

export type StateSync = {
  /** A transfer slower than this is said aloud, bytes a second; null: never. */
  rateBelow: number | null;
  /** From the begin of the phase, ms. Over it an emergency goes on, and a planned run holds; null: no box. */
  boxMs: { planned: number | null; emergency: number };
  sources: StateSource[];
};

/** The step that carries a source. */
export const stepIdOf = ({ id }: Pick<StateSource, 'id'>): string => `sync-${id}`;
/** What a stage's calls are known by in the plan, and its jobs by: `sync-crdt:transfer`. */
export const stageIdOf = (source: Pick<StateSource, 'id'>, stage: Stage): string => `${stepIdOf(source)}:${stage}`;
