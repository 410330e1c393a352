/**
 * Each configured source of state as a step of its own: snapshot, transfer, validate, apply, one after the other, beside
 * those of the other sources. Where nothing is configured the runbook is as it was.
 */
import { addressText } from '../../lib/argv.ts';
import { tookText } from '../../lib/duration.ts';
import { ConfigError, sentenceOf } from '../../lib/errors.ts';
import type { Evidence } from '../../machine/types.ts';
import { callsOf, callText, look } from '../own-work.ts';
import type { Runbook, StepAbout, StepDefinition } from '../step.ts';
import type { System } from '../system.ts';
import { boxOf, isOver } from './box.ts';
import { jobAttempt, knownIn, stageOf } from './known.ts';
import { type Handed, type Seen, stands } from './look.ts';
import { startStage } from './start.ts';
import { STAGES, type StateSource, type StateSync, stageIdOf, stepIdOf } from './types.ts';

/** From its time limit until its end is surely seen. */
const MARGIN_MS = 30_000;
/** An endpoint is given time to answer; below 30 s like every call (DESIGN §2.5). */
const CALL_MS = 25_000;
/** Where it is in the runbook, nothing changes there any more while it is carried. */
const FREEZE = 'freeze-changes';

/**
 * The runbook with a step for each source it carries, behind its own of the phase `preparing`.
 * @throws ConfigError when a step has such an id already
 */
export function withState(runbook: Runbook, { state }: Pick<System, 'state'>): Runbook {
  const sources = (state?.sources ?? []).filter(({ runbooks }) => runbooks.includes(runbook.name));
  if (state === undefined || sources.length === 0) return runbook;
  const nodes = [...runbook.nodes];
  for (const source of sources) {
    const taken = nodes.find(({ id }) => id === stepIdOf(source));
    if (taken !== undefined)
      throw new ConfigError(
        `state: the source ${source.id} of “${source.title}” would be the step ${stepIdOf(source)}, and that is “${taken.title}” already.`,
        { code: 'state', hint: 'Give the source another id.' },
      );
    const behind = nodes.findLastIndex((node) => !('kind' in node) && node.phase === 'preparing');
    nodes.splice(behind + 1, 0, definitionOf(source, state, runbook));
  }
  return { ...runbook, nodes };
}

function definitionOf(source: StateSource, state: StateSync, runbook: Runbook): StepDefinition {
  const { title, repeat, timeoutMs } = source;
  // What this process has seen of an attempt: a start that was refused need not be waited for.
  const attempts = new Map<string, Seen>();
  const seenOf = ({ run, attempt }: Handed): Seen => {
    const key = `${run}:${attempt}`;
    const seen = attempts.get(key) ?? { refused: null, progress: null };
    attempts.set(key, seen);
    return seen;
  };
  const box = runbook.name === 'emergency' ? state.boxMs.emergency : 0;
  return {
    id: stepIdOf(source),
    title: `Synchronise ${title}`,
    about: aboutOf(source, state),
    phase: 'preparing',
    after: runbook.nodes.some(({ id }) => id === FREEZE) ? [FREEZE] : [],
    repeat,
    // Of one attempt, which is one stage. In an emergency the box comes first: it never gets as far.
    budgetMs: Math.max(timeoutMs, box) + MARGIN_MS,
    // A restart waits for as long as a call may take: of programs it is short.
    ...(STAGES.some((stage) => 'start' in source.stages[stage]) ? { callMs: CALL_MS } : {}),
    uses: ['hook', 'jobs', 'clock'],
    check: (handed) => stands(source, handed, seenOf(handed)),
    async run(handed) {
      const known = knownIn(source, handed);
      const stage = stageOf(known);
      const box = boxOf(handed, known);
      // The job of an earlier attempt goes on; and for what there is no time left for nothing is begun.
      if (stage === undefined || isOver(box) || jobAttempt(known, handed.attempt) !== handed.attempt) return undefined;
      const limitMs = Math.min(timeoutMs, box?.leftMs ?? timeoutMs);
      try {
        await startStage(source, stage, handed, limitMs);
      } catch (error) {
        seenOf(handed).refused = sentenceOf(error);
        throw error;
      }
      return undefined;
    },
    undo: (handed) => undone(source, handed),
  };
}

/** What was carried does no harm where it lies; but while a stage runs it is not at rest. */
async function undone(source: StateSource, handed: Handed): Promise<Evidence> {
  const known = knownIn(source, handed);
  const stage = stageOf(known);
  if (stage === undefined) return { kept: true };
  const id = stageIdOf(source, stage);
  const attempt = jobAttempt(known, handed.attempt);
  if ((await look(callsOf(id, handed).does!, { ...handed, attempt }, id)).is === 'running')
    throw new Error(`its ${stage} still runs: it is undone once that has ended`);
  return { kept: true };
}

/** For the runbook that people on call read, made of what is configured. */
function aboutOf({ help, stages, repeat, timeoutMs }: StateSource, { boxMs }: StateSync): StepAbout {
  const purpose = help === null ? '' : `${help.replace(/[.!?]?$/, '.')} `;
  const calls = STAGES.map((stage) => {
    const does = stages[stage];
    return `${stage} by \`${'exec' in does ? callText(does) : `POST ${addressText(does.start)}`}\``;
  });
  const repair =
    repeat === 'once'
      ? 'See how far it came; finish it by hand and press Mark done…, or press Mark not done… to have that stage run once more.'
      : 'It is tried again by itself, three times in all. Repair the cause, then press Retry: it goes on with that stage.';
  return {
    does: `${purpose}Carries it to {target}, stage by stage: ${calls.join(', ')}. Each goes on when Regent is restarted, and is ended after ${tookText(timeoutMs)}; in an emergency all of it is ended ${tookText(boxMs.emergency)} after the phase began, and the run goes on without it.`,
    asks: 'Looks at the stage that runs: how far it is, how it ended. Done when the checksums of both ends were equal and the last stage has ended well.',
    whenItStops: [
      `A stage “ended with” a number, or was ended by its time limit: the last line it printed stands behind it. ${repair}`,
      '“damaged on the way”: what arrived is not what was taken, and nothing of it was applied. Look at the way between the regions, then press Retry: it is carried once more.',
      '“nobody knows how it ended”: the machine went down, or somebody killed it. See how far it came before anything else.',
    ],
  };
}
