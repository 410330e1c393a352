import { sentenceOf } from '../lib/errors.ts';
import { done, notDone, unknown } from '../ports/answer.ts';
import type { People } from '../ports/chat.ts';
import { defineCheck } from './step.ts';

const GATES = { promote: 'the promotion', dns: 'the DNS change' } as const;

type Found = { id: string; name: string };
/** Full members of a list of people and groups, each once; `silent`: what the chat did not answer. */
type Listed = { members: Found[]; silent: string[] };

/** What the chat says, or a sentence why it does not. */
const asked = async <T>(question: Promise<T>): Promise<{ said: T } | { silent: string }> =>
  await question.then(
    (said) => ({ said }),
    (error: unknown) => ({ silent: sentenceOf(error) }),
  );

/** Looks each group and each person up once, however often it is named. */
function lookingUp(people: People, signal: AbortSignal) {
  const groups = new Map<string, ReturnType<typeof asked<string[]>>>();
  const persons = new Map<string, ReturnType<typeof asked<{ id: string; name: string; kind: string }>>>();
  const once = <K, V>(known: Map<K, V>, key: K, make: () => V): V => {
    const value = known.get(key) ?? make();
    known.set(key, value);
    return value;
  };
  return async (list: string[]): Promise<Listed> => {
    const silent: string[] = [];
    const ids = new Set<string>();
    for (const entry of list) {
      const id = entry.slice(entry.indexOf(':') + 1);
      if (!entry.startsWith('group:')) ids.add(id);
      else {
        const group = await once(groups, id, () => asked(people.membersOf(id, signal)));
        if ('silent' in group) silent.push(group.silent);
        else for (const member of group.said) ids.add(member);
      }
    }
    const looked = await Promise.all([...ids].map((id) => once(persons, id, () => asked(people.person(id, signal)))));
    const members = looked.flatMap((one) => {
      if ('said' in one) return one.said.kind === 'member' ? [{ id: one.said.id, name: one.said.name }] : [];
      silent.push(one.silent);
      return [];
    });
    return { members, silent };
  };
}

const names = (found: Found[]): string => (found.length === 0 ? 'nobody' : found.map(({ name }) => name).join(', '));

/**
 * Whether the decisions this run will ask for can be made at all: at the promotion's gate it is too late to find out
 * that the only other approver is on a plane.
 */
export const approversAtHand = defineCheck({
  id: 'approvers-at-hand',
  title: 'Have approvers at hand',
  about: {
    does: 'Looks whether enough people may decide what this run will ask, and whether somebody on call is at a screen. Without them the run would stand at its first gate until it runs out. It is a rule of the house: a named person may go on without it with a reason.',
    asks: 'Asks the chat who belongs to the approvers of each gate, counting full members only, each once, and not who asked for the run unless they may vote. Where people on call are configured it asks whether one of them is active in the chat. Done when every gate has enough and one on call is active.',
    whenItStops: [
      '“can be given by”: find more approvers: add them to the group in the chat, then press *Check again*. Or let somebody else ask for the run who is not an approver.',
      '“on call is active”: reach them by phone or page. Somebody who is at hand and only shows as away is a good reason to go on without it.',
      'No answer: the chat did not say who is who. Press *Check again*; what it cannot answer now it may not take as a vote either.',
    ],
  },
  phase: 'validating',
  rule: true,
  budgetMs: 60_000,
  uses: ['people'],
  async check({ people, system, requestedBy, signal }) {
    const lookUp = lookingUp(people, signal);
    const required = (['promote', 'dns'] as const).filter((id) => system.gates[id].required);
    const gates = [];
    for (const id of required) {
      const { votes, approvers, requesterMayVote } = system.gates[id];
      const { members, silent } = await lookUp(approvers);
      const eligible = members.filter((one) => requesterMayVote || one.id !== requestedBy);
      gates.push({ id, votes, eligible, silent, asker: members.length > eligible.length });
    }
    const { onCall } = system.rules;
    const listed = await lookUp(onCall);
    const seen = await Promise.all(
      listed.members.map(async (one) => ({ ...one, present: await asked(people.isPresent(one.id, signal)) })),
    );
    const active = seen.filter(({ present }) => 'said' in present && present.said);
    const unsure = [...listed.silent, ...seen.flatMap(({ present }) => ('silent' in present ? [present.silent] : []))];

    const short = gates.filter(({ votes, eligible }) => eligible.length < votes);
    const alone = onCall.length > 0 && active.length === 0;
    const trouble = [
      ...short.map(
        ({ id, votes, eligible, asker }) =>
          `${GATES[id]} needs ${votes} ${votes === 1 ? 'approval, which' : 'approvals, which'} can be given by ${names(eligible)}${asker ? ' (not by who asked)' : ''}`,
      ),
      ...(alone ? [`nobody on call is active: ${names(listed.members)}`] : []),
    ];
    const evidence = {
      ...Object.fromEntries(
        gates.flatMap(({ id, votes, eligible }) => [
          [`${id}Votes`, votes],
          [`${id}Approvers`, eligible.length],
        ]),
      ),
      onCall: listed.members.length,
      onCallPresent: active.map(({ name }) => name),
      trouble,
    };
    if (trouble.length > 0) {
      // Whoever was not answered about might be the one that is missing.
      const silent = [...short.flatMap((gate) => gate.silent), ...(alone ? unsure : [])];
      const [first] = silent;
      return first === undefined
        ? notDone(capital(trouble.join('; ')), evidence)
        : unknown(`${capital(trouble.join('; '))}. The chat did not answer about everybody: ${first}`, evidence);
    }
    const counts = gates.map(({ id, votes, eligible }) => `${eligible.length} for ${GATES[id]} (${votes} needed)`);
    return done(
      evidence,
      [...counts, ...(onCall.length > 0 ? [`on call and active: ${names(active)}`] : [])].join(', ') ||
        'nobody is asked to decide, nobody is on call',
    );
  },
});

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
