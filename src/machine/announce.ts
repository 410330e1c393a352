/**
 * Which messages an accepted event makes necessary, told from the state before and after it. Announcements hang on
 * events and never on a phase's entry: a mode switch falls through phases again and would repeat them.
 * Only names, slots and what the state will not remember; the words are made when the message is sent.
 */
import { isForward, whereIs } from './due.ts';
import { gateState, heldRules, maySwitch, stepNode, stepState, stepsOf, watched } from './facts.ts';
import type { Snapshot } from './replay.ts';
import type { Announcement, Context, Hold, RunEvent } from './types.ts';

const say = (
  slot: string,
  facts: Announcement['facts'] = {},
  { broadcast = false, name = slot.split(':')[0]! } = {},
): Announcement => ({ slot, name, facts, broadcast });

const gateCard = (c: Context, gate: string): Announcement => {
  const { round } = gateState(c, gate);
  return say(`gate:${gate}:${round}`, { gate, round }, { broadcast: true });
};

/** Going on as an emergency is a question still: not promoted, not given up. */
const isSwitchable = (snapshot: Snapshot): boolean =>
  isForward(snapshot) && maySwitch(snapshot.context) && snapshot.context.phases.promoting?.to == null;

/** Cards to draw anew: what was voted, decided, moved by a hold, made void by another plan, or is no longer asked. */
function gateCards(before: Snapshot, after: Snapshot): Announcement[] {
  const [was, c] = [before.context.gates, after.context.gates];
  const over = isForward(before) && !isForward(after);
  return Object.keys(c)
    .filter((gate) => (was[gate]?.status ?? 'none') !== 'none' || c[gate]!.status !== 'none')
    .filter((gate) => was[gate] !== c[gate] || (over && c[gate]!.status === 'open'))
    .map((gate) => gateCard(after.context, gate));
}

const holdCard = (hold: Hold, event: RunEvent, gone: boolean): Announcement =>
  say(
    `hold:${hold.n}`,
    {
      n: hold.n,
      kind: hold.kind,
      ref: hold.ref,
      why: hold.why,
      since: hold.since,
      gone,
      by: event.actor,
      event: event.type,
    },
    { broadcast: true },
  );

const FREEZE = 'freeze-changes';
const LIFT = 'lift-freeze';
const isOver = (c: Context, step: string): boolean => ['done', 'alreadyDone'].includes(stepState(c, step).status);

/** Whether developers were told of a freeze: an undo keeps the summary of what was done, a mark is among the overrides. */
function wasFrozen(c: Context): boolean {
  const { status, summary } = stepState(c, FREEZE);
  const undo = ['undone', 'undoIntended', 'undoUnknown'].includes(status);
  return (
    isOver(c, FREEZE) || (undo && (summary !== null || c.overrides.some(({ rule }) => rule === `mark ${FREEZE} done`)))
  );
}

/** What developers are told: that they must hold still, and, where they were told that, that they need not any more. */
function freeze(was: Context, c: Context): Announcement[] {
  if (isOver(c, FREEZE) && !isOver(was, FREEZE)) return [say('freeze')];
  const left = isOver(c, LIFT) || stepState(c, LIFT).status === 'skipped';
  const leftBefore = isOver(was, LIFT) || stepState(was, LIFT).status === 'skipped';
  // The first message too: whoever scrolls back must not take it for news.
  return left && !leftBefore && wasFrozen(c) ? [say('freeze'), say('freezeLifted')] : [];
}

/** Stakeholders are told from when clients notice it: that it is so, when it stops, when it is over, how it ended. */
function stakeholders(was: Context, c: Context): Announcement[] {
  if (c.outage.from === null) return [];
  const moved =
    was.outage.from !== c.outage.from ||
    was.outage.to !== c.outage.to ||
    was.holds.length > 0 !== c.holds.length > 0 ||
    was.end !== c.end;
  const ended = c.endedAt !== null && was.endedAt === null;
  return [...(moved || ended ? [say('stakeholders')] : []), ...(ended ? [say('stakeholdersEnd')] : [])];
}

/** The commit window on a card of its own, and each trouble in it: only that notifies anybody. */
function watching(was: Context, c: Context): Announcement[] {
  return c.watch === was.watch && watched(c) === watched(was) ? [] : watchCards(c);
}

