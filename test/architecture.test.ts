/** The import rules of ARCHITECTURE.md, held by a test: who may import whom, and each SDK in exactly one folder. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = new URL('..', import.meta.url).pathname;

function files(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && statSync(join(ROOT, folder, path)).isFile())
    .map((path) => join(folder, path));
}

type Import = { file: string; from: string; typeOnly: boolean };

/** Static and dynamic imports of a file: our own as paths from the root, packages by name. */
function importsOf(file: string): Import[] {
  const text = readFileSync(join(ROOT, file), 'utf8');
  const found = [
    ...text.matchAll(
      /^(?:import|export)\s+(type\s)?[^'"]*?from\s+'([^']+)';|^import\s+'([^']+)';|import\('([^']+)'\)/gms,
    ),
  ];
  return found.map((match) => {
    const name = (match[2] ?? match[3] ?? match[4])!;
    const from = name.startsWith('.') ? relative(ROOT, join(ROOT, dirname(file), name)) : name;
    return { file, from, typeOnly: match[1] !== undefined };
  });
}

const folderOf = (path: string): string => {
  const [top, second, third] = path.split('/');
  if (top !== 'src') return top!;
  if (second === 'integrations') return `integrations/${third}`;
  return second!.endsWith('.ts') ? second! : second!;
};
const packageOf = (name: string): string =>
  name.startsWith('node:')
    ? 'node:'
    : name.startsWith('@')
      ? name.split('/').slice(0, 2).join('/')
      : name.split('/')[0]!;

/** Our folders each folder may import, and the packages; `node:` stands for Node's own modules. */
const RULES: Record<string, { ours: string[]; packages: string[] }> = {
  lib: { ours: [], packages: ['node:'] },
  ports: { ours: ['lib'], packages: [] },
  machine: { ours: ['policy', 'report', 'lib'], packages: ['xstate'] },
  policy: { ours: ['machine', 'report', 'lib'], packages: [] },
  report: { ours: ['machine', 'policy', 'lib'], packages: [] },
  messages: { ours: ['machine', 'policy', 'report', 'ports', 'lib'], packages: [] },
  steps: { ours: ['ports', 'machine', 'policy', 'lib'], packages: [] },
  runner: { ours: ['machine', 'policy', 'steps', 'messages', 'ports', 'lib'], packages: [] },
  monitor: { ours: ['machine', 'policy', 'steps', 'messages', 'ports', 'lib'], packages: [] },
  // The port `chat` carries what people did and what they are answered: its types are the commands' own language.
  commands: { ours: ['runner', 'policy', 'report', 'machine', 'messages', 'lib', 'ports'], packages: [] },
  config: { ours: ['lib'], packages: ['zod', 'yaml', 'node:'] },
  cli: { ours: ['commands', 'lib'], packages: ['node:'] },
  api: { ours: ['commands', 'lib'], packages: ['node:'] },
};

/** Which folder owns which package. A package named twice would be two adapters of one system. */
const OWNERS: Record<string, string[]> = {
  '@slack/bolt': ['integrations/slack'],
  '@slack/web-api': ['integrations/slack'],
  '@slack/socket-mode': ['integrations/slack'],
  '@slack/types': ['integrations/slack'],
  '@kubernetes/client-node': ['integrations/kubernetes'],
  '@aws-sdk/client-route-53': ['integrations/route53'],
  ioredis: ['integrations/redis'],
  pg: ['integrations/postgres'],
  '@pagerduty/pdjs': ['integrations/pagerduty'],
  nodemailer: ['integrations/smtp'],
  'dns-packet': ['integrations/resolver'],
  xstate: ['machine'],
  zod: ['config'],
  yaml: ['config'],
  pino: ['main.ts'],
};

const all = files('src').flatMap(importsOf);
const sentence = ({ file, from }: Import) => `${file} imports ${from}`;

describe('the import rules', () => {
  it('has imports to judge', () => {
    expect(all.length).toBeGreaterThan(200);
  });

  it.each(Object.entries(RULES))('%s imports only what it may', (folder, { ours, packages }) => {
    const wrong = all.filter(({ file, from }) => {
      if (folderOf(file) !== folder) return false;
      if (from.startsWith('src/')) return folderOf(from) !== folder && !ours.includes(folderOf(from));
      return !packages.includes(packageOf(from));
    });
    expect(wrong.map(sentence)).toEqual([]);
  });

  it('an integration imports ports, lib, its own folder and packages, and no other integration', () => {
    const wrong = all.filter(({ file, from }) => {
      const folder = folderOf(file);
      return (
        folder.startsWith('integrations/') &&
        from.startsWith('src/') &&
        ![folder, 'ports', 'lib'].includes(folderOf(from))
      );
    });
    expect(wrong.map(sentence)).toEqual([]);
  });

  it('a step imports no other step; lists of steps stand in runbooks/', () => {
    const isStep = (file: string) => /= define(Step|Check)\(/.test(readFileSync(join(ROOT, file), 'utf8'));
    const wrong = all.filter(
      ({ file, from }) => /^src\/steps\/[^/]+\.ts$/.test(file) && from.startsWith('src/steps/') && isStep(from),
    );
    expect(wrong.map(sentence)).toEqual([]);
  });

  it('each SDK lives in one folder', () => {
    const wrong = all.filter(({ file, from }) => {
      const owners = OWNERS[packageOf(from)];
      return owners !== undefined && !owners.includes(folderOf(file));
    });
    expect(wrong.map(sentence)).toEqual([]);
  });

  it('only main.ts imports what composes the program', () => {
    const wrong = all.filter(
      ({ file, from }) => from.startsWith('src/app/') && file !== 'src/main.ts' && !file.startsWith('src/app/'),
    );
    expect(wrong.map(sentence)).toEqual([]);
  });

  it('nobody imports main.ts, and the lab imports nothing of src', () => {
    const wrong = [...all, ...files('lab').flatMap(importsOf)].filter(
      ({ file, from }) => from === 'src/main.ts' || (file.startsWith('lab/') && from.startsWith('src/')),
    );
    expect(wrong.map(sentence)).toEqual([]);
  });
});

describe('the shape of files', () => {
  const sources = [...files('src'), ...files('lab')];
  const text = (file: string) => readFileSync(join(ROOT, file), 'utf8');

  it('keeps every file under 400 lines', () => {
    expect(sources.filter((file) => text(file).split('\n').length > 400)).toEqual([]);
  });
  it('exports by name only', () => {
    expect(sources.filter((file) => /^export default/m.test(text(file)))).toEqual([]);
  });
  it('sleeps in no test', () => {
    const sleepy = files('test').filter((file) =>
      /await new Promise\(\(?\w*\)? => setTimeout\(\w+, \d{3,}\)\)/.test(text(file)),
    );
    expect(sleepy).toEqual([]);
  });
});
