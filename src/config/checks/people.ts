/** People: groups that are named exist, and every gate that is required can be passed. */
import type { Path } from '../source.ts';
import { quote, suggestion } from '../words.ts';
import { type Check, type Finding, list, map, texts } from './reading.ts';

const GATES = ['declare', 'promote', 'dns', 'unverified-fence', 'data-loss', 'reprotect'] as const;
/** Those of an emergency take the promotion's people where nobody else is named. */
const OWN = ['promote', 'dns'] as const;

export const groupsExist: Check = (file) => {
  const known = Object.keys(map(map(file)['groups']));
  const places: [Path, unknown][] = [
    [['access', 'operators'], map(map(file)['access'])['operators']],
    [['rules', 'onCall'], map(map(file)['rules'])['onCall']],
    [['notify', 'coordinator'], map(map(file)['notify'])['coordinator']],
    ...GATES.flatMap((gate) => {
      const written = map(map(map(file)['gates'])[gate]);
      return (['approvers', 'escalateTo'] as const).map((key): [Path, unknown] => [['gates', gate, key], written[key]]);
    }),
  ];
  return places.flatMap(([path, people]) =>
    list(people).flatMap((person, index): Finding[] => {
      const name = typeof person === 'string' && person.startsWith('group:') ? person.slice(6) : undefined;
      if (name === undefined || known.includes(name)) return [];
      const hint = suggestion(name, known, 'group:');
      const sentence = `${quote(person)} names no group of this file.${hint} Add it under groups with its Slack id, or name another.`;
      return [{ path: [...path, index], sentence }];
    }),
  );
};

/** What nobody could prove, or nobody promised, is a person's to answer for: not time's, and not a configuration's. */
const RISKS = ['unverified-fence', 'data-loss'] as const;
export const risksArePeoples: Check = (file) =>
  RISKS.flatMap((gate): Finding[] => {
    const { required, onTimeout } = map(map(map(file)['gates'])[gate]);
    return [
      ...(onTimeout === 'approve'
        ? [
            {
              path: ['gates', gate, 'onTimeout'],
              sentence: 'approve would let time take this risk, and only a person can. Write escalate or deny.',
            },
          ]
        : []),
      ...(required === false
        ? [
            {
              path: ['gates', gate, 'required'],
              sentence: 'false would let nobody take this risk, and only a person can. Take the line out.',
            },
          ]
        : []),
    ];
  });

export const gatesCanPass: Check = (file) =>
  OWN.flatMap((gate): Finding[] => {
    const { required, approvers, votes } = map(map(map(file)['gates'])[gate]);
    if (required === false) return [];
    const path = ['gates', gate];
    const people = new Set(texts(approvers));
    if (list(approvers).length === 0)
      return [
        {
          path: [...path, 'approvers'],
          sentence: 'nobody may vote, and this gate is required. Name group:NAME or user:ID, or write required: false.',
        },
      ];
    if (typeof votes !== 'number') return [];
    if (votes < 1)
      return [
        {
          path: [...path, 'votes'],
          sentence: `${votes} approvals would pass a gate that is required. Write 1 or more, or required: false.`,
        },
      ];
    const onlyUsers = [...people].every((person) => person.startsWith('user:'));
    return onlyUsers && votes > people.size
      ? [
          {
            path: [...path, 'votes'],
            sentence: `${votes} approvals are needed, and only ${people.size} ${people.size === 1 ? 'person' : 'people'} may vote. Name more approvers, or ask for fewer votes.`,
          },
        ]
      : [];
  });
