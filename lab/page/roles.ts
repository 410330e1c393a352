/** What each person of the lab may do, in the few words that stand beside their name. */
import type { LabPerson } from '../slack/types.ts';

const KNOWN: Record<string, string> = {
  ana: 'asks for a failover',
  bo: 'approves',
  cy: 'approves',
  dee: 'stakeholder, reads along',
  eve: 'may do nothing',
};

/** A person as the page offers them: who one may be. */
export interface Role {
  id: string;
  name: string;
  may: string;
  timeZone: string | null;
}

/** The people one can be: no bots and nobody who has left. `may`: words by user id, before the usual ones. */
export function rolesOf(people: LabPerson[], may: Record<string, string> = {}): Role[] {
  return people
    .filter((person) => !person.isBot && !person.deleted)
    .map((person) => {
      const name = person.realName ?? person.name;
      const usual = KNOWN[person.name.toLowerCase()] ?? (person.isRestricted ? 'a guest' : 'in the workspace');
      return { id: person.id, name, may: may[person.id] ?? usual, timeZone: person.tz ?? null };
    });
}
