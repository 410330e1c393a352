/** Names the way Kubernetes makes them: short, without vowels, so that no word can appear. */
import { createHash, randomInt } from 'node:crypto';

const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';

export const randomSuffix = (): string =>
  Array.from({ length: 5 }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');

/** The hash of a pod template: the same template, the same name. */
export const templateHash = (template: unknown): string =>
  [...createHash('sha256').update(JSON.stringify(template)).digest().subarray(0, 10)]
    .map((byte) => ALPHABET[byte % ALPHABET.length])
    .join('');
