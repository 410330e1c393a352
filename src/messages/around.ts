/** What others say while people decide: alerts that fire, the providers' own words, what would be lost, who to reach. */
import { bytesText } from '../lib/bytes.ts';
import type { Line } from '../ports/chat.ts';
import type { Surroundings } from '../ports/surroundings.ts';
import { SIGN } from './scene.ts';

const MOST_ALERTS = 5;
const MOST_CONTACTS = 6;

/** Nothing of it is a proof; what gave no answer says so. */
export const aroundLines = ({ alerts, providers }: Surroundings): Line[] => [
  ...(alerts === null ? [] : alertLines(alerts)),
  ...providers.map(({ state, sentence }): Line => {
    const sign = { ok: '', trouble: `${SIGN.notDone} `, unknown: `${SIGN.unknown} not known: ` }[state];
    return [sign, { untrusted: sentence }];
  }),
];

function alertLines(alerts: NonNullable<Surroundings['alerts']>): Line[] {
  if ('silent' in alerts) return [[`${SIGN.unknown} Which alerts fire is not known: `, { untrusted: alerts.silent }]];
  const { firing, at } = alerts;
  if (firing.length === 0) return [['No alert fires, asked at ', { time: at }, '.']];
  const more = firing.length - MOST_ALERTS;
  return [
    [`${firing.length} ${firing.length === 1 ? 'alert fires' : 'alerts fire'}, asked at `, { time: at }, ':'],
    ...firing
      .slice(0, MOST_ALERTS)
      .map(
        ({ name, severity, since, summary }): Line => [
          '· ',
          { untrusted: `${severity === null ? '' : `${severity} `}${name}` },
          ...(since === null ? [] : [' since ', { time: since }]),
          ...(summary === null ? [] : [': ', { untrusted: summary }]),
        ],
      ),
    ...(more > 0 ? [`… and ${more} more`] : []),
  ];
}

/** What an emergency gives up, as a measured bound where there is one. */
export function givenUp(
  region: string,
  database: { at: number; bytesPerSecond: number } | null,
  loss: Surroundings['loss'] = null,
): Line[] {
  const again = 'It is measured again before the promotion is asked for.';
  const lost = `Given up: writes of ${region} that had not reached the other region are lost`;
  if (loss !== null)
    return [
      [
        `${lost}: at most ${loss.seconds.toFixed(1)} s, ${bytesText(loss.bytes)} in ${loss.target}, measured at `,
        { time: loss.at },
        `. ${again}`,
      ],
    ];
  const measured = 'How much is measured before the promotion is asked for.';
  if (database === null) return [`${lost}. ${measured}`];
  return [
    [
      `${lost}. Its database last answered at `,
      { time: database.at },
      `, writing up to ${bytesText(database.bytesPerSecond)} each second. ${measured}`,
    ],
  ];
}

/** Whom an outage needs first: who coordinates, who is on call, who decides, then the providers' support. */
const FIRST = [/coordinator/i, /on-?call/i, /escalat|director|cto|manager/i, /support|provider/i, /security/i];
const rank = (name: string): number => {
  const at = FIRST.findIndex((pattern) => pattern.test(name));
  return at === -1 ? FIRST.length : at;
};

/** The contacts that matter in an outage, as many as fit. */
export function reachLines(contacts: Record<string, string>): Line[] {
  const named = Object.entries(contacts)
    .toSorted(([a], [b]) => rank(a) - rank(b))
    .slice(0, MOST_CONTACTS);
  return named.length === 0 ? [] : [`Who to reach: ${named.map(([name, how]) => `${name} ${how}`).join(' · ')}`];
}
