/** The calls of the owner's own steps, with the places that depend on the run filled in: shown, hashed and then made. */
import type { PlanValues, ScriptCalls } from '../machine/types.ts';
import { STAGES, stageIdOf } from './state/types.ts';
import type { ConfiguredStep, Question, System } from './system.ts';

type Filled = Pick<System, 'regions'>;

/** The other regions that hold data, the one that is left first: their aliases. */
const othersThan = (system: Filled, source: string, target: string): string =>
  [source, ...Object.keys(system.regions).filter((name) => name !== source && name !== target)]
    .map((name) => system.regions[name]!.alias)
    .join(',');

/** Fills in the regions. `{run}` stays until the call: a plan is made before anybody knows whose it will be. */
export const fill = (text: string, system: Filled, source: string, target: string): string =>
  text
    .replaceAll('{sourceAlias}', system.regions[source]!.alias)
    .replaceAll('{targetAlias}', system.regions[target]!.alias)
    .replaceAll('{alias}', system.regions[target]!.alias)
    .replaceAll('{others}', othersThan(system, source, target))
    .replaceAll('{source}', source)
    .replaceAll('{target}', target);

/** A question with its places filled in. */
export const filled = <Q extends Question>(question: Q, system: Filled, source: string, target: string): Q =>
  ('exec' in question
    ? { exec: question.exec.map((word) => fill(word, system, source, target)) }
    : { url: fill(question.url, system, source, target) }) as Q;

export function scriptCalls(
  system: Pick<System, 'regions' | 'scripts' | 'state'>,
  source: string,
  target: string,
): PlanValues['scripts'] {
  const put = (text: string) => fill(text, system, source, target);
  const calls = ({ does, check, undo }: Pick<ConfiguredStep, 'does' | 'check' | 'undo'>): ScriptCalls => ({
    does:
      does === null
        ? null
        : 'exec' in does
          ? { exec: does.exec.map(put) }
          : { start: put(does.start), status: does.status === null ? null : put(does.status) },
    check: check && filled(check, system, source, target),
    undo: undo === null || typeof undo === 'string' ? null : filled(undo, system, source, target),
  });
  const stages = (system.state?.sources ?? []).flatMap((one) =>
    STAGES.map((stage): [string, ScriptCalls] => [
      stageIdOf(one, stage),
      calls({ does: one.stages[stage], check: null, undo: null }),
    ]),
  );
  return Object.fromEntries([
    ...system.scripts.map((step): [string, ScriptCalls] => [step.id, calls(step)]),
    ...stages,
  ]);
}
