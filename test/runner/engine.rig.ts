/** A run under a real engine and journal, by a hand clock. */
import type { NewEvent } from '../../src/runner/ledger.ts';
import { defineGate } from '../../src/steps/step.ts';
import { hanging, type Rig, rig, type Scripted } from '../support/runner.ts';

export const GATE = defineGate({ id: 'promote', title: 'promote', phase: 'promoting', after: [] });
export const DNS = defineGate({ id: 'dns', title: 'dns', phase: 'redirecting', after: [] });
/** A call that is sent and never answered. */
export const hangs =
  (step: Scripted): NonNullable<Scripted['run']> =>
  async ({ signal }) => {
    step.calls.push('run');
    return await hanging(signal);
  };
export const ended = ({ ledger }: Rig) => ledger.view('eden-1')?.snapshot.hasTag('ended') === true;
export const started = async (options: Parameters<typeof rig>[0]): Promise<Rig> => {
  const self = await rig(options);
  await self.engine.start();
  await self.begin();
  return self;
};
export const decide = (self: Rig, decision: 'approved' | 'denied', gate = 'promote'): NewEvent => ({
  type: 'GATE_DECIDED',
  gate,
  hash: self.c.plan!.hash,
  decision,
  how: 'votes',
  reason: null,
});
