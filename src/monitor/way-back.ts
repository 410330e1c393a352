/** Whether a run that is watched could be gone back on without loss, from what the looks at both databases have left. */
import { onlyWatched } from '../machine/due.ts';
import type { Snapshot } from '../machine/replay.ts';
import type { WayBack } from '../messages/way-back.ts';
import { type DatabaseView, held, isFollowing, lsnDiff } from '../ports/database.ts';

export type WayBackWorld = {
  /** What a region's database said last, and when (ms since the epoch); null before it has answered. */
  lastSeen(region: string): { at: number; view: DatabaseView } | null;
  /** That hold data, by name. */
  regions: string[];
  home: string;
  now: number;
  /** What was last seen longer ago than this says nothing about now, ms. */
  freshMs: number;
};

/** null while nothing is only watched. */
export function wayBackOf(snapshot: Snapshot, world: WayBackWorld): WayBack | null {
  if (onlyWatched(snapshot) === null) return null;
  const { source, target } = snapshot.context;
  const { regions, home, now, freshMs } = world;
  const fresh = (region: string) => {
    const seen = world.lastSeen(region);
    return seen !== null && now - seen.at <= freshMs ? seen : null;
  };
  const to = fresh(target);
  const back = fresh(source);
  if (to?.view.role !== 'primary') return { is: 'unknown' };
  const follows = (region: string): boolean => isFollowing(fresh(region)?.view ?? NOBODY, to.view);
  const others = regions.filter((region) => region !== source && region !== target && follows(region));
  if (back === null) return { is: 'silent', others };
  const at = Math.min(back.at, to.at);
  if (!isFollowing(back.view, to.view)) return { is: 'lost', others, at };
  const bytes = Math.max(0, lsnDiff(to.view.lsn, held(back.view)));
  return { is: 'streams', bytes, at, command: source === home ? 'failback' : 'failover' };
}

const NOBODY = { role: 'primary', streamingFrom: null, timeline: 0 } as const;
