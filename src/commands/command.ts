/**
 * What people can ask, one file per subcommand; the table makes Slack's help, the manifest's hint and the dispatcher.
 * A command gets the same request from a typed line, a button or a form, and answers the person who asked.
 */
import type { GateNode } from '../machine/types.ts';
import type { Unprotected } from '../messages/reprotection.ts';
import type { WayBack } from '../messages/way-back.ts';
import type { Actor } from '../policy/authorize.ts';
import type { Line, Message, Person, Refused, Reply } from '../ports/chat.ts';
import type { Around } from '../ports/surroundings.ts';
import type { Face } from '../runner/face.ts';
import type { RunView } from '../runner/ledger.ts';
import type { Alarms } from './alarms.ts';
import type { Lift } from './lift.ts';
import type { KeptFence } from './release.ts';
import type { Scales } from './scale.ts';

export type Request = {
  /** Bare words after the subcommand. */
  words: string[];
  named: Record<string, string>;
  /** What a button or form carried: the run, the gate, the revision it was pressed on. */
  carried: Record<string, unknown>;
  via: 'command' | 'action' | 'form';
  person: string;
  actor: Actor;
  /** The delivery's key: what has acted once does not act again. */
  delivery: string;
  /** The line as it was typed, for the journal. */
  text: string;
};

export type CommandWorld = {
  runner: Face;
  operators: string[];
  contacts: Record<string, string>;
  /** A link to a run's headline in the incidents channel; null where there is none yet. */
  linkTo(run: string): Promise<string | null>;
  /** The incidents channel, for a link-less mention. */
  channel: string;
  /** Where regions are watched. */
  alarms?: Alarms;
  /** Where the fence of a lost region is kept. */
  fence?: KeptFence;
  /** Lifts what an earlier run has left in a region. */
  lift?: Lift;
  /** Where services can be scaled. */
  scales?: Scales;
  /** Regions that were taken out of service and are not back, since when (ms since the epoch), by which run. */
  outOfService?(): { region: string; run: string; since: number }[];
  /** Nothing follows the region that serves, since when (ms since the epoch); null while something does. */
  unprotected?(): Unprotected | null;
  /** What the status page announces of a notice; absent without a page, null while it has not been tried. */
  onPage?(n: number): { is: 'announced' } | { is: 'failed'; why: string } | null;
  /** What going back would cost while a run is only watched; null while none is. */
  wayBack?(view: RunView): WayBack | null;
  /** What others say of an outage. */
  around?: Around;
};

export type Command = {
  name: string;
  /** As typed after `/dr `: `failover <region> [to:<region>] reason:"…"`. */
  usage: string;
  summary: string;
  /** `read`: full members. `operate`: operators. `vote`: the gate decides. */
  access: 'read' | 'operate' | 'vote';
  /** How many bare words it takes at most; more are refused, never ignored. Without it: any number, they are a text. */
  words?: number;
  /** Names of its own beside `reason` and `to`; for every other command they are only words. */
  keys?: readonly string[];
  /** Only a button sends it; left out of help and hint. */
  buttonOnly?: boolean;
  handle(request: Request, world: CommandWorld): Promise<Reply>;
};

/** An answer of one or a few lines, seen by whoever asked. */
export const say = (title: Line, lines: Line[] = [], tone: Message['tone'] = 'plain'): Reply => ({
  kind: 'message',
  message: { title, lines, tone, actions: [] },
});

/** An answer that says no. */
export const sayNo = (why: Line, lines: Line[], refused: Refused): Reply => ({
  kind: 'message',
  message: { title: refusal(why), lines, tone: 'bad', actions: [] },
  refused,
});

/** What kind of no it is matters to programs; most are about how things stand. */
export type Refuse = (why: Line, lines?: Line[], refused?: Refused) => Promise<Reply>;

/** Says no, with the reason, and writes it down. */
export const refuser =
  (request: Request, world: CommandWorld): Refuse =>
  async (why, lines = [], refused = 'state') => {
    await world.runner.refused(request.person, request.text, flat(why), `refused:${request.delivery}`);
    return sayNo(why, lines, refused);
  };

/** A sentence that says no mostly repeats what was typed. */
export const refusal = (why: Line): Line => (typeof why === 'string' ? { untrusted: why } : why);

export const flat = (line: Line): string =>
  [line]
    .flat()
    .map((span) => (typeof span === 'string' ? span : 'text' in span ? span.text : String(Object.values(span)[0])))
    .join('');

/** The run that is meant: the one the button names, else the one under way. */
export function runOf(request: Request, world: CommandWorld): RunView | undefined {
  const carried = request.carried['run'];
  return typeof carried === 'string' ? world.runner.view(carried) : world.runner.active();
}

export const openGates = (view: RunView): GateNode[] =>
  view.snapshot.context.nodes.filter(
    (node): node is GateNode => node.kind === 'gate' && view.snapshot.context.gates[node.id]?.status === 'open',
  );

/** Beside the field of the form that asked for it. */
export const atField = (field: string, why: string): Reply => ({ kind: 'fieldErrors', errors: { [field]: why } });

export const toActor = (person: Person, groups: string[]): Actor => ({ id: person.id, kind: person.kind, groups });
