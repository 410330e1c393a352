/** docs/configuration.md: every key of `dr.yml` with its kind, unit, default and meaning, from the schema itself. */
import { DURATION_PATTERN } from '../../src/config/fields.ts';
import { configJsonSchema, type JsonSchema } from '../../src/config/json-schema.ts';
import type { Generator } from '../generate.ts';

type Row = { key: string; kind: string; fallback: string; meaning: string };

export const configReference: Generator = {
  output: 'docs/configuration.md',
  make() {
    const root = configJsonSchema();
    const sections = Object.entries(root.properties ?? {}).map(([key, schema]) =>
      sectionOf(key, schema, root.required?.includes(key) ?? false),
    );
    return `${[INTRODUCTION, ...sections].join('\n\n')}\n`;
  },
};

const INTRODUCTION = `<!-- Made from src/config/schema.ts by npm run generate. Do not edit. -->

# Configuration

Regent reads one YAML file, \`dr.yml\`. \`config/eden.yml\` and \`config/novacron.yml\` are complete examples.

- **Check it** with \`npm run config:check\`: every problem is listed at once, with file, line, key, what was found and what to do. Starting does the same check.
- **Editors** complete and check it when its first line is \`# yaml-language-server: $schema=./dr.schema.json\` (the schema lies in \`config/\`).
- **Secrets** never stand in the file. Write \`env:NAME\` for an environment variable or \`file:path\` for a file; the newline at that file's end is not part of the secret.
- **Durations** carry their unit: \`250ms\`, \`30s\`, \`5m\`, \`1h30m\`, \`2d\`.
- **File names** of scripts, kubeconfigs and secrets are relative to the file they stand in.
- **An overlay** is a second YAML file laid over the first, for what differs between two worlds: maps merge key by key, \`null\` removes a key, everything else (lists too) replaces. Problems name the file and line a value came from.
- **Unknown keys** are refused, with a guess at what was meant.

In the tables \`NAME\` stands for a name of yours and \`[]\` for each item of a list. "required" means that the key has to be there when the key that holds it is.`;

/** A heading, what the key is for, and a table of what is inside it (of itself where nothing is). */
function sectionOf(key: string, schema: JsonSchema, required: boolean): string {
  const [own, ...inside] = rowsOf(key, schema, required) as [Row, ...Row[]];
  const rows = inside.length > 0 ? inside : [own];
  const prose = inside.length > 0 ? [`${own.meaning} ${required ? 'Required.' : 'May be left out.'}`, ''] : [];
  return [
    `## ${key}`,
    '',
    ...prose,
    '| key | kind, unit | default | meaning |',
    '|---|---|---|---|',
    ...rows.map(({ key, kind, fallback, meaning }) => `| \`${key}\` | ${kind} | ${fallback} | ${cell(meaning)} |`),
  ].join('\n');
}

/** The key itself, then what is inside it. Alternatives are listed one after the other. */
function rowsOf(key: string, schema: JsonSchema, required: boolean): Row[] {
  const own: Row = {
    key,
    kind: kindOf(schema),
    fallback: required ? 'required' : defaultOf(schema),
    meaning: schema.description ?? '',
  };
  return [own, ...insideOf(key, schema)];
}

function insideOf(key: string, schema: JsonSchema): Row[] {
  const named = Object.entries(schema.properties ?? {}).flatMap(([name, inner]) =>
    rowsOf(`${key}.${name}`, inner, schema.required?.includes(name) ?? false),
  );
  const others =
    typeof schema.additionalProperties === 'object' ? insideOf(`${key}.NAME`, schema.additionalProperties) : [];
  const items = schema.items === undefined ? [] : insideOf(`${key}[]`, schema.items);
  const options = (schema.anyOf ?? []).flatMap((option) => {
    const ways = Object.keys(option.properties ?? {}).map((name) => `${key}.${name}`);
    return insideOf(key, option).map((row) => (ways.includes(row.key) ? { ...row, fallback: 'one of these' } : row));
  });
  return [...named, ...others, ...items, ...options];
}

function kindOf(schema: JsonSchema): string {
  if (schema.writeOnly === true) return 'secret: `env:NAME` or `file:path`';
  if (schema.pattern === DURATION_PATTERN.source) return 'duration';
  if (schema.const !== undefined) return `\`${schema.const}\``;
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${value}\``).join(', ');
  if (schema.anyOf !== undefined)
    return schema.anyOf.every((option) => option.type === 'string') ? 'text' : 'one of several forms';
  if (schema.type === 'array') return `list of ${plural(schema.items ?? {})}`;
  if (schema.type === 'object')
    return typeof schema.additionalProperties === 'object'
      ? `map: NAME → ${kindOf(schema.additionalProperties)}`
      : 'map';
  if (schema.type === 'integer') return `whole number, ${bounds(schema)}`;
  if (schema.type === 'boolean') return '`true`, `false`';
  return 'text';
}

const plural = (schema: JsonSchema) => {
  const kind = kindOf(schema);
  return kind === 'text' ? 'texts' : kind === 'map' ? 'maps' : kind;
};

const bounds = ({ minimum, maximum }: JsonSchema) =>
  maximum === undefined ? `at least ${minimum}` : `${minimum} to ${maximum}`;

function defaultOf(schema: JsonSchema): string {
  const value = schema.default;
  if (value === undefined) return 'none';
  if (typeof value !== 'object' || value === null) return `\`${String(value)}\``;
  return schema.properties === undefined ? 'empty' : 'as below';
}

/** A vertical bar would end the cell, and a line break the table. */
const cell = (value: string) => value.replaceAll('|', '\\|').replaceAll('\n', ' ');
