/** Small words for problems: quoting what was found without giving a secret away, and guessing what was meant. */
import { nearest } from '../lib/nearest.ts';

/** Looks like a credential wherever it stands: tokens by their prefix, addresses with a password, private keys. */
const TELLS = /xox[a-z]-|xapp-|:\/\/[^/\s]*:[^/\s]*@|-----BEGIN|AKIA[0-9A-Z]{12}|eyJ[A-Za-z0-9_-]{10}/;

/** Whether a text must not be repeated to anyone, even where no secret belongs. */
export const looksSecret = (value: string): boolean => TELLS.test(value);

/** The value as a message may show it: one line, short, and never something that looks like a credential. */
export function quote(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'a map';
  if (typeof value !== 'string') return String(value);
  if (looksSecret(value)) return '(something that looks like a secret)';
  const line = value.replace(/\s+/g, ' ');
  return line.length > 60 ? `${JSON.stringify(line.slice(0, 57)).slice(0, -1)}…"` : JSON.stringify(line);
}

/** `a`, `a or b`, `a, b or c`. */
export function orList(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}

/** ` Did you mean x?`, or the known words, or nothing where there are none. Begins with a space; `prefix` goes before each. */
export function suggestion(word: string, known: readonly string[], prefix = ''): string {
  const meant = nearest(word, known);
  if (meant !== undefined) return ` Did you mean ${prefix}${meant}?`;
  return known.length > 0 ? ` Known here: ${known.map((each) => prefix + each).join(', ')}.` : '';
}
