/**
 * From a file (and an overlay) to a `Config`, or to one error that lists every problem with its file and line.
 * Environment and files are handed in: the same code serves start-up, `--check` and tests.
 */
import { dirname, resolve } from 'node:path';
import { ConfigError } from '../lib/errors.ts';
import { checks } from './checks/list.ts';
import { generalSentence, problemsOf } from './issues.ts';
import { withCertificates } from './notify.ts';
import { type Config, makeSchema } from './schema.ts';
import { absoluteReference, type Env, type ReadFile, secretReader, unreadable } from './secrets.ts';
import {
  nearestNode,
  overlayTree,
  type Path,
  type Problem,
  parseSource,
  plainOf,
  problemText,
  type Tree,
} from './source.ts';

export type LoadOptions = {
  /** Path of the configuration, as messages shall name it. */
  file: string;
  /** Path of a second file laid over the first: maps merge, null removes, everything else replaces. */
  overlay?: string;
  env: Env;
  /** Text of a file; throws as `readFileSync` does. */
  readFile: ReadFile;
};

/**
 * Reads, merges and checks. File names inside (scripts, kubeconfigs, `file:` secrets) are relative to the file they
 * stand in and come back absolute.
 * @throws ConfigError listing all problems, numbered.
 */
export function loadConfig(options: LoadOptions): Config {
  const result = readConfig(options);
  if ('config' in result) return result.config;
  const files = [options.file, ...(options.overlay === undefined ? [] : [options.overlay])].join(' with ');
  const count = result.problems.length === 1 ? 'one problem' : `${result.problems.length} problems`;
  const lines = result.problems.map((problem, index) => `${index + 1}. ${problemText(problem)}`);
  throw new ConfigError(`${files} cannot be used: ${count}.\n${lines.join('\n')}`, { code: 'config-invalid' });
}

/** The same without throwing, for those who want the problems one by one. */
export function readConfig({
  file,
  overlay,
  env,
  readFile,
}: LoadOptions): { config: Config } | { problems: Problem[] } {
  const sources = [readSource(file, readFile), ...(overlay === undefined ? [] : [readSource(overlay, readFile, true)])];
  const unread = sources.flatMap(({ problems }) => problems);
  const [base, over] = sources.map(({ tree }) => tree);
  if (unread.length > 0 || base === undefined) return { problems: unread };
  const tree = over === undefined ? base : overlayTree(base, over);

  const plain = plainOf(tree, (value, origin) => absoluteReference(value, dirname(origin.file)));
  const read = secretReader(env, readFile);
  const parsed = makeSchema(read).safeParse(plain, { error: generalSentence });
  const problems = parsed.success ? [] : parsed.error.issues.flatMap((issue) => problemsOf(issue, tree));

  const absolute = (path: Path, name: string) => resolve(dirname(nearestNode(tree, path).file), name);
  for (const check of checks)
    for (const { path, sentence } of check(plain, { read, absolute })) {
      if (problems.some((known) => isWithin(path, known.path))) continue;
      const { file: where, line } = nearestNode(tree, path);
      problems.push({ file: where, line, path, sentence });
    }

  if (!parsed.success || problems.length > 0) {
    const order = [file, overlay];
    const rank = (problem: Problem) => order.indexOf(problem.file) * 1e9 + problem.line;
    return { problems: problems.toSorted((a, b) => rank(a) - rank(b)) };
  }
  return { config: withAbsolutePaths(parsed.data, absolute) };
}

function readSource(file: string, readFile: ReadFile, mayBeEmpty = false): { tree?: Tree; problems: Problem[] } {
  const problem = (sentence: string) => ({ problems: [{ file, line: 1, path: [], sentence }] });
  let source: string;
  try {
    source = readFile(file);
  } catch (error) {
    return problem(`the file ${unreadable(error)}. Name another, or see config/eden.yml for a complete example.`);
  }
  const parsed = parseSource(file, source);
  if (parsed.tree === undefined || parsed.tree.kind === 'map') return parsed;
  const empty = parsed.tree.kind === 'value' && parsed.tree.value === null;
  if (empty && mayBeEmpty) return { tree: { file, line: 1, kind: 'map', entries: new Map() }, problems: [] };
  return problem(
    empty
      ? 'the file is empty. See config/eden.yml for a complete example.'
      : 'the file is not a map (lines of key: value). See config/eden.yml for a complete example.',
  );
}

