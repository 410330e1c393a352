/** Regions as a whole: who is what, and that no two of them are by mistake one and the same. */
import { orList } from '../words.ts';
import { type Check, type Finding, type Loose, map, regionsOf, text } from './reading.ts';

const ROLES = ['primary', 'secondary', 'witness'];

export const roles: Check = (file) => {
  const { all } = regionsOf(file);
  if (all.some(([, region]) => !ROLES.includes(String(region['role'])))) return [];
  const named = (role: string) => all.filter(([, region]) => region['role'] === role).map(([name]) => name);
  const [first, ...more] = named('primary');
  const findings: Finding[] = more.map((name) => ({
    path: ['regions', name, 'role'],
    sentence: `a second primary beside ${first}. Exactly one region is primary: write role: secondary for the other.`,
  }));
  if (first === undefined)
    findings.push({ path: ['regions'], sentence: 'no region is primary. Write role: primary for exactly one.' });
  if (named('secondary').length === 0 && more.length === 0)
    findings.push({
      path: ['regions'],
      sentence: 'no region is secondary, so there is nowhere to go. Add one with role: secondary.',
    });
  return findings;
};

export const aliases: Check = (file) => {
  const { all } = regionsOf(file);
  return all.flatMap(([name, region], index) => {
    const alias = text(region['alias']);
    if (alias === undefined) return [];
    const path = ['regions', name, 'alias'];
    const twin = all.slice(0, index).find(([, other]) => other['alias'] === alias);
    if (twin !== undefined)
      return [{ path, sentence: `"${alias}" is the alias of ${twin[0]} as well. Give each region its own.` }];
    const namesake = all.some(([other]) => other === alias && other !== name);
    return namesake
      ? [{ path, sentence: `"${alias}" is the name of another region. Write an alias that is not.` }]
      : [];
  });
};

const WRITE: Record<string, string> = {
  kubernetes: 'kubernetes: { context: NAME }',
  postgres: 'postgres: { url: env:NAME, fence: … }',
};

/** Data regions have a cluster and a database; a witness has neither, nor a cache. */
export const belongings: Check = (file) =>
  regionsOf(file).all.flatMap(([name, region]) => {
    if (region['role'] === 'witness')
      return ['kubernetes', 'postgres', 'redis']
        .filter((key) => region[key] !== undefined)
        .map((key) => ({
          path: ['regions', name, key],
          sentence: 'a witness only looks and has none. Take this out, or write another role.',
        }));
    if (region['role'] !== 'primary' && region['role'] !== 'secondary') return [];
    return ['kubernetes', 'postgres']
      .filter((key) => region[key] === undefined)
      .map((key) => ({
        path: ['regions', name, key],
        sentence: `is missing: every region but a witness has it. Add ${WRITE[key]}.`,
      }));
  });

export const redis: Check = (file) => {
  const { data } = regionsOf(file);
  const having = data.filter(([, region]) => region['redis'] !== undefined).map(([name]) => name);
  const common = map(file)['redis'];
  if (having.length === 0)
    return common === undefined
      ? []
      : [
          {
            path: ['redis'],
            sentence: 'no region has a Redis. Add redis: { url: env:NAME } to each but a witness, or take this out.',
          },
        ];
  const findings: Finding[] = data
    .filter(([name]) => !having.includes(name))
    .map(([name]) => ({
      path: ['regions', name, 'redis'],
      sentence: `is missing, and ${orList(having).replace(' or ', ' and ')} ${having.length === 1 ? 'has' : 'have'} one. Give every region but a witness a Redis, or none.`,
    }));
  if (map(common)['sentinels'] !== undefined && map(common)['master'] === undefined)
    findings.push({
      path: ['redis', 'master'],
      sentence: 'is missing, and Sentinels are named. Add the name under which they know the master.',
    });
  return findings;
};

/** Two regions that lead to one server would be failed over onto themselves: the costliest copy-and-paste mistake. */
export const apart: Check = (file, { read, absolute }) => {
  const { data } = regionsOf(file);
  const twins = (path: string[], what: string, identity: (name: string, region: Loose) => string | undefined) => {
    const seen = new Map<string, string>();
    return data.flatMap(([name, region]): Finding[] => {
      const own = identity(name, region);
      const twin = own === undefined ? undefined : seen.get(own);
      if (own !== undefined && twin === undefined) seen.set(own, name);
      if (twin === undefined) return [];
      const sentence = `leads to the same ${what} as regions.${twin}. Each region has its own: correct one of them.`;
      return [{ path: ['regions', name, ...path], sentence }];
    });
  };
  const server = (key: string) => (_name: string, region: Loose) => {
    const found = read(text(map(region[key])['url']) ?? '');
    return 'value' in found ? serverOf(found.value) : undefined;
  };
  const cluster = (name: string, region: Loose) => {
    const { context, kubeconfig } = map(region['kubernetes']);
    const path = ['regions', name, 'kubernetes', 'kubeconfig'];
    const where = text(kubeconfig);
    return text(context) && `${context}\n${where === undefined ? '' : absolute(path, where)}`;
  };
  return [
    ...twins(['postgres', 'url'], 'server', server('postgres')),
    ...twins(['redis', 'url'], 'server', server('redis')),
    ...twins(['kubernetes', 'context'], 'cluster', cluster),
  ];
};

/** Host and port of a connection address; the whole of it where these stand elsewhere, as with sockets. */
function serverOf(address: string): string {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || url.hostname === '' || url.searchParams.has('host')) return address;
  const usual = url.protocol.startsWith('redis') ? '6379' : '5432';
  return `${url.hostname.toLowerCase()}:${url.port || usual}`;
}
