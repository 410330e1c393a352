/**
 * What people outside the chat read: letters, the page that wakes somebody, notes in its incident, the status page.
 * Plain text made from the state as it is when it is sent; times are UTC, for nobody's client turns them into theirs.
 * Customers never read what failed inside, nor what somebody typed.
 */
import { foreignText } from '../lib/foreign-text.ts';
import type { Json } from '../lib/json.ts';
import { gateNode, noReturn, stepNode } from '../machine/facts.ts';
import type { Context, Hold } from '../machine/types.ts';
import { expectedAt } from '../policy/estimate.ts';
import type { Line } from '../ports/chat.ts';
import type { ComponentState, Impact, PageStatus } from '../ports/status-page.ts';
import { beganAt, lossOf } from '../report/metrics.ts';
import { failedStep, keptPicture } from './failed.ts';
import { movesNothing, standing } from './reprotection.ts';
import type { Scene } from './scene.ts';
import { stakeholders } from './status.ts';
import { filled, lengthWords, momentText, type Templates } from './templates.ts';

/** What the words need beside the run. */
export type Telling = {
  templates: Templates;
  staging: boolean;
  /** Where customers read on, and where operators do; null where there is no such place. */
  status: string | null;
  thread: string | null;
};

/** `engineers`: who finds out why a run has failed. */
export type Readers = 'operators' | 'stakeholders' | 'engineers';
/** `undoing`: what was changed is being put back. `hold`: by its number. */
export type Occasion = 'begin' | 'undoing' | 'end' | { hold: number };

const minuteText = (at: number): string => `${new Date(at).toISOString().slice(11, 16)} UTC`;
const expectedOf = ({ c, usual = {}, now }: Scene): number => expectedAt(c, usual, now);
const isEmergency = (c: Context): boolean => c.mode === 'emergency';
const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** A line of a message of ours as plain text. */
const plain = (line: Line): string =>
  [line]
    .flat()
    .map((span) => {
      if (typeof span === 'string') return span;
      if ('time' in span) return minuteText(span.time);
      if ('link' in span) return `${span.text} ${span.link}`;
      return String(Object.values(span)[0]);
    })
    .join('');

/** A letter's subject and text. */
export function letter(
  scene: Scene,
  to: Readers,
  occasion: Occasion,
  telling: Telling,
): { subject: string; text: string } {
  const { subject, lines } =
    typeof occasion === 'object'
      ? heldLetter(scene, occasion.hold)
      : occasion === 'begin'
        ? begun(scene, to, telling)
        : occasion === 'undoing'
          ? sentBack(scene)
          : over(scene, to, telling);
  const thread = to !== 'stakeholders' && telling.thread !== null ? [`Thread: ${telling.thread}`] : [];
  return { subject: `${telling.staging ? '[staging] ' : ''}${subject}`, text: [...lines, ...thread].join('\n') };
}

type Parts = { subject: string; lines: string[] };

/** A template's first line is its subject; which run it is stands beside it. */
function fromTemplate(scene: Scene, which: keyof Templates, telling: Telling): Parts {
  const text = filled(telling.templates[which], scene, telling.status);
  const { source, run } = scene.c;
  return { subject: `${text.split('\n')[0]} (${source}, ${run})`, lines: [text] };
}

function begun(scene: Scene, to: Readers, telling: Telling): Parts {
  const { c } = scene;
  if (isEmergency(c)) return fromTemplate(scene, 'detected', telling);
  if (movesNothing(c))
    return {
      subject: `${standing(c).replace(/\.$/, '')} (${c.run})`,
      lines: [standing(c), `Reason: “${foreignText(c.reason)}”`],
    };
  const forOperators = [
    `Reason: “${foreignText(c.reason)}”`,
    `Expected to be done by ${minuteText(expectedOf(scene))}, people’s decisions not counted.`,
  ];
  return {
    subject: `${capital(c.organization)}: move from ${c.source} to ${c.target} (${c.run})`,
    lines: [moving(scene), saving(c), ...(to === 'operators' ? forOperators : [])],
  };
}

function heldLetter(scene: Scene, n: number): Parts {
  const { c } = scene;
  const hold = c.holds.find((one) => one.n === n);
  const way = noReturn(c) === undefined ? 'It can still be aborted and undone.' : 'There is no way back any more.';
  return {
    subject: `${c.run} has stopped and waits for people (${c.source} → ${c.target})`,
    lines: [
      hold === undefined ? `${c.run} goes on again.` : `${heldText(c, hold)}.`,
      way,
      ...(c.outage.from !== null && c.outage.to === null
        ? [`Customers cannot save since ${minuteText(c.outage.from)}.`]
        : []),
      'Nothing new starts before somebody decides, with /dr in the chat or “dr” on the command line.',
    ],
  };
}

