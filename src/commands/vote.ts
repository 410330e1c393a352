/** `approve`, `deny` and `confirm`: one way of deciding a gate, whoever asks and wherever. */
import { whereIs } from '../machine/due.ts';
import { askedBy, gateNode, gateState } from '../machine/facts.ts';
import { type Context, type GateId, type GateNode, PHASES, type Phase } from '../machine/types.ts';
import { who } from '../messages/scene.ts';
import { decisionAfter, mayVote } from '../policy/authorize.ts';
import type { Line, Reply, Span } from '../ports/chat.ts';
import type { NewEvent, RunView } from '../runner/ledger.ts';
import { atField, type Command, type CommandWorld, openGates, type Request, refuser, runOf, say } from './command.ts';
import { reasonField } from './fields.ts';

/** Which gate is meant: the button's, the one named, the verb's own. Only a denial takes whichever is open. */
function gateMeant(request: Request, view: RunView, preferred: GateId | null): string | null {
  const carried = request.carried['gate'];
  if (typeof carried === 'string') return carried;
  const named = request.words[0];
  if (named !== undefined && gateNode(view.snapshot.context, named)) return named;
  // A misspelt name, or a second "approve" after the first decided, must not decide another gate.
  if (preferred !== null) return named ?? preferred;
  return openGates(view)[0]?.id ?? null;
}

async function decide(
  request: Request,
  world: CommandWorld,
  preferred: GateId | null,
  vote: 'approve' | 'deny',
): Promise<Reply> {
  const refuse = refuser(request, world);
  const view = runOf(request, world);
  if (!view) return await refuse('Nothing is being moved: there is nothing to decide.');
  const c = view.snapshot.context;
  const id = gateMeant(request, view, preferred);
  const gate = id === null ? undefined : gateNode(c, id);
  if (id === null) return await refuse(`${c.run} waits for no decision now.`);
  if (!gate) {
    const gates = c.nodes.filter((node) => node.kind === 'gate').map((node) => node.id);
    return await refuse(
      `“${id}” is not a decision of ${c.run}. Decisions: ${gates.join(', ')}. Nothing was decided.`,
      [],
      'input',
    );
  }

  const late = decidedAlready(request, view, gate);
  if (late) return await refuse(late);
  const may = async (now: Context): Promise<Reply | null> => {
    const verdict = mayVote(request.actor, now, gate, vote);
    if (verdict.ok) return null;
    const can = verdict.code === 'same-hand' ? others(now, gate, request.person) : approvers(gate.approvers);
    return await refuse(
      [verdict.why, ...(verdict.why.endsWith(': ') ? can : [])],
      [],
      verdict.code === 'voted' ? 'state' : 'rights',
    );
  };
  const refused = await may(c);
  if (refused) return refused;

  const reason = (request.named['reason'] ?? request.words.filter((word) => word !== id).join(' ')).trim();
  if (vote === 'deny' && reason === '') {
    if (request.via === 'action') return { kind: 'form', form: denyForm(view, gate) };
    const missing = `A denial needs a reason: /dr deny ${id} reason:"…". Nothing was decided.`;
    const reply = await refuse(missing);
    return request.via === 'form' ? atField('reason', missing) : reply;
  }
  const seen = gateState(c, id);
  const appended = await world.runner.append(
    view.run,
    request.person,
    (snapshot): NewEvent[] => {
      const now = snapshot.context;
      // Asked anew meanwhile: the vote was for what its card showed, so it is refused.
      const hash = now.gates[id]?.round === seen.round ? (seen.hash ?? '') : '';
      const voted: NewEvent = {
        type: 'VOTED',
        gate: id,
        hash,
        by: request.person,
        vote,
        reason: reason === '' ? null : reason,
      };
      const decision = decisionAfter(now, gate, request.person, vote);
      if (decision === null) return [voted];
      return [
        voted,
        { type: 'GATE_DECIDED', gate: id, hash, decision, how: 'votes', reason: vote === 'deny' ? reason : null },
      ];
    },
    request.delivery,
  );
  if (!appended.ok) {
    if (appended.because === 'duplicate') return { kind: 'none' };
    const now = world.runner.view(view.run)!;
    const lately = decidedAlready(request, now, gate);
    // Decided on two cards at once, the second is one hand too many only now.
    return (
      (lately === null && (await may(now.snapshot.context))) ||
      (await refuse(lately ?? 'This could not be taken now. Nothing was decided.'))
    );
  }
  const state = appended.view.snapshot.context.gates[id]!;
  if (state.status === 'open')
    return say(`Your approval of “${gate.title}” is counted. ${gate.votes - state.votes.length} more needed.`);
  // The card says it to everybody: whoever pressed its button sees it change.
  return request.via === 'action'
    ? { kind: 'none' }
    : say(`“${gate.title}” is ${state.status}. ${vote === 'deny' ? 'Nothing is undone by itself.' : ''}`.trim());
}

