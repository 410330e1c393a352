/**
 * A YAML file as a tree that remembers where each value was written, and the overlay laid over it.
 * Positions survive the merge, so a problem names the file and line a person has to edit.
 */
import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, type YAMLError } from 'yaml';
import { looksSecret } from './words.ts';

export type Origin = { file: string; line: number };

export type Tree = Origin &
  (
    | { kind: 'map'; entries: Map<string, Tree> }
    | { kind: 'list'; items: Tree[] }
    | { kind: 'value'; value: string | number | boolean | null }
  );

export type Path = readonly (string | number)[];

/** What a person reads: where, which key (dotted; empty for the file as a whole), what was found and what to do. */
export type Problem = Origin & { path: Path; sentence: string };

/** An anchor that contains itself, or one used to blow a small file up, ends here instead of in memory. */
const MOST_NODES = 100_000;

/** Reads one file's text. On a syntax error there is no tree, only problems (their texts never quote the file). */
export function parseSource(file: string, source: string): { tree?: Tree; problems: Problem[] } {
  const lines = new LineCounter();
  const document = parseDocument(source, { lineCounter: lines, prettyErrors: false, version: '1.2' });
  const lineAt = (offset: number) => lines.linePos(offset).line;
  const problem = (line: number, sentence: string): Problem => ({ file, line, path: [], sentence });
  const problems = document.errors.map((error) => problem(lineAt(error.pos[0]), syntaxSentence(error)));
  if (problems.length > 0) return { problems };

  let nodes = 0;
  const convert = (node: Node | null, line: number): Tree => {
    nodes += 1;
    if (nodes > MOST_NODES) throw new RangeError('too many nodes');
    const origin = { file, line };
    if (isAlias(node)) {
      const anchored = node.resolve(document);
      if (anchored === undefined) problems.push(problem(line, SYNTAX_ALIAS));
      return convert(anchored ?? null, line);
    }
    if (isMap(node)) {
      const entries = new Map<string, Tree>();
      for (const pair of node.items) {
        const key = pair.key as Node;
        const at = key.range === null || key.range === undefined ? line : lineAt(key.range[0]);
        entries.set(isScalar(key) ? String(key.value) : key.toString(), convert(pair.value as Node | null, at));
      }
      return { ...origin, kind: 'map', entries };
    }
    if (isSeq(node)) {
      const items = (node.items as Node[]).map((item) => convert(item, item.range ? lineAt(item.range[0]) : line));
      return { ...origin, kind: 'list', items };
    }
    const value = isScalar(node) ? node.value : null;
    const plain = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
    return { ...origin, kind: 'value', value: plain ? value : null };
  };

  try {
    const tree = convert(document.contents, 1);
    return problems.length > 0 ? { problems } : { tree, problems };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const sentence = 'an anchor (&name) contains itself or is used too often. Write the values out.';
    return { problems: [problem(1, sentence)] };
  }
}

const SYNTAX_ALIAS =
  'this is not YAML: a text that begins with * names an anchor, and there is none of that name. Put it in quotes.';

const SYNTAX: Partial<Record<YAMLError['code'], string>> = {
  TAB_AS_INDENT: 'a tab stands where the line is indented. Use spaces.',
  BAD_INDENT: 'the indentation does not fit the lines around it. Line it up with its neighbours.',
  DUPLICATE_KEY: 'a key stands here a second time in the same map. Keep one of them.',
  MISSING_CHAR: 'something is missing here, such as a colon, a closing bracket or a closing quote. Add it.',
  MULTIPLE_DOCS: 'a second document begins here (---). Keep one in the file.',
  BLOCK_AS_IMPLICIT_KEY:
    'a map begins on a line that already has a value. Begin it on a line of its own, or quote the text.',
  MULTILINE_IMPLICIT_KEY: 'a key goes over several lines. A closing quote or a colon is probably missing.',
  BAD_ALIAS: 'a text begins with * or &, which has a meaning in YAML. Put it in quotes.',
};

/** Our own words: the parser's may repeat the file's text, and a secret could stand in it. */
function syntaxSentence(error: YAMLError): string {
  const known = SYNTAX[error.code];
  if (known !== undefined) return `this is not YAML: ${known}`;
  const what = error.code.toLowerCase().replaceAll('_', ' ');
  return `this is not YAML (${what}). Look at this line and the one before for indentation, quotes and brackets.`;
}

/** Lays `over` on `base`: maps merge key by key, null removes, everything else replaces. */
export function overlayTree(base: Tree, over: Tree): Tree {
  if (base.kind !== 'map' || over.kind !== 'map') return withoutNulls(over);
  const entries = new Map(base.entries);
  for (const [key, value] of over.entries) {
    const below = entries.get(key);
    if (value.kind === 'value' && value.value === null) entries.delete(key);
    else entries.set(key, below === undefined ? withoutNulls(value) : overlayTree(below, value));
  }
  return { ...base, entries };
}

/** In an overlay null always means "not there", also inside a map that is new. */
function withoutNulls(tree: Tree): Tree {
  if (tree.kind !== 'map') return tree;
  const entries = [...tree.entries]
    .filter(([, value]) => !(value.kind === 'value' && value.value === null))
    .map(([key, value]): [string, Tree] => [key, withoutNulls(value)]);
  return { ...tree, entries: new Map(entries) };
}

/** The tree as plain values; `text` may rewrite a text by where it was written. */
export function plainOf(tree: Tree, text: (value: string, origin: Origin) => string = (value) => value): unknown {
  if (tree.kind === 'value') return typeof tree.value === 'string' ? text(tree.value, tree) : tree.value;
  if (tree.kind === 'list') return tree.items.map((item) => plainOf(item, text));
  return Object.fromEntries([...tree.entries].map(([key, value]) => [key, plainOf(value, text)]));
}

/** The node at a path, or the nearest one above it that was written. */
export function nearestNode(tree: Tree, path: Path): Tree {
  let node = tree;
  for (const key of path) {
    const next =
      node.kind === 'map' ? node.entries.get(String(key)) : node.kind === 'list' ? node.items[Number(key)] : undefined;
    if (next === undefined) return node;
    node = next;
  }
  return node;
}

/** `regions.us-west-2.postgres.url`, `dns[0].records[2].ttl`. */
export function pathText(path: Path): string {
  return path
    .map((key, index) => {
      if (typeof key === 'number') return `[${key}]`;
      return `${index === 0 ? '' : '.'}${looksSecret(key) ? '(something that looks like a secret)' : key}`;
    })
    .join('');
}

/** One line of the list people read. */
export function problemText({ file, line, path, sentence }: Problem): string {
  return [`${file}:${line}`, pathText(path), sentence].filter((part) => part !== '').join(': ');
}
