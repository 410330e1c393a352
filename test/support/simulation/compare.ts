/** What must be true when a simulated run is over: journal, outbox, memory and world tell the same story. */
import { canonicalJson } from '../../../src/lib/json.ts';
import { announcementsOf } from '../../../src/machine/announce.ts';
import { initial, next, replay } from '../../../src/machine/replay.ts';
import type { Journal, JournalRow } from '../../../src/ports/journal.ts';
import { haltOf, isEffect } from '../../../src/runner/halt.ts';
import { eventOf, type RunView } from '../../../src/runner/ledger.ts';
import type { World } from './world.ts';

/** The end of a run: journal, outbox, memory and world against each other. */
export async function compare(world: World, journal: Journal, run: string, views: RunView[]): Promise<void> {
  const rows = await journal.read(run);
  const { snapshot, refused } = replay(rows.map(eventOf));
  if (refused) world.violated(`the replay refuses ${refused.type} at ${refused.index}`);
  const live = views.find((view) => view.length === rows.length);
  if (!live) world.violated('no process knows the whole run');
  else if (
    canonicalJson([live.snapshot.context, live.snapshot.value]) !== canonicalJson([snapshot.context, snapshot.value])
  )
    world.violated('the state in memory is not what a replay makes');

  const expected: string[] = [];
  let before = initial();
  for (const row of rows) {
    const after = next(before, eventOf(row));
    for (const [n, { slot, name, facts, broadcast }] of announcementsOf(before, after, eventOf(row), row.seq).entries())
      expected.push(canonicalJson([`${run}:${row.seq}:${n}`, slot, name, facts, broadcast]));
    before = after;
  }
  const sent = (await journal.unsent())
    .filter((row) => row.run === run)
    .map(({ key, slot, name, facts, broadcast }) => canonicalJson([key, slot, name, facts, broadcast]));
  if (canonicalJson(sent) !== canonicalJson(expected)) world.violated('the outbox is not what a replay announces');
  const { firstBad } = await journal.verify();
  if (firstBad) world.violated(`the chain is broken at ${firstBad.id}: ${firstBad.why}`);

  await halted(world, journal, rows);

  const { end, steps } = snapshot.context;
  if ((end === 'rolledBack' || end === 'aborted') && canonicalJson(world.state) !== canonicalJson(world.atFirst))
    world.violated(`${end}, and the world is not as it was: ${JSON.stringify(world.state)}`);
  const { promoted, dns, frozen, fenced } = world.state;
  const isFenced = fenced || world.isRiskTaken(rows);
  if (end === 'completed' && !(promoted && isFenced && dns === 'west' && !frozen))
    world.violated(`completed, and it is not so: ${JSON.stringify(world.state)}`);
  if (end === 'takenOver' && ['done', 'alreadyDone'].includes(steps['lift']?.status ?? '') && frozen)
    world.violated('taken over, and what was frozen and lifted is frozen');
}

/** No intent stands in the journal between a halt and its lifting. */
async function halted(world: World, journal: Journal, rows: JournalRow[]): Promise<void> {
  const system = await journal.read('system');
  for (const row of rows)
    if (isEffect(row.type) && haltOf(system.filter(({ id }) => id < row.id)))
      world.violated(`${row.type} ${row.data['step']} (${row.seq}) while it was halted`);
}
