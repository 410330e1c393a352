/**
 * A few combinators to say what a JSON value must look like, with Slack's wording of what is wrong and where:
 * `[ERROR] must be less than 76 characters [json-pointer:/blocks/0/elements/1/text/text]`.
 */

export type Report = (pointer: string, problem: string) => void;
export type Check = (value: unknown, pointer: string, report: Report) => void;

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Every problem found, in Slack's `response_metadata.messages` form. */
export function problems(check: Check, value: unknown, pointer: string): string[] {
  const found: string[] = [];
  check(value, pointer, (at, problem) => found.push(`[ERROR] ${problem} [json-pointer:${at}]`));
  return found;
}

export const anything: Check = () => {};

export const flag: Check = (value, at, report) => {
  if (typeof value !== 'boolean') report(at, 'must be a boolean');
};

export const number: Check = (value, at, report) => {
  if (typeof value !== 'number') report(at, 'must be a number');
};

export function string(max: number, min = 0): Check {
  return (value, at, report) => {
    if (typeof value !== 'string') report(at, 'must be a string');
    else if (value.length > max) report(at, `must be less than ${max + 1} characters`);
    else if (value.length < min) report(at, `must be more than ${min - 1} characters`);
  };
}

export function oneOf(...allowed: string[]): Check {
  return (value, at, report) => {
    if (typeof value !== 'string' || !allowed.includes(value)) report(at, `must be one of: ${allowed.join(', ')}`);
  };
}

export function list(each: Check, max: number, min = 0): Check {
  return (value, at, report) => {
    if (!Array.isArray(value)) return report(at, 'must be an array');
    if (value.length > max) report(at, `no more than ${max} items allowed`);
    if (value.length < min) report(at, `must have at least ${min} item${min === 1 ? '' : 's'}`);
    value.forEach((item, i) => {
      each(item, `${at}/${i}`, report);
    });
    return undefined;
  };
}

/** Keys ending in `!` are required; any key not named is refused, as Slack does. */
export function object(keys: Record<string, Check>): Check {
  const checks = new Map(Object.entries(keys).map(([key, check]) => [key.replace(/!$/, ''), check]));
  const required = Object.keys(keys)
    .filter((key) => key.endsWith('!'))
    .map((key) => key.slice(0, -1));
  return (value, at, report) => {
    if (!isObject(value)) return report(at, 'must provide an object');
    for (const key of required) {
      if (value[key] === undefined) report(at, `missing required field: ${key}`);
    }
    for (const [key, item] of Object.entries(value)) {
      const check = checks.get(key);
      if (!check) report(at, `invalid additional property: ${key}`);
      else if (item !== undefined) check(item, `${at}/${key}`, report);
    }
    return undefined;
  };
}

/** Objects told apart by their `type`. */
export function byType(kinds: Record<string, Check>, what: string): Check {
  return (value, at, report) => {
    if (!isObject(value)) return report(at, 'must provide an object');
    const check = typeof value['type'] === 'string' ? kinds[value['type']] : undefined;
    if (!check) return report(`${at}/type`, `unsupported type: ${String(value['type'])} (${what})`);
    check(value, at, report);
    return undefined;
  };
}

/** All of them, one after the other. */
export function every(...checks: Check[]): Check {
  return (value, at, report) => {
    for (const check of checks) check(value, at, report);
  };
}
