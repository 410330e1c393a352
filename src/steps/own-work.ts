/**
 * The work of the owner's own steps: starting it by a short call, asking how it stands, and asking the check that may
 * stand beside it. One key for each attempt: the same one never starts twice, and each attempt is asked about by its own.
 */
import { addressText, argvText } from '../lib/argv.ts';
import { tookText } from '../lib/duration.ts';
import { IntegrationError, sentenceOf } from '../lib/errors.ts';
import type { Json } from '../lib/json.ts';
import type { Evidence, ScriptCalls } from '../machine/types.ts';
import { type Answer, done, notDone, type Progress, unknown } from '../ports/answer.ts';
import type { HookCall, HookResult } from '../ports/hook.ts';
import type { Ports, StepFacts } from './step.ts';
import type { Question } from './system.ts';

export type Handed = Pick<Ports, 'hook' | 'jobs'> & StepFacts;
type Does = NonNullable<ScriptCalls['does']>;

/** How the work of one attempt stands. */
export type WorkState =
  | { is: 'never' }
  | { is: 'running'; said: string; progress: Progress | null }
  /** `summary` is its own; `how` says it where it has none. `progress`: how far it said it was, last. */
  | { is: 'over'; evidence: Evidence; summary: string | null; how: string; progress: Progress | null }
  /** `lost`: nobody knows whether it failed. */
  | { is: 'failed'; lost: boolean; why: string; evidence: Evidence; progress: Progress | null }
  /** An endpoint that cannot be asked: only a check can tell. */
  | { is: 'unseen' };

/** Short questions end with the time of one call. */
const QUESTION_MS = 20_000;
const MAX_SUMMARY = 200;
const MAX_OUTPUT = 1000;
/** What a shell says of a program that is not there, or is none. */
const UNRUNNABLE = [126, 127];

const keyOf = ({ run, attempt }: Handed, step: string): string => `${run}:${step}:${attempt}`;

/** A plan is made before anybody knows whose it will be: the run's name is put in now. */
const put = (text: string, { run }: Pick<StepFacts, 'run'>): string => text.replaceAll('{run}', run);

/** The calls of a step as they stand in the plan that was approved, ready to be made. */
export function callsOf(id: string, handed: Pick<StepFacts, 'run' | 'values'>): ScriptCalls {
  const calls = handed.values.scripts[id];
  if (calls === undefined)
    throw new Error(`the plan does not know the step ${id}: the configuration was changed after it was made`);
  const ready = (text: string) => put(text, handed);
  const question = (one: Question | null) =>
    one && ('exec' in one ? { exec: one.exec.map(ready) } : { url: ready(one.url) });
  const { does, check, undo } = calls;
  return {
    does:
      does &&
      ('exec' in does
        ? { exec: does.exec.map(ready) }
        : { start: ready(does.start), status: does.status && ready(does.status) }),
    check: question(check),
    undo: question(undo),
  };
}

const envOf = ({ run, source, target, attempt }: Handed, step: string): Record<string, string> => ({
  REGENT_RUN: run,
  REGENT_STEP: step,
  REGENT_SOURCE: source,
  REGENT_TARGET: target,
  REGENT_ATTEMPT: String(attempt),
});

/** What an endpoint is sent; who honours the key does it once. */
function post(url: string, handed: Handed, step: string): HookCall {
  const { run, source, target } = handed;
  const key = keyOf(handed, step);
  const headers = { 'Idempotency-Key': key };
  return { http: { url, method: 'POST', body: { key, run, step, source, target }, headers } };
}

/** As people read it in the plan and on cards. */
export const callText = (call: Does | Question): string =>
  'exec' in call
    ? argvText(call.exec)
    : 'start' in call
      ? `POST ${addressText(call.start)}`
      : `GET ${addressText(call.url)}`;

/** Starts it. @throws when that failed; IntegrationError with effect none where surely nothing was sent. */
export async function start(does: Does, handed: Handed, step: string, timeoutMs: number): Promise<void> {
  const { jobs, hook, signal } = handed;
  if ('exec' in does)
    return await jobs.start(keyOf(handed, step), { ...does, env: envOf(handed, step), timeoutMs }, signal);
  const answer = await hook.run(post(does.start, handed, step), QUESTION_MS, signal);
  if (answer.ok) return;
  const code = answer.status === null ? 'hook-cut-off' : 'hook-refused';
  throw new IntegrationError(`${callText(does)} ${answered(answer)}`, { code, system: 'hook', operation: 'start' });
}

/** A start that did not go through: what was cut off may have. */
export type Refusal = { unsent: boolean; why: string };
export function refusalOf(error: unknown): Refusal | null {
  if (!(error instanceof IntegrationError)) return null;
  const unsent = error.effect === 'none';
  return unsent || error.code === 'hook-refused' ? { unsent, why: sentenceOf(error) } : null;
}

