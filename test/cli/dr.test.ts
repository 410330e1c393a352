/** The command line as people have it: the real process, against the real API. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { COMMANDS } from '../../src/commands/table.ts';
import { type Rig, rig, token } from '../api/rig.ts';

const DR = new URL('../../src/cli/dr.ts', import.meta.url).pathname;
const REGIONS = {
  'us-east-1': { alias: 'primary', fence: { strategy: 'statefulset', name: 'postgres' } as const },
  'us-west-2': { alias: 'secondary', fence: { strategy: 'statefulset', name: 'postgres' } as const },
};

type Ran = { status: number | null; out: string; err: string };

async function run(env: Record<string, string>, ...argv: string[]): Promise<Ran> {
  const child = spawn(process.execPath, [DR, ...argv], { env: { PATH: process.env['PATH'] ?? '', ...env } });
  const ran: Ran = { status: null, out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    ran.out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    ran.err += text;
  });
  await new Promise<void>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => {
      ran.status = status;
      resolve();
    });
  });
  return ran;
}
const as = (here: Rig, person: string) => ({ DR_SERVER: here.api.url, DR_TOKEN: token(person) });

describe('a run from the command line', () => {
  it('by the runbook’s own words', async () => {
    await using here = await rig({ regions: REGIONS });
    const ran = await run(as(here, 'UANA'), 'failover', '--region', 'us-east-1', '--reason', 'Planned maintenance');
    expect(ran).toMatchObject({ status: 0, err: '' });
    expect(ran.out).toMatch(/^eden-1 is moving us-east-1 → us-west-2\.\nIt is checked and prepared now/);
    expect(here.context()).toMatchObject({ source: 'us-east-1', reason: 'Planned maintenance', requestedBy: 'UANA' });
  });

  it('decided and looked at, in the words Slack shows too', async () => {
    await using here = await rig();
    await here.asked();
    expect(await run(as(here, 'UANA'), 'approve', 'promote')).toMatchObject({
      status: 1,
      out: '',
      err: 'You cannot approve this: you asked for it. Who can: group:sre\n',
    });
    expect(await run(as(here, 'UBO'), 'approve', 'promote')).toMatchObject({
      status: 0,
      out: '“Approve promotion” is approved.\n',
    });
    expect(await run(as(here, 'UBO'), 'deny', 'dns', 'reason:not', 'today')).toMatchObject({ status: 0 });
    expect(here.context().gates['dns']).toMatchObject({ status: 'denied', votes: [{ reason: 'not today' }] });
    expect(await run(as(here, 'UCY'), 'ask', 'dns')).toMatchObject({ status: 0 });
    expect((await run(as(here, 'UCY'), 'note', 'vendor: called', 'back')).out).toBe('Noted on eden-1.\n');
    const seen = await run(as(here, 'UDEE'), 'status', 'detail', '--json');
    expect(JSON.parse(seen.out)).toMatchObject({ ok: true, title: expect.stringContaining('eden-1') });
    expect((await run(as(here, 'UDEE'), '--server', here.api.url, 'status', '--detail')).status).toBe(0);
  });

  it.each([[['plan', 'failback']], [['plan', '--failback']]])('%j asks for the plan of going home', async (line) => {
    await using here = await rig();
    const { east, west } = here.state.servers;
    Object.assign(west!, { role: 'primary', streamingFrom: null });
    Object.assign(east!, { role: 'standby', streamingFrom: 'west:5432' });
    const seen = await run(as(here, 'UDEE'), ...line);
    expect(seen.out).toContain('Plan · failback west → east · nothing was changed');
  });
});

describe('saying no', () => {
  it.each([
    [['failovr', '--region', 'x'], '“failovr” is not a command. Did you mean dr failover? Nothing was sent.'],
    [
      ['failover', '--regoin', 'x'],
      '--regoin is nothing dr failover takes. Did you mean --region? It takes --region, --to, --reason, --force-after, --end-watch. Nothing was sent.',
    ],
    [['failover', '--region'], '--region needs a value, and the line ends there. Nothing was sent.'],
    [['failover', 'east', 'west'], 'dr failover has no use for “west”. See dr failover --help. Nothing was sent.'],
    [['abort', '--reason', 'x', 'reason:y'], 'reason is given twice. Nothing was sent.'],
    [['status', '--detail=yes'], '--detail stands alone, without a value. Nothing was sent.'],
    [
      ['status', '--server', 'regent'],
      '“regent” is not a web address. Write one like https://regent.example.com. Nothing was sent.',
    ],
    [['status', '--timeout', 'long'], '--timeout is a number of seconds up to 3600, not “long”. Nothing was sent.'],
    [
      ['token', 'ana'],
      '“ana” is not a person. Write user:ID with a Slack id, like user:U0123456789. Nothing was made.',
    ],
    [['token'], 'dr token wants one person: dr token user:U0123456789 [--name ci]. Nothing was made.'],
  ])('2 for %j', async (argv, words) => {
    expect(await run({ DR_TOKEN: 'x' }, ...argv)).toEqual({ status: 2, out: '', err: `${words}\n` });
  });

  it('2 for what Regent does not understand, 1 for what is not so now', async () => {
    await using here = await rig();
    const wrong = await run(as(here, 'UANA'), 'failover', 'esat', '--reason', 'x');
    expect(wrong).toMatchObject({ status: 2, err: expect.stringContaining('Did you mean east?') });
    expect(await run(as(here, 'UANA'), 'pause')).toMatchObject({ status: 1, err: 'Nothing is being moved now.\n' });
  });

  it('2 without a token, 3 with a wrong one', async () => {
    await using here = await rig();
    const none = await run({ DR_SERVER: here.api.url }, 'status');
    expect(none).toMatchObject({ status: 2, err: expect.stringContaining('There is no token: set DR_TOKEN') });
    const wrong = await run({ DR_SERVER: here.api.url, DR_TOKEN: 'wrong' }, 'status');
    expect(wrong).toMatchObject({ status: 3, err: expect.stringContaining('This token is not known here.') });
    const missing = await run({ DR_SERVER: here.api.url }, 'status', '--token-file', '/nowhere/token');
    expect(missing).toMatchObject({
      status: 2,
      err: expect.stringContaining('The token file /nowhere/token cannot be read'),
    });
  });

  it('3 when nobody answers, or somebody else does, or the answer is lost', async () => {
    let cut = false;
    const server = createServer((request, response) => {
      if (cut) request.socket.destroy();
      else response.end('<html>');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const env = { DR_SERVER: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, DR_TOKEN: 'x' };
    expect((await run(env, 'status')).err).toContain('is not Regent’s API (HTTP 200).');
    cut = true;
    const lost = await run(env, 'pause', '--key', 'k-1');
    expect(lost).toMatchObject({
      status: 3,
      err: expect.stringContaining('Whether it acted is not known: ask dr status.'),
    });
    expect(lost.err).toContain('Sent again with --key k-1 it acts once.');
    await new Promise((resolve) => server.close(resolve));
    const away = await run(env, 'pause');
    expect(away).toMatchObject({ status: 3, err: expect.stringContaining('Nothing was sent.') });
  });
});

it('a token that dr makes opens the door, and stands nowhere in the configuration', async () => {
  const made = await run({}, 'token', 'user:UANA', '--name', 'ci');
  const [secret = ''] = made.out.split('\n');
  const sha256 = /sha256: "([0-9a-f]{64})"/.exec(made.out)?.[1] ?? '';
  expect(made.out).toContain('- { person: user:UANA, name: ci, sha256:');
  expect((await run({}, 'token', 'UANA')).out.split('\n')[0]).not.toBe(secret);
  const folder = mkdtempSync(join(tmpdir(), 'dr-token-'));
  const file = join(folder, 'token');
  writeFileSync(file, `${secret}\n`, { mode: 0o600 });
  await using here = await rig({ api: { tokens: [{ name: 'ci', person: 'UANA', sha256, groups: [] }] } });
  const env = { DR_SERVER: here.api.url };
  expect((await run(env, 'status', '--token-file', file)).status).toBe(0);
  expect((await run({ ...env, DR_TOKEN_FILE: file }, 'status')).status).toBe(0);
  rmSync(folder, { recursive: true });
});

describe('help', () => {
  it('has every command, from the table', async () => {
    const { out, status } = await run({}, '--help');
    expect(status).toBe(0);
    for (const { name } of COMMANDS) if (name !== 'help') expect(out).toMatch(new RegExp(`^dr ${name}( |$)`, 'm'));
    expect((await run({})).out).toBe(out);
    expect((await run({}, 'help')).out).toBe(out);
  });
  it('tells of one what it takes, and asks for no token', async () => {
    const { out, status } = await run({}, 'failover', '--help');
    expect(status).toBe(0);
    expect(out).toContain(
      'dr failover --region REGION [--to TO] --reason REASON [--force-after FORCE-AFTER] [--end-watch END-WATCH]\n',
    );
    expect(out).toMatch(/--region REGION +the region that is left \(needed\)/);
    expect((await run({}, 'help', 'failover')).out).toBe(out);
  });
});
