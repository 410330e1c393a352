/**
 * docs/requirements.yml against the code: every name in it exists, no line of the original's procedures is left out,
 * nothing that is there is still called "later", and every step has its words for whoever is on call.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import {
  type Kind,
  type Requirement,
  readDecisions,
  readRequirements,
  requirementsOf,
} from '../../scripts/generators/requirements.ts';
import { RUNBOOKS } from '../../scripts/generators/runbook.ts';
import { ALIASES, COMMANDS } from '../../src/commands/table.ts';
import { configJsonSchema, type JsonSchema } from '../../src/config/json-schema.ts';
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
};

/** Steps written in the example's own configuration answer lines too. */
const configured = (): string[] => {
  const { steps = [] } = parse(readFileSync(resolve(ROOT, 'config/eden.yml'), 'utf8')) as { steps?: { id: string }[] };
  return steps.map(({ id }) => id);
};

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
  step: new Set([...steps.map(({ id }) => id), ...configured()]),
  gate: new Set(gates.map(({ id }) => id)),
  message: new Set(Object.keys(MESSAGES)),
  command: new Set([...COMMANDS.map(({ name }) => name), ...Object.keys(ALIASES)]),
  config: new Set(configKeys(configJsonSchema())),
  decision: new Set(readDecisions().keys()),
};

/** What is wrong with the entries, each in a sentence that says where and what. */
function problemsOf(list: Requirement[]): string[] {
  const seen = new Set<string>();
  return list.flatMap(({ id, answeredBy }) => {
    const twice = seen.has(id) ? [`${id} stands there twice`] : [];
    seen.add(id);
    const wrong = answeredBy.flatMap(({ kind, value }) => {
      if (kind !== 'later')
        return NAMES[kind].has(value) ? [] : [`${id} names the ${kind} ${value}, which does not exist`];
      const there = [...value.matchAll(/`([a-z-]+)`/g)].map((match) => match[1]!);
      return [
        ...(/^[A-Z`].*\.$/.test(value) ? [] : [`${id}: "${value}" is not a sentence`]),
        ...there
          .filter((name) => NAMES.step.has(name) || NAMES.gate.has(name))
          .map((name) => `${id} calls ${name} later, and it is there: name it as step or gate`),
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

  it('keeps the lines of each document in order, so that an entry is found', () => {
    const lines = all.filter(({ id }) => id.startsWith('E')).map(({ id }) => Number(id.slice(1)));
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
      'E2 calls switch-dns later, and it is there: name it as step or gate',
      'E2 stands there twice',
      'E2: "step `switch-dns` some day" is not a sentence',
      'E2 calls switch-dns later, and it is there: name it as step or gate',
    ]);
  });

  it.each([
    ['steps: []', 'is not a list'],
    ['- { id: E1, says: It. }', 'entry 1 (E1): write exactly id, says and answeredBy'],
    ['- { id: E1, says: It., answeredBy: [], more: 1 }', 'write exactly id, says and answeredBy'],
    ['- { id: line 1, says: It., answeredBy: [{ step: a }] }', 'letter and line'],
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
