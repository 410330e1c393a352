/** What people went past, and whether somebody who made none of it has looked at it since. */
import { stepNode } from '../machine/facts.ts';
import type { Context } from '../machine/types.ts';
import type { Line, Span } from '../ports/chat.ts';
import { SIGN, who } from './scene.ts';

/** One line each: a rule of the house by its title, what else was overridden by its name. */
export const overrideLines = (c: Context): Line[] =>
  c.overrides.map(({ rule, by, reason }): Line => {
    const waived = rule.startsWith('waive ') ? rule.slice('waive '.length) : null;
    const what: Span[] = waived === null ? [{ code: rule }] : [`“${stepNode(c, waived)?.title ?? waived}” waived`];
    return ['Override: ', ...what, ' by ', who(by), ', ', { untrusted: `“${reason}”` }];
  });

/** Said once the run is over: before that there is nothing to look back on. */
export function reviewLines({ overrides, reviewed, endedAt }: Context): Line[] {
  if (reviewed)
    return [
      [
        `${SIGN.done} Overrides reviewed by `,
        who(reviewed.by),
        ' at ',
        { time: reviewed.at },
        ', ',
        { untrusted: `“${reviewed.note}”` },
      ],
    ];
  if (endedAt === null || overrides.length === 0) return [];
  return ['Overrides not reviewed yet: somebody who made none of them looks at them, /dr review.'];
}
