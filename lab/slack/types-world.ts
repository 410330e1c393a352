/** The inhabitants of the lab's workspace and the knobs of its limits: the nouns of `SlackOptions`. */

/** A Block Kit block or element as it goes over the wire. */
export type LabBlock = { type: string; block_id?: string } & Record<string, unknown>;

export interface Clock {
  /** Milliseconds since the epoch. */
  now: () => number;
  /** Runs `task` after `ms`; returns the way to call it off. */
  after: (ms: number, task: () => void) => () => void;
}

export interface LabPerson {
  id: string;
  /** The handle, typed as `@name`. */
  name: string;
  realName?: string;
  email?: string;
  isBot?: boolean;
  /** A guest. */
  isRestricted?: boolean;
  /** Someone of another workspace, met in a shared channel. */
  isStranger?: boolean;
  deleted?: boolean;
  /** Whether they are at a screen, as Slack shows it. Default `active`. */
  presence?: 'active' | 'away';
  /** IANA zone name; default `Etc/UTC`. */
  tz?: string;
}

export interface LabUsergroup {
  id: string;
  handle: string;
  name?: string;
  users: string[];
}

export interface RateLimitOptions {
  /** Default true. */
  enabled?: boolean;
  /** Default 1, with a burst of `postBurst` (5). */
  postPerSecondPerChannel?: number;
  postBurst?: number;
  /** All channels together. Default 300. */
  postPerMinute?: number;
  /** Per method. Defaults 20, 50, 100. */
  tier2PerMinute?: number;
  tier3PerMinute?: number;
  tier4PerMinute?: number;
}
