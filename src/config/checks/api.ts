/** The API's tokens: each has a name of its own and is one person's, and their groups exist. */
import { suggestion } from '../words.ts';
import { type Check, type Finding, list, map, text, texts } from './reading.ts';

export const tokensApart: Check = (file) => {
  const tokens = list(map(map(file)['api'])['tokens']).map(map);
  const groups = Object.keys(map(map(file)['groups']));
  const twice = (key: 'name' | 'sha256', sentence: (first: number) => string): Finding[] =>
    tokens.flatMap((one, index) => {
      const first = tokens.findIndex((other) => text(one[key]) !== undefined && other[key] === one[key]);
      return first === -1 || first === index
        ? []
        : [{ path: ['api', 'tokens', index, key], sentence: sentence(first) }];
    });
  return [
    ...twice(
      'name',
      (first) => `tokens[${first}] has this name already. Name each differently: the journal tells them apart by it.`,
    ),
    ...twice(
      'sha256',
      (first) => `this is the token of tokens[${first}] too. Make one for each person: dr token user:ID.`,
    ),
    ...tokens.flatMap((one, index) =>
      texts(one['groups']).flatMap((group, at): Finding[] => {
        const name = group.replace(/^group:/, '');
        if (!group.startsWith('group:') || groups.includes(name)) return [];
        const hint = suggestion(name, groups, 'group:');
        return [
          {
            path: ['api', 'tokens', index, 'groups', at],
            sentence: `"${group}" names no group of this file.${hint} Add it under groups with its Slack id, or name another.`,
          },
        ];
      }),
    ),
  ];
};
