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

const dir = mkdtempSync(join(tmpdir(), 'regent-test-'));
const json = join(dir, 'results.json');
try {
  const ok = run(
    bin('vitest/vitest.mjs'),
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${json}`,
    ...only,
  );
  const results = existsSync(json)
    ? (JSON.parse(readFileSync(json, 'utf8')) as {
        numPassedTests: number;
        numFailedTests: number;
        numFailedTestSuites: number;
      })
    : { numPassedTests: 0, numFailedTests: 1, numFailedTestSuites: 0 };
  passed += results.numPassedTests;
  // A file that cannot be loaded has no failed test of its own.
  failed += ok ? results.numFailedTests : Math.max(1, results.numFailedTests);
} finally {
  rmSync(dir, { recursive: true, force: true });
}
process.exitCode = failed === 0 ? 0 : 1;
process.stdout.write(`\n${passed} passed, ${failed} failed\n`);
