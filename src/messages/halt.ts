/** The halt: nothing new is sent for any run. Its card in the incidents channel, and its line wherever a run is shown. */
import type { Action, Line, Message } from '../ports/chat.ts';
import { listed, type Scene, SIGN, who } from './scene.ts';

export const PEOPLE_TO_LIFT = 2;
type Said = { by: string; at: number; reason: string };
/** `n` counts the halts: it names the card. `asked`: who has asked for it to be lifted so far. */
export type Halt = Said & { n: number; asked: Said[] };

const missing = (halt: Pick<Halt, 'asked'>): string => {
  const count = PEOPLE_TO_LIFT - halt.asked.length;
  return count === 1 ? '1 more person lifts it' : `${count} people lift it`;
};

/** What stands above everything else while it lasts. */
export function haltLines({ halt }: Pick<Scene, 'halt'>): Line[] {
  if (!halt) return [];
  return [
    [
      `${SIGN.halted} `,
      { bold: 'HALTED' },
      ' by ',
      who(halt.by),
      ' since ',
      { time: halt.at },
      ': ',
      { untrusted: `“${halt.reason}”` },
      ` · ${missing(halt)}`,
    ],
  ];
}

export const liftButton: Action = {
  id: 'halt:lift',
  label: 'Lift the halt…',
  value: JSON.stringify({ lift: true }),
};

/** The card, from what its announcement carries: the halt as it was then, and whether that lifted it. */
export function halt({ facts }: Pick<Scene, 'facts'>): Message {
  const seen = facts as unknown as Halt & { lifted: boolean };
  const asked = seen.asked.map(
    ({ by, at, reason }): Line => [who(by), ' lifts it, ', { time: at }, ': ', { untrusted: `“${reason}”` }],
  );
  const said: Line = [who(seen.by), ' halted it at ', { time: seen.at }, ': ', { untrusted: `“${seen.reason}”` }];
  if (seen.lifted)
    return {
      title: [
        `${SIGN.running} `,
        { bold: 'The halt is lifted' },
        ' by ',
        ...listed(seen.asked.map(({ by }) => who(by))),
      ],
      lines: [said, ...asked, 'What waited goes on by itself.'],
      tone: 'good',
      actions: [],
    };
  return {
    title: [`${SIGN.halted} `, { bold: 'HALTED' }, ` · nothing new is sent for any run · ${missing(seen)}`],
    lines: [
      said,
      'What had been sent before goes on and its outcome is written down. Votes count, and their deadlines run.',
      'No run is started. It takes two different people to lift it; who halted may be one of them.',
      ...asked,
    ],
    tone: 'bad',
    actions: [liftButton],
  };
}
