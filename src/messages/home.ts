/** The page that is one person's alone: what waits for them, the run under way, else who is primary. */
import type { Line, Message } from '../ports/chat.ts';
import { gate } from './gate.ts';
import { headline } from './headline.ts';
import type { Scene } from './scene.ts';

export type HomeScene = {
  /** The run under way. */
  scene: Scene | null;
  /** The gates this person may vote on now, by id. */
  waiting: string[];
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
  if (scene === null) return [quiet(seen)];
  const asked = seen.waiting.flatMap((id): Message[] => {
    const round = scene.c.gates[id]?.round ?? 0;
    const card = gate({ ...scene, facts: { gate: id, round } });
    return card === null ? [] : [card];
  });
  return [waitingFor(asked.length), ...asked, running(seen, scene)];
}

function waitingFor(count: number): Message {
  const title =
    count === 0 ? 'Nothing waits for you.' : `${count} decision${count === 1 ? ' waits' : 's wait'} for you.`;
  return { title, lines: [], tone: count === 0 ? 'plain' : 'waiting', actions: [] };
}

function running({ link, now }: HomeScene, scene: Scene): Message {
  const { title, lines, tone, footnote } = headline(scene);
  const thread: Line[] = link === null ? [] : [[{ link, text: 'The thread ↗' }]];
  return {
    title,
    lines: [...lines, ...thread],
    tone,
    actions: [],
    footnote: [...(footnote === undefined ? [] : [footnote, ' '].flat()), ...asOf(now)],
  };
}

function quiet({ roles, organization, now }: HomeScene): Message {
  const primary = Object.keys(roles).find((region) => roles[region] === 'primary');
  return {
    title: `Nothing waits for you. ${organization} is not being moved.`,
    lines: [
      primary === undefined ? 'No region answers as primary right now.' : `${primary} is primary.`,
      ...Object.entries(roles).map(([region, role]) => `${region}: ${role}`),
    ],
    tone: 'plain',
    actions: [],
    footnote: asOf(now),
  };
}

const asOf = (now: number) => ['As of ', { time: now }, '; drawn anew when you open this and when a run changes.'];
