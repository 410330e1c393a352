/** What stakeholders read of a planned move ahead of it: when, from where to where, what they will notice; or that it is off. */
import type { Line, Message } from '../ports/chat.ts';
import { SIGN, who } from './scene.ts';
import type { SystemScene } from './system.ts';

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** `us-east-1 → us-west-2`, or that it is left where nobody has said for which. */
export const fromTo = (source: string, target: string | null): string =>
  target === null ? `away from ${source}` : `${source} → ${target}`;

export function notice({ facts, organization, contacts }: SystemScene): Message {
  const { source, target, withdrawn } = facts;
  const name = capital(organization);
  const from = { time: Number(facts['from']), as: 'date' } as const;
  const until = { time: Number(facts['until']), as: 'date' } as const;
  const by = who(String(facts['by']));
  const why = String(facts['reason'] ?? '');
  const quoted: Line[] = why === '' ? [] : [{ untrusted: `“${why}”` }];
  if (withdrawn === true)
    return {
      title: [`${SIGN.notDone} Withdrawn: ${name} does not leave ${source} between `, from, ' and ', until, '.'],
      lines: [['Taken back by ', by, '. Nothing will be noticed then.'], ...quoted],
      tone: 'plain',
      actions: [],
    };
  const [contact] = Object.entries(contacts);
  const move = typeof target === 'string' ? `move from ${source} to ${target}` : `leave ${source}`;
  return {
    title: [`${SIGN.planned} Planned: ${name} will ${move} between `, from, ' and ', until, '.'],
    lines: [
      ...quoted,
      'Expected for customers: reading works; saving pauses for some seconds once.',
      ['Announced by ', by, contact === undefined ? '.' : `. Questions: ${contact[0]}, ${contact[1]}.`],
    ],
    tone: 'plain',
    actions: [],
  };
}
