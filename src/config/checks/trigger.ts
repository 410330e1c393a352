/** Watching: whoever is counted can be seen, and as many places look as must agree. */
import { type Check, list, map, regionsOf } from './reading.ts';

/** A witness has no cluster and no database to be asked: without probes it would count and never be seen to be up. */
export const witnessesSeen: Check = (file) =>
  regionsOf(file).all.flatMap(([name, region]) =>
    region['role'] === 'witness' && list(region['probes']).length === 0
      ? [
          {
            path: ['regions', name, 'probes'],
            sentence:
              'is missing: a witness counts for the quorum, and nothing but its probes can say whether it is up. Add probes: [{ name: …, url: … }].',
          },
        ]
      : [],
  );

export const enoughLook: Check = (file) => {
  const trigger = map(map(file)['trigger']);
  const { agree, mode } = trigger;
  const standbys = Math.max(0, regionsOf(file).data.length - 1);
  const vantages = list(trigger['vantages']).length;
  const looking = 1 + standbys + vantages;
  return typeof agree === 'number' && mode !== 'off' && agree > looking
    ? [
        {
          path: ['trigger', 'agree'],
          sentence: `${agree} places must agree, and only ${looking} look: Regent, the databases of ${standbys} other ${standbys === 1 ? 'region' : 'regions'}, ${vantages} of vantages. Write at most ${looking}, or add vantages.`,
        },
      ]
    : [];
};
