/**
 * state.sh snapshot|transfer|validate|apply --kind=<kind> --from=<aliases> --to=<alias>: carries state no database
 * replicates from every region that answers to the target. What belongs to a run stands in a file of its own, so that
 * each stage finds what the one before it left, and can begin over.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Region, regionNamed } from '../lib/facts.ts';
import { chunkSize, say, startBar } from '../lib/progress.ts';
import { type Call, Refusal, type Report, runScript } from '../lib/script.ts';
import { call, isSilent, novaOf, planeOf } from './reach.ts';

type Part = { region: string; bytes: number; checksum: string };
type Work = { parts: Part[]; silent: string[] };
type Stage = Call & { kind: string; from: Region[]; to: Region };

const nameOf = ({ run }: Stage, region: string): string => `${run}-${region}`.toLowerCase();
const plane = ({ facts }: Stage, region: string): string => novaOf(facts).regions[region]!;

const fileOf = ({ facts, run, kind, to }: Stage): string => join(novaOf(facts).work, `${run}-${kind}-${to.name}.json`);
function keep(stage: Stage, work: Work): void {
  const file = fileOf(stage);
  mkdirSync(novaOf(stage.facts).work, { recursive: true, mode: 0o700 });
  writeFileSync(`${file}.new`, JSON.stringify(work), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}
/** @throws Refusal before the snapshot */
function kept(stage: Stage): Work {
  const file = fileOf(stage);
  if (!existsSync(file)) throw new Refusal(`There is no snapshot of ${stage.kind} for ${stage.run}. Take it first.`);
  return JSON.parse(readFileSync(file, 'utf8')) as Work;
}

const sumOf = (parts: Part[]): number => parts.reduce((sum, { bytes }) => sum + bytes, 0);
const regionsIn = (parts: { region: string }[]): string => parts.map(({ region }) => region).join(' and ');

/** In each of the regions that answer. @throws Refusal where none does */
async function snapshot(stage: Stage): Promise<Report> {
  const work: Work = { parts: [], silent: [] };
  for (const region of stage.from) {
    const url = `${plane(stage, region.name)}/state/${stage.kind}/snapshots`;
    try {
      const made = await call(`The state of ${region.name}`, url, {
        method: 'POST',
        body: { name: nameOf(stage, region.name) },
      });
      work.parts.push({ region: region.name, bytes: Number(made['bytes']), checksum: String(made['checksum']) });
    } catch (error) {
      if (!isSilent(error)) throw error;
      work.silent.push(region.name);
    }
    say({ done: work.parts.length + work.silent.length, total: stage.from.length, unit: 'regions' });
  }
  const { parts, silent } = work;
  if (parts.length === 0)
    throw new Refusal(`None of ${regionsIn(silent.map((region) => ({ region })))} answers: there is nothing to carry.`);
  keep(stage, work);
  const without = silent.length === 0 ? '' : `; ${silent.join(', ')} does not answer`;
  return { summary: `${regionsIn(parts)} snapped${without}`, bytes: sumOf(parts), silent };
}

/** Each part read from where it was made, and written in the target as it comes. */
async function transfer(stage: Stage): Promise<Report> {
  const { parts } = kept(stage);
  const bar = startBar(sumOf(parts), stage.facts.pace);
  for (const { region, bytes } of parts) {
    const name = nameOf(stage, region);
    const source = await fetch(`${plane(stage, region)}/state/${stage.kind}/snapshots/${name}`).catch(() => null);
    if (!source?.ok || source.body === null)
      throw new Refusal(`${region} no longer gives its snapshot of ${stage.kind}. Take it anew.`);
    const body = ReadableStream.from(paced(source.body, bytes, bar.moved, stage.corrupt));
    const put = await fetch(`${plane(stage, stage.to.name)}/state/${stage.kind}/incoming/${name}`, {
      method: 'PUT',
      body,
      duplex: 'half',
    } as RequestInit).catch(() => null);
    if (!put?.ok) throw new Refusal(`${stage.to.name} does not take ${stage.kind} of ${region}.`, 2);
  }
  say({ done: sumOf(parts), total: sumOf(parts), unit: 'bytes' });
  return { summary: `${stage.kind} of ${regionsIn(parts)} is in ${stage.to.name}`, bytes: sumOf(parts) };
}

/** In pieces small enough that a bar moves; a fault of the lab turns a byte over in the middle. */
async function* paced(
  source: AsyncIterable<Uint8Array>,
  total: number,
  moved: (bytes: number) => Promise<void>,
  corrupt: boolean,
): AsyncGenerator<Uint8Array> {
  const size = chunkSize(total);
  let done = 0;
  for await (const chunk of source)
    for (let at = 0; at < chunk.length; at += size) {
      const piece = Buffer.from(chunk.subarray(at, at + size));
      if (corrupt && done <= total / 2 && done + piece.length > total / 2) piece[0]! ^= 0xff;
      done += piece.length;
      yield piece;
      await moved(piece.length);
    }
}

/** What was taken, and what lies in the target, each as it is counted where it lies. */
async function validate(stage: Stage): Promise<Report> {
  const { parts } = kept(stage);
  const arrived: Part[] = [];
  for (const [index, { region }] of parts.entries()) {
    const url = `${plane(stage, stage.to.name)}/state/${stage.kind}/incoming/${nameOf(stage, region)}`;
    const seen = await call(`The state of ${stage.to.name}`, url);
    arrived.push({ region, bytes: Number(seen['bytes']), checksum: String(seen['checksum']) });
    say({ done: index + 1, total: parts.length, unit: 'parts' });
  }
  const [from, to] = [together(parts), together(arrived)];
  const summary = from === to ? `${stage.kind} arrived as it was taken` : `${stage.kind} is damaged on the way`;
  return { summary, checksum: { from, to } };
}

/** One checksum of several parts; of a single one its own. */
function together(parts: Part[]): string {
  if (parts.length === 1) return parts[0]!.checksum;
  const all = parts.map(({ region, checksum }) => `${region} ${checksum}\n`).join('');
  return `sha256:${createHash('sha256').update(all).digest('hex')}`;
}

async function apply(stage: Stage): Promise<Report> {
  const { parts } = kept(stage);
  let changed = 0;
  for (const { region } of parts) {
    const url = `${planeOf(stage.facts, stage.to)}/state/${stage.kind}/apply`;
    const done = await call(`The state of ${stage.to.name}`, url, {
      method: 'POST',
      body: { name: nameOf(stage, region) },
    });
    changed += Number(done['changed']);
  }
  return { summary: `${stage.kind}: ${changed} entries of ${regionsIn(parts)} were newer`, changed };
}

const STAGES = { snapshot, transfer, validate, apply };

await runScript({
  name: 'state.sh',
  usage: 'state.sh snapshot|transfer|validate|apply --kind=<kind> --from=<aliases, by commas> --to=<alias>',
  regions: ['to'],
  texts: ['kind', 'from'],
  verbs: Object.keys(STAGES),
  async main(given) {
    const from = given
      .text('from')
      .split(',')
      .map((alias) => regionNamed(given.facts, alias));
    const stage: Stage = { ...given, kind: given.text('kind'), from, to: given.region('to') };
    return await STAGES[given.verb as keyof typeof STAGES](stage);
  },
});
