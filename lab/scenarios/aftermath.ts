/** What an emergency leaves to people: the files of the run, and the plan of recovery that every status names. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ANA } from '../world/people.ts';
import type { World } from '../world/world.ts';
import { until } from './emergency-people.ts';
import { channelOf } from './play.ts';

const WRITTEN_WITHIN_MS = 20_000;
const ANSWERED_WITHIN_MS = 10_000;

const fileOf = (world: World, run: string, name: string): string =>
  join(dirname(world.regent.journal), 'evidence', run, name);

/**
 * Waits for them while Regent runs; what `/dr status` says is asked once.
 * @param run the run that left the region
 */
export async function aftermathProblems(world: World, run: string, region: string, stop: AbortSignal) {
  const files = ['assessment.md', 'reconciliation.md'].map((name) => fileOf(world, run, name));
  const written = () => files.every((file) => existsSync(file));
  const missing = await until(written, { withinMs: WRITTEN_WITHIN_MS, stop, what: 'the files' }).then(
    () => [],
    () => files.filter((file) => !existsSync(file)).map((file) => `${file} was not written`),
  );
  const plan = `Recovery of ${region}`;
  const since = Date.now();
  await world.slack.command(ANA, channelOf(world), '/dr status', {});
  const answered = () => world.slack.ephemerals(ANA).some(({ at, text }) => at >= since && text.includes(plan));
  const unnamed = await until(answered, { withinMs: ANSWERED_WITHIN_MS, stop, what: plan }).then(
    () => [],
    () => [`/dr status does not name the plan “${plan}”`],
  );
  return [...missing, ...unnamed];
}

/**
 * What only the region had stands in the files of the run that left it, table by table, once a later run has read it.
 * `rows`: how many of `table` there are, by the servers.
 */
export async function reconciliationProblems(
  world: World,
  run: string,
  table: string,
  rows: number,
  stop: AbortSignal,
): Promise<string[]> {
  const file = fileOf(world, run, 'reconciliation.md');
  const wanted = new RegExp(`^\\| \`${table}\` \\| \`id\` \\| ${rows} \\|`, 'm');
  const stands = () => existsSync(file) && wanted.test(readFileSync(file, 'utf8'));
  return await until(stands, { withinMs: WRITTEN_WITHIN_MS, stop, what: file }).then(
    () => [],
    () => [`${file} does not say that ${rows} rows of ${table} are only there`],
  );
}

/** What is written as approved is what was approved. */
export function boundProblems(world: World, run: string, approvedSeconds: number | null): string[] {
  const file = fileOf(world, run, 'assessment.md');
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const bound =
    approvedSeconds === null
      ? '| Approved | no bound'
      : `at most ${(Math.ceil(approvedSeconds * 10 - 1e-9) / 10).toFixed(1)} s,`;
  const row = text.split('\n').find((line) => line.startsWith('| Approved |')) ?? '';
  return row.includes(bound) ? [] : [`assessment.md says “${row}”, approved was ${approvedSeconds ?? 'no bound'}`];
}
