/** The words of a run that moves nothing: a region that does not serve is taken out of service, and another serves on. */
import { stepState } from '../machine/facts.ts';
import { type Context, LOST_SECONDARY } from '../machine/types.ts';
import type { Line } from '../ports/chat.ts';

export const isSecondary = ({ runbook }: Pick<Context, 'runbook'>): boolean => runbook === LOST_SECONDARY;

/** Where it stands, as everybody reads it. */
export function outOfService({ source, target, end, holds }: Context): string {
  switch (end) {
    case 'completed':
      return `${source} is out of service, ${target} serves as before.`;
    case 'rolledBack':
    case 'aborted':
      return `${source} stays in service beside ${target}: taking it out was called off.`;
    case 'takenOver':
      return `${source} is taken out of service by hand, ${target} serves as before.`;
    default:
      return `${source} is being taken out of service, ${target} serves as before.${holds.length > 0 ? ' It has stopped and waits for people.' : ''}`;
  }
}

/** On the gate's card. */
export const secondaryMeaning = ({ source, target, plan }: Context): Line[] => {
  const names = plan?.values.dns.map(
    ({ name, old, new: wanted }) => `${name} ${old?.join(' ') ?? ''} → ${wanted.join(' ')}`,
  );
  return [
    `What it means: ${source} is taken out of what points to it. Nothing is promoted, and ${target} serves on.`,
    ...(names && names.length > 0
      ? names.slice(0, 10).map((code): Line => ({ code }))
      : [
          `No DNS record answers with addresses of ${source} while ${target} serves: there is nothing to take out of DNS.`,
        ]),
    'All of it can be undone. Until another standby streams, the system has nothing to fall back on.',
  ];
};

/** In the plan's message. */
export const secondaryPlan = ({ source, target, plan }: Context): string[] => [
  `${source} is not the primary: nothing is promoted, stopped or fenced; ${target} serves on`,
  `Take ${source} out of ${plan?.values.dns.length ?? 0} DNS records`,
];

/** Behind the end of it: what protects the system now. */
export function protectionNow(c: Context): Line {
  const { summary, evidence } = stepState(c, 'protection-known');
  // A warning stands in a line of its own.
  return [
    ...(summary === null || evidence?.['warning'] !== undefined ? [] : [{ untrusted: summary }, '. ']),
    `Regent watches for ${c.source}, and says so when it streams from ${c.target} again.`,
  ];
}
