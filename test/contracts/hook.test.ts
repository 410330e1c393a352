/** Hooks run what is allowed, see nothing of ours, cost little, and end with everything they started. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hooks } from '../../src/integrations/hook/hooks.ts';
import { alive } from '../support/alive.ts';

const never = new AbortController().signal;
const LONG = 60_000;

describe('hooks', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'regent-hook-'));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  const script = (body: string, name = 'script.sh') => {
    writeFileSync(join(dir, name), `#!/bin/sh\n${body}\n`);
    chmodSync(join(dir, name), 0o755);
    return `./${name}`;
  };
  const hook = (more: { env?: string[]; timeoutMs?: number } = {}) =>
    hooks({
      allow: ['script.sh', join(dir, 'absolute.sh')],
      baseDir: dir,
      env: [],
      timeoutMs: LONG,
      killAfterMs: 200,
      ...more,
    });
  const run = (body: string, args: string[] = [], onLine?: (line: string) => void) =>
    hook().run({ exec: [script(body), ...args] }, LONG, never, onLine);
  /** Process ids a script wrote into a file, one a line, once there are as many. */
  const pidsIn = async (file: string, count: number): Promise<number[]> => {
    const read = () => (existsSync(join(dir, file)) ? readFileSync(join(dir, file), 'utf8').trim().split('\n') : []);
    await expect.poll(() => read().length, { timeout: 10_000 }).toBe(count);
    return read().map(Number);
  };

  describe('that are scripts', () => {
    it('give status, report and output', async () => {
      const lines: string[] = [];
      const result = await run(
        'echo one; echo \'{"step":1}\'; echo two >&2; echo \'{"step":2,"rows":[1]}\'; printf \'[3]\\nlast\'',
        [],
        (line) => lines.push(line),
      );
      expect(result).toMatchObject({ ok: true, status: 0, report: { step: 2, rows: [1] } });
      expect(lines.sort()).toEqual(['[3]', 'last', 'one', 'two', '{"step":1}', '{"step":2,"rows":[1]}'].sort());
      expect(result.output.split('\n').sort()).toEqual(lines);
      expect(await run("echo '{\"half'; exit 3")).toMatchObject({ ok: false, status: 3, report: null });
    });

    it('get their arguments as they are, whatever is in them', async () => {
      const nasty = ['$(touch pwned)', '`touch pwned`', '; touch pwned', '--', '-k', 'a b\nc', '"\'\\', '*', ''];
      const { report } = await run(
        `exec "${process.execPath}" -e 'console.log(JSON.stringify({argv: process.argv.slice(1)}))' -- "$@"`,
        nasty,
      );
      expect(report).toEqual({ argv: nasty });
      expect(existsSync(join(dir, 'pwned'))).toBe(false);
    });

    it('see only the variables that are named, and run in the base directory', async () => {
      process.env['REGENT_TEST_SECRET'] = 'xoxb-secret';
      process.env['REGENT_TEST_NAMED'] = 'named';
      try {
        const call = { exec: [script('pwd; env')], env: { REGION: 'us-east-1' } };
        const { output } = await hook({ env: ['REGENT_TEST_NAMED', 'REGENT_TEST_NONE'] }).run(call, LONG, never);
        expect(output).toContain('REGENT_TEST_NAMED=named');
        expect(output).toContain('REGION=us-east-1');
        expect(output.split('\n')[0]).toMatch(/regent-hook-/);
        const names = output
          .split('\n')
          .slice(1)
          .map((line) => line.split('=')[0]);
        expect(names.sort()).toEqual(['LC_ALL', 'PATH', 'PWD', 'REGENT_TEST_NAMED', 'REGION']);
      } finally {
        delete process.env['REGENT_TEST_SECRET'];
        delete process.env['REGENT_TEST_NAMED'];
      }
    });

    it('run only when they are allowed, there, and executable', async () => {
      const refused = (name: string) => hook().run({ exec: [name] }, LONG, never);
      script('echo hello', 'absolute.sh');
      expect(await refused(join(dir, 'absolute.sh'))).toMatchObject({ ok: true, output: 'hello' });
      mkdirSync(join(dir, 'sub'));
      for (const name of ['/bin/sh', 'sh', 'other.sh', '', '../script.sh', 'sub/../../x.sh']) {
        await expect(refused(name)).rejects.toMatchObject({ name: 'ConfigError', code: 'hook-not-allowed' });
      }
      await expect(refused('script.sh')).rejects.toMatchObject({ message: expect.stringContaining('no such file') });
      script('echo hello');
      chmodSync(join(dir, 'script.sh'), 0o644);
      await expect(refused('script.sh')).rejects.toMatchObject({ message: expect.stringContaining('not executable') });
      writeFileSync(join(dir, 'script.sh'), '#!/no/such/interpreter\n');
      chmodSync(join(dir, 'script.sh'), 0o755);
      await expect(refused('script.sh')).rejects.toMatchObject({ code: 'hook-not-started' });
    });

    it('may print without end and cost no memory', async () => {
      const before = process.memoryUsage().rss;
      let lines = 0;
      const result = await run(
        'yes "a line of some length, again and again" | head -c 300000000; echo; echo \'{"end":true}\'',
        [],
        () => {
          lines += 1;
        },
      );
      expect(result).toMatchObject({ ok: true, report: { end: true } });
      expect(result.output.length).toBeLessThanOrEqual(4000);
      expect(result.output.endsWith('{"end":true}')).toBe(true);
      expect(lines).toBeLessThan(3000);
      expect(process.memoryUsage().rss - before).toBeLessThan(150_000_000);
    });

    it('may print one line without end', async () => {
      const result = await run('head -c 20000000 /dev/zero | tr "\\\\0" x; echo; echo done');
      expect(result.output.endsWith('done')).toBe(true);
      expect(result.output.length).toBeLessThanOrEqual(4000);
    });

    it('have their output cleaned of what a terminal or a chat would obey', async () => {
      const { output } = await run("printf '\\033[31mred\\033[0m\\a\\tx\\r\\nnext\\n'");
      expect(output).toBe('red x\nnext');
    });

    it('are ended when their time is up, with everything they started', async () => {
      const body = 'trap "" TERM; echo $$ > pids; sleep 600 & echo $! >> pids; while :; do sleep 1; done';
      const result = await hook({ timeoutMs: 300 }).run({ exec: [script(`echo begun; ${body}`)] }, LONG, never);
      expect(result).toEqual({ ok: false, status: null, report: null, output: 'begun' });
      for (const pid of await pidsIn('pids', 2)) await expect.poll(() => alive(pid)).toBe(false);
    });

    it('may end in an orderly way when their time is up', async () => {
      const body = "trap 'echo cleaned; exit 0' TERM; echo begun; while :; do sleep 0.05; done";
      const result = await hook().run({ exec: [script(body)] }, 300, never);
      expect(result).toMatchObject({ ok: false, status: null, output: expect.stringContaining('cleaned') });
    });

    it('are ended at once when the run is stopped, also process groups of their own', async () => {
      const stop = new AbortController();
      const body = 'echo $$ > pids; timeout 600 sh -c "echo \\$\\$ >> pids; sleep 600; true" & wait';
      // A `timeout` in the script makes a process group of its own.
      const running = hook().run({ exec: [script(body)] }, LONG, stop.signal);
      const pids = await pidsIn('pids', 2);
      expect(pids.map(alive)).toEqual([true, true]);
      stop.abort();
      expect(await running).toMatchObject({ ok: false, status: null });
      for (const pid of pids) await expect.poll(() => alive(pid)).toBe(false);
      const again = await hook().run({ exec: [script(body)] }, LONG, stop.signal);
      expect(again).toMatchObject({ ok: false, status: null, output: 'It was stopped before it started.' });
    });

    it('leave nothing behind when they end by themselves', async () => {
      const result = await run('sleep 600 & echo $! > pids; echo ready');
      expect(result).toMatchObject({ ok: true, output: 'ready' });
      const [pid] = await pidsIn('pids', 1);
      await expect.poll(() => alive(pid!)).toBe(false);
    });

    it('do not hold us when a child has fled with our pipe', async () => {
      const result = await run(
        "setsid -f sh -c 'echo $$ > pids; exec sleep 600'; while [ ! -s pids ]; do sleep 0.01; done; echo ready",
      );
      expect(result).toMatchObject({ ok: true, output: 'ready' });
      for (const pid of await pidsIn('pids', 1)) process.kill(pid, 'SIGKILL');
    });

    it('end by themselves when we are killed', async () => {
      script('trap "" TERM; echo $$ > pids; sleep 600 & echo $! >> pids; while :; do sleep 1; done');
      const source = new URL('../../src/integrations/hook/hooks.ts', import.meta.url).href;
      const options = JSON.stringify({
        allow: ['script.sh'],
        baseDir: dir,
        env: [],
        timeoutMs: 1500,
        killAfterMs: 200,
      });
      const code = `const { hooks } = await import(${JSON.stringify(source)});
        await hooks(${options}).run({ exec: ['script.sh'] }, 1500, new AbortController().signal);`;
      const caller = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: 'ignore' });
      const pids = await pidsIn('pids', 2);
      const gone = once(caller, 'exit');
      caller.kill('SIGKILL');
      await gone;
      expect(pids.map(alive)).toEqual([true, true]);
      for (const pid of pids) await expect.poll(() => alive(pid), { timeout: 15_000 }).toBe(false);
    });
  });

  describe('that are endpoints', () => {
    const serve = async (listener: RequestListener) => {
      const server = createServer(listener);
      await once(server.listen(0, '127.0.0.1'), 'listening');
      return {
        url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/step`,
        [Symbol.asyncDispose]: async () => {
          server.closeAllConnections();
          await new Promise((resolve) => server.close(resolve));
        },
      };
    };

    it('get JSON and give JSON', async () => {
      const seen: unknown[] = [];
      await using server = await serve(async (request, response) => {
        const chunks: Buffer[] = [];
        for await (const chunk of request) chunks.push(chunk as Buffer);
        seen.push([
          request.method,
          request.headers['content-type'],
          request.headers['x-key'],
          Buffer.concat(chunks).toString(),
        ]);
        response.writeHead(200, { 'content-type': 'application/json' }).end('{"converged":\ntrue}');
      });
      const lines: string[] = [];
      const call = { http: { url: server.url, body: { region: 'us-east-1' }, headers: { 'x-key': 'k' } } };
      const result = await hook().run(call, LONG, never, (line) => lines.push(line));
      expect(result).toEqual({ ok: true, status: 200, report: { converged: true }, output: '{"converged":\ntrue}' });
      expect(lines).toEqual(['{"converged":', 'true}']);
      await hook().run({ http: { url: server.url } }, LONG, never);
      expect(seen).toEqual([
        ['POST', 'application/json', 'k', '{"region":"us-east-1"}'],
        ['GET', undefined, undefined, ''],
      ]);
    });

    it('are taken at their word: other statuses, redirects, other bodies', async () => {
      await using server = await serve((request, response) => {
        if (request.url?.endsWith('/else')) response.writeHead(200).end();
        else if (request.method === 'GET') response.writeHead(302, { location: '/else' }).end();
        else response.writeHead(500).end('not \u0007today');
      });
      expect(await hook().run({ http: { url: server.url } }, LONG, never)).toMatchObject({ ok: false, status: 302 });
      const failed = await hook().run({ http: { url: server.url, method: 'POST' } }, LONG, never);
      expect(failed).toEqual({ ok: false, status: 500, report: null, output: 'not today' });
    });

    it('are cut off when time is up, the run is stopped, or the answer has no end', async () => {
      const stop = new AbortController();
      await using server = await serve((request, response) => {
        if (request.method === 'POST') return void stop.abort();
        if (request.headers['x-flood'] === undefined) return;
        const more = () => {
          while (response.writable && response.write(Buffer.alloc(65_536, 'x')));
        };
        response.on('drain', more);
        more();
      });
      const timeUp = await hook().run({ http: { url: server.url } }, 200, never);
      expect(timeUp).toMatchObject({ ok: false, status: null, output: expect.stringContaining('within 200 ms') });
      const stopped = await hook().run({ http: { url: server.url, method: 'POST' } }, LONG, stop.signal);
      expect(stopped).toMatchObject({ ok: false, status: null, output: expect.stringContaining('stopped') });
      const flood = await hook().run({ http: { url: server.url, headers: { 'x-flood': '1' } } }, LONG, never);
      expect([flood.status, flood.output.length]).toEqual([200, 4000]);
    });

    it('throw only when nothing was sent', async () => {
      const server = await serve((request) => request.socket.destroy());
      const broken = await hook().run({ http: { url: server.url } }, LONG, never);
      expect(broken).toMatchObject({ ok: false, status: null, output: expect.stringContaining('broke off') });
      await server[Symbol.asyncDispose]();
      const failure = { name: 'IntegrationError', effect: 'none', code: 'hook-not-started' };
      for (const url of [server.url, 'file:///etc/passwd', 'http://169.254.169.254/', 'http://[::ffff:a9fe:a9fe]/']) {
        await expect(hook().run({ http: { url } }, LONG, never)).rejects.toMatchObject(failure);
      }
    });
  });
});
