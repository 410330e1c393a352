/**
 * What the house's own program says of a server that is to follow again, and the way that leaves. Regent cannot look at
 * its files: it asks, and decides by the answer.
 */
import { bytesText } from '../../lib/bytes.ts';
import { type Evidence, REPROTECT, type ScriptCalls, type Strategy } from '../../machine/types.ts';
import { type Answer, done, unknown } from '../../ports/answer.ts';
import type { Hook } from '../../ports/hook.ts';
import type { Jobs } from '../../ports/jobs.ts';
import { ask, callsOf, type Handed } from '../own-work.ts';
import { fill } from '../scripts.ts';
import type { StepFacts } from '../step.ts';
import type { System } from '../system.ts';

export const VERBS = ['look', 'keep', 'rejoin', 'rewind', 'copy'] as const;
export type Verb = (typeof VERBS)[number];
/** `streams`: it is a standby already. */
export type Way = 'streams' | 'rejoin' | 'rewind' | 'copy';

/** The step that looks: others rest on what it found. */
export const LOOK = 'standby-look';
/** The one of a run that moves the system: it finds nothing by which anything would be thrown away. */
export const CAN_FOLLOW = 'can-follow';
/** What such a run may tell the program: nothing else stands in its plan. */
export const IN_RUN_VERBS = ['look', 'rejoin'] as const satisfies readonly Verb[];
/** Its steps before the last: where one failed, those after it have nothing to do. */
const IN_RUN = [CAN_FOLLOW, 'make-standby', 'start-standby'];
/** What a verb's call is known by in the plan. */
export const callId = (verb: Verb): string => `${REPROTECT}:${verb}`;

/** The calls of the region's program, by verb, as they stand in the plan; none where nothing is configured. */
export function reprotectCalls(
  system: System,
  source: string,
  target: string,
  verbs: readonly Verb[] = VERBS,
): Record<string, ScriptCalls> {
  const exec = system.regions[source]!.reprotect?.exec;
  if (exec === undefined) return {};
  const tables = (system.reconcile ?? []).join(',');
  const words = (verb: Verb) =>
    exec.map((word) => fill(word.replaceAll('{verb}', verb).replaceAll('{tables}', tables), system, source, target));
  return Object.fromEntries(
    verbs.map((verb): [string, ScriptCalls] => [
      callId(verb),
      { does: { exec: words(verb) }, check: null, undo: null },
    ]),
  );
}

export type Standing = {
  state: 'stopped' | 'starting' | 'running';
  /** It becomes a standby at its next start. */
  marked: boolean;
  /** It can follow as it is: stopped cleanly, and nothing of its own past the fork. */
  follows: boolean;
  why: string;
  rewind: boolean;
  /** What only it has, bytes of log; null where nobody can say. */
  divergedBytes: number | null;
  /** Its data as a whole. */
  bytes: number | null;
};

const STATES = ['stopped', 'starting', 'running'];
const amount = (value: unknown): number | null => (typeof value === 'number' && value >= 0 ? value : null);

/** Asks the program; an answer that is not done where it could not say. */
export async function askStanding(
  handed: { hook: Hook; jobs: Jobs } & StepFacts,
): Promise<{ standing: Standing } | { answer: Answer }> {
  const { does } = callsOf(callId('look'), handed);
  const answer = await ask(does as { exec: string[] }, handed as Handed, LOOK);
  if (answer.is !== 'done') return { answer: unknown(answer.why, answer.evidence) };
  const { state, marked, follows, why, rewind, divergedBytes, bytes } = answer.evidence;
  if (typeof state !== 'string' || !STATES.includes(state) || typeof follows !== 'boolean')
    return {
      answer: { ...unknown('its program did not say in what state it is', answer.evidence), final: true } as Answer,
    };
  return {
    standing: {
      state: state as Standing['state'],
      marked: marked === true,
      follows,
      why: typeof why === 'string' ? why : '',
      rewind: rewind === true,
      divergedBytes: amount(divergedBytes),
      bytes: amount(bytes),
    },
  };
}

/** The way to a standby, or why there is none by this strategy. */
export function wayOf(standing: Standing, strategy: Strategy): Way | { no: string } {
  const { follows, rewind, why } = standing;
  switch (strategy) {
    case 'rejoin':
      return follows
        ? 'rejoin'
        : { no: `it cannot follow as it is: ${why}. Strategy rejoin is asked for: take auto, rewind or copy` };
    case 'rewind':
      return rewind ? 'rewind' : { no: 'it cannot be rewound here. Strategy rewind is asked for: take auto or copy' };
    case 'copy':
      return 'copy';
    case 'auto':
      return follows ? 'rejoin' : rewind ? 'rewind' : 'copy';
  }
}

/** As people read it, before anybody decides. */
export function standingText(way: Way, { divergedBytes, bytes, why }: Standing): string {
  const own = divergedBytes === null ? 'what only it has' : `${bytesText(divergedBytes)} of log that only it has`;
  switch (way) {
    case 'streams':
      return 'it streams already';
    case 'rejoin':
      return 'it can follow as it is: nothing is thrown away';
    case 'rewind':
      return `${why}: rewound to where the histories part, ${own} is kept first`;
    case 'copy':
      return `${why}: a new copy${bytes === null ? '' : ` in place of ${bytesText(bytes)}`}, ${own} is kept first`;
  }
}

/** What the look of this run found; null before it. */
export const wayFound = ({ evidenceOf }: Pick<StepFacts, 'evidenceOf'>): Way | null =>
  ((evidenceOf(LOOK) ?? evidenceOf(CAN_FOLLOW))?.['way'] as Way | undefined) ?? null;

/** One that the run went on without has said why: those after it add nothing. null where all went well so far. */
export function leftOut({ evidenceOf }: Pick<StepFacts, 'evidenceOf'>): Answer | null {
  const failed = IN_RUN.find((id) => evidenceOf(id)?.['warning'] !== undefined);
  return failed === undefined ? null : done({ leftOut: failed }, 'left out: the run goes on without a standby there');
}

/** Where there is nothing to do any more. */
export const streamsAlready = (evidence: Evidence = {}): Answer => done(evidence, 'it streams already');
