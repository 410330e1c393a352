/** `/dr plan` in the lab: it says what would be done and what is not ready, and no server has seen a change. */
import { expect, it } from 'vitest';
import { ANA } from '../../lab/world/people.ts';
import { startRegent } from '../../lab/world/regent.ts';
import { scriptsRun } from '../../lab/world/scripts-witness.ts';
import { databaseIn } from '../../lab/world/witness.ts';
import { startWorld } from '../../lab/world/world.ts';

it('given two healthy regions, when somebody asks for the plan, then it is told and nothing was changed', async () => {
  const world = await startWorld({ pace: 10, latencyMs: 0, softFence: false, say: () => {} });
  const regent = await startRegent(world);
  try {
    const [from, to] = world.regions;
    const before = await Promise.all([databaseIn(world, from), databaseIn(world, to)]);
    const changed = () => Object.values(world.clusters).flatMap((cluster) => cluster.ledger);

    await world.slack.command(ANA, world.file.notify.channel, `/dr plan ${from}`);
    const told = await world.slack.until(
      () => world.slack.ephemerals(ANA).find(({ text }) => text.includes('nothing was changed')),
      30_000,
      'the plan',
    );
    const words = JSON.stringify(told.blocks);
    // Exact calls, current → new, the gates and who decides, and what is not ready in a world a minute old.
    expect(words).toContain('task-service 3 → 0');
    expect(words).toContain('StatefulSet postgres 1 → 0');
    expect(words).toContain('standby on timeline 1 → primary');
    expect(words).toContain(`api.eden.example.com ${world.addresses[from]} → ${world.addresses[to]}`);
    expect(words).toContain('config_restore.sh --region=secondary');
    expect(words).toContain('Gate “Approve promotion”: 1 of');
    expect(words).toMatch(/Not ready: [^"]*Give notice before leaving us-east-1/);

    expect(changed()).toEqual([]);
    expect(world.route53.ledger()).toEqual([]);
    expect(scriptsRun(world)).toEqual({});
    const after = await Promise.all([databaseIn(world, from), databaseIn(world, to)]);
    expect(after.map(({ role, timeline, readOnly }) => [role, timeline, readOnly])).toEqual(
      before.map(({ role, timeline, readOnly }) => [role, timeline, readOnly]),
    );
  } finally {
    await regent.stop();
    await world.close();
  }
}, 90_000);
