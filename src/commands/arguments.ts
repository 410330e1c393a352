/**
 * What each command takes when a program asks for it: the keys of the HTTP API's bodies and the options of the command
 * line. Slack's text and buttons reach the same handlers; here every value has its name, so none is ever guessed.
 */
import { nearest } from '../lib/nearest.ts';
import { STRATEGIES } from '../machine/types.ts';
import type { Command, Request } from './command.ts';

export type Argument = {
  /** The JSON key, and `--key` on the command line. */
  key: string;
  /**
   * Where the command looks for it: a bare word (in this order), a named value, carried as a button would, a word that is
   * there or not, or that word and one more (`withdraw 3`).
   */
  as: 'word' | 'named' | 'carried' | 'flag' | 'tagged';
  /** Left out, the request is refused with this argument's `about`. */
  required?: true;
  oneOf?: readonly string[];
  /** What it is, as the end of a sentence. */
  about: string;
};
export type Takes = {
  takes: Argument[];
  /** It may be asked with GET while nothing beside these is given: then it only reads. */
  get?: string[];
};

const REASON: Argument = { key: 'reason', as: 'named', required: true, about: 'why; everybody will read it' };
const RUN: Argument = { key: 'run', as: 'carried', about: 'the run that is meant; without it, the one under way' };
const GATE: Argument = { key: 'gate', as: 'word', about: 'the decision that is meant, like promote or dns' };
const STEP: Argument = { key: 'step', as: 'word', about: 'the held step that is meant' };
const TO: Argument = { key: 'to', as: 'named', about: 'the region it goes to; needed where there are several' };
const FROM: Argument = { key: 'region', as: 'word', required: true, about: 'the region that is left' };
const END: Argument = { key: 'end-watch', as: 'named', about: 'the run that is only watched, and ends with this' };
const freely = ({ required: _, ...rest }: Argument): Argument => rest;
const needed = (one: Argument): Argument => ({ ...one, required: true });

export const ARGUMENTS: Record<string, Takes> = {
  failover: {
    takes: [
      FROM,
      TO,
      REASON,
      { key: 'force-after', as: 'named', about: 'when to go on as an emergency if it is not promoted, like 10m' },
      END,
    ],
  },
  failback: {
    takes: [{ key: 'region', as: 'word', about: 'the region that is home; it may be left out' }, REASON, END],
  },
  reprotect: {
    takes: [
      { key: 'region', as: 'word', required: true, about: 'the region that is to follow again' },
      {
        key: 'strategy',
        as: 'named',
        oneOf: STRATEGIES,
        about: 'by which way, for this run; without it as configured',
      },
      REASON,
      END,
    ],
  },
  declare: {
    takes: [
      FROM,
      TO,
      REASON,
      { key: 'sure', as: 'named', about: 'the region’s name once more, where nobody sees it down' },
      END,
    ],
  },
  plan: {
    takes: [
      freely(FROM),
      TO,
      { key: 'failback', as: 'flag', about: 'the plan of going home, in the place of a region' },
    ],
    get: ['region', 'to', 'failback'],
  },
  status: {
    takes: [{ key: 'detail', as: 'flag', about: 'every step too, for operators' }, RUN],
    get: ['detail', 'run'],
  },
  approve: { takes: [GATE, freely(REASON), RUN] },
  deny: { takes: [GATE, REASON, RUN] },
  confirm: { takes: [GATE, freely(REASON), RUN] },
  pause: { takes: [freely(REASON), RUN] },
  resume: { takes: [RUN] },
  retry: { takes: [STEP, RUN] },
  check: { takes: [STEP, RUN] },
  more: { takes: [GATE, STEP, RUN] },
  mode: {
    takes: [
      { key: 'mode', as: 'word', required: true, oneOf: ['emergency', 'planned'], about: 'what the run is to become' },
      REASON,
      { key: 'sure', as: 'named', about: 'the name of the region that is left, where nobody sees it down' },
      RUN,
    ],
  },
  override: {
    takes: [{ key: 'rule', as: 'word', required: true, about: 'the house rule that is not met, or all' }, REASON, RUN],
  },
  skip: { takes: [needed(STEP), REASON, RUN] },
  mark: {
    takes: [
      needed(STEP),
      { key: 'as', as: 'word', required: true, oneOf: ['done', 'not-done'], about: 'what became of it' },
      REASON,
      RUN,
    ],
  },
  abort: { takes: [REASON, RUN] },
  takeover: { takes: [REASON, RUN] },
  halt: { takes: [{ key: 'lift', as: 'flag', about: 'lift the halt that stands; two people are needed' }, REASON] },
  release: {
    takes: [
      { key: 'region', as: 'word', required: true, about: 'the region that was lost' },
      REASON,
      {
        key: 'sure',
        as: 'named',
        required: true,
        about: 'the region’s name once more: it may take writes from then on',
      },
    ],
  },
  lift: { takes: [{ key: 'region', as: 'word', required: true, about: 'the region whose fences are lifted' }, REASON] },
  acknowledge: { takes: [freely(REASON)] },
  later: { takes: [{ key: 'proposal', as: 'carried', required: true, about: 'the number of the proposal' }] },
  note: { takes: [{ key: 'text', as: 'carried', required: true, about: 'the line that is written down' }] },
  history: { takes: [], get: [] },
  scale: {
    takes: [
      { key: 'service', as: 'word', required: true, about: 'the deployment that is meant' },
      { key: 'replicas', as: 'word', required: true, about: 'how many pods it is to have' },
      freely(REASON),
      { key: 'sure', as: 'named', about: 'the service’s name once more, where it is to have none' },
    ],
  },
  schedule: {
    takes: [
      freely(FROM),
      { key: 'at', as: 'named', about: 'when it begins, in UTC: YYYY-MM-DD hh:mm' },
      { key: 'for', as: 'named', about: 'how long it may take, like 4h' },
      TO,
      freely(REASON),
      { key: 'withdraw', as: 'tagged', about: 'the number of the notice that is taken back' },
    ],
    get: [],
  },
  recovery: {
    takes: [
      { key: 'add', as: 'tagged', about: 'what is to be done' },
      { key: 'set', as: 'tagged', about: 'the number of the item that is given an owner or a day' },
      { key: 'done', as: 'tagged', about: 'the number of the item that is done' },
      { key: 'reopen', as: 'tagged', about: 'the number of the item that is open again' },
      { key: 'return', as: 'flag', about: 'say when the region is expected back, with at' },
      { key: 'owner', as: 'named', about: 'who has it: a person’s id, or a name; none takes it back' },
      { key: 'due', as: 'named', about: 'by when, in UTC: YYYY-MM-DD, or 2d from now; none takes it back' },
      {
        key: 'at',
        as: 'named',
        about: 'when the region is expected back, in UTC: YYYY-MM-DD hh:mm; none takes it back',
      },
      freely(REASON),
      { ...RUN, as: 'named' },
    ],
    get: ['run'],
  },
  review: {
    takes: [
      { key: 'run', as: 'word', about: 'the run that is meant; without it, the latest that waits' },
      { key: 'note', as: 'named', required: true, about: 'what was found; everybody will read it' },
    ],
  },
  ask: { takes: [needed(GATE)] },
  help: { takes: [], get: [] },
};

