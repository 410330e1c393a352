/** The commit window: what is watched, until when, what would bring the run back, and each trouble with what may help. */
import { lengthText } from '../lib/utc.ts';
import { stepState, watched } from '../machine/facts.ts';
import type { Context, Finding, Watch } from '../machine/types.ts';
import type { Action, Line, Message, Span } from '../ports/chat.ts';
import { button, route, type Scene, SIGN, who } from './scene.ts';
import { wayBackButtons } from './way-back.ts';

/** What it costs to go back now, said honestly. */
export function wayBack({ source, target }: Pick<Context, 'source' | 'target'>, { streams }: Watch): string {
  if (streams === true) return `The way back: without loss while ${source} streams from ${target}.`;
  if (streams === false)
    return `The way back: ${source} does not stream from ${target}; going back now loses what was written here since.`;
  return `The way back: ${source} does not answer; nobody can say that going back loses nothing.`;
}

/** One trouble, as it is listed. */
const listed = ({ is, words }: Finding): Line => [
  `${is === 'bad' ? SIGN.notDone : SIGN.unknown} `,
  { untrusted: words },
];

/**
 * More pods for a service that may need them: `/dr scale`, as a button for whoever operates. Where nobody can say how
 * many would help, or of what, the dialog asks.
 */
export function scaleButtons({ c }: Scene): Action[] {
  const findings = watched(c)?.findings ?? [];
  const known = findings
    .flatMap(({ scale }) => scale ?? [])
    .filter((one, index, all) => all.findIndex(({ service }) => service === one.service) === index)
    .slice(0, 3)
    .map(({ service, replicas }) => button('scale', `/dr scale ${service} ${replicas}`, c, { service, replicas }));
  const open = findings.some(({ scale }) => scale === null);
  return open ? [...known, button('scale', '/dr scale…', c, { ask: true })] : known;
}

const commit = (c: Context, { step }: Watch): Action =>
  button('skip', c.watch?.findings.length === 0 ? 'End the watch now…' : 'Go on all the same…', c, { step });

/** It was ended by the run that came next, who wanted that, and why. */
const cutLine = ({ target }: Pick<Context, 'target'>, { by, at, why, next, lost }: NonNullable<Watch['cut']>): Line =>
  lost === null
    ? ['The watch was ended at ', { time: at }, ' by ', who(by), ` for ${next}: `, { untrusted: `“${why}”` }]
    : [
        `${SIGN.emergency} Committed early at `,
        { time: at },
        `: ${target} was declared lost by `,
        who(by),
        `, ${next}.`,
      ];

/** For what is said of the run once it is over. */
export const cutLines = (c: Context): Line[] => (c.watch?.cut ? [cutLine(c, c.watch.cut)] : []);

/** How the watch ended: its time was over, or a person went on. */
function endedBy(c: Context, { step, had, cut }: Watch): Line {
  if (cut !== undefined) return cutLine(c, cut);
  const { status, summary } = stepState(c, step);
  if (status === 'skipped') {
    const by = c.overrides.findLast(({ rule }) => rule === `skip ${step}`);
    return by ? ['Gone on by ', who(by.by), ': ', { untrusted: `“${by.reason}”` }] : 'Gone on without it.';
  }
  if (summary !== null) return [{ untrusted: summary }];
  return had.length === 0 ? 'People have taken over.' : 'People have taken over, with trouble unseen to.';
}

export function watch(scene: Scene): Message | null {
  const { c } = scene;
  const { watch: seen } = c;
  if (seen === null) return null;
  const now = watched(c);
  const end = ` · ${route(c)} · ${c.run}`;
  if (now === null)
    return {
      title: [`${SIGN.done} ${c.target} was watched${end}`],
      lines: [endedBy(c, seen)],
      tone: 'plain',
      actions: [],
    };
  const { findings, unread, until, from } = seen;
  return {
    title: [`${SIGN.running} Watching ${c.target} until `, { time: until }, end],
    lines: [
      `${c.run} is over after ${lengthText(until - from)} without trouble. Until then it stays open, and the change freeze stands.`,
      findings.length === 0
        ? `${SIGN.done} No trouble now: pods, nodes${unread.length === 0 ? ', CPU and memory, failed requests, response times' : ', and what else is measured'}.`
        : `${SIGN.notDone} ${count(findings)} now: see the card below.`,
      ...unread.map((one): Line => ['Not watched: ', { untrusted: one }]),
      wayBack(c, seen),
    ],
    tone: findings.length === 0 ? 'plain' : 'waiting',
    actions: findings.length === 0 ? [commit(c, seen), ...wayBackButtons(scene)] : [],
  };
}

const count = ({ length }: Finding[]): string => `${length} ${length === 1 ? 'trouble' : 'troubles'}`;

/** The card that notifies: drawn anew while it stands, plain once it is gone. */
export function trouble(scene: Scene): Message | null {
  const { c, facts } = scene;
  const seen = c.watch;
  if (seen === null) return null;
  const end = ` · ${route(c)} · ${c.run}`;
  const stands = watched(c) !== null && facts['n'] === seen.troubles && seen.findings.length > 0;
  if (!stands) {
    const isLast = facts['n'] === seen.troubles && seen.findings.length > 0;
    return {
      title: [`${isLast ? SIGN.held : SIGN.done} Trouble in ${c.target} ${isLast ? 'was gone past' : 'is gone'}${end}`],
      lines: isLast ? [...seen.findings.map(listed), endedBy(c, seen)] : [],
      tone: 'plain',
      actions: [],
    };
  }
  const { findings, until } = seen;
  return {
    title: [`${SIGN.notDone} ${count(findings)} in ${c.target}: ${c.run} is not over before it is gone · ${route(c)}`],
    lines: [
      ...findings.map(listed),
      [
        'Watched until ',
        { time: until },
        '. What still stands then is waited for a while, then somebody has to decide.',
      ],
      wayBack(c, seen),
    ],
    tone: 'bad',
    actions: [...scaleButtons(scene), commit(c, seen), ...wayBackButtons(scene)],
  };
}

/** For the headline: what it is at, and until when. */
export function watchingWords(c: Context): Span[] | null {
  const now = watched(c);
  if (now === null) return null;
  const held = now.findings.length === 0 ? [] : [`, ${count(now.findings)} in the way`];
  return [`watching ${c.target} until `, { time: now.until }, ...held];
}
