import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { configurationOf, corruptCopies, endScripts, type Scripts } from '../../../lab/world/scripts.ts';
import { configurationEqual, scriptStarts, scriptsRun } from '../../../lab/world/scripts-witness.ts';
import { EAST, freshDir, run, start, stored, WEST, withoutServers } from './rig.ts';

let dir: string;
let scripts: Scripts;
const regions = [EAST, WEST] as const;
const equal = () => configurationEqual({ dir, regions });
const save = (env = {}) => run(scripts, 'config_backup.sh', ['--region=primary'], env);
const restore = (env = {}) => run(scripts, 'config_restore.sh', ['--region=secondary'], env);

beforeEach(() => {
  dir = freshDir();
  scripts = withoutServers(dir);
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

test('what is saved in one region and restored in the other makes both equal', async () => {
  expect(equal()).toBe(false);
  const saved = await save();
  expect(saved.stderr).toBe('');
  expect(saved.status).toBe(0);
  expect(saved.report).toMatchObject({
    summary: expect.stringMatching(/^\d+ configuration files of us-east-1 copied to the store of us-west-2$/),
    checksum: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
  });
  expect(saved.report?.['bytes']).toBeGreaterThan(6_000_000);
  expect(equal()).toBe(false);
  const restored = await restore();
  expect(restored.stderr).toBe('');
  expect(restored.report).toMatchObject({
    summary: expect.stringMatching(/ configuration files in us-west-2 as in us-east-1, 3 of them changed$/),
    checksum: saved.report?.['checksum'],
  });
  expect(equal()).toBe(true);
  expect(existsSync(join(configurationOf(dir, WEST), 'gateway/routes/old.eden.example.com.yml'))).toBe(false);
});

test('content and mode both count', async () => {
  await save();
  await restore();
  const file = join(configurationOf(dir, WEST), 'gateway/bin/reload');
  expect(equal()).toBe(true);
  chmodSync(file, 0o644);
  expect(equal()).toBe(false);
  chmodSync(file, 0o755);
  expect(equal()).toBe(true);
  writeFileSync(file, 'x');
  expect(equal()).toBe(false);
});

test('progress runs from nothing to all of it, in bytes that never go back', async () => {
  const { progress, report } = await save();
  expect(progress.length).toBeGreaterThanOrEqual(2);
  expect(progress[0]).toMatchObject({ done: 0, unit: 'bytes' });
  expect(progress.at(-1)).toEqual({ done: report?.['bytes'], total: report?.['bytes'], unit: 'bytes' });
  expect(progress.map(({ done }) => done)).toEqual(progress.map(({ done }) => done).sort((a, b) => a - b));
});

test('the archive is one any tar reads', async () => {
  await save();
  const archive = stored(dir, WEST).find((path) => path.endsWith('.tar'))!;
  const listed = execFileSync('tar', ['-tf', archive], { encoding: 'utf8' });
  expect(listed).toContain('services/vault-service/application.yml\n');
  expect(execFileSync('tar', ['-xOf', archive, 'gateway/bin/reload'], { encoding: 'utf8' })).toBe(
    readFileSync(join(configurationOf(dir, EAST), 'gateway/bin/reload'), 'utf8'),
  );
});

test('a copy damaged on its way is noticed, and nothing of it is kept', async () => {
  corruptCopies({ dir }, 'config_backup.sh');
  const damaged = await save();
  expect(damaged.status).toBe(1);
  expect(damaged.report).toBeNull();
  expect(damaged.stderr).toMatch(/^What arrived in the store of us-west-2 is not what was sent: sha256:.*\n$/);
  expect(stored(dir, WEST)).toEqual([]);
  corruptCopies({ dir });
  expect((await save()).status).toBe(0);
});

test('an archive that changed in the store is not unpacked', async () => {
  await save();
  const archive = stored(dir, WEST).find((path) => path.endsWith('.tar'))!;
  const bytes = readFileSync(archive);
  bytes[bytes.length >> 1]! ^= 1;
  writeFileSync(archive, bytes);
  const refused = await restore();
  expect(refused.status).toBe(1);
  expect(refused.stderr).toContain('is damaged: it was written as sha256:');
  expect(equal()).toBe(false);
  expect(existsSync(join(configurationOf(dir, WEST), 'gateway/routes/old.eden.example.com.yml'))).toBe(true);
});

test('a file damaged while it is unpacked is noticed, and the directory stays as it was', async () => {
  await save();
  corruptCopies({ dir }, 'config_restore.sh');
  const refused = await restore();
  expect([refused.status, refused.stderr]).toEqual([
    1,
    expect.stringMatching(/^\d+ files are not what was saved, the first is .*us-west-2 was left as it was\.\n$/),
  ]);
  expect(existsSync(join(configurationOf(dir, WEST), 'gateway/routes/old.eden.example.com.yml'))).toBe(true);
  corruptCopies({ dir });
  await restore();
  expect(equal()).toBe(true);
});

test('only the run’s own archive is restored', async () => {
  await save({ REGENT_RUN: 'eden-1' });
  const other = await restore({ REGENT_RUN: 'eden-2' });
  expect(other.status).toBe(1);
  expect(other.stderr).toContain('holds no archive of eden-2. Run config_backup.sh for us-east-1 first.');
  expect((await restore({ REGENT_RUN: 'eden-1' })).status).toBe(0);
  expect(equal()).toBe(true);
});

test('the newest archive of a run is taken', async () => {
  await save();
  writeFileSync(join(configurationOf(dir, EAST), 'new.yml'), 'changed: since\n');
  await save();
  await restore();
  expect(equal()).toBe(true);
});

test('what is no plain file is not packed in silence', async () => {
  symlinkSync('/etc/passwd', join(configurationOf(dir, EAST), 'link'));
  const refused = await save();
  expect([refused.status, refused.stderr]).toEqual([1, expect.stringMatching(/^link in .* is no plain file\./)]);
});

test('each start and each end is in the ledger, whoever asked and however it ended', async () => {
  await save({ REGENT_RUN: 'eden-7', REGENT_STEP: 'save-configuration', REGENT_ATTEMPT: '1' });
  await run(scripts, 'config_restore.sh', ['--region=secondary']);
  expect(scriptsRun({ dir })).toEqual({ 'save-configuration: config_backup.sh': 1, 'by hand: config_restore.sh': 1 });
  expect(scriptStarts({ dir })).toMatchObject([
    { args: ['--region=primary'], run: 'eden-7', attempt: '1', ended: { status: 0, signal: null } },
    { run: null, step: null, ended: { status: 1 } },
  ]);
});

test('a script that is told to end says so in the ledger', async () => {
  scripts = withoutServers(dir, 1);
  const { child, ended } = start(scripts, 'config_backup.sh', ['--region=primary']);
  child.stdout?.once('data', () => child.kill('SIGTERM'));
  expect((await ended).status).toBe(143);
  expect(scriptStarts({ dir })).toMatchObject([{ ended: { status: 143, signal: 'SIGTERM' } }]);
  expect(stored(dir, WEST).filter((path) => path.endsWith('.tar'))).toEqual([]);
});

test('what still runs when a world ends is ended', async () => {
  scripts = withoutServers(dir, 1);
  const { child, ended } = start(scripts, 'config_backup.sh', ['--region=primary']);
  await new Promise((resolve) => child.stdout?.once('data', resolve));
  await endScripts({ dir });
  expect((await ended).status).toBe(143);
  await endScripts({ dir });
});

test('wrong arguments are told with what there is', async () => {
  const told = async (...args: string[]) => {
    const { status, stderr } = await run(scripts, 'config_backup.sh', args);
    return [status, stderr];
  };
  expect(await told('--region=mars')).toEqual([
    2,
    'There is no region "mars". There are us-east-1 (primary) and us-west-2 (secondary).\n',
  ]);
  expect(await told()).toEqual([2, expect.stringMatching(/^--region is missing\. Usage: config_backup\.sh --region=/)]);
  expect(await told('--force')).toEqual([2, expect.stringMatching(/--force.*Usage: /)]);
});
