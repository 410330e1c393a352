/**
 * `npm test`: types, lint, generated files, manifest and every test. Its last line is `N passed, N failed`, alone:
 * counted from vitest's own JSON, each of the checks before it counting as one.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = new URL('..', import.meta.url).pathname;
const [major = 0] = process.versions.node.split('.').map(Number);
if (major < 24) {
  process.stderr.write(
    `Node ${process.versions.node} is too old: run this through npm after npm ci, which brings Node 26.\n`,
  );
  process.exit(1);
}

const run = (file: string, ...args: string[]): boolean => {
  process.stdout.write(`\n▶ ${[file, ...args].join(' ').replace(ROOT, '')}\n`);
  return spawnSync(process.execPath, [file, ...args], { cwd: ROOT, stdio: 'inherit' }).status === 0;
};
const bin = (name: string) => join(ROOT, 'node_modules', name);

/** Slack's own schema is not ours to copy: it is asked where it lies beside the checkout. */
const manifestSchema = join(ROOT, '../shared/facts/slack-manifest.schema.json');
const checks = [
  () => run(bin('typescript/bin/tsc'), '-p', '.'),
  // The page's scripts are plain JavaScript with types in comments: a project of its own.
  () => run(bin('typescript/bin/tsc'), '-p', 'lab/page/public'),
  () => run(bin('@biomejs/biome/bin/biome'), 'check', '.'),
  () => run('scripts/generate.ts', '--check'),
  ...(existsSync(manifestSchema) ? [() => run('scripts/check-manifest.ts', manifestSchema)] : []),
];
const only = process.argv.slice(2);
let passed = 0;
let failed = 0;
for (const check of only.length > 0 ? [] : checks) {
  if (check()) passed += 1;
  else failed += 1;
}

/** What vitest's JSON says, as far as it is counted here. */
type Results = {
  testResults: { name: string; status: string; assertionResults: { status: string }[] }[];
};

const dir = mkdtempSync(join(tmpdir(), 'regent-test-'));
const play = (name: string, ...args: string[]) => {
  const json = join(dir, name);
  const ok = run(
    bin('vitest/vitest.mjs'),
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${json}`,
    ...args,
  );
  return { ok, files: existsSync(json) ? (JSON.parse(readFileSync(json, 'utf8')) as Results).testResults : null };
};
const count = (file: Results['testResults'][number], status: string) =>
  file.assertionResults.filter((test) => test.status === status).length;

/** More files than this failing is no accident of timing: they are not looked at again. */
const SECOND_LOOKS = 4;
try {
  const first = play('first.json', ...only);
  let files = first.files ?? [];
  let ok = first.ok;
  const broken = files.filter((file) => file.status !== 'passed').map((file) => file.name);
  const second: string[] = [];
  // Tests with real servers share two cores with each other. A file that fails is played once more, alone, and what
  // passes only then is named below: it is a test to be mended, not a build to be thrown away.
  if (!ok && broken.length > 0 && broken.length <= SECOND_LOOKS) {
    const again = play('second.json', '--no-file-parallelism', ...broken);
    if (again.files) {
      const now = new Map(again.files.map((file) => [file.name, file]));
      second.push(...broken.filter((name) => now.get(name)?.status === 'passed'));
      files = files.map((file) => now.get(file.name) ?? file);
      ok = again.ok;
    }
  }
  const bad = files.reduce((sum, file) => sum + count(file, 'failed'), 0);
  passed += files.reduce((sum, file) => sum + count(file, 'passed'), 0);
  // A file that cannot be loaded has no failed test of its own.
  failed += ok ? bad : Math.max(1, bad);
  for (const name of second) process.stdout.write(`\npassed only when played alone: ${name.replace(ROOT, '')}\n`);
} finally {
  rmSync(dir, { recursive: true, force: true });
}
process.exitCode = failed === 0 ? 0 : 1;
process.stdout.write(`\n${passed} passed, ${failed} failed\n`);
