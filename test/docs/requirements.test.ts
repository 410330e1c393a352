/**
 * docs/requirements.yml against the code: every name in it exists, no line of the original's procedures is left out,
 * nothing that is there is still called "later", and every step has its words for whoever is on call.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import {
  DOCUMENTS,
  type Kind,
  type Requirement,
  readDecisions,
  readRequirements,
  requirementsOf,
} from '../../scripts/generators/requirements.ts';
import { RUNBOOKS } from '../../scripts/generators/runbook.ts';
import { ALIASES, COMMANDS } from '../../src/commands/table.ts';
import { configJsonSchema, type JsonSchema } from '../../src/config/json-schema.ts';
import { SYSTEM_MESSAGES } from '../../src/messages/system.ts';
import { MESSAGES } from '../../src/messages/table.ts';
import { stepsOf } from '../../src/steps/step.ts';

const ROOT = resolve(import.meta.dirname, '../..');

/**
 * The lines of Eden's runbook (document E) that ask for something, found once by reading it: each item of a list and
 * each command. Left out are headings, blank lines, code fences, comments, a loop's end, and sentences that only lead
 * over to a list. Line 27 is kept: it asks that the list after it be gone through before anything is started.
 */
const EDEN: Record<string, number[]> = {
  prerequisites: [9, 10, 11, 12, 13],
  'kinds of failover, by their definitions': [19, 23],
  'checks before a failover': [27, 29, 30, 31, 32, 33, 34, 35],
  'planned, phase 1': [41, 42, 43, 44, 46, 50, 53, 56, 60, 61, 64, 67, 68, 69],
  'planned, phase 2': [73, 74, 75, 77, 81, 82, 85, 86, 89, 90, 93, 97, 98],
  'planned, phase 3: stop, DNS': [104, 108, 109, 112, 115, 116, 119, 123],
  'planned, phase 3: scale up, promote': [126, 129, 130, 131, 132, 133, 134, 135, 136, 139, 143, 146],
  'planned, phase 4': [151, 154, 155, 158, 162, 163, 167, 171, 174, 175, 176, 179, 180, 181, 182],
  'planned, phase 5': [186, 190, 193, 194, 195, 196, 198, 199, 200, 201],
  'emergency, phase 1': [207, 208, 209, 210, 212, 213, 214, 215, 217, 218, 219],
  'emergency, phase 2': [223, 227, 231, 232, 233, 234, 236, 240, 241],
  'emergency, phase 3: tell, loss': [247, 248, 249, 250, 252, 253, 254, 255],
  'emergency, phase 3: watch, recovery': [257, 258, 259, 260, 262, 263, 264, 265],
  'going home, phase 1': [271, 272, 273, 274, 276, 280, 283, 286, 287, 288],
  'going home, phase 2': [292, 293, 294, 296],
};

/**
 * The same of NovaCron's runbook (document N). The numbered steps are kept too, for each carries a time of its own; of
 * its worked examples the lines with a result, and every line of its two templates.
 */
const NOVACRON: Record<string, number[]> = {
  'what it is for': [5, 6, 7, 8],
  'when it begins': [13, 14, 15, 16, 24, 27, 28, 29],
  'step 1: detect': [34, 37, 38, 39, 40, 43, 44, 45, 46],
  'step 2: tell': [48, 51, 52, 53, 54, 58, 59, 60, 61, 62, 63],
  'step 3: quorum': [66, 69, 70, 71, 72, 75, 76, 77, 80, 81],
  'step 4: backups': [83, 86, 87, 88, 89, 92, 93, 94, 95],
  'step 5: target': [97, 100, 101, 102, 103, 112, 119, 121],
  'step 6: state': [124, 127, 128, 129, 130, 131, 134, 135, 136, 137, 140, 141, 142],
  'step 7: promote': [144, 147, 148, 149, 150, 152, 155, 156, 157, 158],
  'step 8: DNS': [160, 164, 165, 166, 168, 169, 170, 174, 175, 176, 179, 180, 181],
  'step 9: validate': [183, 186, 187, 188, 189, 190, 193, 194, 195, 198, 199, 200],
  'step 10: the failed region': [202, 205, 206, 207, 208, 211, 212, 213, 214],
  'step 11: the last notice': [216, 220, 221, 222, 223, 224, 225, 226, 230, 231, 232, 233],
  rollback: [237, 239, 240, 241, 242, 243],
  'success and metrics': [247, 248, 249, 250, 251, 257, 258, 259, 260, 261],
  'tests, its schedule and checklist': [266, 267, 268, 271, 272, 273, 274, 275, 276],
  contacts: [281, 282, 283, 286, 287, 288],
};

