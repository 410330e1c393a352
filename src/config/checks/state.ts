/** State that is carried: sources are told apart, their steps from others, and only allowed programs carry it. */
import { resolve } from 'node:path';
import { RUN_PLACEHOLDERS } from '../fields.ts';
import type { Path } from '../source.ts';
import { quote } from '../words.ts';
import { type Check, type Finding, list, map, text, texts } from './reading.ts';

const STAGES = ['snapshot', 'transfer', 'validate', 'apply'];

export const stateSources: Check = (file, { absolute }) => {
  const sources = list(map(map(file)['state'])['sources']).map(map);
  const ids = sources.map((source) => text(source['id']));
  const steps = list(map(file)['steps']).map((step) => text(map(step)['id']));
  const hooks = map(map(file)['hooks']);
  const directory = absolute(['hooks', 'directory'], text(hooks['directory']) ?? '.');
  const allowed = texts(hooks['allow']).map((name) => resolve(directory, name));
  const isAllowed = (program: string) => allowed.includes(resolve(directory, program));
  return sources.flatMap((source, index) => {
    const at: Path = ['state', 'sources', index];
    const id = ids[index];
    const apart: Finding[] = [];
    if (id !== undefined && ids.indexOf(id) < index)
      apart.push({ path: [...at, 'id'], sentence: `${quote(id)} is a source already. Give it another id.` });
    else if (id !== undefined && steps.includes(`sync-${id}`))
      apart.push({
        path: [...at, 'id'],
        sentence: `it would be the step sync-${id}, and a step of yours has that id. Give one of them another.`,
      });
    return [
      ...apart,
      ...STAGES.flatMap((stage) => programFindings([...at, stage, 'exec'], map(source[stage])['exec'], isAllowed)),
    ];
  });
};

function programFindings(path: Path, argv: unknown, isAllowed: (program: string) => boolean): Finding[] {
  const [program, ...words] = texts(argv);
  if (program === undefined) return [];
  const strange = [program, ...words].flatMap((word, at) =>
    (word.match(/\{[A-Za-z]+\}/g) ?? [])
      .filter((found) => !RUN_PLACEHOLDERS.includes(found))
      .map(
        (found): Finding => ({
          path: [...path, at],
          sentence: `${found} is not known here. Known are ${RUN_PLACEHOLDERS.join(', ')}.`,
        }),
      ),
  );
  if (isAllowed(program)) return strange;
  const sentence = `${quote(program)} is not in hooks.allow. Add it there if it may be run.`;
  return [{ path: [...path, 0], sentence }, ...strange];
}
