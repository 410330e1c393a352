/** What people say to the watch: not now, to a proposal; and that what happened has been looked at. */
import { who } from '../messages/scene.ts';
import { type Command, refuser, say } from './command.ts';

const NOT_WATCHED = 'Nobody watches the regions here: there is nothing to say to it.';

export const later: Command = {
  name: 'later',
  usage: 'later',
  summary: 'Not now: a proposal stays, and comes back when it gets worse.',
  access: 'operate',
  buttonOnly: true,
  async handle(request, world) {
    const refuse = refuser(request, world);
    if (!world.alarms) return await refuse(NOT_WATCHED);
    const n = Number(request.carried['proposal']);
    if (!Number.isInteger(n)) return await refuse('Say which proposal: its card has a button for it.', [], 'input');
    const done = await world.alarms.dismiss(n, request.person, request.delivery);
    if (done === 'done')
      return request.via === 'action' ? { kind: 'none' } : say('Not now. It comes back when it gets worse.');
    if (done === 'duplicate') return { kind: 'none' };
    if (done === 'gone') return await refuse('This proposal no longer stands: the region answers again.');
    return await refuse(['Not now, said ', who(done.already), ' already.']);
  },
};

export const acknowledge: Command = {
  name: 'acknowledge',
  usage: 'acknowledge [reason:"…"]',
  summary: 'Say that the last run has been looked at: Regent may declare a disaster by itself again.',
  access: 'operate',
  words: 0,
  async handle(request, world) {
    const refuse = refuser(request, world);
    if (!world.alarms) return await refuse(NOT_WATCHED);
    const reason = (request.named['reason'] ?? '').trim();
    const done = await world.alarms.acknowledge(request.person, reason, request.delivery);
    if (done.is === 'duplicate') return { kind: 'none' };
    if (done.is === 'nothing') return await refuse('No run waits to be acknowledged. Nothing was changed.');
    const mode = 'Whether Regent declares a disaster by itself at all stands in the configuration (trigger.mode).';
    return say(
      done.until === null
        ? `${done.run} is acknowledged. The trigger may act again now.`
        : [`${done.run} is acknowledged. The trigger may act again from `, { time: done.until, as: 'date' }, ' on.'],
      [mode],
    );
  },
};
