import type { Line } from '../ports/chat.ts';
import { type Command, say } from './command.ts';

/** Help is made from the table it is part of. */
export const helpOf = (table: () => Command[]): Command => ({
  name: 'help',
  usage: 'help',
  words: 0,
  summary: 'This list.',
  access: 'read',
  async handle(_request, world) {
    const regions = Object.keys(world.runner.system.regions);
    return say(
      [{ bold: '/dr' }, ` moves ${world.runner.system.organization} between ${regions.join(' and ')}.`],
      table()
        .filter((command) => !command.buttonOnly)
        .map((command): Line => [{ code: `/dr ${command.usage}` }, `  ${command.summary}`]),
    );
  },
});
