/** Messages that belong to no run, by the name their announcement gives them. To add one: a function, a line, a test. */
import type { Json } from '../lib/json.ts';
import type { Message } from '../ports/chat.ts';
import { halt } from './halt.ts';
import { lifted } from './lifted.ts';
import { notice } from './notice.ts';
import { proposal } from './proposal.ts';
import { protectedAgain } from './protected.ts';
import { released } from './released.ts';
import { returned } from './returned.ts';
import { scaled } from './scaled.ts';
import { zombie } from './zombie.ts';

export type SystemScene = {
  /** What the event knew. */
  facts: { [key: string]: Json };
  /** By the journal's clock, ms. */
  now: number;
  organization: string;
  /** Names from the configuration: `aws-support` → how to reach them. */
  contacts: Record<string, string>;
};

export const SYSTEM_MESSAGES: Record<string, (scene: SystemScene) => Message | null> = {
  halt,
  lifted,
  notice,
  proposal,
  protected: protectedAgain,
  released,
  returned,
  scaled,
  zombie,
};
