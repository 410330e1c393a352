/** What a switch is refused for: who is what, and how it is said. */
import { IntegrationError } from '../../lib/errors.ts';
import type { Effect } from './failure.ts';
import type { Sighting } from './observe.ts';

/** Exactly source = master, target = its replica with the link up, one history. */
export function refuseWrongRoles(old: Sighting, next: Sighting): void {
  const here = (view: Sighting) => `Redis of ${view.region} (${view.address})`;
  if (old.role !== 'master')
    throw refusal('redis-roles', `${here(old)} is no master: it follows ${old.follows}. Nothing was changed.`);
  if (next.role !== 'replica') throw refusal('redis-roles', `${here(next)} is a master already. Nothing was changed.`);
  const follows = old.names.has(next.follows ?? '') || old.replicas.some(({ address }) => next.names.has(address));
  if (!follows || next.replicationId !== old.replicationId)
    throw refusal('redis-roles', `${here(next)} follows ${next.follows}, not ${here(old)}. Nothing was changed.`);
  if (next.linkUp !== true)
    throw refusal('redis-roles', `${here(next)} has no link to its master. Nothing was changed.`);
}

export function refusal(code: string, message: string, effect: Effect = 'none', hint?: string): IntegrationError {
  return new IntegrationError(message, {
    code,
    system: 'redis',
    operation: 'switchover',
    effect,
    ...(hint !== undefined && { hint }),
  });
}
