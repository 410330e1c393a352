import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The first program on the PATH that has one of these names, in the order of the PATH; undefined where there is none. */
export const onPath = (names: string[], env: NodeJS.ProcessEnv = process.env): string | undefined =>
  (env['PATH'] ?? '')
    .split(delimiter)
    .filter((folder) => folder !== '')
    .flatMap((folder) => names.map((name) => join(folder, name)))
    .find(runnable);

export function runnable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
