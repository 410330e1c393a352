/** The place where people are told and asked. One wording, rendered by each adapter (Slack blocks, mail, a terminal). */
import type { Json } from '../lib/json.ts';

/** A run of text. Text a person typed is `{ untrusted }`: it is escaped where it is rendered, never parsed. */
export type Span =
  | string
  | { untrusted: string }
  | { bold: string }
  | { code: string }
  | { person: string }
  | { group: string }
  /** Milliseconds since the epoch. */
  | { time: number; as?: 'time' | 'date' }
  | { link: string; text: string };
export type Line = Span | Span[];

export type Action = {
  /** Stable: `approve:promote`. With the run and the card's revision it says exactly what was pressed. */
  id: string;
  label: string;
  style?: 'primary' | 'danger';
  /** What travels with the click, JSON-able and short (≤ 2000 characters in Slack). */
  value: string;
  /** Asked by the client before the click is sent; never an authorisation. */
  confirm?: { title: string; text: string; yes: string; no: string };
};

export type Tone = 'plain' | 'good' | 'waiting' | 'bad';

export type Message = {
  title: Line;
  lines: Line[];
  tone: Tone;
  actions: Action[];
  /** Small print under everything. */
  footnote?: Line;
  /** The whole message as one plain sentence or two, that reads well aloud. Derived from title and lines if missing. */
  fallback?: string;
};

/** Where a message stands; opaque to everyone but the adapter. */
export type Posted = { channel: string; ts: string };

export type PostTarget = {
  channel: string;
  /** Reply in this message's thread. */
  thread?: Posted;
  /** Show the reply in the channel too. */
  broadcast?: boolean;
};

export interface Chat {
  /**
   * Posts once. `key` marks the message at the provider; when an answer was lost the adapter looks for it there before
   * it says anything, so that nothing is doubled. Throws `IntegrationError`; `effect: 'none'` when it is surely not there.
   */
  post(target: PostTarget, message: Message, key: string, signal: AbortSignal): Promise<Posted>;
  /** Replaces a message of ours. `gone` when somebody deleted it: the caller posts it anew. */
  update(posted: Posted, message: Message, signal: AbortSignal): Promise<'updated' | 'gone'>;
  pin(posted: Posted, signal: AbortSignal): Promise<void>;
  /** A link people can follow to a message. */
  permalink(posted: Posted, signal: AbortSignal): Promise<string | null>;
  /** Draws the page only this person sees, cards one under the other, in place of what stood there. */
  publishHome(person: string, cards: Message[], signal: AbortSignal): Promise<void>;
  /** Members of a user group, ids; cached for a short time. Throws when unknown: authorisation then fails closed. */
  membersOf(group: string, signal: AbortSignal): Promise<string[]>;
  /** What the workspace knows of a person. Throws when unknown. */
  person(id: string, signal: AbortSignal): Promise<Person>;
  /** Whether somebody is at a screen now, as far as the chat can see. Throws when unknown. */
  isPresent(id: string, signal: AbortSignal): Promise<boolean>;
}

/** Who is who, as steps may ask. */
export type People = Pick<Chat, 'membersOf' | 'person' | 'isPresent'>;

export type Person = {
  id: string;
  name: string;
  /** Full members may read; bots, guests, strangers of shared channels and deactivated people may not act. */
  kind: 'member' | 'guest' | 'bot' | 'stranger' | 'deactivated';
};

/** How the adapters hand people's doings to us, and what they may answer. */
export type Incoming =
  | { kind: 'command'; text: string; person: string; channel: string; delivery: string }
  | {
      kind: 'action';
      action: string;
      value: string;
      person: string;
      /** Empty when it was pressed in a dialog, which stands in no channel. */
      channel: string;
      delivery: string;
      /** Null when what was pressed cannot be edited: a dialog, a page or an answer only one person sees. */
      posted: Posted | null;
    }
  | { kind: 'form'; form: string; meta: string; fields: Record<string, string>; person: string; delivery: string }
  /** Picked from the chat's own menus, on a message or on nothing. */
  | { kind: 'shortcut'; shortcut: string; person: string; delivery: string; on: Said | null }
  /** Somebody looks at the page that is theirs alone; answered by publishing it. */
  | { kind: 'home'; person: string; delivery: string }
  | Call;

/** A program asks for a command on a person's behalf, known by its token: no chat is needed for it. */
export type Call = {
  kind: 'call';
  command: string;
  /** By the names of commands/arguments.ts; what is none of them is refused. */
  values: Record<string, unknown>;
  person: string;
  delivery: string;
  /** Its groups (`group:S1`) count only where the chat cannot be asked. */
  token: { name: string; groups: string[] };
};

/** What somebody wrote in a channel. */
export type Said = {
  /** As the chat escapes it, like a command's text. */
  text: string;
  /** The id of who wrote it; empty where the chat does not say. */
  author: string;
  /** Milliseconds since the epoch. */
  at: number;
};

export type FormField = {
  id: string;
  label: string;
  kind: 'text' | 'longtext' | 'choice';
  options?: { value: string; label: string }[];
  initial?: string;
  hint?: string;
  optional?: boolean;
};
export type Form = { id: string; title: string; submit: string; lines: Line[]; fields: FormField[]; meta: string };

/**
 * What kind of no an answer is: no such command, not to be understood, not for this person to do, not as things stand
 * now, or it could not be done.
 */
export type Refused = 'unknown' | 'input' | 'rights' | 'state' | 'failed';

/** The answer to whoever acted, seen by that person only. */
export type Reply =
  /** `data`: the same for programs; the chat shows the message alone. */
  | { kind: 'message'; message: Message; refused?: Refused; data?: { [key: string]: Json } }
  | { kind: 'form'; form: Form }
  /** Errors beside the fields of the form that was submitted, by field id. */
  | { kind: 'fieldErrors'; errors: Record<string, string> }
  | { kind: 'none' };

/** The one door of everything people do. Never throws. */
export type Dispatch = (input: Incoming) => Promise<Reply>;
