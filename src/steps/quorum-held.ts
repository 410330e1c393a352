import { type Member, quorumOf } from '../policy/quorum.ts';
import { done, unknown } from '../ports/answer.ts';
import type { RegionHealth } from '../ports/watch.ts';
import { defineCheck } from './step.ts';

/** What was seen longer ago than this says nothing about now, ms. */
const FRESH_MS = 60_000;

/** Whether a region is up, as it was agreed upon; a suspicion is neither yes nor no, nor is an answer after an outage. */
function isUp(health: RegionHealth | null, now: number): boolean | null {
  if (health === null || health.at === null || now - health.at > FRESH_MS) return null;
  const { stage, vantages } = health;
  if (stage === 'confirmed' || stage === 'failed') return vantages.agree >= vantages.needed ? false : null;
  return health.stage === 'quiet' && health.score !== null && health.since === null ? true : null;
}

/** Whether enough regions are there to decide that one of them is lost. */
export const quorumHeld = defineCheck({
  id: 'quorum-held',
  title: 'See that enough regions are there to decide',
  about: {
    does: 'Counts the regions that are up, the witness among them. Where most of them do not answer, it is more likely that we are cut off than that they are lost. Only where a witness is configured.',
    asks: 'Takes what watching the regions has found of each, no older than a minute, and looks again where that is not enough. Done when half of them and one more are up, at least two, and the witness is one of them. When that is surely not so, the run is undone and ends.',
    whenItStops: [
      '“are up”: too few regions answer. See whether Regent itself is cut off; repair the others or the way to them, then start again.',
      '“the witness is down”: bring it back first. Without it nobody can tell a lost region from a cut line.',
      '“nobody can say”: a region was not looked at, or only just began to be silent, or to answer again. Wait for the next look and press Retry.',
    ],
  },
  phase: 'assessing',
  after: ['failure-confirmed'],
  budgetMs: 60_000,
  uses: ['watch', 'clock'],
  proves: true,
  onFailure: 'rollback',
  when: (system) => (system.trigger?.witnesses.length ?? 0) > 0,
  async check({ watch, clock, system, source, signal }) {
    const witnesses = system.trigger?.witnesses ?? [];
    const names = [...Object.keys(system.regions), ...witnesses];
    const counted = () =>
      names.map(
        (region): Member => ({
          region,
          role: witnesses.includes(region) ? 'witness' : 'data',
          up: isUp(watch.health(region), clock.now()),
        }),
      );
    let members = counted();
    if (quorumOf(members).held !== true) {
      // One look is a look at every region.
      await watch.look(source, signal);
      members = counted();
    }
    const { held, up, needed, of, why } = quorumOf(members);
    const down = members.filter((one) => one.up === false).map(({ region }) => region);
    const evidence = {
      regionsUp: up,
      regionsNeeded: needed,
      regions: of,
      down,
      unknown: members.filter((one) => one.up === null).map(({ region }) => region),
      trouble: why === null ? [] : [why],
    };
    if (held === null) return unknown(why ?? 'nobody can say', evidence);
    if (!held) return { is: 'notDone', why: `no quorum: ${why ?? 'too few regions are up'}`, evidence, final: true };
    return done(evidence, `${up} of ${of} regions are up, ${needed} needed; down: ${down.join(', ') || 'none'}`);
  },
});
