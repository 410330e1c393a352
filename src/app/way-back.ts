/** What going back would cost, for whoever shows it; and its button, drawn when that changes. */
import { watchCards } from '../machine/announce.ts';
import type { Announcement } from '../machine/types.ts';
import type { WayBack } from '../messages/way-back.ts';
import { type WayBackWorld, wayBackOf } from '../monitor/way-back.ts';
import type { Clock } from '../ports/clock.ts';
import type { RunView } from '../runner/ledger.ts';

type World = Pick<WayBackWorld, 'regions' | 'home' | 'freshMs'> & {
  watch: Pick<WayBackWorld, 'lastSeen'>;
  active(): RunView | undefined;
  /** Draws a card of a run anew though nothing was written down. */
  redraw(run: string, card: Announcement): void;
  clock: Pick<Clock, 'now'>;
};

export function wayBacks({ watch, active, redraw, clock, ...world }: World) {
  const of = ({ snapshot }: RunView): WayBack | null =>
    wayBackOf(snapshot, { ...world, lastSeen: (region) => watch.lastSeen(region), now: clock.now() });
  let shown = '';
  return {
    of,
    /** After every round of looks. The figures stand on the headline, which is drawn anew all the time. */
    considered(): void {
      const view = active();
      const way = view === undefined ? null : of(view);
      const now = way === null ? '' : `${view!.run} ${way.is}`;
      if (now !== '' && now !== shown) for (const card of watchCards(view!.snapshot.context)) redraw(view!.run, card);
      shown = now;
    },
  };
}
