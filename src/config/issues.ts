/** What the schema library found, in sentences a person can act on: what was found, what to do. */
import type { z } from 'zod';
import { knownKeys, schemaAt } from './json-schema.ts';
import { nearestNode, type Path, type Problem, type Tree } from './source.ts';
import { orList, quote, suggestion } from './words.ts';

const MISSING = 'is missing.';

type Issue = z.core.$ZodIssue;
type RawIssue = z.core.$ZodRawIssue;

/** The general sentences, for issues to which the field had nothing of its own to say. Handed to `safeParse`. */
export function generalSentence(issue: RawIssue): string | undefined {
  const found = issue.input;
  if (found === undefined) return MISSING;
  if (found === null) return 'is left empty. Fill it in, or take the line out.';
  switch (issue.code) {
    case 'invalid_type':
      return typeSentence(String(issue.expected), found);
    case 'invalid_value':
      return valueSentence(issue.values as unknown[], found);
    case 'too_small':
      if (issue.origin === 'array') return 'the list is empty. Name at least one, or take the line out.';
      if (issue.origin === 'string') return 'is left empty. Fill it in, or take the line out.';
      return `${quote(found)} is too small. The least is ${issue.minimum}.`;
    case 'too_big':
      return `${quote(found)} is too big. The most is ${issue.maximum}.`;
    default:
      return `${quote(found)} does not fit here.`;
  }
}

/** What belongs there, and how it is written. */
const NAMES: Record<string, [noun: string, write: string]> = {
  string: ['text', 'text, in quotes if it looks like something else'],
  object: ['a map', 'its keys on lines of their own, as key: value'],
  record: ['a map', 'its keys on lines of their own, as key: value'],
  array: ['a list', 'its items in brackets, as [a, b], or on lines of their own after a hyphen'],
  boolean: ['true or false', 'one of the two, without quotes'],
  number: ['a number', 'it in digits, without quotes'],
  int: ['a whole number', 'it in digits, without quotes'],
};

function typeSentence(expected: string, found: unknown): string {
  if (expected === 'int' && typeof found === 'number') return `${found} is not a whole number. Write one.`;
  if (expected === 'string' && (typeof found === 'number' || typeof found === 'boolean'))
    return `${found} is read as ${typeof found === 'number' ? 'a number' : 'true or false'}, and text belongs here. Put it in quotes.`;
  if (expected === 'array' && typeof found === 'string')
    return `${quote(found)} stands alone where a list belongs. Put it in brackets: [${quote(found)}].`;
  const [noun, write] = NAMES[expected] ?? [expected, expected];
  return `${quote(found)} stands where ${noun} belongs. Write ${write}.`;
}

function valueSentence(values: readonly unknown[], found: unknown): string {
  const known = values.map(String);
  const meant = suggestion(String(found), known);
  const said = meant.startsWith(' Did') ? meant : '';
  return `${quote(found)} is not known here.${said} Write ${orList(known)}.`;
}

/** The problems of one schema issue, each at the place a person edits. */
export function problemsOf(issue: Issue, tree: Tree, above: Path = []): Problem[] {
  const path = [...above, ...issue.path.map((key) => (typeof key === 'symbol' ? String(key) : key))];
  const at = (where: Path, sentence: string): Problem => {
    const { file, line } = nearestNode(tree, where);
    return { file, line, path: where, sentence };
  };

  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => at([...path, key], strangeKey(key, knownKeys(path))));
  if (issue.code === 'invalid_key') return [at(path, issue.issues[0]?.message ?? issue.message)];
  if (issue.code === 'invalid_union') {
    const inner = likeliest(issue.errors);
    if (inner !== undefined) return inner.flatMap((each) => problemsOf(each, tree, path));
  }
  if (issue.message === MISSING) return [at(path, `is missing. Add it${meaning(path)}`)];
  return [at(path, issue.code === 'invalid_union' ? unfit(issue.message, path) : issue.message)];
}

function strangeKey(key: string, known: readonly string[]): string {
  if (known.includes(key)) return 'cannot stand beside the other key of this map. Keep one of them.';
  return `is not a key Regent knows.${suggestion(key, known)} Correct it, or take it out.`;
}

const unfit = (message: string, path: Path) =>
  message.endsWith('does not fit here.') ? `${message} This is${meaning(path)}` : message;

/** `: what the key means.`, from the schema's description. */
function meaning(path: Path): string {
  const description = schemaAt(path)?.description;
  return description === undefined ? '.' : `: ${description.charAt(0).toLowerCase()}${description.slice(1)}`;
}

/** Of a union's alternatives the one that was begun: its own key is there, and only what is inside or beside it is wrong. */
function likeliest(alternatives: Issue[][]): Issue[] | undefined {
  const notBegun = (issue: Issue) =>
    issue.path.length === 0 ? issue.code !== 'unrecognized_keys' : issue.path.length === 1 && issue.message === MISSING;
  return alternatives.find((issues) => !issues.some(notBegun));
}
