/** The page that is one person's alone: what waits for them, the run under way, else who is primary. */
import type { Context } from '../machine/types.ts';
import type { Line, Message } from '../ports/chat.ts';
import { ended } from './ended.ts';
import { gate } from './gate.ts';
import { type Halt, haltLines, liftButton } from './halt.ts';
import { headline } from './headline.ts';
import { recoveryLine } from './recovery.ts';
import { reprotectButton, type Unprotected, unprotectedLine } from './reprotection.ts';
import type { Scene } from './scene.ts';

export type HomeScene = {
  /** The run under way. */
  scene: Scene | null;
  /** The gates this person may vote on now, by id. */
  waiting: string[];
  /** Ended runs whose overrides this person may review. */
  reviewing: Scene[];
  /** Nothing new is sent while this stands. */
  halt: Halt | null;
  /** Whether this person may help to lift it. */
  lifting: boolean;
  /** Nothing follows the region that serves. */
  unprotected?: Unprotected | null;
  /** Runs whose region is not recovered yet. */
  recovering?: Context[];
  /** A link to the run's headline. */
  link: string | null;
  /** Who is primary by observation; looked at only while nothing is moved. */
  roles: Record<string, 'primary' | 'standby' | 'unknown'>;
  organization: string;
  now: number;
};

/** Cards, the most urgent first. */
export function home(seen: HomeScene): Message[] {
  const { scene } = seen;
  const halted = lifted(seen);
  const reviews = seen.reviewing.map(ended);
  const owed = reviews.length + (seen.lifting ? 1 : 0);
  if (scene === null)
    return owed + halted.length === 0 ? [quiet(seen)] : [waitingFor(0, owed), ...halted, ...reviews, quiet(seen, true)];
  const asked = seen.waiting.flatMap((id): Message[] => {
    const round = scene.c.gates[id]?.round ?? 0;
    const card = gate({ ...scene, facts: { gate: id, round } });
    return card === null ? [] : [card];
  });
  return [waitingFor(asked.length, owed), ...halted, ...asked, running(seen, scene), ...reviews];
}

/** The halt, to everybody; with its button to whom it waits for. */
const lifted = ({ halt, lifting }: HomeScene): Message[] =>
  halt === null
    ? []
    : [{ title: haltLines({ halt })[0]!, lines: [], tone: 'bad', actions: lifting ? [liftButton] : [] }];

/** @param owed what is no decision of a run: a review, a halt to be lifted */
function waitingFor(gates: number, owed: number): Message {
  const count = gates + owed;
  const what = owed === 0 ? 'decision' : 'thing';
  const title =
    count === 0 ? 'Nothing waits for you.' : `${count} ${what}${count === 1 ? ' waits' : 's wait'} for you.`;
  return { title, lines: [], tone: count === 0 ? 'plain' : 'waiting', actions: [] };
}

function running({ link, now, unprotected, recovering }: HomeScene, scene: Scene): Message {
  const { title, lines, tone, footnote } = headline(scene);
  const thread: Line[] = link === null ? [] : [[{ link, text: 'The thread ↗' }]];
  return {
    title,
    lines: [
      ...(unprotected == null ? [] : [unprotectedLine(unprotected)]),
      ...lines,
      ...left(recovering, now),
      ...thread,
    ],
    tone,
    actions: [],
    footnote: [...(footnote === undefined ? [] : [footnote, ' '].flat()), ...asOf(now)],
  };
}

/** @param told what waits for this person stands above already */
function quiet({ roles, organization, now, unprotected, recovering }: HomeScene, told = false): Message {
  const primary = Object.keys(roles).find((region) => roles[region] === 'primary');
  return {
    title: `${told ? '' : 'Nothing waits for you. '}${organization} is not being moved.`,
    lines: [
      ...(unprotected == null ? [] : [unprotectedLine(unprotected)]),
      primary === undefined ? 'No region answers as primary right now.' : `${primary} is primary.`,
      ...Object.entries(roles).map(([region, role]) => `${region}: ${role}`),
      ...left(recovering, now),
    ],
    tone: 'plain',
    actions: unprotected?.mayFollow ? [reprotectButton(unprotected.region)] : [],
    footnote: asOf(now),
  };
}

/** What is left to do in regions that were lost. */
const left = (recovering: Context[] = [], now: number): Line[] => recovering.map((c) => recoveryLine(c, now));

const asOf = (now: number) => ['As of ', { time: now }, '; drawn anew when you open this and when a run changes.'];