/** Why this card, or this gate, takes no vote any more; null while it does. */
function decidedAlready(request: Request, view: RunView, gate: GateNode): Line | null {
  const c = view.snapshot.context;
  const state = c.gates[gate.id];
  if (c.endedAt !== null) return `${c.run} has ended. Nothing more to do.`;
  if (c.end === 'takenOver') return `${c.run} was taken over by hand: nothing is decided here any more.`;
  if (!PHASES.includes(whereIs(view.snapshot) as Phase))
    return `${c.run} is being undone: nothing is decided any more.`;
  const round = request.carried['round'];
  if (typeof round === 'number' && state && round !== state.round)
    return 'This card has been asked anew since: see the newer one in the thread. Nothing was decided.';
  switch (state?.status) {
    case 'open':
      return typeof request.carried['hash'] === 'string' && request.carried['hash'] !== state.hash
        ? 'The plan has changed since this card was posted: see the newer one in the thread. Nothing was decided.'
        : null;
    case 'approved':
    case 'denied': {
      const by = state.votes
        .filter((one) => (state.status === 'denied') === (one.vote === 'deny'))
        .map((one) => who(one.by));
      return [
        'This was ',
        state.status,
        ' at ',
        { time: state.decidedAt ?? 0 },
        ...(by.length > 0 ? [' by ', ...by] : []),
        '. Nothing more to do.',
      ];
    }
    case 'expired':
      return 'This timed out; nothing was run. Press “Ask again” on its card.';
    default:
      return `“${gate.title}” has not been asked yet: its evidence is still being gathered.`;
  }
}

const approvers = (list: string[]): Span[] => list.flatMap((one, index) => [...(index > 0 ? [', '] : []), who(one)]);

/** Who decides where this person may not alone. */
function others(c: Context, gate: GateNode, person: string): Span[] {
  const list = gateState(c, gate.id).escalated ? [...gate.approvers, ...gate.escalateTo] : gate.approvers;
  const named = list.filter((one) => one !== `user:${person}`);
  return [...approvers(named), ...(gate.requesterMayVote ? [] : [', not ', who(askedBy(c))])];
}

const denyForm = (view: RunView, gate: GateNode) => ({
  id: 'deny',
  title: 'Deny',
  submit: 'Deny',
  meta: JSON.stringify({
    run: view.run,
    gate: gate.id,
    round: view.snapshot.context.gates[gate.id]?.round,
    hash: view.snapshot.context.gates[gate.id]?.hash,
  }),
  lines: [`“${gate.title}” of ${view.run} is denied: nothing more starts, nothing is undone by itself.`],
  fields: [reasonField('', 'Why')],
});

export const approve: Command = {
  name: 'approve',
  usage: 'approve [gate] [reason:"…"]',
  words: 1,
  summary: 'Approve the promotion, or the gate you name.',
  access: 'vote',
  handle: (request, world) => decide(request, world, 'promote', 'approve'),
};
export const confirm: Command = {
  name: 'confirm',
  usage: 'confirm [gate] [reason:"…"]',
  words: 1,
  summary: 'Confirm the DNS change.',
  access: 'vote',
  handle: (request, world) => decide(request, world, 'dns', 'approve'),
};
export const deny: Command = {
  name: 'deny',
  usage: 'deny [gate] reason:"…"',
  summary: 'Deny a gate: nothing more starts, nothing is undone by itself.',
  access: 'vote',
  handle: (request, world) => decide(request, world, null, 'deny'),
};
