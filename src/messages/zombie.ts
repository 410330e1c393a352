/** A region that was left and is back: whether it took writes before it was fenced, as far as that can be seen, and what is done about it. */
import type { Line, Message } from '../ports/chat.ts';
import { reprotectButton } from './reprotection.ts';
import { SIGN } from './scene.ts';
import type { SystemScene } from './system.ts';

/** What the keeper of an owed fence knows of one return: the facts of the announcement. Times in ms since the epoch. */
export type Zombie = {
  run: string;
  region: string;
  target: string;
  /** When something of it was first seen to answer again, unfenced. */
  seenAt: number;
  /** How long before that it was last looked at in vain, ms; null where nobody had looked. */
  unseenMs: number | null;
  /** What its Postgres was when seen: null where it had not answered by then. */
  postgres: { writable: boolean; timeline: number; lsn: string; atLsn: string | null; writing: number | null } | null;
  /** The new primary's timeline, and where the log of the region left stood when it was last known; null: not known. */
  targetTimeline: number | null;
  /** Whether the target was primary by then: before that it may still follow what the region left writes. */
  promoted: boolean | null;
  leftAtLsn: string | null;
  /** WAL it has written past that, bytes. */
  walBytes: number | null;
  /** Redis came back as a second master. */
  redis: boolean;
  /** When the fence was seen to hold; null while it is not. */
  fencedAt: number | null;
  /** What was done: `StatefulSet postgres 1 → 0`. */
  how: string[];
  trouble: string[];
  /** The configuration says how it is made a standby; cards of earlier versions have none. */
  mayFollow?: boolean;
};

/** Starting and stopping writes this much to the log by itself, bytes. */
const RESTART_WAL = 16_384;

export function zombie({ facts }: SystemScene): Message {
  const z = facts as unknown as Zombie;
  const { region, run, postgres, fencedAt } = z;
  const writable = postgres?.writable === true;
  const sign = fencedAt === null ? SIGN.halted : writable ? SIGN.held : SIGN.done;
  return {
    title: [`${sign} `, { bold: `${region} is back` }, ` ${headline(z)} · ${run}`],
    lines: [
      ...(postgres === null ? [] : postgresLines(z)),
      ...(z.redis
        ? [`Redis in ${region} had come back as a second master: what was written to it alone is gone with its fence.`]
        : []),
      ...(z.how.length === 0 ? [] : [`Done there: ${z.how.join('; ')}.`]),
      ...z.trouble.map((one): Line => [{ untrusted: one }]),
      ...whatNow(z),
    ],
    tone: fencedAt === null ? 'bad' : writable ? 'waiting' : 'plain',
    // Not before the fence holds; and a run that stands in the way is said when it is pressed.
    actions: z.mayFollow && fencedAt !== null && z.promoted !== false ? [reprotectButton(region)] : [],
  };
}

function headline({ postgres, redis, seenAt, fencedAt }: Zombie): string {
  const writable = postgres?.writable === true;
  if (fencedAt === null) return writable ? 'and takes writes: it is being fenced' : 'and is being fenced';
  if (writable) return `and took writes for ${seconds(fencedAt - seenAt)} before it was fenced`;
  return redis ? 'and is fenced: its Redis was a second master' : 'and was fenced before its Postgres took a write';
}

function postgresLines({ region, target, postgres, unseenMs, seenAt, fencedAt, ...z }: Zombie): Line[] {
  const { writable, timeline, lsn, atLsn, writing } = postgres!;
  if (!writable) return [`Postgres in ${region} answered and refused writes already.`];
  const before = unseenMs === null ? '; how long before nobody looked' : `, and at most ${seconds(unseenMs)} before`;
  const span: Line = [
    `Postgres in ${region} took writes from `,
    { time: seenAt },
    ...(fencedAt === null ? [' on'] : [' to ', { time: fencedAt }]),
    before,
    '.',
  ];
  const there = `Its log is on timeline ${timeline} at ${atLsn ?? lsn}`;
  const here = z.targetTimeline === null ? '' : `; ${target} is on timeline ${z.targetTimeline}`;
  return [span, `${there}${here}. ${growth(z, target)}`, ...(writing ? [openOnes(writing)] : [])];
}

function growth(
  { walBytes, leftAtLsn, promoted }: Pick<Zombie, 'walBytes' | 'leftAtLsn' | 'promoted'>,
  target: string,
) {
  if (walBytes === null || leftAtLsn === null)
    return `Whether anything was written there cannot be told from here: where its log stood before is not known.`;
  if (walBytes <= RESTART_WAL)
    return `That is ${bytes(walBytes)} past ${leftAtLsn}, where it was last seen: no more than a restart writes by itself.`;
  return `That is ${bytes(walBytes)} past ${leftAtLsn}, where it was last seen: more than a restart writes. ${promoted === false ? `${target} is still a standby: what it receives of it before its promotion is kept.` : `What clients wrote there is not in ${target}.`}`;
}

const openOnes = (count: number): string =>
  `${count === 1 ? '1 transaction' : `${count} transactions`} that had written ${count === 1 ? 'was' : 'were'} open and cut off: not acknowledged, not kept.`;

function whatNow({ region, target, postgres, fencedAt, promoted, trouble }: Zombie): Line[] {
  if (fencedAt === null)
    return [
      trouble.length === 0
        ? 'Regent goes on until the fence is seen to hold.'
        : `Regent goes on trying. Stop Postgres in ${region} by hand, or switch its machines off.`,
    ];
  return postgres?.writable === true && promoted !== false
    ? [
        `Nothing of it was copied to ${target}. Look through it before ${region} is copied anew: what is only there is lost then.`,
      ]
    : [];
}

const seconds = (ms: number): string => `${(Math.max(0, ms) / 1000).toFixed(1)} s`;
const bytes = (count: number): string => {
  if (count < 1000) return `${count} bytes`;
  return count < 1_000_000 ? `${(count / 1000).toFixed(1)} kB` : `${(count / 1_000_000).toFixed(1)} MB`;
};