/** Whether the schema has already complained about this very place or about what holds it. */
const isWithin = (path: Path, known: Path) => known.every((key, index) => path[index] === key);

/** Scripts run in other directories than ours, so what is relative must not stay relative. */
function withAbsolutePaths(config: Config, absolute: (path: Path, name: string) => string): Config {
  const directory = absolute(['hooks', 'directory'], config.hooks.directory ?? '.');
  const program = (argv: string[]) => argv.with(0, resolve(directory, argv[0]!));
  const asked = <T extends { exec: string[] } | { url: string }>(question: T): T =>
    'exec' in question ? { ...question, exec: program(question.exec) } : question;
  const regions = Object.entries(config.regions).map(([name, region]): [string, Config['regions'][string]] => {
    const made = { ...region };
    const kubeconfig = region.kubernetes?.kubeconfig;
    if (region.kubernetes !== undefined && kubeconfig !== undefined)
      made.kubernetes = {
        ...region.kubernetes,
        kubeconfig: absolute(['regions', name, 'kubernetes', 'kubeconfig'], kubeconfig),
      };
    if (made.postgres?.fence.strategy === 'exec') {
      const { stop, start, ...rest } = made.postgres.fence;
      made.postgres = {
        ...made.postgres,
        fence: { ...rest, stop: program(stop), ...(start && { start: program(start) }) },
      };
    }
    const self = made.postgres?.fence.self;
    if (made.postgres !== undefined && self?.kubernetes.kubeconfig !== undefined) {
      const at = ['regions', name, 'postgres', 'fence', 'lease', 'kubernetes', 'kubeconfig'];
      const kubernetes = { ...self.kubernetes, kubeconfig: absolute(at, self.kubernetes.kubeconfig) };
      made.postgres = { ...made.postgres, fence: { ...made.postgres.fence, self: { ...self, kubernetes } } };
    }
    return [name, made];
  });
  const steps = config.steps.map((step) => ({
    ...step,
    does: step.does !== null && 'exec' in step.does ? { exec: program(step.does.exec) } : step.does,
    check: step.check && asked(step.check),
    undo: step.undo !== null && typeof step.undo !== 'string' ? asked(step.undo) : step.undo,
  }));
  const stage = <T extends { exec: string[] } | { start: string }>(one: T): T =>
    'exec' in one ? { ...one, exec: program(one.exec) } : one;
  const sources = config.state?.sources.map((source) => ({
    ...source,
    snapshot: stage(source.snapshot),
    transfer: stage(source.transfer),
    validate: stage(source.validate),
    apply: stage(source.apply),
  }));
  const workflows = config.verify.workflows.map((one) => ('exec' in one ? { ...one, exec: program(one.exec) } : one));
  return {
    ...config,
    regions: Object.fromEntries(regions),
    hooks: { ...config.hooks, directory, allow: config.hooks.allow.map((name) => resolve(directory, name)) },
    ...(config.monitoring === undefined ? {} : { monitoring: asked(config.monitoring) }),
    notify: withCertificates(config.notify, absolute),
    ...(config.backups === undefined ? {} : { backups: located(config.backups, absolute) }),
    verify: { ...config.verify, workflows },
    ...(config.state === undefined ? {} : { state: { ...config.state, sources: sources! } }),
    steps,
  };
}

/** The manifest's own paths, relative to the file they stand in. */
function located(
  backups: NonNullable<Config['backups']>,
  absolute: (path: Path, name: string) => string,
): NonNullable<Config['backups']> {
  const { manifest } = backups;
  if (manifest === undefined) return backups;
  const at = (key: 'file' | 'directory') =>
    manifest[key] === undefined ? {} : { [key]: absolute(['backups', 'manifest', key], manifest[key]) };
  return { ...backups, manifest: { ...manifest, ...at('file'), ...at('directory') } };
}
