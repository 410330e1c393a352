/**
 * vm_check.sh --region=<alias or name>: orders a small machine there, reads it back and gives it up again; and looks
 * whether every machine that is known has its state. Status 0 yes, 1 no, 2 when the region cannot be asked.
 */
import { Refusal, runScript } from '../lib/script.ts';
import { call, planeOf } from './reach.ts';

await runScript({
  name: 'vm_check.sh',
  usage: 'vm_check.sh --region=<alias or name of the region that is looked at>',
  regions: ['region'],
  async main({ facts, region, run }) {
    const there = region('region');
    const url = `${planeOf(facts, there)}/machines`;
    const who = `Machine management in ${there.name}`;
    const { machines, withoutState } = (await call(who, url)) as { machines: number; withoutState: string[] };
    if (withoutState.length > 0) {
      const [first] = withoutState;
      throw new Refusal(`Of ${withoutState.length} of ${machines} machines nobody knows the state, as of ${first}.`);
    }
    const own = `check-${run}`.toLowerCase();
    await call(who, `${url}/${own}`, { method: 'POST' });
    const { machine, region: at } = await call(who, `${url}/${own}`);
    await call(who, `${url}/${own}`, { method: 'DELETE' });
    if (machine !== own || at !== there.name) throw new Refusal(`${who}: ${own} was ordered, and ${machine} came.`);
    return { summary: `${machines} machines with their state; one ordered, read and given up`, machines };
  },
});
