/** What both servers and the house's program say of a server that is to follow, before anything is changed. */
import { type Answer, notDone } from '../../ports/answer.ts';
import type { DatabaseView } from '../../ports/database.ts';
import { isFollowing } from '../../ports/database.ts';
import { type Reached, reach } from '../reaching.ts';
import type { Ports, StepFacts } from '../step.ts';
import { askStanding, type Standing, streamsAlready } from './standing.ts';

export type Looked = { standing: Standing; sourceRole: DatabaseView['role'] | null };

/** An answer where there is nothing to decide: it streams already, nobody serves, or nobody can say. */
export async function looked(
  handed: Pick<Ports, 'database' | 'hook' | 'jobs'> & StepFacts,
): Promise<Looked | { answer: Answer }> {
  const { database, source, target, signal } = handed;
  const [to, own]: [DatabaseView, Reached<DatabaseView>] = await Promise.all([
    database.observe(target, signal),
    reach(signal, (limit) => database.observe(source, limit)),
  ]);
  if (to.role !== 'primary')
    return {
      answer: {
        is: 'notDone',
        why: `Postgres in ${target} is no primary`,
        evidence: { targetRole: to.role },
        final: true,
      },
    };
  if (own.answered && isFollowing(own.value, to)) return { answer: streamsAlready({ way: 'streams' }) };
  const asked = await askStanding(handed);
  if ('answer' in asked) return asked;
  const { standing } = asked;
  const sourceRole = own.answered ? own.value.role : null;
  if (standing.state === 'starting')
    return {
      answer: notDone(`Postgres in ${source} is starting: look again once it is up`, { ...standing, sourceRole }),
    };
  return { standing, sourceRole };
}