/** Asks how this attempt's work stands. */
export async function look(does: Does, handed: Handed, step: string): Promise<WorkState> {
  const key = keyOf(handed, step);
  if ('start' in does) return does.status === null ? { is: 'unseen' } : await lookAtEndpoint(does.status, handed, key);
  const job = await handed.jobs.look(key, handed.signal);
  switch (job.is) {
    case 'never':
      return job;
    case 'running':
      return { is: 'running', said: `running for ${tookText(job.sinceMs)}`, progress: job.progress };
    case 'lost':
      return {
        is: 'failed',
        lost: true,
        why: `it was started, it runs no more, and nobody knows how it ended${lastLine(job.output)}`,
        evidence: { job: key, output: job.output.slice(-MAX_OUTPUT) },
        progress: job.progress ?? null,
      };
    case 'ended': {
      const { status, tookMs, report, output, progress = null } = job;
      const evidence = { ...(report as Evidence | null), job: key, exitStatus: status, tookMs: Math.round(tookMs) };
      if (status === 0)
        return {
          is: 'over',
          evidence,
          summary: summaryOf(report),
          how: `ended with 0 after ${tookText(tookMs)}`,
          progress,
        };
      const how = status === null ? 'it was ended by its time limit or a signal' : `it ended with ${status}`;
      const why = `${how} after ${tookText(tookMs)}${lastLine(output)}`;
      return { is: 'failed', lost: false, why, evidence: { ...evidence, output: output.slice(-MAX_OUTPUT) }, progress };
    }
  }
}

async function lookAtEndpoint(status: string, handed: Handed, key: string): Promise<WorkState> {
  const url = new URL(status);
  url.searchParams.set('key', key);
  const answer = await handed.hook.run({ http: { url: url.href, method: 'GET' } }, QUESTION_MS, handed.signal);
  const { state, done: amount, total, unit, why, ...rest } = answer.report ?? {};
  const from = `${url.host}${url.pathname}`;
  if (!answer.ok) throw new Error(`${from} ${answered(answer)}`);
  const evidence = { ...(rest as Evidence), key };
  const progress = progressOf(amount, total, unit);
  switch (state) {
    case 'never':
      return { is: 'never' };
    case 'running':
      return { is: 'running', said: summaryOf(rest) ?? 'it is running', progress };
    case 'done':
      return { is: 'over', evidence, summary: summaryOf(rest), how: `${from} says done`, progress };
    case 'failed': {
      const said = typeof why === 'string' ? short(why) : `${from} says failed`;
      return { is: 'failed', lost: false, why: said, evidence, progress };
    }
    default:
      throw new Error(`${from} does not say in what state it is: never, running, done or failed`);
  }
}

/** Asks a configured question: a script says yes by 0 and no by 1; an address by a 2xx, and by 404, 409 or `done: false`. */
export const ask = async (question: Question, handed: Handed, step: string): Promise<Answer> =>
  (await askReaching(question, handed, step)).answer;

/** The same, and whether nobody was there to answer; that somebody refused, or cannot be run at all, is no silence. */
export async function askReaching(
  question: Question,
  handed: Handed,
  step: string,
): Promise<{ answer: Answer; silent: boolean }> {
  const text = callText(question);
  const exec = 'exec' in question;
  let result: HookResult;
  try {
    const call: HookCall = exec
      ? { ...question, env: envOf(handed, step) }
      : { http: { url: question.url, method: 'GET' } };
    result = await handed.hook.run(call, QUESTION_MS, handed.signal);
  } catch (error) {
    // What the work itself says is worth telling all the same.
    return { answer: unknown(sentenceOf(error), { asked: text }), silent: !exec && error instanceof IntegrationError };
  }
  const { ok, status, report } = result;
  const no = exec ? status === 1 : report?.['done'] === false || status === 404 || status === 409;
  const evidence: Evidence = { ...(report as { [key: string]: Json } | null), asked: text, status };
  if (no)
    return {
      answer: notDone(summaryOf(report) ?? `${text} says no${lastLine(result.output, report)}`, evidence),
      silent: false,
    };
  if (ok) return { answer: done(evidence, summaryOf(report) ?? `${text} says yes`), silent: false };
  return {
    answer: unknown(`${text} ${answered(result, exec ? 'ended with' : 'answered')}`, evidence),
    silent: status === null || (exec ? !UNRUNNABLE.includes(status) : status >= 500),
  };
}

/** Takes it back. @throws when it could not be, or while its own work still runs. */
export async function takeBack(undo: Question, handed: Handed, step: string): Promise<Evidence> {
  const call = 'exec' in undo ? { ...undo, env: envOf(handed, step) } : post(undo.url, handed, step);
  const answer = await handed.hook.run(call, QUESTION_MS, handed.signal);
  if (answer.ok) return { ...(answer.report as Evidence | null), status: answer.status };
  throw new Error(
    'exec' in undo
      ? `${callText(undo)} ${answered(answer, 'ended with')}`
      : `POST ${addressText(undo.url)} ${answered(answer)}`,
  );
}

function answered({ status, report, output }: HookResult, verb: 'answered' | 'ended with' = 'answered'): string {
  return `${status === null ? 'was cut off' : `${verb} ${status}`}${lastLine(output, report)}`;
}

/** The last words, where they are words: of a JSON object nothing is quoted to people. */
function lastLine(output: string, report: HookResult['report'] = null): string {
  const line = report === null ? (output.trim().split('\n').at(-1) ?? '') : (summaryOf(report) ?? '');
  return line === '' || line.startsWith('{') ? '' : `: ${short(line)}`;
}

const short = (text: string): string => (text.length <= MAX_SUMMARY ? text : `${text.slice(0, MAX_SUMMARY - 1)}…`);

/** What a report says of itself for people. */
function summaryOf(report: { [key: string]: unknown } | null): string | null {
  const summary = report?.['summary'];
  return typeof summary === 'string' && summary !== '' ? short(summary.replaceAll(/\s+/g, ' ')) : null;
}

function progressOf(amount: unknown, total: unknown, unit: unknown): Progress | null {
  const is = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value) && value >= 0;
  if (!is(amount)) return null;
  return { done: amount, total: is(total) ? total : null, unit: typeof unit === 'string' ? unit.slice(0, 20) : '' };
}