/** Steps written in an example's own configuration answer the lines of its document, those that synchronise state too. */
const EXAMPLES: Record<string, string> = { E: 'config/eden.yml', N: 'config/novacron.yml' };
function configured(document: string): string[] {
  const file = resolve(ROOT, EXAMPLES[document] ?? '');
  if (EXAMPLES[document] === undefined || !existsSync(file)) return [];
  type Ids = { id: string }[];
  const { steps = [], state } = parse(readFileSync(file, 'utf8')) as { steps?: Ids; state?: { sources?: Ids } };
  return [...steps.map(({ id }) => id), ...(state?.sources ?? []).map(({ id }) => `sync-${id}`)];
}

/** Keys as docs/configuration.md writes them: `gates.promote.votes`, `services.deployments.NAME.replicas`, `dns[].zone`. */
function configKeys(schema: JsonSchema, path = ''): string[] {
  const inside = [
    ...Object.entries(schema.properties ?? {}).map(
      ([name, inner]) => [path ? `${path}.${name}` : name, inner] as const,
    ),
    ...(typeof schema.additionalProperties === 'object'
      ? [[`${path}.NAME`, schema.additionalProperties] as const]
      : []),
    ...(schema.items ? [[`${path}[]`, schema.items] as const] : []),
  ];
  const options = (schema.anyOf ?? []).flatMap((option) => configKeys(option, path));
  return [...inside.flatMap(([name, inner]) => [name, ...configKeys(inner, name)]), ...options];
}

const steps = RUNBOOKS.flatMap(stepsOf);
const gates = RUNBOOKS.flatMap((runbook) => runbook.nodes.filter((node) => 'kind' in node));
const NAMES: Record<Exclude<Kind, 'later'>, Set<string>> = {
  step: new Set(steps.map(({ id }) => id)),
  gate: new Set(gates.map(({ id }) => id)),
  message: new Set([...Object.keys(MESSAGES), ...Object.keys(SYSTEM_MESSAGES)]),
  command: new Set([...COMMANDS.map(({ name }) => name), ...Object.keys(ALIASES)]),
  config: new Set(configKeys(configJsonSchema())),
  decision: new Set(readDecisions().keys()),
};
const KNOWN = Object.keys(NAMES) as (keyof typeof NAMES)[];
const OWN = Object.fromEntries(Object.keys(EXAMPLES).map((document) => [document, new Set(configured(document))]));
const isThere = (document: string, kind: keyof typeof NAMES, name: string): boolean =>
  NAMES[kind].has(name) || (kind === 'step' && OWN[document]?.has(name) === true);

