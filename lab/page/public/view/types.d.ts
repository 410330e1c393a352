/** Who reads, and what ids mean to them: all that rendering needs to know of the workspace. */
export interface Reader {
  me: string;
  /** Names by user id. */
  people: Record<string, string>;
  /** By id; `mine`: the reader is in it. */
  groups: Record<string, { handle: string; members: number; mine: boolean }>;
  /** Names by id, of channels the reader is in. */
  channels: Record<string, string>;
  /** The bot's user id and name. */
  app: { id: string; name: string };
  timeZone: string;
  /** ms since the epoch. */
  now: number;
}

/** Where an element stands: written into `data-host`, so that a click knows what it belongs to. */
export interface Host {
  kind: 'message' | 'view';
  channel: string;
  /** The message's ts or the view's id. */
  id: string;
  /** Keys of elements whose click is under way. */
  busy: ReadonlySet<string>;
}

/** What goes with rendering messages. */
export interface Scene {
  reader: Reader;
  busy: ReadonlySet<string>;
  /** Answers of clicks that did not go through, by ts. */
  notices: Record<string, string>;
}