/** `Held since 14:08 UTC at “Fail over Redis”: the answer was cut off`. */
function heldText(c: Context, { kind, ref, why, since }: Hold): string {
  const at = minuteText(since);
  if (kind === 'person') return `Paused by a person at ${at}: ${foreignText(why)}`;
  const title = stepNode(c, ref)?.title ?? gateNode(c, ref)?.title ?? (ref === 'plan' ? 'Make the plan' : null);
  return `Held since ${at}${title === null ? '' : ` at “${title}”`}: ${foreignText(why)}`;
}

function over(scene: Scene, to: Readers, telling: Telling): Parts {
  const { c } = scene;
  if (isEmergency(c) && c.end === 'completed') return fromTemplate(scene, 'completed', telling);
  const took = lengthWords((c.endedAt ?? scene.now) - c.requestedAt);
  return {
    subject: movesNothing(c)
      ? `${standing(c).replace(/\.$/, '')} (${c.run})`
      : `${capital(c.organization)}: ${endWords(c)} (${c.run})`,
    lines: [...lastWords(scene), ...(to === 'stakeholders' ? [] : [...whatFailed(c), `It took ${took}.`])],
  };
}

/** The first that is told of a run that goes back. */
function sentBack({ c }: Scene): Parts {
  return {
    subject: `${c.run} has been stopped and is being undone (${c.source} → ${c.target})`,
    lines: [
      `The move from ${c.source} to ${c.target} has been stopped. What it had changed is being put back, last first.`,
      ...whatFailed(c),
    ],
  };
}

/** For those who find out why. */
function whatFailed(c: Context): string[] {
  if (c.end === 'completed') return [];
  const failed = failedStep(c);
  const kept = keptPicture(c);
  return [
    ...(failed === null ? [] : [`“${failed.step.title}” failed: ${foreignText(failed.state.why ?? '')}.`]),
    ...(kept === null ? [] : [`What ${c.source} looked like as it failed is kept in ${kept}.`]),
  ];
}

function endWords({ end, source, target }: Context): string {
  switch (end) {
    case 'completed':
      return `moved from ${source} to ${target}`;
    case 'rolledBack':
      return `the move from ${source} to ${target} was undone`;
    case 'aborted':
      return `the move from ${source} to ${target} was called off`;
    default:
      return `people finish the move from ${source} to ${target} by hand`;
  }
}

/** How it ended, and what that means for customers; a failover that went well has its own notice. */
function lastWords(scene: Scene): string[] {
  const { c } = scene;
  if (!isEmergency(c)) return [moving(scene), saving(c)];
  if (c.end === 'takenOver')
    return [`People go on by hand: ${c.source} has failed, and Regent does nothing more here.`, disturbed(c)];
  return [
    `The failover from ${c.source} to ${c.target} was stopped${c.end === 'rolledBack' ? ', and what it had changed was put back' : '; nothing had been changed'}.`,
    `${c.source} is as it was: people look after it now.`,
  ];
}

/** Where a planned move stands: the words of the stakeholders' channel. */
const moving = (scene: Scene): string => plain(stakeholders(scene).title);

/**
 * What customers notice of a planned move. Nothing in it runs on: what is sent once more because an answer was lost must
 * read as before, or it would be taken for news.
 */
function saving(c: Context): string {
  const { from, to } = c.outage;
  if (from === null) return 'Customers: nothing is noticeable so far.';
  if (to !== null) {
    const lost = lossOf(c)?.bytes === 0 ? ' Nothing was lost.' : '';
    return `Customers: reading works; saving was paused for ${lengthWords(to - from)} at ${minuteText(from)}.${lost}`;
  }
  return c.endedAt !== null
    ? `Customers: saving was paused at ${minuteText(from)}; people bring it back by hand.`
    : `Customers: reading works; saving has been paused since ${minuteText(from)}.`;
}

/** What they notice of an emergency. */
function disturbed(c: Context): string {
  const { from, to } = c.outage;
  const since = from ?? beganAt(c);
  if (to === null) return `Customers: the service has been disturbed since ${minuteText(since)}.`;
  const loss = lossOf(c);
  const lost =
    loss === null
      ? ''
      : loss.bytes === 0
        ? ' Nothing was lost.'
        : ` Changes of up to ${lengthWords(Math.max(1000, Math.ceil(loss.seconds) * 1000))} may be lost.`;
  return `Customers: the service was disturbed for ${lengthWords(to - since)} from ${minuteText(since)}.${lost}`;
}

