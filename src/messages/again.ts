/** What Regent waits for by itself, with nobody asked: evidence for a decision that is asked anew, or the end of a call. */
import { askedAgain, currentPlan, gateState, inFlight, settled, stepNode, watched } from '../machine/facts.ts';
import type { Context, GateNode } from '../machine/types.ts';
import type { Span } from '../ports/chat.ts';

const titleOf = (c: Context, step: string): string => `“${stepNode(c, step)?.title ?? step}”`;

function whenOf(c: Context, gate: GateNode): string {
  const [first, ...more] = gate.after.flatMap((id) => (settled(c, id) ? [] : [titleOf(c, id)]));
  if (first === undefined) return 'its evidence is so again';
  if (more.length === 0) return `${first} is done`;
  return more.length === 1 ? `${first} and ${more[0]} are done` : `${first} and ${more.length} more checks are done`;
}

/** Decisions that are no longer so: when people are asked anew, and why their answer did not stand. One item each. */
function askedAgainWhen(c: Context): Span[][] {
  const groups = Map.groupBy(askedAgain(c), (gate) => `${whenOf(c, gate)} ${gateState(c, gate.id).reason ?? ''}`);
  return [...groups.values()].map(([gate, ...others]) => {
    const titles = [gate!, ...others].map(({ title }) => `“${title}”`).join(' and ');
    const { reason } = gateState(c, gate!.id);
    return [
      `${titles} ${others.length === 0 ? 'is' : 'are'} asked again when ${whenOf(c, gate!)}`,
      ...(reason === null || reason === '' ? [] : [' (', { untrusted: reason }, ')']),
    ];
  });
}

/** As items of the headline's “Waiting for”. */
export function waitsByItself(c: Context): Span[][] {
  const calls = inFlight(c).map(({ id }) => titleOf(c, id));
  if (c.plan !== null && currentPlan(c) === null && calls.length > 0)
    return [[`the end of ${calls.join(' and ')}; then the new plan is made`]];
  return [...askedAgainWhen(c), ...watchEnds(c)];
}

function watchEnds(c: Context): Span[][] {
  const now = watched(c);
  if (now === null) return [];
  const words = now.findings.length === 0 ? 'the end of the watch at ' : 'trouble to go, watched until ';
  return [[words, { time: now.until }]];
}
