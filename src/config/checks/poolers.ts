/** Poolers: written alike wherever they stand, and the time they wait for transactions is part of the time they hold clients back. */
import { duration } from '../fields.ts';
import { type Check, type Finding, list, map, regionsOf, text, texts } from './reading.ts';

export const pauseOutlastsWait: Check = (file) => {
  const { pause = '30s', wait = '10s' } = map(map(file)['poolers']);
  const [longest, waits] = [duration().safeParse(pause), duration().safeParse(wait)];
  if (!longest.success || !waits.success || waits.data < longest.data) return [];
  return [
    {
      path: ['poolers', 'wait'],
      sentence: `"${String(wait)}" leaves nothing of poolers.pause, "${String(pause)}". Make wait shorter, or pause longer.`,
    },
  ];
};

/** It is asked about the same databases whichever region is left. */
export const poolersAlike: Check = (file) => {
  const seen = new Map<string, { databases: string; region: string }>();
  return regionsOf(file).data.flatMap(([region, { postgres }]): Finding[] =>
    list(map(postgres)['poolers']).flatMap((written, index): Finding[] => {
      const url = text(written) ?? text(map(written)['url']);
      if (url === undefined) return [];
      const databases = texts(map(written)['databases']).toSorted().join(', ');
      const twin = seen.get(url);
      if (twin === undefined) seen.set(url, { databases, region });
      if (twin === undefined || twin.databases === databases) return [];
      const other = twin.databases === '' ? 'all its databases' : twin.databases;
      const sentence = `stands in regions.${twin.region} with ${other}. It is one pooler: name the same databases in both.`;
      return [{ path: ['regions', region, 'postgres', 'poolers', index], sentence }];
    }),
  );
};
