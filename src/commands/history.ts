import { historyLine, successLine } from '../messages/history.ts';
import { type Command, say } from './command.ts';

const SHOWN = 10;

export const history: Command = {
  name: 'history',
  usage: 'history',
  summary: 'The latest runs, how they ended, and how many did what was promised.',
  access: 'read',
  words: 0,
  async handle(_request, world) {
    const runs = world.runner.all().map(({ snapshot }) => snapshot.context);
    if (runs.length === 0) return say('No run so far.');
    return say('The latest runs, newest first:', [
      ...runs.toReversed().slice(0, SHOWN).map(historyLine),
      ...successLine(runs),
    ]);
  },
};
