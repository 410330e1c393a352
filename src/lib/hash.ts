import { createHash } from 'node:crypto';
import { canonicalJson } from './json.ts';

/** SHA-256 in hex of the canonical JSON of a value. */
export const hashOf = (value: unknown): string => createHash('sha256').update(canonicalJson(value)).digest('hex');
