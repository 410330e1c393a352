/** power_off_nodes.sh --region=<alias or name> [--check]: every node of the region off, by its racks' power controllers. */
import { poll } from '../../lib/poll.ts';
import { say } from '../lib/progress.ts';
import { runScript } from '../lib/script.ts';
import { call, planeOf, settled } from './reach.ts';

const OFF_WITHIN_MS = 120_000;

type Nodes = { nodes: { name: string; on: boolean }[] };

await runScript({
  name: 'power_off_nodes.sh',
  usage: 'power_off_nodes.sh --region=<alias or name of the region whose nodes are to go off> [--check]',
  regions: ['region'],
  flags: ['check'],
  async main({ facts, region, check }) {
    const there = region('region');
    const who = `The power controller of ${there.name}`;
    const url = `${planeOf(facts, there)}/power`;
    const nodes = async () => ((await call(who, url)) as Nodes).nodes;
    const on = async () => (await nodes()).filter((node) => node.on).map(({ name }) => name);
    return await settled(
      { check },
      {
        is: `every node of ${there.name} is off`,
        async look() {
          const names = await on();
          return names.length === 0
            ? null
            : `${names.join(', ')} of ${there.name} ${names.length === 1 ? 'is' : 'are'} on`;
        },
        async set() {
          await call(who, `${url}/off`, { method: 'POST' });
          const total = (await nodes()).length;
          let shown = -1;
          await poll(
            `Nodes of ${there.name} stay on`,
            async () => {
              const done = total - (await on()).length;
              if (done !== shown) say({ done, total, unit: 'nodes' });
              shown = done;
              return done === total;
            },
            { withinMs: OFF_WITHIN_MS, everyMs: 100 },
          );
        },
      },
    );
  },
});
