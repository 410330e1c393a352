/** A region that does not serve is not moved away from: it is taken out of service, and another serves on. */
import type { Refused, Reply } from '../ports/chat.ts';
import type { Ends } from '../runner/face.ts';
import type { Appended } from '../runner/ledger.ts';
import { busy } from './busy.ts';
import { type CommandWorld, type Request, refuser, say } from './command.ts';
import { endedLines } from './end-watch.ts';

type Role = 'primary' | 'standby' | 'unknown';

/**
 * Who serves instead of `from`, where `from` does not. null: it serves, or nobody can say. A problem, where nobody is
 * seen to serve or another target was named. `roles`: who is what by observation.
 */
export function servedBy(
  from: string,
  to: string | undefined,
  roles: Record<string, Role>,
): { primary: string } | { field: string; why: string; refused: Refused } | null {
  const primary = Object.keys(roles).find((region) => roles[region] === 'primary');
  const is = roles[from];
  // Of a server that does not answer nobody can say that it is not the primary, unless another one is.
  if (is === 'primary' || (is === 'unknown' && primary === undefined)) return null;
  const no = (field: string, why: string) => ({ field, refused: 'state' as const, why: `${why} Nothing was started.` });
  if (primary === undefined)
    return no('from', `${from} is not the primary, and no region answers as the primary: look at that first.`);
  if (to !== undefined && to !== primary)
    return no('to', `${from} is not the primary: ${primary} is, and serves on. Leave out to:${to}; nothing is moved.`);
  return { primary };
}

/** Starts the run that takes a region out of service, and says what it does and what not. */
export async function takeOut(
  request: Request,
  world: CommandWorld,
  asked: { from: string; primary: string; reason: string; declared: boolean; byName?: string; ends: Ends | null },
): Promise<Reply> {
  const { from, primary, reason, ...more } = asked;
  const { person, delivery } = request;
  const begun = await world.runner.beginLostSecondary(from, primary, reason, person, delivery, more);
  if (!begun.ok) return await notBegun(begun, request, world);
  const { run } = begun.view;
  const link = await world.linkTo(run);
  return say(
    [
      { bold: run },
      `: ${from} is not the primary, ${primary} is. ${from} is taken out of service, and nothing is moved. `,
      ...(link === null ? [] : [{ link, text: 'Follow it ↗' }]),
    ],
    [
      'It leaves what points to it once that is approved. Regent says so when it streams again.',
      ...endedLines(asked.ends),
    ],
  );
}

/** Why no run was begun after all. */
export async function notBegun(
  begun: Extract<Appended, { ok: false }>,
  request: Request,
  world: CommandWorld,
): Promise<Reply> {
  const refuse = refuser(request, world);
  if (begun.because === 'busy') return await refuse(...(await busy(begun.view.run, world)));
  if (begun.because === 'halted')
    return await refuse('No run is started while it is halted: see /dr status. Nothing was started.');
  return say('This was already taken: it acts once.');
}
