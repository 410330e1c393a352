import { expect, it } from 'vitest';
import { configWith, problemsWith } from '../helpers.ts';

const ADD = 'Add it under groups with its Slack id, or name another.';

it.each([
  [
    'access: { operators: [group:ser] }',
    `access.operators[0]: "group:ser" names no group of this file. Did you mean group:sre? ${ADD}`,
  ],
  [
    'gates: { dns: { approvers: [group:managers] } }',
    `gates.dns.approvers[0]: "group:managers" names no group of this file. Known here: group:sre. ${ADD}`,
  ],
  [
    'gates: { promote: { escalateTo: ["user:U01", group:x] } }',
    `gates.promote.escalateTo[1]: "group:x" names no group of this file. Known here: group:sre. ${ADD}`,
  ],
  [
    'gates: { dns: { approvers: [] } }',
    'gates.dns.approvers: nobody may vote, and this gate is required. Name group:NAME or user:ID, or write required: false.',
  ],
  [
    'gates: { dns: null }',
    'gates.dns.approvers: nobody may vote, and this gate is required. Name group:NAME or user:ID, or write required: false.',
  ],
  [
    'gates: { promote: { votes: 0 } }',
    'gates.promote.votes: 0 approvals would pass a gate that is required. Write 1 or more, or required: false.',
  ],
  [
    'gates: { unverified-fence: { onTimeout: approve } }',
    'gates.unverified-fence.onTimeout: approve would let time take this risk, and only a person can. Write escalate or deny.',
  ],
  [
    'gates: { data-loss: { required: false } }',
    'gates.data-loss.required: false would let nobody take this risk, and only a person can. Take the line out.',
  ],
  ['gates: { promote: { votes: 21 } }', 'gates.promote.votes: 21 is too big. The most is 20.'],
  [
    'gates: { dns: { approvers: ["user:U01", "user:U01"], votes: 2 } }',
    'gates.dns.votes: 2 approvals are needed, and only 1 person may vote. Name more approvers, or ask for fewer votes.',
  ],
  [
    'gates: { dns: { approvers: ["user:U01", "user:U02"], votes: 3 } }',
    'gates.dns.votes: 3 approvals are needed, and only 2 people may vote. Name more approvers, or ask for fewer votes.',
  ],
])('%s', (over, line) => {
  expect(problemsWith(over)).toEqual([line]);
});

it.each([
  'gates: { dns: { required: false, approvers: [], votes: 0 } }',
  'gates: { dns: { approvers: [group:sre, "user:U01"], votes: 3 } }',
  'access: { operators: [] }',
  'gates: { unverified-fence: { onTimeout: deny }, promote: { onTimeout: approve }, declare: { required: false } }',
])('%s is accepted', (over) => {
  configWith({ over });
});
