/**
 * Command text as phones and laptops really send it: straight, curly and single quotes, long dashes, no-break spaces,
 * `reason=`, and links and mentions as Slack escapes them. What is not clear is refused with a sentence, never guessed.
 */

export type Parsed = { ok: true; words: string[]; named: Record<string, string> } | { ok: false; sentence: string };

/** Which closing marks end a value that one of these began: keyboards mix them, so each class closes with any of its own. */
const DOUBLE = '"“”„‟«»″';
const SINGLE = "'‘’‚‛′";

const entity = (whole: string, sign: string, id: string, label: string | undefined): string => {
  if (sign === '@' || sign === '#') return `${sign}${id}`;
  if (sign === '!') return '';
  return label !== undefined && label !== '' ? label : id.replace(/^mailto:/, '') || whole;
};

/** `<@U1|ana>` → `@U1`, `<http://db|db>` → `db`, `&lt;` → `<`; spaces of all kinds become plain ones. */
export function plainText(text: string): string {
  return text
    .replace(/<([@#!]?)([^|>]*)(?:\|([^>]*))?>/g, entity)
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
    .replace(/[\u00AD\u200B-\u200F\u202A-\u202E\u2060-\u2069\uFEFF]/g, '')
    .replace(/\s/g, ' ')
    .trim();
}

/** The names every command line may hold; a command may have more (`Command.keys`). */
export const KEYS: readonly string[] = ['reason', 'to'];

/**
 * Splits a command line into bare words and named values. Only the names in `keys` are names: `db:5432` is a word.
 * Words after an unquoted text value (`reason: disk is full`) belong to it.
 */
export function parse(text: string, keys: readonly string[] = KEYS): Parsed {
  const input = plainText(text);
  const words: string[] = [];
  const named: Record<string, string> = {};
  let open: string | null = null;
  let at = 0;
  while (at < input.length) {
    if (input[at] === ' ') {
      at += 1;
      continue;
    }
    const key = keys.find((name) => new RegExp(`^[-—–]{0,2}${name} ?[:=]`, 'i').test(input.slice(at)));
    if (key !== undefined) {
      at += /^[^:=]*[:=]\s*/.exec(input.slice(at))![0].length;
      if (key in named) return { ok: false, sentence: `${key} is given twice. Nothing was started.` };
      named[key] = '';
      open = key;
    }
    const value = readValue(input, at);
    if (!value.ok)
      return {
        ok: false,
        sentence: `The ${open ?? 'text'} has an opening quote and no closing one: ${open === null ? '' : `${open}:`}${input.slice(at)}. Nothing was started.`,
      };
    at = value.end;
    if (open === null) words.push(value.text);
    else {
      const first = named[open] === '';
      named[open] = `${named[open]} ${value.text}`.trim();
      // A value that is quoted is whole; only free text goes on, quoted words in it too, and only a reason is free text.
      if ((first && value.quoted) || open !== 'reason') open = null;
    }
  }
  return { ok: true, words: words.filter((word) => word !== ''), named };
}

function readValue(
  input: string,
  at: number,
): { ok: true; text: string; end: number; quoted: boolean } | { ok: false } {
  const first = input[at] ?? '';
  const marks = DOUBLE.includes(first) ? DOUBLE : SINGLE.includes(first) ? SINGLE : null;
  if (first === '' || marks === null) {
    const end = input.indexOf(' ', at);
    const stop = end === -1 ? input.length : end;
    return { ok: true, text: input.slice(at, stop), end: stop, quoted: false };
  }
  for (let end = at + 1; end < input.length; end += 1) {
    // A closing mark ends the value only where a word ends: an apostrophe inside stays.
    if (marks.includes(input[end]!) && (end + 1 === input.length || input[end + 1] === ' '))
      return { ok: true, text: input.slice(at + 1, end).trim(), end: end + 1, quoted: true };
  }
  return { ok: false };
}
