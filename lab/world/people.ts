/** The workspace's people: Ana asks, Bo and Cy approve, Dee looks on, Eve may do nothing. */
import type { WorldFile } from './file.ts';

export const ANA = 'U0ANA';
export const BO = 'U0BO';
export const CY = 'U0CY';
export const DEE = 'U0DEE';
export const EVE = 'U0EVE';

export const PEOPLE = [
  { id: ANA, name: 'ana', realName: 'Ana' },
  { id: BO, name: 'bo', realName: 'Bo' },
  { id: CY, name: 'cy', realName: 'Cy' },
  { id: DEE, name: 'dee', realName: 'Dee' },
  { id: EVE, name: 'eve', realName: 'Eve', isRestricted: true },
];

export const BOT_TOKEN = 'xoxb-lab-0000000000-bot';
export const APP_TOKEN = 'xapp-1-lab-0000000000-app';
export const SIGNING_SECRET = '0000000000lab0000000000000000000';

/** The first group of the file runs the system; who else is named is asked when nobody decides. */
export const usergroups = ({ groups }: WorldFile) =>
  Object.entries(groups).map(([handle, id], index) => ({ id, handle, users: index === 0 ? [ANA, BO, CY] : [CY] }));

export const channels = ({ notify: { channel, developers, stakeholders } }: WorldFile) => {
  const named = { [channel]: 'incidents', C0GENERAL: 'general' };
  if (developers !== undefined) named[developers] = 'developers';
  if (stakeholders !== undefined) named[stakeholders] = 'stakeholders';
  return Object.entries(named).map(([id, name]) => ({ id, name, members: PEOPLE.map((person) => person.id) }));
};
