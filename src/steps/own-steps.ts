/**
 * The owner's own steps, made from the configuration, in their places among the runbook's. A script is started by a
 * short call and then only looked at, so that whoever dies in between, nothing is sent twice.
 */
import { addressText } from '../lib/argv.ts';
import { clockText, tookText } from '../lib/duration.ts';
import { ConfigError } from '../lib/errors.ts';
import { type Evidence, PHASES } from '../machine/types.ts';
import { type Answer, done, notDone, unknown } from '../ports/answer.ts';
import {
  ask,
  askReaching,
  callsOf,
  callText,
  type Handed,
  look,
  type Refusal,
  refusalOf,
  start,
  takeBack,
} from './own-work.ts';
import { owed } from './reaching.ts';
import { type Runbook, type StepAbout, type StepDefinition, stepsOf } from './step.ts';
import type { ConfiguredStep, Question, System } from './system.ts';

/** From its time limit until its end is surely seen: it may take two seconds to die, and is then looked at once more. */
const MARGIN_MS = 30_000;
/** An endpoint is given time to answer; below 30 s like every call (DESIGN §2.5). */
const CALL_MS = 25_000;
/** What an own step that promotes waits for where it says nothing itself: the fence is proven, the target takes writes. */
const PROVEN = 'prove-target-writable';

/** Clients that were held back go on by it. */
const RESUMES = 'resume-pools';

const ORDER: readonly StepDefinition['phase'][] = [...PHASES, 'atEnd'];
const rank = (phase: StepDefinition['phase']): number => ORDER.indexOf(phase);

/**
 * The runbook with the system's own steps, each behind the runbook's own of its phase.
 * @throws ConfigError when two steps have one id, or an `after` names no step, a later one, or goes round in a circle
 */
export function withOwnSteps(runbook: Runbook, all: Pick<System, 'scripts'>): Runbook {
  const nodes = [...runbook.nodes];
  const system = { scripts: all.scripts.filter(({ runbooks }) => runbooks.includes(runbook.name)) };
  for (const configured of system.scripts) {
    const taken = nodes.find((node) => node.id === configured.id);
    if (taken !== undefined)
      throw wrong(
        `steps: the id ${configured.id} of “${configured.title}” belongs to “${taken.title}” already.`,
        'Give it another id.',
      );
    const behind = nodes.findLastIndex((node) => !('kind' in node) && rank(node.phase) <= rank(configured.phase));
    nodes.splice(behind + 1, 0, definitionOf(configured, runbook));
  }
  for (const configured of system.scripts) provePlace(configured, nodes, system);
  const asked = system.scripts
    .filter(({ does, phase }) => does === null && (phase === 'validating' || phase === 'assessing'))
    .map(({ id }) => id);
  return {
    ...runbook,
    nodes: nodes.map((node) => {
      if ('kind' in node) return node.id === 'promote' ? { ...node, after: [...node.after, ...asked] } : node;
      return node.id === RESUMES ? { ...node, after: [...(node.after ?? []), ...beforeResuming(system, nodes)] } : node;
    }),
  };
}

/** Of a runbook with own steps: those that are owed where the region that is left does not answer, in its order. */
export const owedOwnSteps = (runbook: Runbook, { scripts }: Pick<System, 'scripts'>): StepDefinition[] =>
  stepsOf(runbook).filter(({ id }) => scripts.some((one) => one.id === id && one.owed));

/** What the owner does while promoting may lead poolers elsewhere: clients wait for it, unless it waits for them. */
function beforeResuming({ scripts }: Pick<System, 'scripts'>, nodes: Runbook['nodes']): string[] {
  const own = (id: string) => (scripts.some((one) => one.id === id) ? nodes.find((node) => node.id === id) : undefined);
  const waits = (id: string): boolean => id === RESUMES || (own(id)?.after?.some(waits) ?? false);
  return scripts
    .filter(({ id, phase, does }) => phase === 'promoting' && does !== null && !waits(id))
    .map(({ id }) => id);
}

function provePlace(step: ConfiguredStep, nodes: Runbook['nodes'], { scripts }: Pick<System, 'scripts'>): void {
  const where = `steps: “${step.title}” (${step.id}) is to come after`;
  for (const id of step.after) {
    const other = nodes.find((node) => node.id === id);
    if (other === undefined || 'kind' in other)
      throw wrong(`${where} ${id}, and there is no step ${id}.`, 'Name a step of the runbook or one of your own.');
    if (rank(other.phase) > rank(step.phase))
      throw wrong(
        `${where} ${id}, which belongs to a later phase (${other.phase}; its own is ${step.phase}).`,
        'It would never begin: name an earlier step, or give it a later phase.',
      );
  }
  const seen = new Set<string>();
  const before = (id: string): string[] => scripts.find((one) => one.id === id)?.after ?? [];
  for (const queue = [...step.after]; queue.length > 0; ) {
    const id = queue.pop()!;
    if (id === step.id) throw wrong(`${where} itself, by way of other steps.`, 'Nothing of it would ever begin.');
    if (!seen.has(id)) queue.push(...before(id));
    seen.add(id);
  }
}

