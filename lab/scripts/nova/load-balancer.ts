/**
 * load_balancer.sh --region=<alias or name> …: the global load balancer in front of the regions.
 *
 * Without more: all weight to that region's pool, none to the others. --remove takes its pool out, --add puts it back
 * without weight. --check only asks whether that is so. --ask asks through the load balancer as a client does, twenty
 * times: status 0 when every answer came from that region.
 */
import { type Call, runScript } from '../lib/script.ts';
import { call, novaOf, settled } from './reach.ts';

const WHO = 'The load balancer';
const TIMES = 20;

type Pools = Record<string, number>;

async function asked(url: string, to: string) {
  const elsewhere: string[] = [];
  for (let count = 0; count < TIMES; count += 1) {
    const { status, region } = await call(WHO, `${url}/ask`);
    if (status !== 200 || region !== to) elsewhere.push(String(region ?? 'nobody'));
  }
  const ok = TIMES - elsewhere.length;
  const others = [...new Set(elsewhere)].join(', ');
  const summary =
    ok === TIMES ? `${TIMES} of ${TIMES} requests came to ${to}` : `${ok} of ${TIMES} came to ${to}, others: ${others}`;
  return { report: { summary, asked: TIMES, answered: ok }, status: ok === TIMES ? 0 : 1 };
}

async function weighted({ facts, region, check }: Call) {
  const { balancer: url } = novaOf(facts);
  const to = region('region').name;
  const put = (pool: string, weight: number) => call(WHO, `${url}/pools/${pool}`, { method: 'PUT', body: { weight } });
  const pools = async () => (await call(WHO, `${url}/pools`)) as Pools;
  return await settled(
    { check },
    {
      is: `the load balancer gives all weight to ${to}`,
      async look() {
        const now = await pools();
        const other = Object.entries(now).find(([pool, weight]) => pool !== to && weight > 0);
        if (other !== undefined) return `the pool of ${other[0]} has weight ${other[1]}`;
        return (now[to] ?? 0) > 0 ? null : `the pool of ${to} has no weight`;
      },
      async set() {
        // First where it is to go: there is no moment without a pool.
        await put(to, 100);
        for (const pool of Object.keys(await pools())) if (pool !== to) await put(pool, 0);
      },
    },
  );
}

async function present({ facts, region, check }: Call, wanted: boolean) {
  const { balancer: url } = novaOf(facts);
  const { name } = region('region');
  const words = wanted ? `${name} is in the load balancer, without weight` : `${name} is not in the load balancer`;
  return await settled(
    { check },
    {
      is: words,
      async look() {
        const has = (await call(WHO, `${url}/pools`))[name] !== undefined;
        return has === wanted ? null : `the pool of ${name} is ${has ? 'still there' : 'not there'}`;
      },
      async set() {
        await call(WHO, `${url}/pools/${name}`, wanted ? { method: 'PUT', body: { weight: 0 } } : { method: 'DELETE' });
      },
    },
  );
}

await runScript({
  name: 'load_balancer.sh',
  usage: 'load_balancer.sh --region=<alias or name> [--remove | --add | --ask] [--check]',
  regions: ['region'],
  flags: ['check', 'remove', 'add', 'ask'],
  async main(given) {
    if (given.flag('ask')) return await asked(novaOf(given.facts).balancer, given.region('region').name);
    if (given.flag('remove') || given.flag('add')) return await present(given, given.flag('add'));
    return await weighted(given);
  },
});
