/** The workspace's people: Ana asks, Bo and Cy approve, Dee looks on, Eve may do nothing. */
import type { EdenFile } from './eden.ts';

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

export const usergroups = (eden: EdenFile) => [
  { id: eden.groups['sre']!, handle: 'sre', users: [ANA, BO, CY] },
  { id: eden.groups['leads']!, handle: 'leads', users: [CY] },
];
export const channels = (eden: EdenFile) => [
  { id: eden.notify.channel, name: 'incidents', members: PEOPLE.map(({ id }) => id) },
  { id: eden.notify.developers, name: 'developers', members: PEOPLE.map(({ id }) => id) },
  { id: eden.notify.stakeholders, name: 'stakeholders', members: PEOPLE.map(({ id }) => id) },
  { id: 'C0GENERAL', name: 'general', members: PEOPLE.map(({ id }) => id) },
];
