/** Every command. Slack's help, the manifest's hint and the dispatcher are made from this list. */
import { acknowledge, later } from './acknowledge.ts';
import type { Command } from './command.ts';
import { abort, ask, note, pause, resume, retry } from './control.ts';
import { declare } from './declare.ts';
import { failback } from './failback.ts';
import { failover } from './failover.ts';
import { halt } from './halt.ts';
import { helpOf } from './help.ts';
import { history } from './history.ts';
import { mark, skip, takeover } from './intervene.ts';
import { lift } from './lift.ts';
import { mode } from './mode.ts';
import { check, more } from './more-time.ts';
import { override } from './override.ts';
import { plan } from './plan.ts';
import { recovery } from './recovery.ts';
import { release } from './release.ts';
import { reprotect } from './reprotect.ts';
import { review } from './review.ts';
import { scale } from './scale.ts';
import { schedule } from './schedule.ts';
import { status } from './status.ts';
import { approve, confirm, deny } from './vote.ts';

export const COMMANDS: Command[] = [
  failover,
  failback,
  reprotect,
  declare,
  plan,
  status,
  approve,
  deny,
  confirm,
  pause,
  resume,
  retry,
  check,
  more,
  mode,
  override,
  skip,
  mark,
  abort,
  takeover,
  halt,
  release,
  lift,
  acknowledge,
  later,
  note,
  history,
  scale,
  schedule,
  recovery,
  review,
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
