/**
 * What a failed call of Slack means: refused, rate limited, never sent, or unknown. Only the last can have had an effect
 * that we have not seen.
 */
import { WebAPIHTTPError, WebAPIPlatformError, WebAPIRateLimitedError, WebAPIRequestError } from '@slack/web-api';
import { ConfigError, IntegrationError, sentenceOf } from '../../lib/errors.ts';
import type { MethodName } from './methods.ts';

/** Too many calls; `afterMs` is how long Slack wants us to wait. Nothing was done. */
export class RateLimited extends IntegrationError {
  readonly afterMs: number;
  constructor(operation: string, afterMs: number) {
    super(`Slack accepts no ${operation} for ${Math.ceil(afterMs / 1000)} s: too many calls.`, {
      code: 'slack_ratelimited',
      system: 'slack',
      operation,
      effect: 'none',
    });
    this.afterMs = afterMs;
  }
}

/** `limited` and `unsent` had no effect and may be tried again; `refused` is final; `unsure` may have taken effect. */
export type Failure =
  | { kind: 'limited'; error: RateLimited }
  | { kind: 'unsent' | 'refused' | 'unsure'; error: IntegrationError };

/** Codes of answers after which Slack itself does not know. */
const SLACK_IS_UNSURE = new Set(['internal_error', 'fatal_error', 'request_timeout', 'service_unavailable']);
const DEFAULT_RETRY_AFTER_S = 1;

const INVITE = 'Invite the bot there: /invite @regent.';
const HINTS: Record<string, string> = {
  channel_not_found: `Check the channel's id (it begins with C or G). A private channel: ${INVITE}`,
  not_in_channel: INVITE,
  is_archived: 'Unarchive the channel, or configure another.',
  restricted_action: "Let the bot post there in the channel's settings.",
  no_such_subteam: 'Check the id of the user group (it begins with S).',
  user_not_found: "Check the person's id (it begins with U or W).",
  too_many_pins: 'Remove pins from the channel.',
  edit_window_closed: 'Let apps edit their messages at any time in the settings of the workspace.',
  expired_trigger_id: 'Press or type it again.',
};
const TOKEN_CODES = new Set([
  'invalid_auth',
  'not_authed',
  'account_inactive',
  'token_revoked',
  'token_expired',
  'not_allowed_token_type',
]);

/** Sorts any error a call threw. */
export function failureOf(method: MethodName, thrown: unknown): Failure {
  if (thrown instanceof WebAPIRateLimitedError) {
    return { kind: 'limited', error: new RateLimited(method, thrown.retryAfter * 1000) };
  }
  if (thrown instanceof WebAPIPlatformError) return answered(method, thrown);
  if (thrown instanceof WebAPIHTTPError) {
    const server = thrown.statusCode >= 500;
    const error = failed(method, `slack_http_${thrown.statusCode}`, `answered HTTP ${thrown.statusCode}`, thrown, {
      effect: server ? 'unknown' : 'none',
    });
    return { kind: server ? 'unsure' : 'refused', error };
  }
  if (thrown instanceof WebAPIRequestError) {
    const sent = !neverConnected(thrown.original);
    const why = sentenceOf(thrown.original);
    const error = failed(method, sent ? 'slack_no_answer' : 'slack_unreachable', `gave no answer: ${why}`, thrown, {
      effect: sent ? 'unknown' : 'none',
    });
    return { kind: sent ? 'unsure' : 'unsent', error };
  }
  // A 429 without a usable Retry-After arrives as a plain error.
  if (thrown instanceof Error && thrown.message.includes('Retry header did not contain')) {
    return { kind: 'limited', error: new RateLimited(method, DEFAULT_RETRY_AFTER_S * 1000) };
  }
  const error = failed(method, 'slack_failed', `failed: ${sentenceOf(thrown)}`, thrown, { effect: 'unknown' });
  return { kind: 'unsure', error };
}

function answered(method: MethodName, thrown: WebAPIPlatformError): Failure {
  const { data } = thrown;
  // Slack says this in a 200 answer too, which its own client takes for an ordinary refusal.
  if (data.error === 'ratelimited' || data.error === 'rate_limited') {
    const seconds = data.response_metadata?.retryAfter ?? DEFAULT_RETRY_AFTER_S;
    return { kind: 'limited', error: new RateLimited(method, seconds * 1000) };
  }
  const unsure = SLACK_IS_UNSURE.has(data.error) || /[\s<{]/.test(data.error);
  const code = unsure && /[\s<{]/.test(data.error) ? 'unreadable_answer' : data.error;
  const error = failed(method, `slack_${code}`, `answered ${code}`, thrown, {
    effect: unsure ? 'unknown' : 'none',
    ...hint(data),
  });
  return { kind: unsure ? 'unsure' : 'refused', error };
}

function hint(data: WebAPIPlatformError['data']): { hint?: string } {
  if (data.error === 'missing_scope') {
    const needed = 'needed' in data && typeof data.needed === 'string' ? ` (${data.needed})` : '';
    return { hint: `Add the missing scope${needed} from manifest.yml and install the app again.` };
  }
  if (TOKEN_CODES.has(data.error))
    return { hint: "Check the app's tokens; Regent can say nothing in Slack until then." };
  if (data.error.startsWith('restricted_action')) return { hint: HINTS['restricted_action']! };
  const known = HINTS[data.error];
  return known === undefined ? {} : { hint: known };
}

function failed(
  operation: string,
  code: string,
  what: string,
  cause: unknown,
  more: { effect: 'none' | 'unknown'; hint?: string },
): IntegrationError {
  return new IntegrationError(`Slack ${what} (${operation}).`, { code, system: 'slack', operation, cause, ...more });
}

/** Whether the request provably never left: no name, no route, no listener, no trusted certificate. */
function neverConnected(error: unknown): boolean {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 4; at = at.cause, depth += 1) {
    const { code, syscall } = at as { code?: unknown; syscall?: unknown };
    if (syscall === 'connect' || syscall === 'getaddrinfo') return true;
    if (typeof code !== 'string') continue;
    if (/^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|UND_ERR_CONNECT_TIMEOUT|CERT_|UNABLE_TO_|SELF_SIGNED)/.test(code))
      return true;
  }
  return false;
}

/** Whether Slack answered with this code. */
export function hasCode(error: unknown, ...codes: string[]): boolean {
  return error instanceof IntegrationError && codes.some((code) => error.code === `slack_${code}`);
}

/** The same trouble met while starting: tokens and scopes are the operator's to mend, the rest is the outside's. */
export function atStart(error: unknown, token: 'bot token' | 'app-level token'): unknown {
  if (!(error instanceof IntegrationError)) return error;
  const bare = error.code.replace(/^slack_/, '');
  const where = {
    'bot token': 'the bot token (xoxb-…) stands in the app’s settings under “OAuth & Permissions”.',
    'app-level token': 'the app-level token (xapp-…, scope connections:write) stands under “Basic Information”.',
  }[token];
  if (TOKEN_CODES.has(bare)) {
    return new ConfigError(`Slack does not accept the ${token}: ${bare}.`, {
      code: 'slack_token_refused',
      hint: `Set it again: ${where}`,
      cause: error,
    });
  }
  if (bare === 'missing_scope' && token === 'app-level token') {
    return new ConfigError('The app-level token lacks the scope connections:write.', {
      code: 'slack_token_refused',
      hint: `Make a new one: ${where}`,
      cause: error,
    });
  }
  return error;
}
