import { IntegrationError, sentenceOf, UserError } from '../lib/errors.ts';
import { dryRun } from '../messages/dry-run.ts';
import { type Command, refuser } from './command.ts';
import { regionProblem } from './failover.ts';

/** The same checks, asked now; nothing is changed. */
export const plan: Command = {
  name: 'plan',
  usage: 'plan <region> [to:<region>]',
  words: 1,
  summary: 'What a failover would do, current → new, and what is not ready. Changes nothing.',
  access: 'read',
  async handle(request, world) {
    const refuse = refuser(request, world);
    const from = request.words[0];
    if (from === undefined)
      return await refuse(`Name the region to leave: /dr plan ${Object.keys(world.runner.system.regions)[0]}.`);
    const wrong = regionProblem(from, world);
    if (wrong) return await refuse(wrong, [], 'input');
    try {
      const { to = null } = request.named;
      const { target, selection } =
        to === null ? await world.runner.choose(from, 'planned') : { target: to, selection: null };
      const wrongTo = regionProblem(target, world);
      if (wrongTo) return await refuse(wrongTo, [], 'input');
      if (target === from)
        return await refuse(`${from} cannot fail over to itself. Name another region with to:.`, [], 'input');
      return { kind: 'message', message: dryRun(await world.runner.dryRun(from, target, selection)) };
    } catch (error) {
      if (error instanceof UserError || error instanceof IntegrationError)
        return await refuse(`No plan can be made: ${sentenceOf(error)}`);
      throw error;
    }
  },
};
