/**
 * Errors by what happens next (STYLE: whose trouble is it):
 * the person can mend the command, the operator can mend the configuration, the outside failed, or we have a bug.
 * `message` is one sentence: what was found, where. `hint` is the sentence that says what to do.
 */

type Details = { code: string; hint?: string; cause?: unknown };

export class DrError extends Error {
  readonly code: string;
  readonly hint: string | undefined;
  constructor(message: string, { code, hint, cause }: Details) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = new.target.name;
    this.code = code;
    this.hint = hint;
  }
  /** Message and hint as a person reads them. */
  get sentence(): string {
    return this.hint === undefined ? this.message : `${this.message} ${this.hint}`;
  }
}

/** The person who acted can mend it: a wrong region, a missing reason. */
export class UserError extends DrError {}

/** The operator can mend it: configuration, secrets, a taken port. */
export class ConfigError extends DrError {}

/** We have a bug: say so, hold, never guess. */
export class InvariantError extends DrError {}

/** The outside failed or did not answer. `effect: 'none'` only where the call provably never arrived. */
export class IntegrationError extends DrError {
  readonly system: string;
  readonly operation: string;
  readonly effect: 'none' | 'unknown';
  constructor(message: string, details: Details & { system: string; operation: string; effect?: 'none' | 'unknown' }) {
    super(message, details);
    this.system = details.system;
    this.operation = details.operation;
    this.effect = details.effect ?? 'unknown';
  }
}

/** One sentence for any thrown value, fit for a chat: never a stack, never a body. */
export function sentenceOf(error: unknown): string {
  if (error instanceof DrError) return error.sentence;
  if (error instanceof Error) {
    const code = (error as { code?: unknown }).code ?? (error.cause as { code?: unknown } | undefined)?.code;
    // Where every address of a name refused, Node throws an error without a word of its own.
    const { message: own } =
      error.message === '' && error instanceof AggregateError ? (error.errors[0] ?? error) : error;
    const message = String(own || error.name)
      .split('\n')[0]!
      .slice(0, 200);
    return typeof code === 'string' && !message.includes(code) ? `${message} (${code})` : message;
  }
  return String(error).slice(0, 200);
}
