/** Asking NovaCron's systems. Who does not answer is not taken for one that says no: status 2, nothing is known. */
import type { Facts, Region } from '../lib/facts.ts';
import { type Call, Refusal, type Report } from '../lib/script.ts';
import type { NovaFacts } from './table.ts';

/** How long an answer may take, ms: what is asked is small and near. */
const ANSWER_MS = 2000;

export type Answer = Record<string, unknown>;

type Wanted = { method?: string; body?: object; headers?: Record<string, string> };

/** @throws Refusal: status 2 where nobody answers, or nobody can be reached behind who does; 1 where it is refused */
export async function call(who: string, url: string, wanted: Wanted = {}): Promise<Answer> {
  const { method = 'GET', body, headers } = wanted;
  let status: number;
  let answer: Answer;
  try {
    const response = await fetch(url, {
      method,
      headers: { ...headers, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    status = response.status;
    answer = (await response.json()) as Answer;
  } catch (error) {
    const why = (error as Error).name === 'TimeoutError' ? `no answer within ${ANSWER_MS / 1000} s` : 'no connection';
    throw new Refusal(`${who} does not answer: ${why}.`, 2);
  }
  if (status < 300) return answer;
  const said = typeof answer['error'] === 'string' ? answer['error'] : `it answers ${status}`;
  throw new Refusal(`${who}: ${said}.`, status >= 500 ? 2 : 1);
}

/** @throws Refusal in a world that is not NovaCron's */
export function novaOf({ nova }: Facts): NovaFacts {
  if (nova === undefined) throw new Refusal('This world has none of NovaCron’s systems.', 2);
  return nova;
}

/** The address of a region's control plane. */
export const planeOf = (facts: Facts, { name }: Pick<Region, 'name'>): string => novaOf(facts).regions[name]!;

export const isSilent = (error: unknown): boolean => error instanceof Refusal && error.status === 2;

/**
 * A script that sets a state: `look` says in a sentence what is not so yet, or null where all is; `set` makes it so.
 * With --check it only looks: status 1 says no.
 */
export async function settled(
  { check }: Pick<Call, 'check'>,
  does: { look(): Promise<string | null>; set(): Promise<void>; is: string },
): Promise<{ report: Report; status: number }> {
  const left = await does.look();
  if (left === null) return { report: { summary: does.is }, status: 0 };
  if (check) return { report: { summary: left }, status: 1 };
  await does.set();
  return { report: { summary: does.is }, status: 0 };
}
