/** consensus_leader.sh --region=<alias or name> [--check]: that region's member stands for election until it leads. */
import { runScript } from '../lib/script.ts';
import { call, novaOf, planeOf, settled } from './reach.ts';

await runScript({
  name: 'consensus_leader.sh',
  usage: 'consensus_leader.sh --region=<alias or name of the region that is to lead> [--check]',
  regions: ['region'],
  flags: ['check'],
  async main({ facts, region, check }) {
    const to = region('region');
    const who = `The consensus in ${to.name}`;
    const url = `${planeOf(facts, to)}/consensus`;
    let won = '';
    const done = await settled(
      { check },
      {
        is: `${to.name} leads the consensus`,
        async look() {
          const { leader, term } = await call(who, url);
          if (leader !== true) return `${to.name} does not lead in term ${term}`;
          won = ` in term ${term}`;
          return null;
        },
        async set() {
          const { term, votes } = await call(who, `${url}/campaign`, { method: 'POST' });
          won = ` in term ${term}, with ${votes} of ${Object.keys(novaOf(facts).regions).length} votes`;
        },
      },
    );
    return done.status === 0 ? { ...done, report: { summary: `${to.name} leads the consensus${won}` } } : done;
  },
});
