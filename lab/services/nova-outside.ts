/**
 * What NovaCron has outside its regions: names at Cloudflare (its API's own shape, with the moment its edge takes), internal
 * names, routes, a load balancer that really asks, and the region that monitoring pages for.
 */
import { createHash } from 'node:crypto';
import { jsonOf, Refused, type Said, type Served, serve } from './nova-http.ts';

export type OutsideSeen = {
  /** By system, the region it points at as those see it who ask it; null where its parts differ. */
  cloudflare: string | null;
  internalDns: string | null;
  routing: string | null;
  monitoring: string | null;
  /** Weights of the load balancer's pools, by region. */
  balancer: Record<string, number>;
};

export type NovaOutside = {
  readonly facts: {
    cloudflare: { url: string; token: string; zone: string };
    internalDns: string;
    routing: string;
    balancer: string;
    monitoring: string;
  };
  seen(): OutsideSeen;
  close(): Promise<void>;
};

type Options = {
  pace: number;
  regions: { name: string }[];
  names: string[];
  services: string[];
  ask(region: string): Promise<{ status: number; region: string | null }>;
  answers(): boolean;
};

const TOKEN = 'lab-cloudflare-token';
const ZONE = '023e105f4ecef8ad9ca31a8372d0c353';
/** How long Cloudflare's edge goes on with the old answer at pace 1, ms. */
const EDGE_MS = 10_000;

/** The one value all of them have, or null. */
const common = (values: string[]): string | null => (new Set(values).size === 1 ? values[0]! : null);

export async function startNovaOutside({
  pace,
  regions,
  names,
  services,
  ask,
  answers,
}: Options): Promise<NovaOutside> {
  const known = regions.map(({ name }) => name);
  const first = known[0]!;
  const ofKnown = (region: unknown): string => {
    if (typeof region === 'string' && known.includes(region)) return region;
    throw new Refused(`no region ${String(region)} here`, 404);
  };
  const served: Served[] = [];
  const started = async (...wanted: Parameters<typeof serve>): Promise<string> => {
    const one = await serve(...wanted);
    served.push(one);
    return one.url;
  };

  const edge = new Map(names.map((name) => [name, { now: first, old: first, from: 0 }]));
  const atEdge = (name: string): string => {
    const one = edge.get(name)!;
    return Date.now() < one.from ? one.old : one.now;
  };
  const cloudflare = await started(async ({ method, path, query, request }) => {
    if (path[0] === 'edge') return { body: { name: query.get('name'), region: edgeOf(query.get('name')) } };
    const wrong = (status: number, message: string): Said => ({
      status,
      body: { success: false, errors: [{ code: 10_000, message }], messages: [], result: null },
    });
    if (request.headers.authorization !== `Bearer ${TOKEN}`) return wrong(403, 'Authentication error');
    if (path.slice(0, 5).join('/') !== `client/v4/zones/${ZONE}/dns_records`) return wrong(404, 'Not found');
    const record = (name: string) => ({
      id: idOf(name),
      name,
      type: 'CNAME',
      content: `${edge.get(name)!.now}.${name}`,
    });
    const good = (result: unknown): Said => ({ body: { success: true, errors: [], messages: [], result } });
    if (method === 'GET') return good([...edge.keys()].map(record));
    const name = [...edge.keys()].find((one) => idOf(one) === path[5]);
    if (method !== 'PATCH' || name === undefined) return wrong(404, 'Record does not exist');
    const content = String((await jsonOf(request))['content'] ?? '');
    const region = known.find((one) => content === `${one}.${name}`);
    if (region === undefined) return wrong(400, `Content for CNAME record is invalid: ${content}`);
    if (edge.get(name)!.now !== region)
      edge.set(name, { now: region, old: atEdge(name), from: Date.now() + EDGE_MS / pace });
    return good(record(name));
  }, answers);
  const edgeOf = (name: string | null): string => {
    if (name === null || !edge.has(name)) throw new Refused(`no name ${name} here`, 404);
    return atEdge(name);
  };

  /** Something with parts, each of which points at a region. */
  const table = (parts: string[]) => {
    const at = new Map(parts.map((part) => [part, first]));
    const url = started(async ({ method, path: [part = ''], request }) => {
      if (method === 'GET' && part === '') return { body: Object.fromEntries(at) };
      if (!at.has(part)) throw new Refused(`no ${part} here`, 404);
      if (method === 'PUT') at.set(part, ofKnown((await jsonOf(request))['region']));
      return { body: { [part]: at.get(part) } };
    }, answers);
    return { at, url };
  };
  const internalDns = table(services.map((service) => `${service}.service.novacron.internal`));
  const routing = table(services);
  const monitoring = table(['pages']);

  const pools = new Map(known.map((region) => [region, region === first ? 100 : 0]));
  let turn = 0;
  /** As a client is served: by the pools that have weight, in turn. What it was answered stands in the answer. */
  async function route(): Promise<Said> {
    const weighted = [...pools].filter(([, weight]) => weight > 0).map(([region]) => region);
    if (weighted.length === 0) return { body: { pool: null, status: 503, region: null } };
    const pool = weighted[turn++ % weighted.length]!;
    const answered = await ask(pool).catch(() => ({ status: 504, region: null }));
    return { body: { pool, ...answered } };
  }
  const balancer = await started(async ({ method, path: [what, region], request }) => {
    if (what === 'ask') return await route();
    if (what !== 'pools') throw new Refused(`no /${what} here`, 404);
    if (region === undefined) return { body: Object.fromEntries(pools) };
    if (method === 'DELETE') pools.delete(ofKnown(region));
    if (method === 'PUT') pools.set(ofKnown(region), Number((await jsonOf(request))['weight'] ?? 0));
    return { body: Object.fromEntries(pools) };
  }, answers);

  return {
    facts: {
      cloudflare: { url: cloudflare, token: TOKEN, zone: ZONE },
      internalDns: await internalDns.url,
      routing: await routing.url,
      balancer,
      monitoring: await monitoring.url,
    },
    seen: () => ({
      cloudflare: common([...edge.keys()].map(atEdge)),
      internalDns: common([...internalDns.at.values()]),
      routing: common([...routing.at.values()]),
      monitoring: common([...monitoring.at.values()]),
      balancer: Object.fromEntries(pools),
    }),
    async close() {
      await Promise.all(served.map((one) => one.close()));
    },
  };
}

/** An id as Cloudflare gives them: 32 hexadecimal digits, here made of the name. */
const idOf = (name: string): string => createHash('md5').update(name).digest('hex');