const wrong = (message: string, hint: string): ConfigError => new ConfigError(message, { code: 'own-steps', hint });

function definitionOf(configured: ConfiguredStep, runbook: Runbook): StepDefinition {
  const { id, title, phase, repeat, onFailure, does, undo, timeoutMs } = configured;
  const long = (does !== null && 'start' in does) || (undo !== null && typeof undo !== 'string');
  const common = {
    id,
    title,
    about: aboutOf(configured),
    phase,
    after: afterOf(configured, runbook),
    onFailure,
    budgetMs: does === null ? timeoutMs : timeoutMs + MARGIN_MS,
    ...(configured.usualMs == null ? {} : { usualMs: configured.usualMs }),
    uses: ['hook', 'jobs'] as const,
  };
  if (does === null) return { ...common, repeat: 'idempotent', check: (handed) => askOnly(configured, handed) };
  // What became of the calls of this process: a start that was refused need not be waited for.
  const refusals = new Map<string, Refusal>();
  const attemptOf = ({ run, attempt }: Handed) => `${run}:${attempt}`;
  return {
    ...common,
    repeat,
    ...(long ? { callMs: CALL_MS } : {}),
    check: (handed) => judged(configured, handed, refusals.get(attemptOf(handed)) ?? null),
    async run(handed) {
      try {
        await start(callsOf(id, handed).does!, handed, id, timeoutMs);
      } catch (error) {
        const refusal = refusalOf(error);
        if (refusal !== null) refusals.set(attemptOf(handed), refusal);
        throw error;
      }
      return undefined;
    },
    undo: typeof undo === 'string' ? { impossible: undo } : (handed) => undone(configured, handed),
  };
}

/** A step that promotes may write to the target: never before nobody else does. */
function afterOf({ phase, after, does }: ConfiguredStep, runbook: Runbook): string[] {
  if (phase !== 'promoting' || does === null || after.length > 0) return after;
  const promoting = runbook.nodes.filter((node) => !('kind' in node) && node.phase === 'promoting');
  return promoting.some((node) => node.id === PROVEN) ? [PROVEN] : promoting.map((node) => node.id);
}

async function askOnly({ id }: ConfiguredStep, handed: Handed): Promise<Answer> {
  const answer = await ask(callsOf(id, handed).check!, handed, id);
  // On the gate's card it stands by what it saw: no trouble, or this.
  return { ...answer, evidence: { ...answer.evidence, trouble: 'why' in answer ? [answer.why] : [] } };
}

/** What the work says of itself and what its check says, together. */
async function judged(configured: ConfiguredStep, handed: Handed, refused: Refusal | null): Promise<Answer> {
  const { id, repeat } = configured;
  const { does, check } = callsOf(id, handed);
  const work = await look(does!, handed, id);
  if (work.is === 'running') {
    const { said: why, progress } = work;
    return { is: 'unknown', why, evidence: {}, ...(progress === null ? {} : { progress }) };
  }
  const asked = check === null ? null : await askReaching(check, handed, id);
  const seen = asked?.answer ?? null;
  // Whatever became of the work: where nobody answers, nobody can say, and nothing more can be ordered now.
  if (configured.owed && asked?.silent && seen?.is === 'unknown') return owed(handed.source, 'it is done', seen.why);
  const over = work.is === 'over' ? work : null;
  if (seen?.is === 'done')
    return done(
      { ...over?.evidence, ...seen.evidence, ...(configured.owed ? { reached: true, owed: false } : {}) },
      over?.summary ?? seen.summary,
    );
  const toDo = `run ${callText(does!)}`;
  switch (work.is) {
    case 'never':
      return seen?.is === 'unknown' ? seen : notDone(toDo, seen?.evidence);
    case 'over':
      if (seen === null) return done(work.evidence, work.summary ?? work.how);
      // It came to its end: that its check does not see it yet is no reason to run it a second time.
      return { ...seen, is: repeat === 'once' ? 'unknown' : seen.is, evidence: { ...work.evidence, ...seen.evidence } };
    case 'failed': {
      // Half done is possible: what must not be sent twice is for people to look at.
      const proven = repeat === 'idempotent' || (repeat === 'verifiable' && !work.lost && seen?.is === 'notDone');
      const evidence = { ...seen?.evidence, ...work.evidence };
      return { is: proven ? 'notDone' : 'unknown', why: work.why, evidence, final: true };
    }
    case 'unseen':
      if (seen === null) return unknown('nothing says whether it is done: it has neither a status nor a check');
      if (seen.is === 'unknown' || repeat !== 'once' || !isUnderWay(id, handed))
        return seen.is === 'unknown' ? seen : notDone(toDo, seen.evidence);
      if (refused === null) return unknown(`it was sent, and not so yet: ${seen.why}`, seen.evidence);
      return refused.unsent
        ? notDone(refused.why, seen.evidence)
        : { is: 'unknown', why: refused.why, evidence: seen.evidence, final: true };
  }
}

