/** What users depend on most, tried as they would do it: answers of health endpoints do not say that a task can be made. */
import { sentenceOf } from '../lib/errors.ts';
import { type Answer, done, notDone, unknown } from '../ports/answer.ts';
import type { Probe, ProbeRequest, ProbeResult } from '../ports/probe.ts';
import { fill } from './scripts.ts';
import { defineCheck, type Ports } from './step.ts';
import type { Workflow } from './system.ts';

/** A script has to be quick: the whole question ends with the time of one call. */
const SCRIPT_MS = 20_000;
/** A card's worth of text. */
const LONGEST_WORD = 300;

type Requests = Extract<Workflow, { requests: unknown }>;
type Request = Requests['requests'][number];
/** `failed: null` is well; `answered: false` where nobody said anything, so it may as well be our way to it. */
type Tried = { requests: number; slowestMs: number; failed: string | null; answered: boolean };
type Put = (text: string) => string;

export const criticalWorkflows = defineCheck({
  id: 'critical-workflows',
  title: 'Try what users depend on most',
  about: {
    does: 'Does what a user does, step by step, through the public names. A workflow that creates something really creates it, and does so again each time this is asked again. Only where `verify.workflows` has any.',
    asks: 'Runs all workflows at once, the requests of each in their order; one that fails ends its workflow. Done when every answer has the wanted status (2xx where none is named) and the wanted text, and every script ends with 0.',
    whenItStops: [
      'A request is named with its answer: send it yourself, for example with `curl`, and look at the log of that service in {target}. There is no rollback now: repair it there, then press Retry.',
      'No answer: see whether the name leads to {target} (`dig`), then look at its load balancer.',
      'The answer is right and what is wanted here is not: correct `verify.workflows` for the next run, and skip this with that as the reason.',
      '“no answer within”, with no request named: all requests of a workflow together, or its script, take longer than `timings.callTimeout` allows. Shorten it, or allow more.',
    ],
  },
  phase: 'verifying',
  after: ['public-health'],
  budgetMs: 5 * 60_000,
  uses: ['probe', 'hook'],
  proves: false,
  when: (system) => system.workflows.length > 0,
  async check({ probe, hook, system, source, target, run, signal }): Promise<Answer> {
    const put: Put = (text) => fill(text, system, source, target).replaceAll('{run}', run);
    const tried = await Promise.all(
      system.workflows.map((one) =>
        'exec' in one ? tryScript(hook, one.exec.map(put), signal) : tryRequests(probe, one.requests, put, signal),
      ),
    );
    const failed = tried.flatMap(({ failed }, at) =>
      failed === null ? [] : `“${system.workflows[at]!.name}”: ${failed}`,
    );
    const requests = tried.reduce((sum, one) => sum + one.requests, 0);
    const slowestMs = Math.max(0, ...tried.map((one) => one.slowestMs));
    const evidence = { workflows: tried.length, requests, slowestMs, trouble: failed };
    if (failed.length === 0) {
      const worked = tried.length === 1 ? '1 workflow works' : `${tried.length} workflows work`;
      return done(evidence, requests === 0 ? worked : `${worked}, slowest answer ${slowestMs} ms`);
    }
    const why = failed.join('; ');
    // Only an answer says that it does not work; silence may as well be ours.
    return tried.some(({ failed, answered }) => failed !== null && answered)
      ? notDone(why, evidence)
      : unknown(why, evidence);
  },
});

/** One after the other, until one does not answer as wanted: what follows would build on it. */
async function tryRequests(probe: Probe, requests: Request[], put: Put, signal: AbortSignal): Promise<Tried> {
  const tried: Tried = { requests: 0, slowestMs: 0, failed: null, answered: true };
  for (const { method, url, body, headers, status, contains } of requests) {
    const request: ProbeRequest = {
      method,
      url: put(url),
      ...(body === undefined ? {} : { body: putDeep(body, put) }),
      ...(headers === undefined ? {} : { headers: putDeep(headers, put) }),
    };
    const result = await probe.send(request, signal);
    tried.requests += 1;
    tried.slowestMs = Math.max(tried.slowestMs, Math.round(result.ms));
    const problem = problemOf(result, status, contains === null ? null : put(contains));
    if (problem === null) continue;
    return { ...tried, failed: `${method} ${request.url} ${problem}`, answered: result.status !== null };
  }
  return tried;
}

function problemOf(result: ProbeResult & { body: string }, wanted: number | null, contains: string | null) {
  const { status, error, body } = result;
  if (status === null) return `got no answer: ${(error ?? 'nobody knows why').replace(/\.$/, '')}`;
  const right = wanted === null ? status >= 200 && status < 300 : status === wanted;
  if (!right) return `answered ${status}${wanted === null ? '' : `, not ${wanted}`}`;
  return contains === null || body.includes(contains) ? null : `answered ${status} without “${contains}”`;
}

async function tryScript(hook: Ports['hook'], exec: string[], signal: AbortSignal): Promise<Tried> {
  const tried = { requests: 0, slowestMs: 0, failed: null, answered: true };
  let result: Awaited<ReturnType<typeof hook.run>>;
  try {
    result = await hook.run({ exec }, SCRIPT_MS, signal);
  } catch (error) {
    // Only this one could not be started: what the others found counts all the same.
    return { ...tried, failed: sentenceOf(error), answered: false };
  }
  const { ok, status, output } = result;
  if (ok) return tried;
  const said = (output.trim().split('\n').at(-1) || 'without a word').slice(0, LONGEST_WORD);
  const end = status === null ? 'was cut off' : `ended with status ${status}`;
  return { ...tried, failed: `${exec[0]} ${end}: ${said}`, answered: status !== null };
}

/** Every text in it with its places filled in; names of members stay. */
function putDeep<T>(value: T, put: Put): T {
  const inner = (one: unknown): unknown => {
    if (typeof one === 'string') return put(one);
    if (Array.isArray(one)) return one.map(inner);
    if (typeof one !== 'object' || one === null) return one;
    return Object.fromEntries(Object.entries(one).map(([name, member]) => [name, inner(member)]));
  };
  return inner(value) as T;
}
