/** A table whose parts each point at a region: internal names, routes, what monitoring pages for. */
import { runScript } from '../lib/script.ts';
import { call, novaOf, settled } from './reach.ts';
import type { NovaFacts } from './table.ts';

type Table = {
  name: string;
  /** Who is asked, for the sentence when nobody answers. */
  who: string;
  /** What its parts are, in the plural. */
  parts: string;
  at(nova: NovaFacts): string;
};

/** A script `NAME --region=<alias or name> [--check]` that points every part at the region. */
export const runTable = ({ name, who, parts, at }: Table): Promise<void> =>
  runScript({
    name,
    usage: `${name} --region=<alias or name of the region they are to point at> [--check]`,
    regions: ['region'],
    flags: ['check'],
    async main({ facts, region, check }) {
      const url = at(novaOf(facts));
      const to = region('region').name;
      const wrong = async () => Object.entries(await call(who, url)).filter(([, now]) => now !== to);
      return await settled(
        { check },
        {
          is: `${parts} point at ${to}`,
          async look() {
            const [first, ...more] = await wrong();
            if (first === undefined) return null;
            return `${first[0]} points at ${first[1]}${more.length === 0 ? '' : `, and ${more.length} more`}`;
          },
          async set() {
            for (const [part] of await wrong())
              await call(who, `${url}/${part}`, { method: 'PUT', body: { region: to } });
          },
        },
      );
    },
  });
