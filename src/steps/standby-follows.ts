import { type Answer, done, notDone } from '../ports/answer.ts';
import { lsnDiff } from '../ports/database.ts';
import { leftOut } from './reprotect/standing.ts';
import { defineCheck } from './step.ts';

/** A standby that is only connected does not follow: both sides are asked, and it must have what the primary had. */
export const standbyFollows = defineCheck({
  id: 'standby-follows',
  title: 'See that {source} streams from {target}',
  about: {
    does: 'Proves that the system is protected again: {source} follows {target} on its timeline and has everything {target} had when it was asked. A run that makes it a standby is over only then; one that moves the system goes on without, and says so.',
    asks: 'Asks both Postgres servers. Done when {source} is a standby that streams, on the timeline of {target}, with a slot of its own there, and has replayed the position {target} had when this was asked first.',
    whenItStops: [
      '“does not stream”: read the end of the server’s log in {source}. A password, pg_hba.conf or the network between the regions are the usual reasons.',
      '“behind”: it catches up. Press *5 more minutes*, and see that the network carries what is written.',
      '“no slot”: make one on {target} and name it in `primary_slot_name`; without it {target} may remove what {source} still needs.',
    ],
  },
  phase: 'securing',
  after: ['start-standby'],
  budgetMs: 15 * 60_000,
  uses: ['database'],
  proves: true,
  async check({ database, source, target, signal, ...facts }): Promise<Answer> {
    const out = leftOut(facts);
    if (out !== null) return out;
    // First the primary: what it has now is what the standby must have.
    const to = await database.observe(target, signal);
    if (to.role !== 'primary') return notDone(`Postgres in ${target} is no primary`, { targetRole: to.role });
    const own = await database.observe(source, signal);
    const evidence = {
      role: own.role,
      streamingFrom: own.streamingFrom,
      timeline: own.timeline,
      targetTimeline: to.timeline,
      standbyLsn: own.lsn,
      targetLsn: to.lsn,
    };
    if (own.role !== 'standby') return notDone(`Postgres in ${source} is a primary`, evidence);
    if (own.streamingFrom === null) return notDone(`${source} does not stream yet`, evidence);
    if (own.timeline !== to.timeline)
      return notDone(`${source} is on timeline ${own.timeline}, ${target} on ${to.timeline}`, evidence);
    const behind = lsnDiff(to.lsn, own.lsn);
    if (behind > 0 && !(await catchesUp(to.lsn, () => database.observe(source, signal))))
      return notDone(`${source} is ${behind} bytes behind`, { ...evidence, behindBytes: behind });
    const after = await database.observe(target, signal);
    const sender = after.standbys.filter(({ state }) => state === 'streaming');
    if (sender.length === 0) return notDone(`${target} sees no standby that streams`, evidence);
    if (sender.every(({ slot }) => slot === null))
      return notDone(`${target} keeps no slot for it`, { ...evidence, slot: null });
    const slot = sender.find((one) => one.slot != null)?.slot ?? null;
    return done(
      { ...evidence, slot, behindBytes: 0 },
      `${source} streams from ${target} on timeline ${to.timeline}, nothing behind`,
    );
  },
});

const LOOKS = 10;
/** Under load it is always a little behind what is asked next: what counts is the position of the first look. */
async function catchesUp(lsn: string, look: () => Promise<{ lsn: string }>): Promise<boolean> {
  for (let n = 0; n < LOOKS; n += 1) if (lsnDiff(lsn, (await look()).lsn) <= 0) return true;
  return false;
}
