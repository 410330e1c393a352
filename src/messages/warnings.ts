/** What a run went on without: a step that ended all the same says so in its evidence, and it stays on show. */
import type { Context } from '../machine/types.ts';
import type { Line } from '../ports/chat.ts';
import { isSettled, SIGN, warningOf } from './scene.ts';

/** One line each, in the order of the runbook: `✖ not synchronised: CRDT state (412 of 900 MB)`. */
export const warningLines = (c: Context): Line[] =>
  c.nodes.flatMap((node): Line[] => {
    const state = c.steps[node.id];
    const warning = state !== undefined && isSettled(state) ? warningOf(state) : null;
    return warning === null ? [] : [[`${SIGN.notDone} `, { untrusted: warning }]];
  });
