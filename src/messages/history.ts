/** Runs that have been: a line each, and how many of them did what was promised. */
import { clockText } from '../lib/duration.ts';
import { openItems } from '../machine/recovery.ts';
import type { Context } from '../machine/types.ts';
import type { Line } from '../ports/chat.ts';
import { metricsOf, successOf } from '../report/metrics.ts';

export function historyLine(c: Context): Line {
  const { recoveryMs, downtimeMs } = metricsOf(c);
  const times = [
    recoveryMs === null ? null : `in ${clockText(recoveryMs)}`,
    recoveryMs === null || downtimeMs === null ? null : `downtime ${clockText(downtimeMs)}`,
  ].filter((time) => time !== null);
  return [
    { bold: c.run },
    ` ${c.source} → ${c.target}, `,
    { time: c.requestedAt, as: 'date' },
    `, ${[c.end ?? 'under way', ...times].join(', ')}: `,
    { untrusted: `“${c.reason}”` },
    ...(c.switched === null ? [] : [' · planned, went on as an emergency']),
    ...byTime(c),
    ...left(c),
    ...(c.endedAt !== null && c.overrides.length > 0 && c.reviewed === null ? [' · overrides not reviewed yet'] : []),
  ];
}

/** What is left to do in the region it has left. */
const left = (c: Context): string[] => {
  const open = openItems(c).length;
  return open === 0 ? [] : [` · recovery of ${c.source}: ${open} of ${c.recovery!.items.length} open`];
};

/** Decisions that time took instead of people: which, and by what rule. */
const byTime = ({ gates }: Context): string[] =>
  Object.entries(gates).flatMap(([id, { how, status, reason }]) =>
    how === 'timeout' && status === 'approved' ? [` · ${id}: ${reason}`] : [],
  );

/** `Success rate: 3 of 4 runs completed (75 %), 2 of them with all five criteria met.` Nothing while none has ended. */
export function successLine(runs: Context[]): Line[] {
  const { ended, completed, kept } = successOf(runs);
  if (ended === 0) return [];
  const rate = Math.floor((completed / ended) * 100);
  const all = completed === 0 ? '' : `, ${kept} of them with all five criteria met`;
  return [`Success rate: ${completed} of ${ended} run${ended === 1 ? '' : 's'} completed (${rate} %)${all}.`];
}