/** What is wrong with the entries, each in a sentence that says where and what. */
function problemsOf(list: Requirement[]): string[] {
  const seen = new Set<string>();
  return list.flatMap(({ id, answeredBy }) => {
    const twice = seen.has(id) ? [`${id} stands there twice`] : [];
    seen.add(id);
    const wrong = answeredBy.flatMap(({ kind, value }) => {
      if (kind !== 'later')
        return isThere(id[0]!, kind, value) ? [] : [`${id} names the ${kind} ${value}, which does not exist`];
      const there = [...value.matchAll(/`([\w.[\]-]+)`/g)].map((match) => match[1]!);
      return [
        ...(/^[A-Z`].*\.$/.test(value) ? [] : [`${id}: "${value}" is not a sentence`]),
        ...there.flatMap((name) => {
          const kinds = KNOWN.filter((one) => isThere(id[0]!, one, name));
          return kinds.length === 0
            ? []
            : [`${id} calls ${name} later, and it is there: name it as ${kinds.join(' or ')}`];
        }),
      ];
    });
    return [...twice, ...wrong];
  });
}

describe('docs/requirements.yml', () => {
  const all = readRequirements();

  it('names only what exists, each line once, and calls nothing later that is there', () => {
    expect(problemsOf(all)).toEqual([]);
  });

  it.each(Object.entries(EDEN))('has every line of Eden’s runbook that asks for something: %s', (_, lines) => {
    const known = new Set(all.map(({ id }) => id));
    expect(lines.map((line) => `E${line}`).filter((id) => !known.has(id))).toEqual([]);
  });

  it.each(Object.entries(NOVACRON))('has every line of NovaCron’s runbook that asks for something: %s', (_, lines) => {
    const known = new Set(all.map(({ id }) => id));
    expect(lines.map((line) => `N${line}`).filter((id) => !known.has(id))).toEqual([]);
  });

  it.each(Object.keys(DOCUMENTS))('keeps the lines of document %s in order, so that an entry is found', (document) => {
    const lines = all.filter(({ id }) => id.startsWith(document)).map(({ id }) => Number(id.slice(1)));
    expect(lines.length).toBeGreaterThan(100);
    expect(lines).toEqual([...lines].sort((a, b) => a - b));
  });

  it('would say what is wrong with an entry', () => {
    const kinds = ['step', 'gate', 'message', 'command', 'config', 'decision'] as const;
    const none = kinds.map((kind) => ({ kind, value: 'no-such' }));
    expect(problemsOf([{ id: 'E1', says: 'It.', answeredBy: none }])).toEqual(
      kinds.map((kind) => `E1 names the ${kind} no-such, which does not exist`),
    );
    const late = {
      id: 'E2',
      says: 'It.',
      answeredBy: [{ kind: 'later' as const, value: 'step `switch-dns` some day' }],
    };
    expect(problemsOf([late, late])).toEqual([
      'E2: "step `switch-dns` some day" is not a sentence',
      'E2 calls switch-dns later, and it is there: name it as step',
      'E2 stands there twice',
      'E2: "step `switch-dns` some day" is not a sentence',
      'E2 calls switch-dns later, and it is there: name it as step',
    ]);
  });

  it.each([
    ['steps: []', 'is not a list'],
    ['- { id: E1, says: It. }', 'entry 1 (E1): write exactly id, says and answeredBy'],
    ['- { id: E1, says: It., answeredBy: [], more: 1 }', 'write exactly id, says and answeredBy'],
    ['- { id: line 1, says: It., answeredBy: [{ step: a }] }', 'letter and line'],
    ['- { id: X1, says: It., answeredBy: [{ step: a }] }', 'X is no document. Known: E, N.'],
    ["- { id: E1, says: '', answeredBy: [{ step: a }] }", 'says is empty'],
    ['- { id: E1, says: It., answeredBy: [] }', 'answeredBy names nothing'],
    ['- { id: E1, says: It., answeredBy: [{ setp: a }] }', 'write each answer as one of step, gate'],
    ['- { id: E1, says: It., answeredBy: [{ step: a, gate: b }] }', 'write each answer as one of step, gate'],
  ])('is refused with a sentence where it is not of its shape: %s', (text, sentence) => {
    expect(() => requirementsOf(text)).toThrow(sentence);
  });
});

describe('docs/runbook.md', () => {
  it('is made from every runbook there is', () => {
    const files = readdirSync(resolve(ROOT, 'src/steps/runbooks')).map((name) => name.replace(/\.ts$/, ''));
    expect(RUNBOOKS.map(({ name }) => name).sort()).toEqual(files.sort());
  });

  it.each(steps.map((step) => [step.id, step] as const))('has whole sentences about %s', (_, { about }) => {
    expect(about, 'a step of a runbook has `about`').toBeDefined();
    const { does, asks, whenItStops } = about!;
    expect(whenItStops.length).toBeGreaterThan(0);
    for (const text of [does, asks, ...whenItStops]) expect(text).toMatch(/^[A-Z“{][\s\S]*[.”]$/);
  });
});
