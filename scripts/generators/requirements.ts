/**
 * docs/requirements.yml as data: what the original runbooks ask for, line by line, and what answers it. Whether what it
 * names exists is test/docs/requirements.test.ts's question; here only its shape is.
 */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parse } from 'yaml';

export const KINDS = ['step', 'gate', 'message', 'command', 'config', 'decision', 'later'] as const;
export type Kind = (typeof KINDS)[number];
export type AnsweredBy = { kind: Kind; value: string };
/** `id`: the document's letter and the number of the line, `E68`. */
export type Requirement = { id: string; says: string; answeredBy: AnsweredBy[] };

/** The original runbooks, by the letter their lines are named with. */
export const DOCUMENTS: Record<string, string> = { E: 'Eden’s runbook', N: 'NovaCron’s' };

const DOCS = resolve(import.meta.dirname, '../../docs');
const FILE = 'docs/requirements.yml';

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isText = (value: unknown): value is string => typeof value === 'string' && value.trim() !== '';

/** @throws Error naming the first entry that is not of the shape, and what it should be */
export function requirementsOf(text: string): Requirement[] {
  const list: unknown = parse(text);
  if (!Array.isArray(list)) throw new Error(`${FILE} is not a list of entries with id, says and answeredBy.`);
  return list.map((entry: unknown, at): Requirement => {
    const where = `${FILE}, entry ${at + 1}${isMap(entry) && isText(entry['id']) ? ` (${entry['id']})` : ''}`;
    if (!isMap(entry) || Object.keys(entry).sort().join() !== 'answeredBy,id,says')
      throw new Error(`${where}: write exactly id, says and answeredBy.`);
    const { id, says, answeredBy } = entry;
    if (!isText(id) || !/^[A-Z]\d+$/.test(id)) throw new Error(`${where}: write the id as letter and line, like E68.`);
    if (DOCUMENTS[id[0]!] === undefined)
      throw new Error(`${where}: ${id[0]} is no document. Known: ${Object.keys(DOCUMENTS).join(', ')}.`);
    if (!isText(says)) throw new Error(`${where}: says is empty.`);
    if (!Array.isArray(answeredBy) || answeredBy.length === 0)
      throw new Error(`${where}: answeredBy names nothing; what is not there yet is written as later.`);
    return { id, says, answeredBy: answeredBy.map((one: unknown) => answerOf(one, where)) };
  });
}

function answerOf(one: unknown, where: string): AnsweredBy {
  const [kind, ...more] = isMap(one) ? Object.keys(one) : [];
  const value = isMap(one) && kind !== undefined ? one[kind] : undefined;
  const known = KINDS.find((name) => name === kind);
  if (known === undefined || more.length > 0 || !(isText(value) || typeof value === 'number'))
    throw new Error(`${where}: write each answer as one of ${KINDS.join(', ')} with its value.`);
  return { kind: known, value: String(value) };
}

export const readRequirements = (): Requirement[] =>
  requirementsOf(readFileSync(resolve(DOCS, 'requirements.yml'), 'utf8'));

/** The decisions of docs/decisions.md by number: their titles. */
export function readDecisions(): Map<string, string> {
  const headings = readFileSync(resolve(DOCS, 'decisions.md'), 'utf8').matchAll(/^## (\d+)\. (.+)$/gm);
  return new Map([...headings].map(([, number, title]) => [number!, title!]));
}

/** Where GitHub puts a heading's anchor: `## 3. A clean stop` → `#3-a-clean-stop`. */
export const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s-]/gu, '')
    .replaceAll(' ', '-');
