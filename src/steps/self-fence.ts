/**
 * A region that nobody reaches, and a server there that is known to stop itself. Silence alone proves nothing: it may be
 * ours. A lease that is readable from here and has surely not been renewed for its own duration and the time the server
 * takes to stop does. How long that is, is counted here and by nobody else's clock.
 */
import { sentenceOf } from '../lib/errors.ts';
import { type Answer, done, type Evidence, unknown } from '../ports/answer.ts';
import type { SeenLease } from '../ports/leases.ts';
import { type Reached, reach } from './reaching.ts';
import type { Ports, StepFacts } from './step.ts';
import type { SelfFencePlan } from './system.ts';

/** What a lease may last beyond the time its server takes to stop: nothing. So twice that is the longest wait. */
export const longestWaitMs = (plan: SelfFencePlan | undefined): number => (plan === undefined ? 0 : 2 * plan.withinMs);

const seconds = (ms: number): string => `${Math.floor(ms / 1000)} s`;
/** Rounded up: a bound is never said shorter than it is. */
const bound = (ms: number): string => `${Math.ceil(ms / 100) / 10} s`;
const clockTime = (at: number): string => `${new Date(at).toISOString().slice(11, 19)} UTC`;

/** Whether it is held by whom it must be: Kubernetes' own elections append a suffix after a `_`. */
const isHeldBy = (holder: string, wanted: string): boolean => holder === wanted || holder.startsWith(`${wanted}_`);

type Asked = Pick<Ports, 'leases'> & Pick<StepFacts, 'source' | 'signal'>;

/**
 * What the lease says of a server that does not answer. `earlier`: what an earlier look left in the journal.
 * `silence`: what else was found, for the words.
 */
export async function bySelfFence(
  { leases, source, signal }: Asked,
  plan: SelfFencePlan,
  earlier: Evidence | null,
  silence: string,
  evidence: Evidence,
): Promise<Answer> {
  const whose = `${source}’s lease (${plan.lease})`;
  const later = (why: string, more: Evidence = {}): Answer =>
    unknown(`${silence}, and ${why}`, { ...evidence, lease: `${why[0]!.toUpperCase()}${why.slice(1)}.`, ...more });
  const never = (why: string, more: Evidence = {}): Answer => ({ ...later(why, more), final: true }) as Answer;

  const seen: Reached<SeenLease | null> | { refused: string } = await reach(signal, (limit) =>
    leases.look(source, limit),
  ).catch((error: unknown) => {
    signal.throwIfAborted();
    return { refused: sentenceOf(error) };
  });
  if ('refused' in seen) return never(`${whose} may not be read (${seen.refused.replace(/\.$/, '')})`);
  if (!seen.answered) return later(`${whose} cannot be read (${seen.why.replace(/\.$/, '')})`);
  const lease = seen.value;
  if (lease === null) return never(`there is no lease ${plan.lease} in the cluster ${plan.context}`);
  const { holder, durationMs, renewedAt, unchangedMs, version } = lease;
  if (holder === null) return never(`${whose} is held by nobody`);
  if (plan.holder !== null && !isHeldBy(holder, plan.holder))
    return never(`${whose} is held by ${holder}, not by ${plan.holder}`, { leaseHolder: holder });
  if (durationMs === null) return never(`${whose} does not say how long it lasts`);
  if (durationMs > plan.withinMs)
    return never(
      `${whose} lasts ${bound(durationMs)}, longer than the ${bound(plan.withinMs)} within which its server is said to stop`,
    );
  // The same version as before a restart of ours: what was counted then counts on.
  const before = earlier?.['leaseVersion'] === version ? Number(earlier['leaseUnchangedMs']) : 0;
  const unrenewedMs = Math.max(before, unchangedMs);
  const facts = { leaseHolder: holder, leaseVersion: version, leaseUnchangedMs: unrenewedMs };
  const needed = durationMs + plan.withinMs;
  if (unrenewedMs >= needed) {
    const last = renewedAt === null ? '' : ` was last renewed at ${clockTime(renewedAt)} and`;
    const words = `${whose}${last} expired at least ${seconds(unrenewedMs - durationMs)} ago; a server that cannot renew it stops itself within ${bound(plan.withinMs)}`;
    return done({ ...evidence, ...facts, lease: `${words}.` }, words);
  }
  if (lease.renewed && unrenewedMs < durationMs)
    return later(`${whose} was renewed ${seconds(unrenewedMs)} ago: a server there runs`, facts);
  return later(
    `${whose} has not been renewed for ${seconds(unrenewedMs)}; after ${bound(needed)} its server has stopped itself`,
    facts,
  );
}
