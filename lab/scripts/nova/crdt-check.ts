/**
 * crdt_check.sh --region=<alias or name>: whether the CRDT state of that region is whole, and has everything that any
 * region has that answers. Status 0 yes, 1 no, 2 when the region itself cannot be asked.
 */
import { runScript } from '../lib/script.ts';
import { call, isSilent, novaOf } from './reach.ts';

type Entries = { versions: Record<string, number>; broken: string[] };

await runScript({
  name: 'crdt_check.sh',
  usage: 'crdt_check.sh --region=<alias or name of the region that is looked at>',
  regions: ['region'],
  async main({ facts, region }) {
    const { name } = region('region');
    const planes = novaOf(facts).regions;
    const entriesOf = async (of: string) =>
      (await call(`The state of ${of}`, `${planes[of]}/state/crdt`)) as unknown as Entries;
    const own = await entriesOf(name);
    const silent: string[] = [];
    const missing: string[] = [];
    for (const other of Object.keys(planes).filter((one) => one !== name)) {
      const theirs = await entriesOf(other).catch((error: Error) => {
        if (isSilent(error)) silent.push(other);
        else throw error;
        return { versions: {}, broken: [] };
      });
      for (const [entry, version] of Object.entries(theirs.versions))
        if (version > (own.versions[entry] ?? 0)) missing.push(`${entry} of ${other}`);
    }
    const entries = Object.keys(own.versions).length;
    const wrong = [...own.broken.map((entry) => `${entry} is damaged`), ...missing.map((one) => `${one} is missing`)];
    const unasked = silent.length === 0 ? '' : `; ${silent.join(', ')} could not be asked`;
    const summary =
      wrong.length === 0
        ? `${entries} entries whole, nothing newer elsewhere${unasked}`
        : `${wrong.length} of ${entries} entries are not as they should be, the first: ${wrong[0]}${unasked}`;
    return {
      report: { summary, entries, missing: missing.length, broken: own.broken.length, silent },
      status: wrong.length === 0 ? 0 : 1,
    };
  },
});
