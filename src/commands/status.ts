import { whereIs } from '../machine/due.ts';
import { haltLines } from '../messages/halt.ts';
import { status as statusMessage } from '../messages/status.ts';
import { type Command, refuser, runOf, say } from './command.ts';

export const status: Command = {
  name: 'status',
  usage: 'status [detail]',
  words: 1,
  summary: 'How it stands, for everybody; `detail` for operators.',
  access: 'read',
  async handle(request, world) {
    const [word] = request.words;
    if (word !== undefined && word !== 'detail')
      return await refuser(request, world)(`“${word}” is not a kind of status: /dr status, or /dr status detail.`);
    const view = runOf(request, world) ?? world.runner.last();
    if (!view) {
      const roles = await world.runner.rolesNow();
      const primary = Object.keys(roles).find((region) => roles[region] === 'primary');
      return say(
        `Nothing is being moved. ${primary ? `${primary} is primary.` : 'No region answers as primary right now.'}`,
        [
          ...haltLines({ halt: world.runner.halt }),
          ...Object.entries(roles).map(([region, role]) => `${region}: ${role}`),
        ],
      );
    }
    const scene = {
      c: view.snapshot.context,
      where: whereIs(view.snapshot),
      now: world.runner.now(),
      facts: {},
      contacts: world.contacts,
      halt: view.snapshot.context.endedAt === null ? world.runner.halt : null,
    };
    const detail = word === 'detail' || request.via === 'action';
    return { kind: 'message', message: statusMessage(scene, detail, await world.linkTo(view.run)) };
  },
};
