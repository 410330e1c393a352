/**
 * The command line as shells hand it over. Options are those of the command's own table; what Slack's hints show
 * (`dr abort reason:"…"`) is understood too, because that is what people will paste.
 */
import { type Argument, takesOf } from '../commands/arguments.ts';
import type { Command } from '../commands/command.ts';
import { commandNamed } from '../commands/dispatch.ts';
import { COMMANDS } from '../commands/table.ts';
import { UserError } from '../lib/errors.ts';
import { nearest } from '../lib/nearest.ts';

export type Options = { server?: string; tokenFile?: string; key?: string; json: boolean; timeoutMs?: number };
export type Line =
  | { kind: 'help'; command: Command | null; options: Options }
  | { kind: 'token'; person: string; name: string | null; options: Options }
  | { kind: 'call'; command: string; values: Record<string, string | boolean>; options: Options };

/** What every command takes, besides its own. */
export const GENERAL: { key: string; takes: string | null; about: string }[] = [
  { key: 'server', takes: 'URL', about: 'where Regent’s API is; else DR_SERVER, else http://127.0.0.1:8080' },
  { key: 'token-file', takes: 'FILE', about: 'a file with the token; else DR_TOKEN_FILE, else DR_TOKEN itself' },
  { key: 'json', takes: null, about: 'the answer as JSON' },
  { key: 'key', takes: 'KEY', about: 'the request’s Idempotency-Key: sent twice under one, it acts once' },
  { key: 'timeout', takes: 'SECONDS', about: 'how long the answer may take; else 60' },
  { key: 'help', takes: null, about: 'how a command is used' },
];

const mistake = (sentence: string, hint: string) => new UserError(sentence, { code: 'usage', hint });
const NOTHING = 'Nothing was sent.';

/** @throws UserError with the sentence that says what is not understood */
export function readLine(argv: string[]): Line {
  const at = wordAt(argv);
  const word = argv[at];
  if (word === undefined || word === 'help')
    return { kind: 'help', command: helpAbout(argv), options: { json: false } };
  const rest = argv.toSpliced(at, 1);
  if (word === 'token') return tokenLine(rest);
  const command = commandNamed(word);
  if (!command) {
    const near = nearest(word.slice(0, 40), ['token', ...COMMANDS.map(({ name }) => name)]);
    throw mistake(`“${word}” is not a command.`, `${near ? `Did you mean dr ${near}?` : 'See dr --help.'} ${NOTHING}`);
  }
  const read = optionsOf(rest, takesOf(command).takes, command.name);
  if (read.help) return { kind: 'help', command, options: read.options };
  const values = { ...read.values, ...bare(read.words, command, read.values) };
  return { kind: 'call', command: command.name, values, options: read.options };
}

/** Where the command's word stands: the first that is no option, and no general option's value. */
const wordAt = (argv: string[]): number => {
  const at = argv.findIndex(
    (one, index) => !one.startsWith('-') && !GENERAL.some(({ key, takes }) => takes && argv[index - 1] === `--${key}`),
  );
  return at === -1 ? argv.length : at;
};

const helpAbout = (argv: string[]): Command | null =>
  argv.flatMap((one) => (one === 'help' ? [] : (commandNamed(one) ?? [])))[0] ?? null;

function tokenLine(argv: string[]): Line {
  const { words, values, options, help } = optionsOf(
    argv,
    [
      { key: 'name', as: 'named', about: '' },
      { key: 'person', as: 'word', about: '' },
    ],
    'token',
  );
  if (help) return { kind: 'help', command: null, options };
  const person = values['person'] ?? words[0];
  if (typeof person !== 'string' || words.length > 1)
    throw mistake('dr token wants one person: dr token user:U0123456789 [--name ci].', 'Nothing was made.');
  return { kind: 'token', person, name: typeof values['name'] === 'string' ? values['name'] : null, options };
}

type Read = { words: string[]; values: Record<string, string | boolean>; options: Options; help: boolean };

