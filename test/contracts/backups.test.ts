/** Backups as a real pgBackRest keeps them. What manifests say of backups is in `backups-manifest.test.ts`. */
import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { poll } from '../../lab/lib/poll.ts';
import { type PgbackrestOptions, pgbackrestBackups } from '../../src/integrations/backups/pgbackrest.ts';
import { tell } from '../../src/integrations/backups/program.ts';
import { sessionRuns } from '../../src/integrations/hook/session.ts';
import { sentenceOf } from '../../src/lib/errors.ts';
import type { Backups } from '../../src/ports/backups.ts';
import { type BackupRig, backupPrograms, STANZA, startBackupRig } from './backups.rig.ts';
import { backupsContract } from './backups.suite.ts';

const never = new AbortController().signal;
const programs = backupPrograms();

if ('why' in programs && process.env['CI'] === 'true')
  test('the contract of backups needs pgBackRest and Postgres', () => expect.unreachable(programs.why));

describe.skipIf('why' in programs)(`a real pgBackRest${'why' in programs ? `: ${programs.why}` : ''}`, () => {
  let rig: BackupRig;
  beforeAll(async () => {
    if (!('why' in programs)) rig = await startBackupRig(programs);
  }, 90_000);
  afterAll(() => rig?.close());

  const execFor = (...repos: string[]) => [
    'why' in programs ? '' : programs.pgbackrest,
    '--no-config',
    ...repos.map((repo, index) => `--repo${index + 1}-path=${repo}`),
  ];
  const at = (repo: string, more: Partial<PgbackrestOptions> = {}) =>
    pgbackrestBackups({ stanza: STANZA, exec: execFor(repo), timeoutMs: 20_000, lookAgainMs: 10, ...more });
  /** A program of ours in its place. */
  const script = (name: string, body: string) => {
    const file = join(rig.dir, name);
    writeFileSync(file, `#!/bin/sh\n${body}\n`);
    chmodSync(file, 0o755);
    return file;
  };
  const onlyFile = (repo: string, part: string): string => {
    const found = rig.archived(repo, part);
    expect(found).toHaveLength(1);
    return found[0]!;
  };
  /** A copy without one file of the archive. */
  const without = (repo: string, part: string) => {
    const copy = rig.copy(repo);
    rmSync(onlyFile(copy, part));
    return copy;
  };
  const GAP = '000000010000000000000004';
  const sentence = (backups: Backups) => backups.report(never).then(JSON.stringify, sentenceOf);

  let silents = 0;
  backupsContract('it', async () => ({
    whole: () => at(rig.repos.whole),
    gap: () => ({ backups: at(without(rig.repos.whole, `${GAP}-`)), missing: GAP }),
    damaged: () => at(rig.repos.damaged),
    none: () => at(rig.repos.none),
    gone: () => at(rig.repos.whole, { exec: [join(rig.dir, 'no-such-program')] }),
    nonsense: () => at(rig.repos.whole, { exec: [script('nonsense', 'echo hello')] }),
    silent: (timeoutMs) => {
      silents += 1;
      const here = join(rig.dir, `asked-${silents}`);
      const exec = [script(`silent-${silents}`, `echo $$ > ${here}; sleep 60`)];
      const asked = () => poll('it is not asked', () => existsSync(here), { withinMs: 10_000 });
      return { backups: at(rig.repos.whole, { exec, timeoutMs }), asked };
    },
    close: async () => {},
  }));

  it('leaves no process behind when it is not waited for', () => {
    for (let each = 1; each <= silents; each += 1) {
      const here = join(rig.dir, `asked-${each}`);
      if (!existsSync(here)) continue;
      const pid = Number(readFileSync(here, 'utf8'));
      expect(pid).toBeGreaterThan(1);
      expect(() => process.kill(pid, 0)).toThrow('ESRCH');
      expect(sessionRuns(pid, '')).toBe(false);
    }
    expect(silents).toBeGreaterThan(0);
  });

  it('ends what the program leaves behind', async () => {
    const exec = [script('leaves', 'sleep 60 & echo $$')];
    const told = await tell(exec, { timeoutMs: 10_000, maxBytes: 1000 }, never);
    if (told.is !== 'ended') return expect.unreachable(told.why);
    expect(told.status).toBe(0);
    await expect.poll(() => sessionRuns(Number(told.stdout), ''), { timeout: 5000, interval: 20 }).toBe(false);
  });

  it('counts WAL from the last full backup on, and says from where to where', async () => {
    const { wal, source } = await at(rig.repos.whole).report(never);
    expect(wal).toMatchObject({ from: '000000010000000000000002', to: '000000010000000000000007' });
    expect(source).toBe('pgbackrest, stanza eden');
    // What lies before the last full backup is not needed.
    expect((await at(without(rig.repos.whole, '000000010000000000000001-')).report(never)).wal.continuous).toBe(true);
    // The last backup needs its last segment, even where the archive ends before it.
    const short = await at(without(rig.repos.whole, '000000010000000000000007-')).report(never);
    expect(short.why.wal).toBe('000000010000000000000007 is missing');
  });

  it('follows WAL over a promotion to the new timeline, and finds a gap on either side', async () => {
    const { promoted } = rig.repos;
    const { wal } = await at(promoted).report(never);
    expect(wal).toMatchObject({ continuous: true, from: '000000010000000000000002' });
    expect(wal.to).toMatch(/^00000002/);
    const before = await at(without(promoted, `${GAP}-`)).report(never);
    expect(before.why.wal).toBe(`${GAP} is missing`);
    // The first segment of timeline 2 stands in for the last of timeline 1, which was left unfinished.
    const [first] = rig.archived(promoted, '0000000200000000');
    const name = basename(first!).slice(0, 24);
    const after = await at(without(promoted, `${name}-`)).report(never);
    expect(after.why.wal).toBe(`${name} is missing`);
    const history = await at(without(promoted, '00000002.history')).report(never);
    expect([history.wal.continuous, history.why.wal]).toEqual([null, 'the history of timeline 2 cannot be read']);
  });

  it('looks a second time before it calls something missing', async () => {
    const copy = without(rig.repos.whole, `${GAP}-`);
    const file = onlyFile(rig.repos.whole, `${GAP}-`);
    const back = file.replace(rig.repos.whole, copy);
    const [program, ...args] = execFor(copy);
    // Archived in the middle of our question: after the first list.
    const exec = [script('late', `"$@"; case "$*" in *repo-ls*) cp ${file} ${back};; esac`), program!, ...args];
    expect((await at(copy, { exec }).report(never)).wal.continuous).toBe(true);
  });

  it('names the backup with the damaged page, and relies on the ones before it', async () => {
    const report = await at(rig.repos.damaged).report(never);
    expect(report.why.checksums).toMatch(/^pgbackrest found wrong page checksums in \d{8}-\d{6}F_\d{8}-\d{6}D$/);
    expect([report.lastFull?.ok, report.lastIncremental?.ok]).toEqual([true, true]);
  });

  it('verifies everything where that is asked for, and does not trust an exit status of 0', async () => {
    const verify = { timeoutMs: 30_000 };
    const good = await at(rig.repos.whole, { verify }).report(never);
    expect([good.checksumsValid, good.why.checksums]).toEqual([true, 'pgbackrest verify read them all']);
    const copy = rig.copy(rig.repos.whole);
    const spoiled = onlyFile(copy, `${GAP}-`);
    const bytes = readFileSync(spoiled);
    bytes.write('spoiled', 9000);
    writeFileSync(spoiled, bytes);
    const bad = await at(copy, { verify }).report(never);
    expect([bad.checksumsValid, bad.why.checksums]).toEqual([
      false,
      'pgbackrest verify says 15-1 has checksum invalid: 1',
    ]);
    // Without it nothing of that is known.
    expect((await at(copy).report(never)).checksumsValid).toBe(true);
    const hasty = await at(rig.repos.whole, { verify: { timeoutMs: 1 } }).report(never);
    expect([hasty.checksumsValid, hasty.why.checksums]).toEqual([
      null,
      'pgbackrest verify: it did not end within 1 ms',
    ]);
  });

  it('takes of two repositories the one that can be restored from', async () => {
    const report = (...repos: string[]) => at('', { exec: execFor(...repos) }).report(never);
    expect(await report(rig.repos.none, rig.repos.whole)).toMatchObject({
      source: 'pgbackrest, stanza eden, repo2',
      lastFull: { ok: true },
      wal: { continuous: true },
    });
    const spoiled = rig.copy(rig.repos.whole);
    writeFileSync(onlyFile(spoiled, `${GAP}-`), 'spoiled');
    const verify = { timeoutMs: 30_000 };
    const verified = at('', { exec: execFor(rig.repos.none, spoiled), verify });
    expect((await verified.report(never)).why.checksums).toMatch(/^pgbackrest verify says 15-1 has \w+ invalid: 1$/);
    const lost = rig.copy(rig.repos.whole);
    rmSync(join(lost, 'backup'), { recursive: true });
    expect((await report(lost, rig.repos.whole)).source).toMatch(
      /^pgbackrest, stanza eden, repo2; repo1: missing stanza path$/,
    );
  });

  it('says in one sentence what it cannot read', async () => {
    const begin = "The backups of pgbackrest's stanza";
    expect(await sentence(at(rig.repos.whole, { stanza: 'nowhere' }))).toBe(
      `${begin} nowhere cannot be told: its repository cannot be read (repo1: missing stanza path).`,
    );
    const copy = rig.copy(rig.repos.whole);
    for (const file of ['backup.info', 'backup.info.copy']) writeFileSync(join(copy, 'backup', STANZA, file), 'hello');
    expect(await sentence(at(copy))).toMatch(/^The backups of .* cannot be read \(repo1: \[FormatError\] unable to /);
    const [program] = execFor();
    expect(await sentence(at(copy, { exec: [program!, '--config=/no/such/file'] }))).toMatch(
      /: it ended with status 55, saying: ERROR: \[055\]: unable to open missing file '\/no\/such\/file' for read\.$/,
    );
    expect(await sentence(at(copy, { exec: [script('flood', 'yes hello')] }))).toMatch(
      /: it printed more than 64 MB\.$/,
    );
  });

  it('shows it nothing of our environment but what is named', async () => {
    const exec = [script('env', 'env >&2; exit 3')];
    process.env['REGENT_TEST_SHOWN'] = 'yes';
    try {
      const { stderr } = (await tell(
        exec,
        { env: ['REGENT_TEST_SHOWN'], timeoutMs: 5000, maxBytes: 10_000 },
        never,
      )) as {
        stderr: string;
      };
      const names = stderr.split('\n').flatMap((line) => /^(\w+)=/.exec(line)?.[1] ?? []);
      expect(names.toSorted()).toEqual(['LC_ALL', 'PATH', 'PWD', 'REGENT_TEST_SHOWN']);
    } finally {
      delete process.env['REGENT_TEST_SHOWN'];
    }
  });
});
