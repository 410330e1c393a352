/** The schema as JSON Schema (of the written form): for editors, for the reference page, and to know which keys exist where. */
import { z } from 'zod';
import { configSchema } from './schema.ts';
import type { Path } from './source.ts';

/** The part of JSON Schema that ours comes out as. */
export type JsonSchema = {
  $schema?: string;
  type?: string;
  const?: unknown;
  enum?: unknown[];
  default?: unknown;
  description?: string;
  pattern?: string;
  format?: string;
  minimum?: number;
  maximum?: number;
  minItems?: number;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  additionalProperties?: boolean | JsonSchema;
  propertyNames?: JsonSchema;
  items?: JsonSchema;
  anyOf?: JsonSchema[];
  writeOnly?: boolean;
  title?: string;
};

let made: JsonSchema | undefined;

/** Made once: the schema is constant. */
export function configJsonSchema(): JsonSchema {
  made ??= z.toJSONSchema(configSchema, { io: 'input' }) as JsonSchema;
  return made;
}

/** What may stand at a path, or undefined where nothing may. Of alternatives, the first that knows the rest of the path. */
export function schemaAt(path: Path, schema: JsonSchema = configJsonSchema()): JsonSchema | undefined {
  const [key, ...rest] = path;
  if (key === undefined) return schema;
  if (schema.anyOf !== undefined) {
    for (const option of schema.anyOf) {
      const found = schemaAt(path, option);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  const named = schema.properties?.[String(key)];
  const other = typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined;
  const next = typeof key === 'number' ? schema.items : (named ?? other);
  return next === undefined ? undefined : schemaAt(rest, next);
}

/** The keys known at a path; of alternatives, all of theirs. */
export function knownKeys(path: Path): string[] {
  const schema = schemaAt(path);
  const options = schema?.anyOf ?? (schema === undefined ? [] : [schema]);
  return [...new Set(options.flatMap((option) => Object.keys(option.properties ?? {})))];
}
