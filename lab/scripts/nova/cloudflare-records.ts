/**
 * cloudflare_records.sh --region=<alias or name> [--check]: sets every record of the zone at Cloudflare to that region's
 * name, and waits until its edge answers it.
 */
import { poll } from '../../lib/poll.ts';
import { say } from '../lib/progress.ts';
import { runScript } from '../lib/script.ts';
import { call, novaOf, settled } from './reach.ts';

const WHO = 'Cloudflare';
/** Its edge usually takes 10 s. */
const EDGE_WITHIN_MS = 60_000;

type Found = { id: string; name: string; content: string };

await runScript({
  name: 'cloudflare_records.sh',
  usage: 'cloudflare_records.sh --region=<alias or name of the region they are to point at> [--check]',
  regions: ['region'],
  flags: ['check'],
  async main({ facts, region, check }) {
    const to = region('region').name;
    const { url, token, zone } = novaOf(facts).cloudflare;
    const records = `${url}/client/v4/zones/${zone}/dns_records`;
    const headers = { authorization: `Bearer ${token}` };
    const all = async () => (await call(WHO, records, { headers }))['result'] as Found[];
    const wanted = ({ name }: Found): string => `${to}.${name}`;
    const wrong = async () => (await all()).filter((one) => one.content !== wanted(one));
    const old = async (): Promise<string[]> => {
      const names = (await all()).map(({ name }) => name);
      const seen = await Promise.all(names.map((name) => call(WHO, `${url}/edge?name=${name}`)));
      return names.filter((_, index) => seen[index]!['region'] !== to);
    };
    return await settled(
      { check },
      {
        is: `Cloudflare's records point at ${to}, at its edge too`,
        async look() {
          const [record] = await wrong();
          if (record !== undefined) return `${record.name} is ${record.content}`;
          const [name] = await old();
          return name === undefined ? null : `Cloudflare's edge still answers the old region for ${name}`;
        },
        async set() {
          for (const record of await wrong())
            await call(WHO, `${records}/${record.id}`, { method: 'PATCH', headers, body: { content: wanted(record) } });
          const total = (await all()).length;
          let shown = -1;
          await poll(
            'Cloudflare’s edge still answers the old region',
            async () => {
              const done = total - (await old()).length;
              if (done !== shown) say({ done, total, unit: 'names' });
              shown = done;
              return done === total;
            },
            { withinMs: EDGE_WITHIN_MS, everyMs: 100 },
          );
        },
      },
    );
  },
});
