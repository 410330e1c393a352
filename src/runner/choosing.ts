/** Where a run goes that names no target: the only other region, or the best of several by score. */
import { UserError } from '../lib/errors.ts';
import type { Mode } from '../machine/types.ts';
import { type Selection, scoreTargets } from '../policy/scoring.ts';
import { measureCandidates } from '../steps/candidates.ts';
import type { Ports } from '../steps/step.ts';
import type { System } from '../steps/system.ts';
import { heeding, within } from './time.ts';

export type Choice = {
  target: string;
  /** null where there was nothing to choose from. */
  selection: Selection | null;
};

export type ChoosingWorld = {
  system: System;
  ports: Pick<Ports, 'database' | 'cluster' | 'watch' | 'clock'>;
  /** How long one question may take, ms. */
  callMs: number;
  stop: AbortSignal;
};

/**
 * Measures the regions `source` could move to, side by side, for at most three times `callMs`, and takes the best.
 * Where there is one it is taken unasked, as the run's own steps look at it, unless nobody asks for the run but Regent.
 * @throws UserError when no region can take over, each named with its reason
 */
export async function chooseTarget(
  world: ChoosingWorld,
  source: string,
  mode: Mode,
  { unattended = false } = {},
): Promise<Choice> {
  const { system, ports, callMs, stop } = world;
  const others = Object.keys(system.regions).filter((region) => region !== source);
  const [only] = others;
  if (others.length === 1 && !unattended) return { target: only!, selection: null };
  const { signal, release } = within(ports.clock, callMs * 3, stop);
  const candidates = await heeding(signal, () => measureCandidates({ source, mode, unattended }, system, ports, signal))
    .catch((error) => {
      if (!signal.aborted) throw error;
      throw new UserError(`Where ${source} could move to was not measured within ${(callMs * 3) / 1000} s.`, {
        code: 'not-measured',
        hint: 'Name the region to go to with to:, or try again.',
      });
    })
    .finally(release);
  const { scored, selected } = scoreTargets(candidates, system.scoring.weights);
  if (selected === null)
    throw new UserError(
      `No region can take over from ${source}: ${scored.map(({ region, why }) => `${region}: ${why}`).join('; ')}.`,
      {
        code: 'no-target',
        hint: 'Repair one of them and ask again.',
      },
    );
  if (others.length === 1) return { target: selected, selection: null };
  return { target: selected, selection: { at: ports.clock.now(), scored, selected } };
}