export const takesOf = (command: Pick<Command, 'name'>): Takes => ARGUMENTS[command.name] ?? { takes: [] };

/** Whether a call with these values can change nothing. */
export const onlyReads = (command: Pick<Command, 'name' | 'access'>, values: Record<string, unknown>): boolean =>
  command.access === 'read' && Object.keys(values).every((key) => takesOf(command).get?.includes(key));

const VALUE_MAX = 2000;
const NOTHING = 'Nothing was done.';

/** One line, nothing invisible in it; nothing is decoded, for nothing was encoded. */
const oneLine = (text: string): string =>
  text
    .toWellFormed()
    .replace(/\p{Cf}/gu, '')
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .trim();

/** What was given for one argument: text, or why it is none. */
function textOf({ key, as, oneOf }: Argument, value: unknown): { text: string } | { why: string } {
  if (value === undefined || value === null) return { text: '' };
  if (as === 'flag') {
    const yes = value === true || value === 'true' || value === '';
    if (yes || value === false || value === 'false') return { text: yes ? key : '' };
    return { why: `${key} is true or false, and it was ${JSON.stringify(value).slice(0, 40)}.` };
  }
  const given = as === 'tagged' && typeof value === 'number' ? String(value) : value;
  if (typeof given !== 'string') {
    const found = Array.isArray(given) ? 'a list' : typeof given === 'object' ? 'an object' : `a ${typeof given}`;
    return { why: `${key} must be text in quotes, and ${found} was found.` };
  }
  const text = oneLine(given);
  if (text.length > VALUE_MAX) return { why: `${key} has ${text.length} characters, and ${VALUE_MAX} are the most.` };
  if (text !== '' && oneOf && !oneOf.includes(text))
    return { why: `“${text.slice(0, 60)}” is not what ${key} may be: ${oneOf.join(' or ')}.` };
  return { text };
}

/** A call's values as its command takes them; or the one sentence that says what is wrong with them. */
export function fromValues(
  command: Pick<Command, 'name' | 'words'>,
  values: Record<string, unknown>,
): Pick<Request, 'words' | 'named' | 'carried'> | { why: string } {
  const { takes } = takesOf(command);
  const keys = takes.map(({ key }) => key);
  const strange = Object.keys(values).find((key) => !keys.includes(key));
  if (strange !== undefined) {
    const near = nearest(strange.slice(0, 40), keys);
    const known = keys.length === 0 ? 'It takes nothing.' : `It takes ${keys.join(', ')}.`;
    return {
      why: `“${oneLine(strange).slice(0, 60)}” is nothing ${command.name} takes.${near ? ` Did you mean ${near}?` : ''} ${known} ${NOTHING}`,
    };
  }
  const words: string[] = [];
  const named: [string, string][] = [];
  const carried: [string, string][] = [];
  const bare: Argument['as'][] = [];
  for (const one of takes) {
    const read = textOf(one, Object.hasOwn(values, one.key) ? values[one.key] : undefined);
    if ('why' in read) return { why: `${read.why} ${NOTHING}` };
    if (read.text === '') {
      if (one.required) return { why: `${command.name} needs ${one.key}: ${one.about}. ${NOTHING}` };
    } else if (one.as === 'named') named.push([one.key, read.text]);
    else if (one.as === 'carried') carried.push([one.key, read.text]);
    else {
      bare.push(one.as);
      words.push(...(one.as === 'tagged' ? [one.key] : []), read.text);
    }
  }
  // A word with a value of its own stands alone: the next one would be taken for a part of it.
  const crowded = bare.length > 1 && bare.includes('tagged');
  if (crowded || (command.words !== undefined && words.length > command.words))
    return { why: `${command.name} takes only one of ${optionalWords(takes)}. ${NOTHING}` };
  return { words, named: Object.fromEntries(named), carried: Object.fromEntries(carried) };
}

const optionalWords = (takes: Argument[]): string =>
  takes
    .filter(({ as }) => as !== 'named' && as !== 'carried')
    .map(({ key }) => key)
    .join(', ');
