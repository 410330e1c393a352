import { onlyWatched } from '../machine/due.ts';
import { isReprotect } from '../messages/reprotection.ts';
import { isSecondary } from '../messages/secondary.ts';
import type { CommandWorld, Refuse } from './command.ts';

/** Why nothing new is started while a run is under way, with the way to it. */
export async function busy(run: string, world: CommandWorld): Promise<Parameters<Refuse>> {
  const { snapshot } = world.runner.view(run)!;
  const c = snapshot.context;
  const link = await world.linkTo(run);
  return [
    [
      `${run} is already ${isSecondary(c) ? `taking ${c.source} out of service` : isReprotect(c) ? `making ${c.source} a standby of ${c.target}` : `moving ${c.source} → ${c.target}`} (asked by `,
      { person: c.requestedBy },
      ' at ',
      { time: c.requestedAt },
      '). One run at a time. Nothing was started. ',
      ...(onlyWatched(snapshot) === null ? [] : ['It is only watched now. ']),
      ...(link === null ? [] : [{ link, text: 'See it ↗' }]),
    ],
  ];
}
