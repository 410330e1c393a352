/**
 * How a source's synchronisation stands: the stage this attempt is for, whether it runs, how it ended, and what comes
 * after it. A stage that is over is an outcome of its own, which says that another attempt is wanted: so the next stage
 * has its own intent, and a pause, a halt or an abort stops it like any other step.
 */
import { tookText } from '../../lib/duration.ts';
import { sentenceOf } from '../../lib/errors.ts';
import type { Evidence } from '../../machine/types.ts';
import { type Answer, done, notDone, type Progress } from '../../ports/answer.ts';
import type { Clock } from '../../ports/clock.ts';
import { type Handed as Calling, callsOf, callText, look, type WorkState } from '../own-work.ts';
import { type Box, boxOf, DYING_MS, isOver } from './box.ts';
import { jobAttempt, type Known, knownIn, stageOf } from './known.ts';
import { checksumOf, cutText, short, spentMs, stageEvidence, totals } from './outcome.ts';
import { STAGES, type Stage, type StateSource, stageIdOf } from './types.ts';

export type Handed = Calling & { clock: Clock };

/** What this process alone has seen of an attempt: of no use to anybody once it is over. */
export type Seen = {
  /** Why its start did not go through. */
  refused: string | null;
  /** How far it was when it last said so. */
  progress: Progress | null;
};

/** How often a stage may fail in a run before people are asked. */
const TRIES = 3;

/** One look, with all that follows from it. */
type Look = { source: StateSource; handed: Handed; known: Known; stage: Stage; box: Box | null };

export async function stands(source: StateSource, handed: Handed, seen: Seen): Promise<Answer> {
  const known = knownIn(source, handed);
  const stage = stageOf(known);
  if (stage === undefined) return whole(known, handed);
  const box = boxOf(handed, known);
  const at: Look = { source, handed, known, stage, box };
  // Before its intent nothing was sent: there is nothing to look for.
  if (!handed.own?.underWay)
    return isOver(box) && handed.mode === 'emergency'
      ? without(at, cutText(stage, begunBefore(at), null))
      : notDone(`run ${callText(callsOf(stageIdOf(source, stage), handed).does!)}`, left(known));
  const work = await lookAt(at, seen);
  if (work === null) return cut(at, true, seen.progress);
  seen.progress = 'progress' in work && work.progress !== null ? work.progress : seen.progress;
  switch (work.is) {
    case 'running':
      return running(at, work, seen);
    case 'over':
      return stageOver(at, work);
    case 'failed':
      return isOver(box) ? cut(at, true, work.progress) : failed(at, work.why, work);
    default:
      if (isOver(box)) return cut(at, begunBefore(at), null);
      if (seen.refused !== null) return failed(at, seen.refused);
      return notDone(`${stage} has not begun`, left(known));
  }
}

/** Null: the box of an emergency is over, and nobody says in time what became of it. */
async function lookAt({ source, handed, known, stage, box }: Look, seen: Seen): Promise<WorkState | null> {
  const tooLate = handed.mode === 'emergency' && box !== null && box.leftMs <= -DYING_MS;
  const id = stageIdOf(source, stage);
  const { does } = callsOf(id, handed);
  // What is asked over the network need not answer; how a program of this machine ended stands on its disk.
  if (tooLate && !('exec' in does!)) return null;
  try {
    return await look(does!, { ...handed, attempt: jobAttempt(known, handed.attempt) }, id);
  } catch (error) {
    if (tooLate) return null;
    throw seen.refused === null ? error : new Error(`${seen.refused}; ${sentenceOf(error)}`);
  }
}

function running(at: Look, { said, progress }: WorkState & { is: 'running' }, seen: Seen): Answer {
  const { handed, known, stage, box } = at;
  if (handed.own!.isLeft) {
    // Under another plan it is another attempt's, and the job goes on: nothing of it is lost, and nothing sent twice.
    const goesOn = { attempt: handed.attempt + 1, with: jobAttempt(known, handed.attempt) };
    return next(`${stage} goes on`, { ...left(known), goesOn });
  }
  if (handed.mode === 'emergency' && box !== null && box.leftMs <= -DYING_MS) return cut(at, true, seen.progress);
  const told: Progress = {
    ...(progress ?? { done: 0, total: null, unit: '' }),
    part: stage,
    ...(stage === 'transfer' && progress?.unit === 'bytes' ? boundOf(handed) : {}),
  };
  return { is: 'unknown', why: `${stage}: ${said}`, evidence: left(known), progress: told };
}

