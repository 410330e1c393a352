/**
 * storage_access.sh --region=<alias or name> [--grant] [--check]: the region's key to shared storage is revoked, or given
 * again with --grant. Whether it is, only a write with that key can tell.
 */
import { Refusal, runScript } from '../lib/script.ts';
import { call, planeOf, settled } from './reach.ts';

await runScript({
  name: 'storage_access.sh',
  usage: 'storage_access.sh --region=<alias or name> [--grant] [--check]',
  regions: ['region'],
  flags: ['check', 'grant'],
  async main({ facts, region, check, flag }) {
    const there = region('region');
    const who = `Storage of ${there.name}`;
    const url = `${planeOf(facts, there)}/storage`;
    const wanted = flag('grant');
    const writes = async (): Promise<boolean> => {
      try {
        await call(who, `${url}/write`, { method: 'POST' });
        return true;
      } catch (error) {
        if (error instanceof Refusal && error.status === 1) return false;
        throw error;
      }
    };
    const words = (granted: boolean): string =>
      granted ? `${there.name} writes to shared storage` : `shared storage refuses the key of ${there.name}`;
    return await settled(
      { check },
      {
        is: words(wanted),
        look: async () => ((await writes()) === wanted ? null : words(!wanted)),
        async set() {
          await call(who, `${url}/${wanted ? 'grant' : 'revoke'}`, { method: 'POST' });
        },
      },
    );
  },
});
