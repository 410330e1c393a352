import { IntegrationError, sentenceOf, UserError } from '../lib/errors.ts';
import { FAILBACK } from '../machine/types.ts';
import { dryRun } from '../messages/dry-run.ts';
import type { Reply } from '../ports/chat.ts';
import { type Command, type CommandWorld, type Request, refuser } from './command.ts';
import { leaving } from './failback.ts';
import { regionProblem } from './failover.ts';

/** The same checks, asked now; nothing is changed. */
export const plan: Command = {
  name: 'plan',
  usage: `plan <region> [to:<region>] | ${FAILBACK}`,
  words: 1,
  summary: 'What a failover or a failback would do, current → new, and what is not ready. Changes nothing.',
  access: 'read',
  async handle(request, world) {
    const refuse = refuser(request, world);
    try {
      return await (request.words[0] === FAILBACK ? goingHome(request, world) : leavingRegion(request, world));
    } catch (error) {
      if (error instanceof UserError || error instanceof IntegrationError)
        return await refuse(`No plan can be made: ${sentenceOf(error)}`);
      throw error;
    }
  },
};

async function leavingRegion(request: Request, world: CommandWorld): Promise<Reply> {
  const refuse = refuser(request, world);
  const { runner } = world;
  const from = request.words[0];
  if (from === undefined)
    return await refuse(`Name the region to leave: /dr plan ${Object.keys(runner.system.regions)[0]}.`);
  const wrong = regionProblem(from, world);
  if (wrong) return await refuse(wrong, [], 'input');
  const { to = null } = request.named;
  const { target, selection } = to === null ? await runner.choose(from, 'planned') : { target: to, selection: null };
  const wrongTo = regionProblem(target, world);
  if (wrongTo) return await refuse(wrongTo, [], 'input');
  if (target === from)
    return await refuse(`${from} cannot fail over to itself. Name another region with to:.`, [], 'input');
  const message = dryRun(await runner.dryRun(from, target, selection));
  if (target !== runner.system.home) return { kind: 'message', message };
  const home = [
    `${target} is home: /dr ${FAILBACK} asks more before it moves, and `,
    { code: `/dr plan ${FAILBACK}` },
    ' shows it.',
  ];
  return { kind: 'message', message: { ...message, lines: [...message.lines, home] } };
}

/** From where is seen, never said: who serves now. */
async function goingHome(request: Request, world: CommandWorld): Promise<Reply> {
  const refuse = refuser(request, world);
  const { runner } = world;
  if (request.named['to'] !== undefined)
    return await refuse(`Home is ${runner.system.home}: leave to: out.`, [], 'input');
  const seen = leaving(await runner.rolesNow(), world);
  if ('why' in seen) return await refuse(`No plan can be made: ${seen.why}`);
  const { home } = runner.system;
  return { kind: 'message', message: dryRun(await runner.dryRun(seen.from, home, null, FAILBACK)) };
}
