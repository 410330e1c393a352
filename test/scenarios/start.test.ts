/** Starting Regent wrongly: a broken file, a missing secret, a token that is no good, a journal that is taken. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type RegentProcess, startRegent } from '../../lab/world/regent.ts';
import { startWorld, type World } from '../../lab/world/world.ts';

let world: World;
let first: RegentProcess;
let dir: string;
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'regent-start-'));
  world = await startWorld({ pace: 10, latencyMs: 0, softFence: false, say: () => {} });
  first = await startRegent(world);
}, 60_000);
afterAll(async () => {
  await first?.stop();
  await world?.close();
  rmSync(dir, { recursive: true, force: true });
});

/** Runs Regent until it ends; its exit status and what it wrote to a person. */
function regent(args: string[], env: Record<string, string>): Promise<{ status: number | null; said: string }> {
  const child = spawn(process.execPath, ['src/main.ts', ...args], { env: { PATH: process.env['PATH'] ?? '', ...env } });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString('utf8');
  });
  return new Promise((resolve) => child.once('close', (status) => resolve({ status, said })));
}
const lab = () => ['--config', world.regent.config, '--overlay', world.regent.overlay];

it('names every problem of a broken configuration at once, with line and remedy', async () => {
  const file = join(dir, 'dr.yml');
  writeFileSync(file, 'organization: eden\nenviroment: production\nobjectives: { rto: soon, rpo: 5m }\n');
  const { status, said } = await regent(['--config', file], {});
  expect(status).toBe(1);
  expect(said).toMatch(/1\. .*dr\.yml:\d+: .*\n/);
  expect(said).toContain('environment');
  expect(said).toContain('rto');
  expect(said).not.toContain('    at ');
});

it('says which secret is missing', async () => {
  const { PG_WEST: _, ...env } = world.regent.env;
  const { status, said } = await regent(lab(), env);
  expect(status).toBe(1);
  expect(said).toContain('env:PG_WEST is not set');
});

it('says that a token is refused by Slack', async () => {
  const overlay = join(dir, 'other.yml');
  const text = readFileSync(world.regent.overlay, 'utf8').replace(world.regent.journal, join(dir, 'journal.sqlite'));
  writeFileSync(overlay, text);
  const { status, said } = await regent(['--config', world.regent.config, '--overlay', overlay], {
    ...world.regent.env,
    SLACK_BOT_TOKEN: 'xoxb-wrong',
  });
  expect(status).toBe(1);
  expect(said).toMatch(/token/i);
  expect(said).not.toContain('xoxb-wrong');
});

it('refuses a second process on the same journal', async () => {
  const { status, said } = await regent(lab(), world.regent.env);
  expect(status).toBe(1);
  expect(said).toContain('is open in another process');
});

it('refuses an unknown option with its usage', async () => {
  const { status, said } = await regent(['--colour'], {});
  expect(status).toBe(2);
  expect(said).toContain('Usage:');
});
