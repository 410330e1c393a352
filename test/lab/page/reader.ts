/** Somebody who reads, for rendering without a workspace. */
import type { Reader } from '../../../lab/page/public/view.js';

/** Seconds: 15 January 2027, 08:00 UTC. */
export const AT = 1_800_000_000;

export const reader: Reader = {
  me: 'U1',
  people: { U1: 'Ana', U2: 'Bo <b>' },
  groups: { S1: { handle: 'sre', members: 2, mine: true } },
  channels: { C1: 'incidents' },
  app: { id: 'U0BOT', name: 'regent' },
  timeZone: 'Europe/Berlin',
  now: AT * 1000,
};
