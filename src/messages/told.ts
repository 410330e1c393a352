/** Who was told outside the chat, and who could not be yet: one reply in the thread, edited as it changes. */
import type { Json } from '../lib/json.ts';
import type { Line, Message, Span } from '../ports/chat.ts';
import type { Scene } from './scene.ts';

/** One thing that was to be told. */
export type Delivery = {
  /** Where it went, as people call it: `PagerDuty`, `mail to 2 operators`, `status page`. */
  where: string;
  /** What it was there: `incident`, `note`, `closed`; empty where that is plain. */
  what: string;
  state: 'told' | 'waiting' | 'gaveUp';
  /** When it was told, or when it is tried again, ms. */
  at: number;
  /** Which try that will be. */
  nextTry: number;
  /** What stood in the way, or whom it did not reach. */
  why: string | null;
};

const read = (facts: { [key: string]: Json }): Delivery[] =>
  Array.isArray(facts['deliveries']) ? (facts['deliveries'] as unknown as Delivery[]) : [];

export function told({ facts }: Pick<Scene, 'facts'>): Message | null {
  const deliveries = read(facts);
  const [title, ...lines] = toldLines(deliveries);
  if (title === undefined) return null;
  return {
    title,
    lines,
    tone: deliveries.some(({ state }) => state === 'gaveUp') ? 'bad' : 'plain',
    actions: [],
  };
}

/** Everything that was told, in one line; below it what stood in the way, or whom it did not reach. */
export function toldLines(deliveries: Delivery[]): Line[] {
  if (deliveries.length === 0) return [];
  const places = [...new Set(deliveries.map(({ where }) => where))];
  const missing = deliveries.filter(({ why }) => why !== null);
  return [
    ['Told: ', ...places.flatMap((where, index) => [...(index > 0 ? [' · '] : []), ...placeSpans(where, deliveries)])],
    ...missing.map(
      ({ where, what, why }): Line => [`${[where, what].filter(Boolean).join(', ')}: `, { untrusted: why! }],
    ),
  ];
}

/** `PagerDuty incident 02:14, note 02:20`, `status page: not yet, 2nd try at 02:15`. */
function placeSpans(where: string, all: Delivery[]): Span[] {
  const here = all.filter((one) => one.where === where);
  return here.flatMap((one, index): Span[] => {
    const { what, state, at, nextTry } = one;
    const first = index === 0;
    const name = what === '' ? '' : `${what} `;
    if (state === 'told') return [`${first ? `${where} ` : ', '}${name}`, { time: at }];
    // Where nothing has got there yet, what it would have been there goes without saying.
    const begin = first ? `${where}: ` : `, ${name}`;
    return state === 'waiting'
      ? [`${begin}not yet, ${ordinal(nextTry)} try at `, { time: at }]
      : [`${begin}not told, given up at `, { time: at }];
  });
}

/** `2nd`, `11th`, `23rd`. */
function ordinal(n: number): string {
  const ten = n % 100;
  if (ten >= 11 && ten <= 13) return `${n}th`;
  return `${n}${['th', 'st', 'nd', 'rd'][n % 10] ?? 'th'}`;
}