/** Options by their names; what is none of them stays a word, in its order. */
function optionsOf(argv: string[], takes: Argument[], name: string): Read {
  const own = takes.map(({ key }) => key);
  const read: Read = { words: [], values: {}, options: { json: false }, help: false };
  for (let at = 0; at < argv.length; at += 1) {
    const one = argv[at]!;
    if (one === '--') {
      read.words.push(...argv.slice(at + 1));
      break;
    }
    if (!/^(-h$|--.)/.test(one)) {
      read.words.push(one);
      continue;
    }
    const [, key = '', joined] = /^--?([^=]*)(?:=([\s\S]*))?$/.exec(one)!;
    if (key === 'h' || key === 'help') {
      read.help = true;
      continue;
    }
    const general = GENERAL.find((option) => option.key === key);
    const argument = takes.find((option) => option.key === key);
    if (!general && !argument) {
      const near = nearest(key, [...own, ...GENERAL.map((option) => option.key)]);
      const known = own.length === 0 ? '' : ` It takes ${own.map((own) => `--${own}`).join(', ')}.`;
      throw mistake(`--${key} is nothing dr ${name} takes.${near ? ` Did you mean --${near}?` : ''}${known}`, NOTHING);
    }
    const isFlag = argument ? argument.as === 'flag' : general!.takes === null;
    if (isFlag && joined !== undefined) throw mistake(`--${key} stands alone, without a value.`, NOTHING);
    const value = isFlag ? true : (joined ?? argv[++at]);
    if (value === undefined) throw mistake(`--${key} needs a value, and the line ends there.`, NOTHING);
    if (argument) put(read.values, key, value);
    else setGeneral(read.options, key, value);
  }
  return read;
}

function put(values: Record<string, string | boolean>, key: string, value: string | boolean): void {
  if (key in values) throw mistake(`${key} is given twice.`, NOTHING);
  values[key] = value;
}

function setGeneral(options: Options, key: string, value: string | boolean): void {
  if (key === 'json') options.json = true;
  if (typeof value !== 'string') return;
  if (key === 'server') options.server = value;
  if (key === 'token-file') options.tokenFile = value;
  if (key === 'key') options.key = value;
  if (key !== 'timeout') return;
  const seconds = Number(value);
  if (!(seconds > 0 && seconds <= 3600))
    throw mistake(`--timeout is a number of seconds up to 3600, not “${value}”.`, NOTHING);
  options.timeoutMs = seconds * 1000;
}

/** Words without an option, as Slack's lines have them: `us-east-1 reason:"…"`, `detail`, `withdraw 3`. */
function bare(words: string[], command: Command, given: Record<string, string | boolean>) {
  const { takes } = takesOf(command);
  const values: Record<string, string | boolean> = {};
  const text = takes.find(({ as, key }) => as === 'carried' && key === 'text');
  if (text && words.length > 0) {
    if (text.key in given) throw mistake(`${text.key} is given twice.`, NOTHING);
    return { [text.key]: words.join(' ') };
  }
  const places = takes.filter(({ as, key }) => as === 'word' && !(key in given));
  let open: string | null = null;
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at]!;
    const [, key = '', value = ''] = /^([a-z]+)[:=]\s*([\s\S]*)$/i.exec(word) ?? [];
    const name = takes.find((one) => one.as === 'named' && one.key === key.toLowerCase())?.key;
    const tag = takes.find(({ as, key }) => (as === 'flag' || as === 'tagged') && key === word.toLowerCase());
    if (name !== undefined) {
      if (name in given) throw mistake(`${name} is given twice.`, NOTHING);
      put(values, name, unquoted(value));
      open = name === 'reason' || name === 'note' ? name : null;
    } else if (open !== null) values[open] = `${values[open]} ${word}`.trim();
    else if (tag?.as === 'flag') values[tag.key] = true;
    else if (tag) values[tag.key] = words[++at] ?? '';
    else {
      const place = places.shift();
      if (!place)
        throw mistake(`dr ${command.name} has no use for “${word}”.`, `See dr ${command.name} --help. ${NOTHING}`);
      values[place.key] = word;
    }
  }
  return values;
}

/** Quotes a shell has not taken away: typed in a text field, or curly ones it does not know. */
const unquoted = (text: string): string => /^["“”„«](.*)["“”‟»]$/s.exec(text)?.[1] ?? text;
