/**
 * What is owed of a call to decide about a proposal, told from its state and never from an event: asked again after every
 * look and after every restart. Pure.
 */
import { grownNote, overNote, type ProposalCall } from '../messages/proposal-page.ts';
import type { Has } from './owed-words.ts';

export type CallWord = { slot: string } & ({ do: 'trigger' } | { do: 'resolve' } | { do: 'note'; text: string });

export const slotOf = ({ n, round }: ProposalCall, name: string): string => `pager:proposal:${n}:${round}:${name}`;
/** Every place where something may have been told of it so far. */
export const slotsOf = (call: ProposalCall): string[] =>
  ['trigger', 'confirmed', 'failed', 'over', 'resolve'].map((name) => slotOf(call, name));

/** `notes`: whether any can be written. What was over before a page left is owed to nobody. */
export function callOwes(call: ProposalCall, has: Has, notes: boolean): CallWord[] {
  const trigger = slotOf(call, 'trigger');
  const note = (name: string, text: string): CallWord[] =>
    notes && has(trigger) === 'told' ? [{ slot: slotOf(call, name), do: 'note', text }] : [];
  const words: CallWord[] =
    call.over === null
      ? [{ slot: trigger, do: 'trigger' }, ...call.grew.flatMap((one) => note(one.stage, grownNote(call, one)))]
      : has(trigger) === null
        ? []
        : [...note('over', overNote(call, call.over)), { slot: slotOf(call, 'resolve'), do: 'resolve' }];
  // Nothing is written into what is closed.
  const closed = ['told', 'gaveUp'].includes(has(slotOf(call, 'resolve')) ?? '');
  return closed ? [] : words.filter(({ slot }) => !['told', 'gaveUp'].includes(has(slot) ?? ''));
}
