/** The calls of the owner's own steps, with the places that depend on the run filled in: shown, hashed and then made. */
import type { PlanValues, ScriptCalls } from '../machine/types.ts';
import type { ConfiguredStep, Question, System } from './system.ts';

type Filled = Pick<System, 'regions'>;

/** Fills in the regions. `{run}` stays until the call: a plan is made before anybody knows whose it will be. */
export const fill = (text: string, system: Filled, source: string, target: string): string =>
  text
    .replaceAll('{sourceAlias}', system.regions[source]!.alias)
    .replaceAll('{targetAlias}', system.regions[target]!.alias)
    .replaceAll('{alias}', system.regions[target]!.alias)
    .replaceAll('{source}', source)
    .replaceAll('{target}', target);

/** A question with its places filled in. */
export const filled = <Q extends Question>(question: Q, system: Filled, source: string, target: string): Q =>
  ('exec' in question
    ? { exec: question.exec.map((word) => fill(word, system, source, target)) }
    : { url: fill(question.url, system, source, target) }) as Q;

export function scriptCalls(
  system: Pick<System, 'regions' | 'scripts'>,
  source: string,
  target: string,
): PlanValues['scripts'] {
  const put = (text: string) => fill(text, system, source, target);
  const calls = ({ does, check, undo }: ConfiguredStep): ScriptCalls => ({
    does:
      does === null
        ? null
        : 'exec' in does
          ? { exec: does.exec.map(put) }
          : { start: put(does.start), status: does.status === null ? null : put(does.status) },
    check: check && filled(check, system, source, target),
    undo: undo === null || typeof undo === 'string' ? null : filled(undo, system, source, target),
  });
  return Object.fromEntries(system.scripts.map((step) => [step.id, calls(step)]));
}
