/**
 * The kinds of value a configuration is made of. Each says in its own words what is wrong with what it found,
 * because a person reads that sentence at start-up, often in a hurry. Nothing here prints a secret.
 */
import { z } from 'zod';
import { parseDuration } from '../lib/duration.ts';
import { quote } from './words.ts';

/** The raw issue zod hands to an error function: `undefined` and empty values get the general sentences. */
type Raw = { readonly input?: unknown };
const says = (sentence: (input: string) => string) => (issue: Raw) =>
  issue.input === undefined || issue.input === null ? undefined : sentence(quote(issue.input));

export const DURATION_PATTERN = /^(\d+(\.\d+)?(ms|s|m|h|d))+$/;

/** `250ms`, `30s`, `5m`, `1h30m` → milliseconds. A bare number is refused: nobody should have to guess its unit. */
function durationOf(accepts: (ms: number) => boolean, bound: string) {
  const error = ({ input }: Raw) => {
    if (input === undefined || input === null) return undefined;
    return /^\d+(\.\d+)?$/.test(String(input))
      ? `${input} has no unit. Write ${input}s for seconds or ${input}m for minutes.`
      : `${quote(input)} is not a duration. Write one like 30s, 5m or 1h30m.`;
  };
  return z
    .string({ error })
    .regex(DURATION_PATTERN, { error })
    .transform((text, context) => {
      const ms = parseDuration(text);
      if (ms !== undefined && accepts(ms)) return ms;
      context.issues.push({ code: 'custom', input: text, message: `${text} ${bound}` });
      return z.NEVER;
    });
}

/** Longer than nothing. */
export const duration = () => durationOf((ms) => ms > 0, 'is no time at all. Write one like 30s or 5m.');
/** May be nothing: `0s`. */
export const durationOrNone = () => durationOf((ms) => ms >= 0, 'is not a duration.');

/** Text in a fixed shape; `what` completes the sentence "… is not …", `like` what to write instead. */
export const shaped = (pattern: RegExp, what: string, like: string) => {
  const error = says((input) => `${input} is not ${what}. Write ${like}.`);
  return z.string().regex(pattern, { error });
};

export const text = () => z.string().min(1);

export const PLAIN_SECRET = 'a secret stands here in plain text; write env:NAME or file:path.';
export const SECRET_PATTERN = /^(env:[A-Za-z_][A-Za-z0-9_]*|file:.+)$/;

/** Gives the secret behind `env:NAME` or `file:path`, or the sentence that says why there is none. */
export type SecretReader = (reference: string) => { value: string } | { problem: string };

/** A secret by reference. `wanted` looks at the resolved value and may complain, naming the reference, never the value. */
export function secret(read: SecretReader, wanted?: { pattern: RegExp; what: string }) {
  const error = (issue: Raw) => (issue.input === undefined || issue.input === null ? undefined : PLAIN_SECRET);
  return z
    .string({ error })
    .regex(SECRET_PATTERN, { error })
    .transform((reference, context) => {
      const found = read(reference);
      const problem =
        'problem' in found
          ? found.problem
          : wanted !== undefined && !wanted.pattern.test(found.value)
            ? `what ${reference} holds is not ${wanted.what}. Put the right value there, or name another.`
            : undefined;
      if (problem !== undefined) {
        context.issues.push({ code: 'custom', input: reference, message: problem });
        return z.NEVER;
      }
      return 'value' in found ? found.value : z.NEVER;
    });
}

/** Why a URL cannot stand in the file, or undefined. Credentials in it would be a secret in plain text. */
function urlProblem(given: string): string | undefined {
  const url = URL.canParse(given) ? new URL(given) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol))
    return `${quote(given)} is not a web address. Write one that begins with https:// or http://.`;
  if (url.username !== '' || url.password !== '')
    return 'a user or password stands in this address in plain text. Take it out.';
  return undefined;
}

const placeholders = (given: string) => given.match(/\{[^}]*\}?|\}/g) ?? [];

/** What may stand for something of the run in scripts and addresses that belong to a run. */
export const RUN_PLACEHOLDERS = [
  '{source}',
  '{target}',
  '{sourceAlias}',
  '{targetAlias}',
  '{alias}',
  '{others}',
  '{run}',
];

/**
 * An http(s) address without credentials. `alias` allows `{alias}`, which stands for the region's alias; with
 * `placeholders` those of a run may stand in it.
 */
export function webAddress({ alias = false, placeholders: ofRun = false } = {}) {
  const known = ofRun ? RUN_PLACEHOLDERS : alias ? ['{alias}'] : [];
  return z.string().superRefine((given, context) => {
    const strange = placeholders(given).find((found) => !known.includes(found));
    const problem =
      strange === undefined
        ? urlProblem(placeholders(given).reduce((text, found) => text.replace(found, 'x'), given))
        : ofRun
          ? `${strange} is not known here. Known are ${RUN_PLACEHOLDERS.join(', ')}.`
          : alias
            ? `${strange} is not known here. The only placeholder is {alias}, the alias of a region.`
            : `${strange} is a placeholder, and this address is the same in every region. Write it out.`;
    if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
  });
}

export const name = (what: string) =>
  shaped(
    /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/,
    `a name for ${what}`,
    'small letters, digits and hyphens, like api-gateway',
  );

const HOSTNAME = /^(\*\.)?([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/i;
export const hostname = () =>
  shaped(HOSTNAME, 'a full host name', 'one like api.eden.example.com, without a dot at its end');
export const isHostname = (given: string) => HOSTNAME.test(given) && !given.startsWith('*');

/** `host:port`, the port written out. */
export const hostAndPort = () =>
  shaped(
    /^([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]):\d{1,5}$/,
    'a host with its port',
    'one like redis-sentinel-1.eden.internal:26379',
  );

/** `9.9.9.9`, `9.9.9.9:5353`, `[2620:fe::fe]:53`: servers that are asked must not depend on being looked up first. */
export const ipMaybePort = () =>
  z.union([z.ipv4(), z.ipv6(), z.string().regex(/^(\d{1,3}(\.\d{1,3}){3}|\[[0-9A-Fa-f:.]+\]):\d{1,5}$/)], {
    error: says((input) => `${input} is not an IP address. Write one like 9.9.9.9, or 9.9.9.9:53 with its port.`),
  });

/** A name server: host name or IP address, with a port where it is not 53. */
export const nameServer = () =>
  shaped(
    /^([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?$/,
    'a name server',
    'its host name or IP address, with :port where that is not 53',
  );

export const groupName = () => shaped(/^[a-z0-9][a-z0-9_-]*$/, 'a name for a group', 'one like sre');

const ID = '[A-Z0-9]{2,20}';
export const slackGroup = () =>
  shaped(new RegExp(`^S${ID}$`), 'the id of a Slack user group', 'the id, like S0123456789');
export const slackChannel = () =>
  shaped(
    new RegExp(`^[CG]${ID}$`),
    'the id of a Slack channel',
    'the id from the end of the channel’s details, like C0123456789',
  );

/** `group:sre` or `user:U0123456789`; that the group exists is checked where the whole file is known. */
export const person = () =>
  shaped(
    new RegExp(`^(group:[a-z0-9][a-z0-9_-]*|user:[UW]${ID})$`),
    'a person or a group',
    'group:NAME (see groups) or user:ID with a Slack id, like user:U0123456789',
  );
