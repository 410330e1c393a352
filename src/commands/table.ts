/** Every command. Slack's help, the manifest's hint and the dispatcher are made from this list. */
import type { Command } from './command.ts';
import { abort, ask, note, pause, resume, retry } from './control.ts';
import { failover } from './failover.ts';
import { helpOf } from './help.ts';
import { history, mark, skip, takeover } from './intervene.ts';
import { plan } from './plan.ts';
import { status } from './status.ts';
import { approve, confirm, deny } from './vote.ts';

export const COMMANDS: Command[] = [
  failover,
  plan,
  status,
  approve,
  deny,
  confirm,
  pause,
  resume,
  retry,
  skip,
  mark,
  abort,
  takeover,
  note,
  history,
  ask,
  helpOf(() => COMMANDS),
];

/** What Slack shows beside the command while it is typed: how a failover is asked for, and the names of the rest. */
export const usageHint = (): string =>
  `[${COMMANDS.filter((command) => !command.buttonOnly)
    .map((command) => (command === failover ? command.usage : command.name))
    .join(' | ')}]`;

/** Other words people know a command by. Databases call a planned failover a switchover. */
export const ALIASES: Record<string, string> = { switchover: 'failover' };