/** What wakes somebody. */
export function page(scene: Scene, telling: Telling) {
  const { c } = scene;
  const hold = c.holds.find(({ kind }) => kind !== 'person');
  const first = isEmergency(c) ? filled(telling.templates.detected, scene, telling.status).split('\n')[0]! : null;
  const summary =
    first === null
      ? `${c.run} has stopped after the point of no return: ${c.source} → ${c.target} waits for people`
      : `${first}: ${c.source}, ${c.run} moves it to ${c.target}`;
  const details: Record<string, Json> = {
    run: c.run,
    from: c.source,
    to: c.target,
    kind: c.mode,
    began: momentText(beganAt(c)),
    expected: momentText(expectedOf(scene)),
    held: hold === undefined ? 'no' : heldText(c, hold),
    reason: foreignText(c.reason),
    ...(isEmergency(c) ? { message: filled(telling.templates.detected, scene, telling.status) } : {}),
  };
  return {
    summary: `${telling.staging ? '[staging] ' : ''}${summary}`,
    severity: telling.staging ? ('warning' as const) : ('critical' as const),
    source: c.source,
    details,
  };
}

/** Wakes whoever finds out why: an incident of its own, for the run's is about the region. */
export function escalation(scene: Scene, telling: Telling) {
  const { c } = scene;
  const { details, ...rest } = page(scene, telling);
  return {
    ...rest,
    summary: `${telling.staging ? '[staging] ' : ''}${c.run} has failed: ${endWords(c)}`,
    details: { ...details, held: 'no', ended: momentText(c.endedAt ?? scene.now), failed: whatFailed(c).join(' ') },
  };
}

export type Milestone = 'promoted' | 'moved' | 'end' | { hold: number };

/** A line in the incident. It carries its own time, so that it reads the same however late it gets there. */
export function note({ c }: Scene, milestone: Milestone): string | null {
  if (typeof milestone === 'object') {
    const hold = c.holds.find(({ n }) => n === milestone.hold);
    return hold === undefined ? null : `${heldText(c, hold)}. It waits for people.`;
  }
  const at = milestoneAt(c, milestone);
  if (at === null) return null;
  switch (milestone) {
    case 'promoted':
      return `${minuteText(at)}: ${c.target} is primary and has accepted a write. There is no way back from here.`;
    case 'moved':
      return `${minuteText(at)}: DNS sends clients to ${c.target}.`;
    case 'end':
      return `${minuteText(at)}: ${c.run} is over, ${endWords(c)}.`;
  }
}

/** When it came about; null when it has not. A phase that changes nothing is no milestone. */
export function milestoneAt(c: Context, milestone: Exclude<Milestone, object>): number | null {
  if (milestone === 'end') return c.endedAt;
  const phase = milestone === 'promoted' ? 'promoting' : 'redirecting';
  const changes = c.nodes.some((node) => node.kind === 'step' && node.phase === phase && node.effect);
  return changes ? (c.phases[phase]?.to ?? null) : null;
}

/** The status page's incident as it is opened. `state` is that of every component that is named. */
export function incident(scene: Scene, telling: Telling) {
  const { c } = scene;
  if (isEmergency(c)) {
    const text = filled(telling.templates.detected, scene, telling.status);
    const opened: { name: string; body: string; status: PageStatus; impact: Impact; state: ComponentState } = {
      name: text.split('\n')[0]!,
      body: text,
      status: 'identified',
      impact: 'critical',
      state: 'majorOutage',
    };
    return opened;
  }
  return {
    name: `${capital(c.organization)} is moving to another region`,
    body: `${moving(scene)}\n${saving(c)}`,
    status: 'identified' as const,
    impact: 'minor' as const,
    state: 'maintenance' as const,
  };
}

/** What the status page says next. */
export function update(scene: Scene, milestone: Milestone, telling: Telling): { body: string; status: PageStatus } {
  const { c } = scene;
  if (milestone === 'end') {
    const closing = isEmergency(c) && c.end === 'completed';
    const body = closing ? filled(telling.templates.completed, scene, telling.status) : lastWords(scene).join('\n');
    return { body, status: 'identified' };
  }
  const how = isEmergency(c) ? disturbed(c) : saving(c);
  if (milestone === 'promoted')
    return { body: `${c.target} takes over: its database accepts changes again.\n${how}`, status: 'identified' };
  if (milestone === 'moved')
    return {
      body: `Everybody is being sent to ${c.target}. We are checking that all is well.\n${how}`,
      status: 'monitoring',
    };
  return { body: `It takes longer than expected. People are working on it.\n${how}`, status: 'identified' };
}