/** Whether this attempt has an intent: what is asked before it is "not done", what is asked after it is not proven so. */
const isUnderWay = (id: string, { attempt, beforeOf, endedOf }: Handed): boolean =>
  beforeOf(id) !== null && (attempt === 1 || endedOf(id) === null);

async function undone({ id }: ConfiguredStep, handed: Handed): Promise<Evidence> {
  const { does, undo } = callsOf(id, handed);
  // `kept`: there is nothing of it to take back, and people are told so.
  if (undo === null) return { kept: true };
  if ((await look(does!, handed, id)).is === 'running')
    throw new Error('it still runs: it is undone once it has ended');
  return await takeBack(undo, handed, id);
}

/** For the runbook that people on call read, made of what is configured. */
function aboutOf(configured: ConfiguredStep): StepAbout {
  const about = aboutWork(configured);
  if (!configured.owed) return about;
  const later = 'Where {source} does not answer, the run goes on: it is owed then, and done as soon as it answers.';
  return { ...about, asks: `${about.asks} ${later}` };
}

function aboutWork({ help, does, check, repeat, timeoutMs }: ConfiguredStep): StepAbout {
  const limit = timeoutMs < 60_000 ? tookText(timeoutMs) : clockText(timeoutMs);
  const purpose = help === null ? '' : `${help.replace(/[.!?]?$/, '.')} `;
  const checked = check === null ? null : asksBy(check);
  if (does === null)
    return {
      does: `${purpose}A check of your own. It changes nothing.`,
      asks: `${checked} Done when it says yes.`,
      whenItStops: [
        `It says no: do what it is there for, then press Retry. Where you know better, skip it with that as the reason.`,
        `It does not answer, or ends otherwise: run it by hand and see why.`,
      ],
    };
  const repair =
    repeat === 'once'
      ? 'It must not run twice unseen. See how far it came; finish it by hand and press Mark done…, or press Mark not done… to have it run once more.'
      : 'It is tried again by itself, three times in all. Repair the cause, then press Retry.';
  const ended = checked === null ? '' : ` ${checked}`;
  if ('start' in does)
    return {
      does: `${purpose}An endpoint of yours does it: \`${callText(does)}\`, with a key that makes it happen once. Regent waits for it ${limit}.`,
      asks:
        does.status === null
          ? `${checked} Done when it says yes.`
          : `Requests \`${addressText(does.status)}\` with the key, which says never, running, done or failed.${ended} Done when it says done${checked === null ? '' : ', or the check says yes'}.`,
      whenItStops: [
        `It says failed, or was refused: look at the log of that endpoint. ${repair}`,
        'No answer: see whether it runs and may be reached from where Regent runs. Nothing is sent again meanwhile.',
      ],
    };
  return {
    does: `${purpose}A program of yours does it: \`${callText(does)}\`. It goes on when Regent is restarted, and is ended after ${limit}.`,
    asks: `Looks at the program itself: whether it runs, how far it is, how it ended.${ended} Done when ${checked === null ? 'it has ended with 0' : 'the check says yes and the program no longer runs'}.`,
    whenItStops: [
      `“it ended with” a number: the last line it printed stands behind it; all of it is kept in the directory of \`hooks.jobs\`, under the run and the step. ${repair}`,
      '“ended by its time limit”: see what it waited for. Where it only needs longer, give the step a longer `timeout`.',
      '“nobody knows how it ended”: the machine went down, or somebody killed it. See how far it came before anything else.',
    ],
  };
}

const asksBy = (check: Question): string =>
  'exec' in check
    ? `Runs \`${callText(check)}\`: 0 says yes, 1 says no, anything else says nothing.`
    : `Requests \`${addressText(check.url)}\`: 2xx says yes; 404, 409 or {"done": false} say no; anything else says nothing.`;
