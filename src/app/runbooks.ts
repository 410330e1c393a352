/** The runbooks of one system: the project's own, with what its owner has added. */
import { withOwnSteps } from '../steps/own-steps.ts';
import { emergency } from '../steps/runbooks/emergency.ts';
import { failback } from '../steps/runbooks/failback.ts';
import { lostSecondary } from '../steps/runbooks/lost-secondary.ts';
import { planned } from '../steps/runbooks/planned.ts';
import { reprotect } from '../steps/runbooks/reprotect.ts';
import { withState } from '../steps/state/sources.ts';
import type { Runbook } from '../steps/step.ts';
import type { System } from '../steps/system.ts';

/** @throws ConfigError when a step of the owner's cannot stand where it is to stand */
export function runbooksOf(system: System) {
  const made = (runbook: Runbook) => withOwnSteps(withState(runbook, system), system);
  return {
    planned: made(planned),
    emergency: made(emergency),
    failback: made(failback),
    'lost-secondary': made(lostSecondary),
    reprotect: made(reprotect),
  };
}
