/** What people do about a system without a standby: they read that it has none, and make it one. */
import { execute } from '../postgres/roles.ts';
import { ANA } from '../world/people.ts';
import type { World } from '../world/world.ts';
import { until } from './emergency-people.ts';
import { channelOf, type Ending, playPlanned } from './play.ts';

export type Reprotected = {
  /** What `/dr status` said before and after, its line about protection; null where it said nothing of it. */
  saidBefore: string | null;
  saidAfter: string | null;
  /** The same of the headline of the run that left it so. */
  headlineBefore: string | null;
  headlineAfter: string | null;
  outcome: Ending['outcome'];
  heldAt: string | null;
  said: string;
  wallMs: number;
  /** Its slot on the primary is there and in use. */
  slot: boolean;
};

const WITHIN_MS = 120_000;
const SEEN_WITHIN_MS = 30_000;
const WORD = 'UNPROTECTED';

/** From the end of the run that left it unprotected to the end of the one that mends it. `run`: whose headline, from 0. */
export async function reprotected(
  world: World,
  region: string,
  { say, stop, run = 0 }: { say: (line: string) => void; stop: AbortSignal; run?: number },
): Promise<Reprotected> {
  let saidBefore: string | null = null;
  await until(
    () => {
      void statusLine(world).then((line) => {
        saidBefore ??= line;
      });
      return saidBefore !== null;
    },
    { withinMs: SEEN_WITHIN_MS, stop, what: 'the status that says it is unprotected' },
  ).catch(() => undefined);
  const headlineBefore = headlineLine(world, run);
  say(`/dr status says: ${saidBefore ?? 'nothing of it'}`);
  const startedAt = Date.now();
  const command = `/dr reprotect ${region} reason:"it has no standby"`;
  const ending = await playPlanned(world, { command, withinMs: WITHIN_MS, fault: null, say, stop });
  const wallMs = Date.now() - startedAt;
  say(`reprotected: ${ending.outcome}${ending.heldAt ? `, held at ${ending.heldAt}: ${ending.said}` : ''}`);
  await until(() => headlineLine(world, run) === null, { withinMs: SEEN_WITHIN_MS, stop, what: 'the headline' }).catch(
    () => undefined,
  );
  return {
    saidBefore,
    saidAfter: await statusLine(world),
    headlineBefore,
    headlineAfter: headlineLine(world, run),
    outcome: ending.outcome,
    heldAt: ending.heldAt,
    said: ending.said,
    wallMs,
    slot: await slotInUse(world, region),
  };
}

/** Whether `/dr status` says that nothing follows the region that serves. */
export const saysUnprotected = async (world: World): Promise<boolean> => (await statusLine(world)) !== null;

/** Where it was not said, or not mended. */
export function reprotectProblems(mended: Reprotected | null): string[] {
  const problems: [boolean, string][] = [
    [mended?.saidBefore != null, '/dr status did not say that it is unprotected'],
    [mended?.headlineBefore != null, 'the headline did not say that it is unprotected'],
    [mended?.outcome === 'completed', `/dr reprotect was to be completed: ${mended?.outcome}, ${mended?.heldAt}`],
    [mended?.saidAfter === null, `/dr status still says so afterwards: ${mended?.saidAfter}`],
    [mended?.headlineAfter === null, 'the headline still says so afterwards'],
    [mended?.slot === true, 'no slot is in use on the primary'],
  ];
  return problems.flatMap(([holds, problem]) => (holds ? [] : [problem]));
}

async function statusLine(world: World): Promise<string | null> {
  const since = Date.now();
  await world.slack.command(ANA, channelOf(world), '/dr status');
  const seen = await world.slack
    .until(() => world.slack.ephemerals(ANA).findLast(({ at }) => at >= since), 5000, 'the status')
    .catch(() => undefined);
  return lineWith(JSON.stringify(seen ?? ''));
}

/** Every run pins its own, in their order. */
function headlineLine(world: World, run: number): string | null {
  return lineWith(JSON.stringify(world.slack.pins(channelOf(world))[run]?.blocks ?? ''));
}

function lineWith(text: string): string | null {
  const at = text.indexOf(WORD);
  return at === -1 ? null : text.slice(at, at + 20);
}

async function slotInUse(world: World, region: string): Promise<boolean> {
  const primary = world.regions.find((one) => one !== region)!;
  const [row] = await execute(world.postgres.node(primary).url('postgres', 'postgres'), [
    'SELECT count(*)::int AS n FROM pg_replication_slots WHERE active',
  ]);
  return Number(row?.['n']) > 0;
}
