/** `npm run check`: types, lint and generated files, without the tests: seconds, for before a commit. */
import { spawnSync } from 'node:child_process';

const ROOT = new URL('..', import.meta.url).pathname;
const commands = [
  ['node_modules/typescript/bin/tsc', '-p', '.'],
  ['node_modules/typescript/bin/tsc', '-p', 'lab/page/public'],
  ['node_modules/@biomejs/biome/bin/biome', 'check', '.'],
  ['scripts/generate.ts', '--check'],
];
const failed = commands.filter(
  (command) => spawnSync(process.execPath, command, { cwd: ROOT, stdio: 'inherit' }).status !== 0,
);
process.exitCode = failed.length === 0 ? 0 : 1;