/** The cards of a commit window as it stands. */
export function watchCards({ watch }: Pick<Context, 'watch'>): Announcement[] {
  if (watch === null) return [];
  const { troubles: n } = watch;
  return [say('watch'), ...(n > 0 ? [say(`trouble:${n}`, { n }, { broadcast: true })] : [])];
}

/** The announcements of one event, in the order they are to be read. `seq` is the event's number in its run. */
export function announcementsOf(before: Snapshot, after: Snapshot, event: RunEvent, seq: number): Announcement[] {
  const c = after.context;
  const was = before.context;
  const list: Announcement[] = [say('headline')];

  if (event.type === 'PLANNED') list.push(say(`plan:${seq}`, { hash: event.plan.hash }));
  if ('step' in event) {
    const node = stepNode(c, event.step);
    if (
      before.context.steps[event.step] === c.steps[event.step] &&
      'attempt' in event &&
      event.type !== 'STEP_INTENDED'
    )
      list.push(say(`late:${seq}`, { step: event.step, event: event.type }));
    else {
      const isUndo = event.type.startsWith('UNDO_');
      if (isUndo || whereIs(after) === 'rollingBack') list.push(say('undo'));
      // What ended while it goes back, or made it go back, is read where it ran.
      if (!isUndo && node) list.push(say(`phase:${node.phase}`, { phase: node.phase }));
    }
  }
  list.push(...gateCards(before, after));
  if (event.type === 'GATE_ESCALATED') list.push(say(`escalated:${seq}`, { gate: event.gate }, { broadcast: true }));
  // Whoever coordinates is called to an emergency, however it began.
  if ((event.type === 'REQUESTED' || event.type === 'MODE_SWITCHED') && c.mode === 'emergency')
    list.push(say('declared', {}, { broadcast: event.type === 'REQUESTED' }));
  if (event.type === 'MODE_SWITCHED') list.push(say(`switched:${seq}`, {}, { broadcast: true }));
  // A question that is over is drawn anew, without its button.
  if (c.switchAsked !== null && (event.type === 'SWITCH_ASKED' || isSwitchable(before) !== isSwitchable(after)))
    list.push(say('switch', {}, { broadcast: true, name: 'switchAsked' }));
  if (event.type === 'ABORTED') list.push(say('undo'));
  if (event.type === 'NOTED') list.push(say(`note:${seq}`, { by: event.by, text: event.text }));
  if (event.type === 'RESTARTED') list.push(say(`restarted:${seq}`, { at: event.at, checking: event.checking }));

  // A denied or expired gate says so on its own card: a second card would only be in the way.
  for (const hold of c.holds)
    if (hold.kind !== 'gate' && !was.holds.some((old) => old.n === hold.n)) list.push(holdCard(hold, event, false));
  // A rule's card offers to go on without all the rules that are held: drawn anew when there are more or fewer of them.
  const [rules, rulesBefore] = [heldRules(c), heldRules(was)];
  if (rules.length !== rulesBefore.length)
    for (const { hold } of rules)
      if (rulesBefore.some((old) => old.hold.n === hold.n)) list.push(holdCard(hold, event, false));
  for (const hold of was.holds)
    if (hold.kind !== 'gate' && !c.holds.some((now) => now.n === hold.n)) list.push(holdCard(hold, event, true));

  list.push(...freeze(was, c), ...stakeholders(was, c), ...watching(was, c));

  const promotes = stepsOf(c, 'promoting').some((step) => step.effect);
  if (promotes && c.phases.promoting?.to != null && was.phases.promoting?.to == null)
    list.push(say('promoted', {}, { broadcast: true }));
  // What was found is news each time; the plan is one message, which says how it stands.
  if (event.type === 'ASSESSED') list.push(say(`assessment:${c.assessed!.round}`, {}, { broadcast: true }));
  if (event.type.startsWith('RECOVERY_')) list.push(say('recovery'));
  // The last word says whether its overrides have been looked at.
  if (event.type === 'REVIEWED') list.push(say('ended'));
  if (c.endedAt !== null && was.endedAt === null) list.push(say('ended', {}, { broadcast: true }));
  return list;
}
