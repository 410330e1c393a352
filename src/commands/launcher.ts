/** A bare `/dr`: a form that shows how it stands and offers to start. It never acts by itself. */
import type { Actor } from '../policy/authorize.ts';
import { mayOperate } from '../policy/authorize.ts';
import type { Reply } from '../ports/chat.ts';
import { type CommandWorld, say } from './command.ts';
import { failoverForm } from './failover.ts';

export function launcher(world: CommandWorld, actor: Actor): Reply {
  const active = world.runner.active();
  if (active) {
    const c = active.snapshot.context;
    return say(`${c.run} is moving ${c.source} → ${c.target}. See /dr status, or /dr help for what you can do.`);
  }
  if (!mayOperate(actor, world.operators).ok) return say('Nothing is being moved. See /dr status, or /dr help.');
  return { kind: 'form', form: failoverForm(world, {}) };
}
