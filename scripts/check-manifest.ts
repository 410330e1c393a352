/**
 * Validates manifest.yml against Slack's own schema: `node scripts/check-manifest.ts <schema.json> [manifest.yml]`.
 * The schema is not part of the project; CI names the file where it is present.
 */
import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { parse } from 'yaml';

/** What Slack would refuse, one line each; empty when it is fine. */
export function manifestProblems(manifest: unknown, schema: object): string[] {
  // Slack's schema has keys of its own (`_note`), which strict mode refuses.
  const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false });
  const check = ajv.compile(schema);
  if (check(manifest)) return [];
  return (check.errors ?? []).map(({ instancePath, message, params }) => {
    const extra = 'additionalProperty' in params ? ` (${String(params['additionalProperty'])})` : '';
    return `${instancePath || '/'} ${message ?? 'is wrong'}${extra}`;
  });
}

function main([schemaPath, manifestPath = 'manifest.yml']: string[]): number {
  if (schemaPath === undefined) {
    console.error('Which schema? Usage: node scripts/check-manifest.ts <schema.json> [manifest.yml]');
    return 2;
  }
  const problems = manifestProblems(
    parse(readFileSync(manifestPath, 'utf8')),
    JSON.parse(readFileSync(schemaPath, 'utf8')) as object,
  );
  for (const problem of problems) console.error(`${manifestPath}: ${problem}`);
  if (problems.length === 0) console.log(`${manifestPath}: valid`);
  return problems.length === 0 ? 0 : 1;
}

if (import.meta.main) process.exitCode = main(process.argv.slice(2));