const boundOf = ({ system: { state } }: Handed): Pick<Progress, 'rateBelow'> =>
  state?.rateBelow == null ? {} : { rateBelow: state.rateBelow };

function stageOver(at: Look, work: WorkState & { is: 'over' }): Answer {
  const { handed, known, stage } = at;
  const { own, clock } = handed;
  const report = stageEvidence(
    work.evidence,
    work.progress,
    own?.intendedAt == null ? null : clock.now() - own.intendedAt,
  );
  if (stage === 'validate') {
    const sums = checksumOf(work.evidence);
    if (sums === null) return damaged(at, 'validate said no checksum of both ends', 'not proven whole: not applied');
    if (sums.from !== sums.to)
      return damaged(
        at,
        `damaged on the way: checksum ${short(sums.from)} where it was taken, ${short(sums.to)} where it arrived; not applied`,
        'damaged on the way: not applied',
      );
  }
  const now: Known = { ...known, over: { ...known.over, [stage]: report } };
  const after = STAGES[STAGES.indexOf(stage) + 1];
  return after === undefined ? whole(now, handed) : next(`${stage} is done, ${after} comes next`, left(now));
}

function whole(known: Known, { system }: Handed): Answer {
  const { evidence, summary } = totals(known, system.state?.rateBelow ?? null);
  return done({ ...left(known), ...evidence }, summary);
}

/** What did not arrive whole is carried once more where that may be, and never applied. */
function damaged(at: Look, why: string, words: string): Answer {
  if (at.handed.mode === 'emergency') return without(at, words);
  const { snapshot } = at.known.over;
  const over = snapshot === undefined ? {} : { snapshot };
  return failing({ ...at, known: { ...at.known, over } }, why, {});
}

function failed(
  at: Look,
  why: string,
  { lost = false, evidence = {} }: { lost?: boolean; evidence?: Evidence } = {},
): Answer {
  const { source, handed, known, stage } = at;
  const words = `${stage}: ${why}`;
  const mayAgain = source.repeat === 'idempotent' && known.failed + 1 < TRIES;
  if (handed.mode === 'emergency' && !mayAgain) return without(at, short(words), evidence);
  // Half done is possible: what must not be sent twice is for people to look at. A start that was refused sent nothing.
  if (source.repeat === 'once' && (lost || evidence['job'] !== undefined || evidence['key'] !== undefined))
    return { is: 'unknown', why: words, evidence: { ...left(known), [stage]: evidence }, final: true };
  return failing(at, words, { [stage]: evidence });
}

function failing({ source, known }: Look, why: string, evidence: Evidence): Answer {
  const times = known.failed + 1;
  const again = source.repeat === 'idempotent' && times < TRIES;
  return { is: 'notDone', why, evidence: { ...left({ ...known, failed: times }), ...evidence }, final: true, again };
}

/** Its time is over: an emergency goes on without it, a planned run holds. */
function cut(at: Look, begun: boolean, progress: Progress | null): Answer {
  const { handed, known, stage, box } = at;
  const words = cutText(stage, begun, progress);
  if (handed.mode === 'emergency') return without(at, words);
  const why = `the time box of ${tookText(box!.ms)} is over: ${words}`;
  return { is: 'notDone', why, evidence: left({ ...known, boxOver: true }), final: true, again: false };
}

/** Whether anything of it was ever sent. */
const begunBefore = ({ known }: Look): boolean => known.failed > 0;

/** An emergency never holds for it: it goes on, and says aloud what it goes on without. */
function without({ source, handed, known, stage }: Look, why: string, evidence: Evidence = {}): Answer {
  const { own, clock } = handed;
  const warning = `not synchronised: ${source.title} (${why})`;
  const wholeMs = spentMs(known.over) + (own?.underWay && own.intendedAt !== null ? clock.now() - own.intendedAt : 0);
  return done({ ...left(known), ...evidence, notSynchronised: stage, wholeMs, warning }, warning);
}

/** Another attempt is wanted, and nothing failed. */
const next = (why: string, evidence: Evidence): Answer => ({
  is: 'notDone',
  why,
  evidence: { ...evidence, underWay: true },
  final: true,
  again: true,
});

/** What the next attempt has to know. */
const left = ({ over, failed: times, boxOver, goesOn }: Known): Evidence => ({
  over,
  failed: times,
  ...(boxOver ? { boxOver } : {}),
  ...(goesOn === null ? {} : { goesOn }),
});
