/** What a scenario says about the pooler: whether its clients waited rather than failed, and nobody was forgotten. */
import { execute } from '../postgres/roles.ts';
import type { World } from '../world/world.ts';
import type { PooledWriter } from '../writer/pooled-writer.ts';
import type { Ending } from './play.ts';

export type PoolerReport = {
  clients: number;
  acknowledged: number;
  refused: number;
  said: string[];
  /** Acknowledged ids that the final primary does not hold. */
  lost: number;
  /** The longest a client waited for one answer, ms. */
  longestWaitMs: number;
  /** Databases that hold clients back: when the run was over or stood still, and once Regent was told to stop. */
  paused: string[];
  pausedAfterwards: string[];
};

/** null without a pooler. Ends the writer. `paused`: as it was before Regent was told to stop. */
export async function poolerReport(
  world: World,
  region: string,
  writer: PooledWriter | null,
  paused: string[],
): Promise<PoolerReport | null> {
  if (world.pooler === null || writer === null) return null;
  const pausedAfterwards = await world.pooler.paused();
  // Held back for ever they could not end.
  if (pausedAfterwards.length > 0) await world.pooler.bouncer.kill();
  const ids = await writer.stop();
  const rows = await execute(world.postgres.node(region).url('postgres', world.kind.database), [
    'SELECT id FROM pooled',
  ]);
  const there = new Set(rows.map((row) => Number(row['id'])));
  return {
    clients: writer.clients,
    acknowledged: ids.length,
    refused: writer.refused,
    said: writer.said,
    lost: ids.filter((id) => !there.has(id)).length,
    longestWaitMs: writer.longestMs,
    paused,
    pausedAfterwards,
  };
}

export function poolerProblems(report: PoolerReport | null, outcome: Ending['outcome']): string[] {
  if (report === null) return [];
  const paused = outcome === 'failed' ? report.pausedAfterwards : [...report.paused, ...report.pausedAfterwards];
  return [
    ...(paused.length > 0 ? [`the pooler still holds clients back: ${paused.join(', ')}`] : []),
    ...(report.lost > 0 ? [`${report.lost} writes acknowledged through the pooler are lost`] : []),
    // A run that stood still holds nobody back for longer than its limit: they are then refused, and that is right.
    ...(outcome === 'completed' && report.refused > 0
      ? [`${report.refused} clients of the pooler were refused: ${report.said.join('; ')}`]
      : []),
  ];
}
