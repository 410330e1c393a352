/** Jobs run once for each key, whoever dies; what is said of them is what stands on the disk. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { JOB_SHELL } from '../../src/integrations/hook/job-shell.ts';
import { scriptJobs } from '../../src/integrations/hook/jobs.ts';
import type { JobState } from '../../src/ports/jobs.ts';
import { alive } from '../support/alive.ts';

const never = new AbortController().signal;
const LONG = 60_000;
const KEY = 'eden-1:sync:1';
/** What only a system that shows its processes can tell. */
const withProc = it.skipIf(!existsSync('/proc/self/stat'));

describe('jobs', () => {
  let dir: string;
  const started: number[] = [];
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'regent-jobs-'));
  });
  afterEach(() => {
    for (const pid of started.splice(0).filter(alive)) process.kill(pid, 'SIGKILL');
    rmSync(dir, { recursive: true, force: true });
  });

  const options = (more: { env?: string[]; killAfterMs?: number } = {}) => ({
    allow: ['script.sh'],
    baseDir: dir,
    env: [],
    killAfterMs: 200,
    directory: join(dir, 'jobs'),
    ...more,
  });
  const jobs = (more: { env?: string[] } = {}) => scriptJobs(options(more));
  const script = (body: string) => {
    const text = `#!/bin/sh\n${body}\n`;
    // Never under a shell that reads it.
    if (!existsSync(join(dir, 'script.sh')) || readFileSync(join(dir, 'script.sh'), 'utf8') !== text) {
      rmSync(join(dir, 'script.sh'), { force: true });
      writeFileSync(join(dir, 'script.sh'), text, { mode: 0o755 });
    }
    return './script.sh';
  };
  const slot = (n = 1, key = KEY) => join(dir, 'jobs', key.replaceAll(':', '+'), String(n));
  const start = (body: string, { key = KEY, timeoutMs = LONG, args = [] as string[] } = {}) =>
    jobs().start(key, { exec: [script(body), ...args], timeoutMs }, never);
  const look = (key = KEY): Promise<JobState> => jobs().look(key, never);
  const until = async (is: JobState['is'], key = KEY): Promise<JobState> => {
    await expect.poll(async () => (await look(key)).is, { timeout: 20_000 }).toBe(is);
    return await look(key);
  };
  const lines = (file: string): string[] =>
    existsSync(join(dir, file)) ? readFileSync(join(dir, file), 'utf8').split('\n').slice(0, -1) : [];
  const pidsIn = async (file: string, count: number): Promise<number[]> => {
    await expect.poll(() => lines(file).length, { timeout: 10_000 }).toBe(count);
    const pids = lines(file).map(Number);
    started.push(...pids);
    return pids;
  };
  const wrapper = (): number => Number(readFileSync(join(slot(), 'begun'), 'utf8').split(' ')[0]);

  it('was never started: said without leaving a trace', async () => {
    expect(await look()).toEqual({ is: 'never' });
    expect(readdirSync(dir)).toEqual([]);
  });

  it('runs, tells how far it is, and ends with its report', async () => {
    await start(`
      echo begun
      echo '{"done":100,"total":400,"unit":"bytes"}'
      echo '{"done":200,"total":400,"unit":"bytes"}'
      while [ ! -e go ]; do sleep 0.02; done
      echo '{"sha256":"abc","summary":"400 bytes copied"}'
      echo '{"done":400,"total":400,"unit":"bytes"}'
      echo late >&2`);
    await expect
      .poll(async () => await look(), { timeout: 10_000 })
      .toMatchObject({ is: 'running', progress: { done: 200, total: 400, unit: 'bytes' } });
    writeFileSync(join(dir, 'go'), '');
    const ended = await until('ended');
    expect(ended).toMatchObject({ status: 0, report: { sha256: 'abc', summary: '400 bytes copied' } });
    expect(ended).toMatchObject({ output: expect.stringMatching(/^begun\n.*\nlate$/s) });
    // How far it came is still known then.
    expect(ended).toMatchObject({ progress: { done: 400, total: 400, unit: 'bytes' } });
  });

  it('tells how long it runs and how long it took', async () => {
    await start('while [ ! -e go ]; do sleep 0.02; done');
    await expect.poll(async () => await look()).toMatchObject({ is: 'running', progress: null });
    const running = await look();
    writeFileSync(join(dir, 'go'), '');
    const ended = await until('ended');
    if (running.is !== 'running' || ended.is !== 'ended') throw new Error('other states');
    expect(running.sinceMs).toBeGreaterThanOrEqual(0);
    expect(ended.tookMs).toBeGreaterThan(0);
    expect(ended).toMatchObject({ report: null, output: '' });
  });

  it('fails: status and last words', async () => {
    await start('echo working; echo "no space left" >&2; exit 3');
    expect(await until('ended')).toMatchObject({ status: 3, report: null, output: 'working\nno space left' });
  });

  it('gets its arguments as they are, a clean environment, and the base directory', async () => {
    const nasty = ['$(touch pwned)', '`touch pwned`', '; touch pwned', '--', '-k', 'a b\nc', '"\'\\', '*', '', '$4'];
    process.env['REGENT_TEST_SECRET'] = 'xoxb-secret';
    process.env['REGENT_TEST_NAMED'] = 'named';
    try {
      const body = `env; pwd; [ -e /proc/$$/fd/3 ] && echo leaked
        exec "${process.execPath}" -e 'console.log(JSON.stringify({argv: process.argv.slice(1)}))' -- "$@"`;
      const job = { exec: [script(body), ...nasty], env: { REGENT_RUN: 'eden-1' }, timeoutMs: LONG };
      await jobs({ env: ['REGENT_TEST_NAMED'] }).start(KEY, job, never);
      const ended = await until('ended');
      if (ended.is !== 'ended') throw new Error(ended.is);
      expect(ended.report).toEqual({ argv: nasty });
      const names = [...ended.output.matchAll(/^([A-Z_]+)=/gm)].map((match) => match[1]);
      expect(names.sort()).toEqual(['LC_ALL', 'PATH', 'PWD', 'REGENT_RUN', 'REGENT_TEST_NAMED']);
      expect(ended.output).toContain('/regent-jobs-');
      expect(ended.output).not.toContain('leaked');
      expect(existsSync(join(dir, 'pwned'))).toBe(false);
    } finally {
      delete process.env['REGENT_TEST_SECRET'];
      delete process.env['REGENT_TEST_NAMED'];
    }
  });

  it('runs only what is allowed, there and executable, and leaves nothing behind where not', async () => {
    const start = (name: string) => jobs().start(KEY, { exec: [name], timeoutMs: LONG }, never);
    for (const name of ['/bin/sh', 'sh', '', '../script.sh'])
      await expect(start(name)).rejects.toMatchObject({ name: 'ConfigError', code: 'hook-not-allowed' });
    await expect(start('script.sh')).rejects.toMatchObject({ message: expect.stringContaining('no such file') });
    expect(existsSync(join(dir, 'jobs'))).toBe(false);
    const stopped = AbortSignal.abort(new Error('stopped'));
    await expect(jobs().start(KEY, { exec: [script('true')], timeoutMs: LONG }, stopped)).rejects.toThrow('stopped');
    expect(await look()).toEqual({ is: 'never' });
  });

  it('is started once for each key, ever, by however many at once', async () => {
    const body = 'echo x >> ran';
    await Promise.all(Array.from({ length: 5 }, () => start(body)));
    await until('ended');
    await start(body);
    await start(body, { key: 'eden-1:sync:2' });
    await until('ended', 'eden-1:sync:2');
    expect(lines('ran')).toEqual(['x', 'x']);
    // Keys that only look alike are two.
    await start(body, { key: 'eden-1+sync:1' });
    await until('ended', 'eden-1+sync:1');
    expect(lines('ran')).toHaveLength(3);
    expect(readdirSync(join(dir, 'jobs'))).toContain('eden-1%2Bsync+1');
    expect(readdirSync(join(slot(), '..'))).toEqual(['1']);
    expect(statSync(slot()).mode & 0o777).toBe(0o700);
  });

  it('any key is a name of its own', async () => {
    for (const key of ['', '.', '..', '../../x', 'x'.repeat(400), `${'x'.repeat(399)}y`])
      await start('echo x >> ran', { key });
    for (const key of ['', '.', '..', '../../x', 'x'.repeat(400)]) await until('ended', key);
    expect(readdirSync(join(dir, 'jobs'))).toHaveLength(6);
    await expect.poll(() => lines('ran')).toHaveLength(6);
  });

  it('ends by itself at its time limit, with everything it started', async () => {
    await start('trap "" TERM; echo $$ >> pids; sleep 600 & echo $! >> pids; while :; do sleep 1; done', {
      timeoutMs: 300,
    });
    const pids = await pidsIn('pids', 2);
    expect(await until('ended')).toMatchObject({ status: null });
    for (const pid of pids) await expect.poll(() => alive(pid)).toBe(false);
    // It writes down how the script ended, and ends right after.
    await expect.poll(() => alive(wrapper())).toBe(false);
  });

  it('is told apart: ended by its limit, by a signal, by its own word', async () => {
    await start('sleep 600', { timeoutMs: 100 });
    expect(await until('ended')).toMatchObject({ status: null });
    await start('kill -KILL $$', { key: 'k:2' });
    expect(await until('ended', 'k:2')).toMatchObject({ status: null });
    await start('exit 255', { key: 'k:3' });
    expect(await until('ended', 'k:3')).toMatchObject({ status: 255 });
  });

  withProc('leaves nothing behind when it ends by itself, groups of their own included', async () => {
    await start(
      'echo $$ >> pids; timeout 600 sh -c "echo \\$\\$ >> pids; sleep 600; true" & sleep 600 & echo $! >> pids; while [ $(wc -l < pids) -lt 3 ]; do sleep 0.02; done',
    );
    const pids = await pidsIn('pids', 3);
    expect(await until('ended')).toMatchObject({ status: 0 });
    for (const pid of pids) await expect.poll(() => alive(pid)).toBe(false);
  });

  withProc('still runs while its shell is gone and it is not; then it is lost', async () => {
    await start('echo $$ >> pids; echo working; sleep 600');
    const [pid] = await pidsIn('pids', 1);
    process.kill(wrapper(), 'SIGKILL');
    await expect.poll(() => alive(wrapper())).toBe(false);
    expect(await look()).toMatchObject({ is: 'running' });
    // `timeout` passes it on, and the script's `sleep` is in its group.
    process.kill(-Number(/\) \S+ \d+ (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))![1]), 'SIGKILL');
    expect(await until('lost')).toEqual({ is: 'lost', progress: null, output: 'working' });
    await start('echo $$ >> pids');
    expect(lines('pids')).toHaveLength(1);
  });

  it('a shell that is told to end writes down how it ended', async () => {
    await start('echo $$ >> pids; while [ ! -e go ]; do sleep 0.02; done; exit 4');
    await pidsIn('pids', 1);
    process.kill(wrapper(), 'SIGTERM');
    writeFileSync(join(dir, 'go'), '');
    expect(await until('ended')).toMatchObject({ status: 4 });
  });

  describe('when Regent is killed', () => {
    const source = new URL('../../src/integrations/hook/jobs.ts', import.meta.url).href;
    /** A Regent of its own that starts a job, says so, and stays until it is killed. */
    const killedAfterStart = async (timeoutMs: number) => {
      const code = `const { scriptJobs } = await import(${JSON.stringify(source)});
        await scriptJobs(${JSON.stringify(options())}).start(${JSON.stringify(KEY)}, { exec: ['script.sh'], timeoutMs: ${timeoutMs} }, new AbortController().signal);
        console.log('started'); setInterval(() => {}, 1000);`;
      const caller = spawn(process.execPath, ['--input-type=module', '-e', code], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const gone = once(caller, 'exit');
      await once(caller.stdout, 'data');
      caller.kill('SIGKILL');
      await gone;
    };

    it('goes on, and the next one finds it: running, then ended, never started again', async () => {
      script(
        `echo x >> ran; echo '{"done":1,"total":2,"unit":"rows"}'; while [ ! -e go ]; do sleep 0.02; done; echo '{"rows":2}'`,
      );
      await killedAfterStart(LONG);
      await expect
        .poll(async () => await look())
        .toMatchObject({ is: 'running', progress: { done: 1, total: 2, unit: 'rows' } });
      await jobs().start(KEY, { exec: ['script.sh'], timeoutMs: LONG }, never);
      writeFileSync(join(dir, 'go'), '');
      expect(await until('ended')).toMatchObject({ status: 0, report: { rows: 2 } });
      expect(lines('ran')).toEqual(['x']);
    });

    it('keeps nobody from ending who has started it', async () => {
      script('echo x >> ran; while [ ! -e go ]; do sleep 0.02; done');
      const code = `const { scriptJobs } = await import(${JSON.stringify(source)});
        await scriptJobs(${JSON.stringify(options())}).start(${JSON.stringify(KEY)}, { exec: ['script.sh'], timeoutMs: ${LONG} }, new AbortController().signal);`;
      const caller = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: 'inherit' });
      expect(await once(caller, 'exit')).toEqual([0, null]);
      expect(await look()).toMatchObject({ is: 'running' });
      writeFileSync(join(dir, 'go'), '');
      expect(await until('ended')).toMatchObject({ status: 0 });
    });

    it('ends at its time limit with nobody watching', async () => {
      script('trap "" TERM; echo $$ > pids; sleep 600 & echo $! >> pids; while :; do sleep 1; done');
      await killedAfterStart(1000);
      const pids = await pidsIn('pids', 2);
      for (const pid of pids) await expect.poll(() => alive(pid), { timeout: 15_000 }).toBe(false);
      expect(await until('ended')).toMatchObject({ status: null });
    });
  });

  describe('a start that was cut off', () => {
    const boot = existsSync('/proc/sys/kernel/random/boot_id')
      ? readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
      : '';
    const leave = (job: object | null, begun: string | null = null) => {
      mkdirSync(slot(), { recursive: true });
      if (job !== null) {
        const written = { exec: ['script.sh'], limitMs: LONG, host: hostname(), boot, ...job };
        writeFileSync(join(slot(), 'job'), JSON.stringify(written));
      }
      if (begun !== null) writeFileSync(join(slot(), 'begun'), begun);
    };

    it.each([
      ['before anything was written', null],
      ['before the shell began', {}],
    ])('%s: never, and what comes late comes too late; it may be started again', async (_, job) => {
      leave(job);
      expect(await look()).toEqual({ is: 'never' });
      expect(readFileSync(join(slot(), 'begun'), 'utf8')).toBe('called off');
      // The shell that was on its way all the while finds its place taken.
      writeFileSync(join(dir, 'late'), `${process.pid} 1`);
      expect(() => linkSync(join(dir, 'late'), join(slot(), 'begun'))).toThrow('EEXIST');
      expect(await look()).toEqual({ is: 'never' });
      await start('echo x >> ran');
      expect(await until('ended')).toMatchObject({ status: 0 });
      expect(lines('ran')).toEqual(['x']);
      expect(existsSync(join(slot(2), 'status'))).toBe(true);
    });

    it('and its shell wakes up late, when it was called off: it gives up', async () => {
      leave({});
      expect(await look()).toEqual({ is: 'never' });
      const late = spawn('/bin/sh', ['-c', JOB_SHELL, 'regent-job', slot(), '/bin/touch', join(dir, 'ran')]);
      expect(await once(late, 'exit')).toEqual([1, null]);
      expect(existsSync(join(dir, 'ran'))).toBe(false);
      expect(await look()).toEqual({ is: 'never' });
    });

    it('and the machine went down: nobody knows, so it is lost and not started again', async () => {
      leave({ boot: 'another boot' });
      expect(await look()).toEqual({ is: 'lost', progress: null, output: '' });
      await start('echo x >> ran');
      expect(await look()).toEqual({ is: 'lost', progress: null, output: '' });
      expect(readdirSync(join(slot(), '..'))).toEqual(['1']);
    });

    it('begun, and no process of that name and time: lost', async () => {
      // The id is in use, by somebody else.
      leave({}, `${process.pid} 1`);
      expect(await look()).toMatchObject({ is: 'lost' });
    });

    withProc('begun before the machine went down: lost, whoever has its id and its time now', async () => {
      const stat = readFileSync('/proc/self/stat', 'utf8');
      const us = `${process.pid} ${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]}`;
      leave({}, us);
      expect(await look()).toMatchObject({ is: 'running' });
      leave({ boot: 'another boot' });
      expect(await look()).toMatchObject({ is: 'lost' });
    });

    it('begun on another machine: running until its limit is over, for all we know', async () => {
      leave({ host: 'elsewhere', boot: 'theirs' }, '4242 1');
      expect(await look()).toMatchObject({ is: 'running' });
      leave({ host: 'elsewhere', boot: 'theirs', limitMs: -LONG }, '4242 1');
      expect(await look()).toMatchObject({ is: 'lost' });
    });
  });

  it('called off while its shell had not begun: it does not run', async () => {
    const stop = new AbortController();
    script('echo x >> ran');
    const starting = jobs().start(KEY, { exec: ['script.sh'], timeoutMs: LONG }, stop.signal);
    stop.abort(new Error('no time'));
    const failed = await starting.then(
      () => null,
      (error: unknown) => error,
    );
    // Whichever came first: it never runs, or it runs once.
    if (failed === null) await until('ended');
    else expect(failed).toMatchObject({ code: 'hook-not-started', effect: 'none' });
    expect((await look()).is).toBe(failed === null ? 'ended' : 'never');
    expect(lines('ran')).toHaveLength(failed === null ? 1 : 0);
  });

  it('cannot be started where there is no directory to start it in', async () => {
    script('true');
    const elsewhere = scriptJobs({ ...options(), baseDir: join(dir, 'gone'), allow: [join(dir, 'script.sh')] });
    const job = { exec: [join(dir, 'script.sh')], timeoutMs: LONG };
    await expect(elsewhere.start(KEY, job, never)).rejects.toMatchObject({ code: 'hook-not-started', effect: 'none' });
    expect(await look()).toEqual({ is: 'never' });
  });

  describe('what it prints', () => {
    it('may be without end', async () => {
      await start(`yes '{"done":1,"total":null,"unit":"bytes"}' | head -c 50000000; echo; echo '{"end":true}'`);
      const ended = await until('ended');
      expect(ended).toMatchObject({ status: 0, report: { end: true } });
      if (ended.is === 'ended') expect(ended.output.length).toBeLessThanOrEqual(4000);
    });

    it.each([
      ['without a total', '{"done":5,"unit":"rows"}', { done: 5, total: null, unit: 'rows' }],
      ['without a unit', '{"done":5,"total":9}', { done: 5, total: 9, unit: '' }],
      ['with more in it', '{"done":5,"total":9,"unit":"rows","file":"a"}', { done: 5, total: 9, unit: 'rows' }],
      ['that is not one', '{"done":true,"total":9}', null],
      ['that is not a number', '{"done":-1,"total":9,"unit":"rows"}', null],
      ['cut off in the middle', '{"done":5,"to', null],
    ])('progress %s', async (_, line, progress) => {
      await start(`printf '%s' '${line}'; touch printed; while [ ! -e go ]; do sleep 0.02; done`);
      await expect.poll(() => existsSync(join(dir, 'printed'))).toBe(true);
      expect(await look()).toMatchObject({ is: 'running', progress });
      writeFileSync(join(dir, 'go'), '');
      await until('ended');
    });

    it('is cleaned of what a terminal or a chat would obey', async () => {
      await start("printf '\\033[31mred\\033[0m\\a\\tx\\r\\nnext\\n'");
      expect(await until('ended')).toMatchObject({ output: 'red x\nnext' });
    });
  });
});
