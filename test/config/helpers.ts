/** A small configuration that is right, and a way to break it: each case is an overlay on it. */
import { readConfig } from '../../src/config/load.ts';
import { pathText, problemText } from '../../src/config/source.ts';

export const DIR = '/etc/regent';
export const FILE = `${DIR}/dr.yml`;
export const OVER = `${DIR}/over.yml`;

export const env = {
  PG_EAST: 'postgres://regent:hunter2@east.example.com/eden',
  PG_WEST: 'postgres://regent:hunter2@west.example.com/eden',
  BOT: 'xoxb-hunter2',
  APP: 'xapp-hunter2',
};

/** A region that only looks, to be added to the others. */
export const EYE = 'eye: { role: witness, alias: eye, probes: [{ name: eye, url: "https://eye.example.com" }] }';

export const base = `organization: eden
environment: staging
objectives: { rto: 30m, rpo: 5m }
regions:
  east:
    role: primary
    alias: one
    kubernetes: { context: one }
    postgres: { url: env:PG_EAST, fence: { statefulset: postgres } }
  west:
    role: secondary
    alias: two
    kubernetes: { context: two }
    postgres:
      url: env:PG_WEST
      fence: sql
services:
  namespace: eden
  deployments:
    api: { replicas: 2 }
    task: { replicas: 1, writeHeavy: true }
dns:
  - provider: route53
    zone: Z123
    zoneName: example.com
    records:
      - { name: api.example.com, type: A, ttl: 60, values: { east: [203.0.113.1], west: [203.0.113.2] } }
groups: { sre: S0123 }
gates:
  promote: { approvers: [group:sre] }
  dns: { approvers: [group:sre] }
notify: { channel: C0123 }
slack: { botToken: env:BOT, appToken: env:APP }
`;

/** Files by path; a missing one throws as the real reader does. */
export function filesOf(files: Record<string, string>) {
  return (path: string): string => {
    const text = files[path];
    if (text === undefined) throw Object.assign(new Error(`no ${path}`), { code: 'ENOENT' });
    return text;
  };
}

type Given = { over?: string; text?: string; env?: Record<string, string | undefined>; files?: Record<string, string> };

/** Loads the base with what is given on top. */
export function read({ over, text = base, env: more = {}, files = {} }: Given) {
  return readConfig({
    file: FILE,
    ...(over !== undefined && { overlay: OVER }),
    env: { ...env, ...more },
    readFile: filesOf({ [FILE]: text, ...(over !== undefined && { [OVER]: over }), ...files }),
  });
}

/** `path: sentence` of every problem of the base with this overlay. */
export function problemsWith(over: string, given: Given = {}): string[] {
  const result = read({ ...given, over });
  if ('config' in result) return [];
  return result.problems.map(({ path, sentence }) =>
    [pathText(path), sentence].filter((part) => part !== '').join(': '),
  );
}

/** The same with file and line. */
export function placedProblems(given: Given): string[] {
  const result = read(given);
  return 'config' in result ? [] : result.problems.map(problemText);
}

/** The configuration; fails the test with its problems when there are any. */
export function configWith(given: Given = {}) {
  const result = read(given);
  if ('problems' in result) throw new Error(result.problems.map(problemText).join('\n'));
  return result.config;
}
