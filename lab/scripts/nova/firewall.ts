/** firewall.sh --region=<alias or name> [--open] [--check]: only management gets through; with --open everybody does. */
import { runScript } from '../lib/script.ts';
import { call, planeOf, settled } from './reach.ts';

await runScript({
  name: 'firewall.sh',
  usage: 'firewall.sh --region=<alias or name> [--open] [--check]',
  regions: ['region'],
  flags: ['check', 'open'],
  async main({ facts, region, check, flag }) {
    const there = region('region');
    const who = `The firewall of ${there.name}`;
    const url = `${planeOf(facts, there)}/firewall`;
    const wanted = flag('open');
    const words = (open: boolean): string =>
      open ? `the firewall of ${there.name} is open` : `the firewall of ${there.name} lets only management in`;
    return await settled(
      { check },
      {
        is: words(wanted),
        async look() {
          const { open } = await call(who, url);
          return open === wanted ? null : words(open === true);
        },
        async set() {
          await call(who, `${url}/${wanted ? 'open' : 'close'}`, { method: 'POST' });
        },
      },
    );
  },
});
